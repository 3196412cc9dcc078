package io.signalbox.store.sql.points;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which number stands for a key of a device: series = block * 256 + slot, in blocks that belong to one device. Keeps the
 * devices heard last in memory, bounded; reads others from the tables and writes new series there, within the transaction
 * of the commit that needs them. {@link #committed} or {@link #rolledBack} ends that transaction.
 *
 * <p>Writer thread only; blocks on the disk.
 */
final class SeriesDictionary {
    static final int SLOTS = 256;

    /** Above this, {@link Run.Builder} could not pack series and position. */
    private static final long BLOCK_MAX = (1L << 31) - 1;

    private static final int DEVICE_BYTES = 200;
    private static final int KEY_BYTES = 24;
    private static final int NAMES = 4096;

    private final PreparedStatement load;
    private final PreparedStatement insertBlock;
    private final PreparedStatement insertSeries;
    private final PreparedStatement readNextBlock;

    private final long bytesMax;
    private final Map<Long, DeviceSeries> devices = new LinkedHashMap<>(16, 0.75f, true);
    private final Set<Long> touched = new HashSet<>();
    private final @Nullable String[] names = new String[NAMES];
    private long bytes;
    private long nextBlock;

    SeriesDictionary(Connection connection, long bytesMax) throws SQLException {
        this.bytesMax = bytesMax;
        load = connection.prepareStatement(
                "SELECT b.block * 256 + s.slot, s.key FROM block b JOIN series s ON s.block = b.block"
                        + " WHERE b.device = ? AND b.purged IS NULL ORDER BY b.block, s.slot");
        insertBlock = connection.prepareStatement("INSERT INTO block (block, device) VALUES (?, ?)");
        insertSeries = connection.prepareStatement("INSERT INTO series (block, key, slot) VALUES (?, ?, ?)");
        readNextBlock = connection.prepareStatement(
                "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'block'");
        nextBlock = nextBlockOnDisk();
    }

    static long block(long series) {
        return series / SLOTS;
    }

    /** The number of a key, new if need be. */
    long series(long device, String key) throws SQLException {
        DeviceSeries known = devices.get(device);
        if (known == null) {
            known = load(device);
        }
        int at = known.find(key);
        return at >= 0 ? known.numbers[at] : add(device, known, key);
    }

    /** The number of a key; -1: it has none. */
    long find(long device, String key) throws SQLException {
        DeviceSeries known = devices.get(device);
        if (known == null) {
            known = load(device);
        }
        int at = known.find(key);
        return at >= 0 ? known.numbers[at] : -1;
    }

    private DeviceSeries load(long device) throws SQLException {
        DeviceSeries loaded = new DeviceSeries();
        load.setLong(1, device);
        try (ResultSet rows = load.executeQuery()) {
            while (rows.next()) {
                loaded.add(shared(Wtf8.decode(rows.getBytes(2))), rows.getLong(1));
            }
        }
        devices.put(device, loaded);
        bytes += loaded.bytes();
        return loaded;
    }

    private long add(long device, DeviceSeries known, String key) throws SQLException {
        touched.add(device); // first: whatever fails below, a rollback forgets the device
        long number = known.count == 0 ? 0 : known.numbers[known.count - 1] + 1;
        if (number % SLOTS == 0) {
            if (nextBlock > BLOCK_MAX) {
                throw new IllegalStateException("no series numbers left");
            }
            insertBlock.setLong(1, nextBlock);
            insertBlock.setLong(2, device);
            insertBlock.executeUpdate();
            number = nextBlock++ * SLOTS;
        }
        insertSeries.setLong(1, block(number));
        insertSeries.setBytes(2, Wtf8.encode(key));
        insertSeries.setLong(3, number % SLOTS);
        insertSeries.executeUpdate();
        bytes -= known.bytes();
        known.add(shared(key), number);
        bytes += known.bytes();
        return number;
    }

    /** Forgets what is in memory of a device whose blocks were given up in this transaction. */
    void forget(long device) {
        touched.add(device);
        drop(device);
    }

    /** The transaction is on disk. Makes room for others if there are too many devices in memory. */
    void committed() {
        touched.clear();
        Iterator<DeviceSeries> eldest = devices.values().iterator();
        while (bytes > bytesMax && eldest.hasNext()) {
            bytes -= eldest.next().bytes();
            eldest.remove();
        }
    }

    /** Nothing of the transaction is on disk: what it changed is read again when next needed. */
    void rolledBack() throws SQLException {
        touched.forEach(this::drop);
        touched.clear();
        nextBlock = nextBlockOnDisk();
    }

    private void drop(long device) {
        DeviceSeries known = devices.remove(device);
        if (known != null) {
            bytes -= known.bytes();
        }
    }

    private long nextBlockOnDisk() throws SQLException {
        try (ResultSet row = readNextBlock.executeQuery()) {
            return row.next() ? row.getLong(1) : 1;
        }
    }

    /** The same text, one object for many devices that use it: a small table in which a newer name displaces an older. */
    private String shared(String key) {
        int at = (key.hashCode() & Integer.MAX_VALUE) % NAMES;
        String name = names[at];
        if (name == null || !name.equals(key)) {
            names[at] = key;
            return key;
        }
        return name;
    }

    /** The keys of one device in the order of their numbers. */
    private static final class DeviceSeries {
        /** Up to so many keys, looking at each is as quick as hashing. */
        private static final int SCANNED_MAX = 8;

        private String[] keys = new String[2];
        private long[] numbers = new long[2];
        private int count;
        private int textBytes;
        private @Nullable Map<String, Integer> index;

        int find(String key) {
            if (index != null) {
                return index.getOrDefault(key, -1);
            }
            for (int i = 0; i < count; i++) {
                if (keys[i].equals(key)) {
                    return i;
                }
            }
            return -1;
        }

        void add(String key, long number) {
            if (count == keys.length) {
                keys = Arrays.copyOf(keys, count * 2);
                numbers = Arrays.copyOf(numbers, count * 2);
            }
            keys[count] = key;
            numbers[count] = number;
            if (index != null) {
                index.put(key, count);
            }
            count++;
            textBytes += 2 * key.length();
            if (count > SCANNED_MAX && index == null) {
                index = new HashMap<>();
                for (int i = 0; i < count; i++) {
                    index.put(keys[i], i);
                }
            }
        }

        /** Memory, roughly; counts each key as if it were not shared. */
        long bytes() {
            return DEVICE_BYTES + textBytes + (long) count * (index == null ? KEY_BYTES : 3 * KEY_BYTES);
        }
    }
}
