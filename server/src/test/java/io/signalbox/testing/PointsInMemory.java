package io.signalbox.testing;

import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Receipt;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Erase;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Time series in plain maps, committed at once. */
public final class PointsInMemory implements TelemetryStore {
    /** Device to key to time to reading. */
    private final Map<Long, Map<String, NavigableMap<Long, Reading>>> devices = new HashMap<>();

    /** Complete: latest values are read at once. */
    private CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

    /** Reads of latest values that begin from now on end with the future, as it ends. */
    public synchronized CompletableFuture<Void> hold() {
        gate = new CompletableFuture<>();
        return gate;
    }

    /** Reads that wait for the future. */
    public synchronized int held() {
        return gate.getNumberOfDependents();
    }

    /** Reads that begin from now on are answered at once; those that are held stay so. */
    public synchronized void letGo() {
        gate = CompletableFuture.completedFuture(null);
    }

    /** Keeps readings without anybody to hear of it. */
    public synchronized void put(long device, Reading... readings) {
        for (Reading reading : readings) {
            devices.computeIfAbsent(device, _ -> new TreeMap<>())
                    .computeIfAbsent(reading.key(), _ -> new TreeMap<>())
                    .put(reading.ts(), reading);
        }
    }

    @Override
    public boolean append(long device, List<Reading> readings, long expiresAt, Receipt receipt) {
        put(device, readings.toArray(Reading[]::new));
        receipt.loop().execute(receipt::stored);
        return true;
    }

    @Override
    public void whenWritable(Runnable task) {
        task.run();
    }

    @Override
    public synchronized CompletionStage<Snapshot<List<Reading>>> latest(long device, List<String> keys) {
        List<Reading> found = new ArrayList<>();
        for (String key : keys) {
            NavigableMap<Long, Reading> points = points(device, key);
            if (!points.isEmpty()) {
                found.add(points.lastEntry().getValue());
            }
        }
        return gate.thenApply(_ -> new Snapshot<>(found, 0));
    }

    @Override
    public synchronized CompletionStage<Snapshot<List<Reading>>> latest(long device) {
        return latest(device, List.copyOf(new TreeMap<>(devices.getOrDefault(device, Map.of())).keySet()));
    }

    @Override
    public synchronized CompletionStage<Snapshot<Map<Long, List<Reading>>>> latest(
            List<Long> numbers, List<String> keys) {
        Map<Long, List<Reading>> found = new HashMap<>();
        for (long device : numbers) {
            for (String key : keys) {
                NavigableMap<Long, Reading> points = points(device, key);
                if (!points.isEmpty()) {
                    found.computeIfAbsent(device, _ -> new ArrayList<>())
                            .add(points.lastEntry().getValue());
                }
            }
        }
        return gate.thenApply(_ -> new Snapshot<>(found, 0));
    }

    @Override
    public synchronized CompletionStage<Snapshot<List<Reading>>> history(
            long device, List<String> keys, long startTs, long endTs, int limit, boolean ascending) {
        Comparator<Reading> byTime = Comparator.comparingLong(Reading::ts);
        return CompletableFuture.completedStage(new Snapshot<>(
                keys.stream()
                        .flatMap(key -> points(device, key).subMap(startTs, endTs).values().stream()
                                .sorted(ascending ? byTime : byTime.reversed())
                                .limit(limit))
                        .toList(),
                0));
    }

    /** Counts only. */
    @Override
    public synchronized CompletionStage<Snapshot<List<Reading>>> aggregate(
            long device, List<String> keys, Buckets buckets, Aggregation aggregation) {
        if (aggregation != Aggregation.COUNT) {
            throw new UnsupportedOperationException(aggregation.name());
        }
        List<Reading> counts = new ArrayList<>();
        for (String key : keys) {
            for (long from = buckets.startTs(); from < buckets.endTs(); from = buckets.end(from)) {
                int count = points(device, key).subMap(from, buckets.end(from)).size();
                if (count > 0) {
                    counts.add(new Reading(key, new Value.Whole(count), Buckets.middle(from, buckets.end(from))));
                }
            }
        }
        return CompletableFuture.completedStage(new Snapshot<>(counts, 0));
    }

    @Override
    public synchronized CompletionStage<Void> erase(long device, Erase erase) {
        erase.keys()
                .forEach(key -> points(device, key)
                        .subMap(erase.startTs(), erase.endTs())
                        .clear());
        return CompletableFuture.completedStage(null);
    }

    private NavigableMap<Long, Reading> points(long device, String key) {
        return devices.getOrDefault(device, Map.of()).getOrDefault(key, new TreeMap<>());
    }

    @Override
    public synchronized CompletionStage<Void> purge(long device) {
        devices.remove(device);
        return CompletableFuture.completedStage(null);
    }

    @Override
    public void close() {}
}
