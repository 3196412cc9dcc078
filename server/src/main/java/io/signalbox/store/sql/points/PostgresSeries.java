package io.signalbox.store.sql.points;

import io.signalbox.store.sql.Sql;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which number stands for a key of a device: from 1 on, in the order in which its keys were heard. Keeps the devices heard
 * last in memory, bounded. {@link #committed} or {@link #undone} ends what one transaction asks of it. Writer thread only;
 * {@link #load} blocks.
 */
final class PostgresSeries {
    private static final int DEVICE_BYTES = 200;
    private static final int KEY_BYTES = 72;

    private final long bytesMax;
    private final Map<Long, Map<String, Long>> devices = new LinkedHashMap<>(16, 0.75f, true);
    private final Set<Long> touched = new HashSet<>();
    private long bytes;

    PostgresSeries(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** Sees to it that {@link #find} knows these. */
    void load(Sql sql, Collection<Long> wanted) {
        Long[] missing = wanted.stream()
                .filter(device -> !devices.containsKey(device))
                .distinct()
                .toArray(Long[]::new);
        if (missing.length == 0) {
            return;
        }
        for (long device : missing) {
            devices.put(device, new HashMap<>());
            bytes += DEVICE_BYTES;
        }
        sql.list(
                "SELECT device, number, key FROM series WHERE device = ANY (?)",
                row -> {
                    put(row.number("device"), Wtf8.decode(row.bytes("key")), row.number("number"));
                    return true;
                },
                (Object) missing);
    }

    /** The number of a key of a device that was loaded; 0: it has none. */
    long find(long device, String key) {
        return keys(device).getOrDefault(key, 0L);
    }

    /** The number of a key that has none. */
    long add(long device, String key) {
        touched.add(device);
        long number = keys(device).size() + 1L;
        put(device, key, number);
        return number;
    }

    /** The device is gone, with all its keys. */
    void remove(long device) {
        touched.add(device);
        drop(device);
    }

    private Map<String, Long> keys(long device) {
        Map<String, Long> keys = devices.get(device);
        if (keys == null) {
            throw new IllegalStateException("device was not loaded: " + device);
        }
        return keys;
    }

    private void put(long device, String key, long number) {
        keys(device).put(key, number);
        bytes += bytes(key);
    }

    private void drop(long device) {
        Map<String, Long> keys = devices.remove(device);
        if (keys != null) {
            bytes -= bytes(keys);
        }
    }

    /** Memory of a device, roughly. */
    private static long bytes(Map<String, Long> keys) {
        long bytes = DEVICE_BYTES;
        for (String key : keys.keySet()) {
            bytes += bytes(key);
        }
        return bytes;
    }

    private static long bytes(String key) {
        return KEY_BYTES + 2L * key.length();
    }

    /** Makes room for others if there are too many devices in memory. */
    void committed() {
        touched.clear();
        Iterator<Map<String, Long>> eldest = devices.values().iterator();
        while (bytes > bytesMax && eldest.hasNext()) {
            bytes -= bytes(eldest.next());
            eldest.remove();
        }
    }

    /** Nothing of the transaction is kept: what it changed is read again when next needed. */
    void undone() {
        touched.forEach(this::drop);
        touched.clear();
    }
}
