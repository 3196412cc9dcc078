package io.signalbox.store.sql.points;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.TelemetryStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * How many messages of two readings the store takes, closed loop: {@code inFlight} messages are under way, and each that is
 * stored is followed by another, of a random device, at {@code rate} a second at most (0: as many as go).
 *
 * <pre>
 * PointsBench FOLDER SERIES IN_FLIGHT PREFILLED_POINTS SECONDS [RATE [MOVE_EVERY_MS [SLICE_COST]]]
 * </pre>
 *
 * <p>The folder is filled first if its file has fewer points, and kept: copy it to measure twice from the same start.
 */
public final class PointsBench {
    private static final List<String> KEYS = List.of("temperature", "humidity");
    private static final int PREFILL_ROUND = 8;

    private final PointsStore store;
    private final int devices;
    private final SplittableRandom random = new SplittableRandom(42);
    private final BenchLoop loop = new BenchLoop();
    private long ts;
    private long[] latencies = new long[1 << 20];
    private int stored;
    private long refused;

    private PointsBench(PointsStore store, int devices, long startTs) {
        this.store = store;
        this.devices = devices;
        this.ts = startTs;
    }

    public static void main(String[] args) throws Exception {
        Path folder = Files.createDirectories(Path.of(args[0]));
        int devices = Integer.parseInt(args[1]) / KEYS.size();
        int inFlight = Integer.parseInt(args[2]);
        long prefilled = Long.parseLong(args[3]);
        int seconds = Integer.parseInt(args[4]);
        long rate = args.length > 5 ? Long.parseLong(args[5]) : 0;
        PointsSettings standard = PointsSettings.STANDARD;
        Duration moveEvery = args.length > 6 ? Duration.ofMillis(Long.parseLong(args[6])) : standard.moveEvery();
        int sliceCost = args.length > 7 ? Integer.parseInt(args[7]) : standard.sliceCostMax();
        PointsSettings settings = new PointsSettings(
                standard.queueMessagesMax(),
                standard.queueBytesMax(),
                standard.commitMessagesMax(),
                standard.commitBytesMax(),
                standard.gather(),
                standard.gatherMessages(),
                standard.tailBytesMax(),
                moveEvery,
                sliceCost,
                standard.purgeRowsMax(),
                standard.dictionaryBytesMax(),
                standard.readers(),
                standard.readsWaitingMax());

        long before = prefill(folder, devices, prefilled);
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        PointsStore store = PointsStore.open(
                folder,
                settings,
                new Health(InstantSource.system()),
                registry,
                new Feed(),
                InstantSource.system(),
                System::nanoTime);
        PointsBench bench = new PointsBench(store, devices, 2_000_000_000_000L + before);
        bench.run(inFlight, Math.max(1, seconds / 4), rate); // warm-up
        bench.report(bench.run(inFlight, seconds, rate), registry);
        store.close();
        long points = points(folder);
        System.out.printf(
                "points %,d, file %,d MB, %.1f bytes/point%n",
                points, fileBytes(folder) >> 20, fileBytes(folder) / (double) points);
        System.exit(0);
    }

    private record Measured(double seconds, double writerCpuSeconds) {}

    private Measured run(int inFlight, int seconds, long rate) throws InterruptedException {
        stored = 0;
        refused = 0;
        long started = System.nanoTime();
        long cpu = writerCpuNanos();
        long end = started + TimeUnit.SECONDS.toNanos(seconds);
        loop.sent = 0;
        loop.inFlight = 0;
        while (System.nanoTime() < end) {
            long allowed = rate == 0 ? Long.MAX_VALUE : (System.nanoTime() - started) * rate / 1_000_000_000L;
            while (loop.inFlight < inFlight && loop.sent < allowed) {
                send();
            }
            Runnable task = loop.tasks.poll(rate == 0 ? 100_000 : 200, TimeUnit.MICROSECONDS);
            if (task != null) {
                task.run();
            }
        }
        double took = (System.nanoTime() - started) / 1e9;
        double cpuSeconds = (writerCpuNanos() - cpu) / 1e9;
        int counted = stored;
        while (loop.inFlight > 0) {
            loop.tasks.take().run();
        }
        stored = counted;
        return new Measured(took, cpuSeconds);
    }

    private void send() {
        long device = 1L + random.nextInt(devices);
        long at = ts++;
        List<Reading> readings = List.of(
                new Reading(KEYS.get(0), new Value.Decimal(random.nextInt(400) / 10.0), at),
                new Reading(KEYS.get(1), new Value.Whole(random.nextInt(100)), at));
        while (!store.append(device, readings, TelemetryStore.NEVER, new Sent(System.nanoTime()))) {
            LockSupport.parkNanos(100_000);
        }
        loop.sent++;
        loop.inFlight++;
    }

    private final class Sent implements Receipt {
        private final long at;

        Sent(long at) {
            this.at = at;
        }

        @Override
        public Loop loop() {
            return loop;
        }

        @Override
        public void stored() {
            loop.inFlight--;
            if (stored == latencies.length) {
                latencies = Arrays.copyOf(latencies, stored * 2);
            }
            latencies[stored++] = System.nanoTime() - at;
        }

        @Override
        public void refused(ErrorCode code) {
            loop.inFlight--;
            refused++;
        }
    }

    private void report(Measured measured, SimpleMeterRegistry registry) {
        long[] sorted = Arrays.copyOf(latencies, stored);
        Arrays.sort(sorted);
        System.out.printf(
                "%,.0f msg/s, p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms, refused %d%n",
                stored / measured.seconds,
                quantile(sorted, 0.5),
                quantile(sorted, 0.99),
                quantile(sorted, 0.999),
                quantile(sorted, 1),
                refused);
        System.out.printf(
                "writer %.0f %% of a core, %.1f us a message; messages a commit %.0f; commit mean %.1f max %.1f ms;"
                        + " slices %d, mean %.1f max %.1f ms; moves %.0f, moved %,.0f; failures %.0f%n",
                100 * measured.writerCpuSeconds / measured.seconds,
                measured.writerCpuSeconds * 1e6 / stored,
                registry.get("signalbox.points.commit.messages").summary().mean(),
                registry.get("signalbox.points.commit").timer().mean(TimeUnit.MILLISECONDS),
                registry.get("signalbox.points.commit").timer().max(TimeUnit.MILLISECONDS),
                registry.get("signalbox.points.slice").timer().count(),
                registry.get("signalbox.points.slice").timer().mean(TimeUnit.MILLISECONDS),
                registry.get("signalbox.points.slice").timer().max(TimeUnit.MILLISECONDS),
                count(registry, "signalbox.points.moves"),
                count(registry, "signalbox.points.moved.readings"),
                count(registry, "signalbox.points.failures"));
    }

    private static double count(SimpleMeterRegistry registry, String name) {
        Counter counter = registry.get(name).counter();
        return counter.count();
    }

    private static double quantile(long[] sorted, double q) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1L, (long) (sorted.length * q))] / 1e6;
    }

    private static long writerCpuNanos() {
        var threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.dumpAllThreads(false, false, 0))
                .filter(thread -> thread.getThreadName().equals("points-writer"))
                .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
                .sum();
    }

    /** Returns how many points the file had. Fills through the store, so that pages are as full as in real life. */
    private static long prefill(Path folder, int devices, long wanted) throws Exception {
        long has = Files.exists(folder.resolve("points.db")) ? points(folder) : 0;
        if (has >= wanted) {
            return has;
        }
        PointsStore store = PointsStore.open(
                folder,
                PointsSettings.STANDARD,
                new Health(InstantSource.system()),
                new SimpleMeterRegistry(),
                new Feed(),
                InstantSource.system(),
                System::nanoTime);
        PointsBench fill = new PointsBench(store, devices, 1_900_000_000_000L + has);
        for (long points = has; points < wanted; ) {
            for (int device = 1; device <= devices; device++) {
                List<Reading> readings = IntStream.range(0, PREFILL_ROUND * KEYS.size())
                        .mapToObj(
                                i -> new Reading(KEYS.get(i % 2), new Value.Decimal(i + 0.5), fill.ts + i / 2 * 1000L))
                        .toList();
                while (fill.loop.inFlight > 500) {
                    fill.loop.tasks.take().run();
                }
                while (!store.append(device, readings, TelemetryStore.NEVER, fill.new Sent(System.nanoTime()))) {
                    LockSupport.parkNanos(1_000_000);
                }
                fill.loop.inFlight++;
                points += readings.size();
            }
            fill.ts += PREFILL_ROUND * 1000L;
        }
        store.close();
        return points(folder);
    }

    private static long points(Path folder) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("points.db"));
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM point")) {
            return row.getLong(1);
        }
    }

    private static long fileBytes(Path folder) throws IOException {
        return Files.size(folder.resolve("points.db"));
    }

    /** The bench's thread is the loop. */
    private static final class BenchLoop implements Loop {
        private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        private int inFlight;
        private long sent;

        @Override
        public boolean isCurrent() {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            throw new UnsupportedOperationException();
        }
    }
}
