package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.audit.AuditEntries;
import io.signalbox.config.AuditRpc;
import io.signalbox.config.PostgresUrl;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.Health;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore.Saved;
import io.signalbox.session.Loop;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * How many commands a second the store carries from acceptance to their end, closed loop: {@code inFlight} commands are under
 * way, each is one insert and three updates (attempt, written, answered), one after the commit of the other.
 *
 * <pre>
 * [-Daudit=OFF] RpcBench FOLDER-OR-URL DEVICES IN_FLIGHT SECONDS
 * </pre>
 */
public final class RpcBench {
    private static final byte[] PARAMS = "{\"pin\":7,\"value\":1,\"note\":\"a short command\"}".getBytes(UTF_8);
    private static final UserId CALLER = new UserId(Uuids.next(1));

    private final SqlRpcStore store;
    private final List<Device> devices;
    private final SplittableRandom random = new SplittableRandom(42);
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Loop loop = new BenchLoop();
    private long[] latencies = new long[1 << 20];
    private int finished;
    private int inFlight;
    private long failed;

    private RpcBench(SqlRpcStore store, List<Device> devices) {
        this.store = store;
        this.devices = devices;
    }

    public static void main(String[] args) throws Exception {
        Database database = args[0].startsWith("postgres:")
                ? new Database.Postgres(PostgresUrl.parse(args[0]), "bench")
                : CoreStore.file(Path.of(args[0]));
        int wanted = Integer.parseInt(args[1]);
        int inFlight = Integer.parseInt(args[2]);
        int seconds = Integer.parseInt(args[3]);
        try (Fixture core = new Fixture(database)) {
            TenantId tenant = core.tenant("bench " + System.nanoTime());
            for (int i = 0; i < wanted; i++) {
                core.device(tenant, "D" + i + "-" + tenant);
            }
        }
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (CoreStore core = CoreStore.open(
                database,
                10_000,
                RpcLimits.STANDARD,
                new AuditEntries(AuditRpc.valueOf(System.getProperty("audit", "ALL")), Set.of(), 2_000),
                InstantSource.system(),
                new Health(InstantSource.system()),
                meters)) {
            RpcBench bench = new RpcBench(core.rpcs(), devices(database, wanted));
            bench.run(inFlight, Math.max(1, seconds / 3)); // warm-up
            bench.run(inFlight, seconds);
            System.out.printf(
                    "items a commit %.0f, commit mean %.2f ms, failed %d%n",
                    meters.get("signalbox.core.commit.items").summary().mean(),
                    meters.get("signalbox.core.commit").timer().mean(TimeUnit.MILLISECONDS),
                    bench.failed);
        }
        System.exit(0);
    }

    private static List<Device> devices(Database database, int wanted) {
        try (Sql sql = database.openReader()) {
            return new ArrayList<>(sql.list(Devices.SELECT + "ORDER BY d.number DESC LIMIT ?", Devices::read, wanted));
        }
    }

    private void run(int inFlightMax, int seconds) throws InterruptedException {
        finished = 0;
        long cpu = writerCpuNanos();
        long started = System.nanoTime();
        long end = started + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            while (inFlight < inFlightMax) {
                send();
            }
            Runnable task = tasks.poll(100, TimeUnit.MILLISECONDS);
            if (task != null) {
                task.run();
            }
        }
        double took = (System.nanoTime() - started) / 1e9;
        double cpuSeconds = (writerCpuNanos() - cpu) / 1e9;
        int counted = finished;
        while (inFlight > 0) {
            tasks.take().run();
        }
        long[] sorted = Arrays.copyOf(latencies, counted);
        Arrays.sort(sorted);
        System.out.printf(
                "in flight %d: %,.0f commands/s, p50 %.1f ms, p99 %.1f ms, writer %.0f %% of a core, %.1f us a command%n",
                inFlightMax,
                counted / took,
                sorted[counted / 2] / 1e6,
                sorted[(int) (counted * 0.99)] / 1e6,
                100 * cpuSeconds / took,
                cpuSeconds * 1e6 / counted);
    }

    private void send() {
        Device device = devices.get(random.nextInt(devices.size()));
        long now = System.currentTimeMillis();
        RpcOrder order = new RpcOrder(
                Uuids.next(now),
                device.tenant(),
                device.number(),
                device.id(),
                now,
                now + 600_000,
                false,
                "setGpioStatus",
                PARAMS,
                OptionalInt.empty(),
                Optional.empty(),
                RetryPolicy.STANDARD,
                false,
                Optional.of(false),
                Optional.empty(),
                false,
                Optional.empty(),
                CALLER,
                "tenant@example.org",
                RpcOrder.Origin.UNKNOWN);
        RpcProgress accepted = new RpcProgress(
                RpcStatus.QUEUED,
                true,
                0,
                0,
                0,
                Optional.empty(),
                List.of(new HistoryEntry(now, Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, "")));
        long at = System.nanoTime();
        if (!store.insert(order, accepted, loop, saved -> accepted(saved, order, accepted, at))) {
            throw new IllegalStateException("the store is full");
        }
        inFlight++;
    }

    private void accepted(Saved saved, RpcOrder order, RpcProgress progress, long at) {
        if (saved instanceof Saved.Stored stored) {
            advance(stored.number(), 1, order, progress, at);
        } else {
            failed++;
            inFlight--;
        }
    }

    private void advance(long number, long version, RpcOrder order, RpcProgress progress, long at) {
        long now = System.currentTimeMillis();
        int requestId = (int) number & 0x7FFF_FFFF;
        if (version == 4) {
            inFlight--;
            if (finished == latencies.length) {
                latencies = Arrays.copyOf(latencies, finished * 2);
            }
            latencies[finished++] = System.nanoTime() - at;
            return;
        }
        RpcProgress next = switch ((int) version) {
            case 1 ->
                new RpcProgress(
                        RpcStatus.SENT,
                        true,
                        requestId,
                        1,
                        0,
                        Optional.empty(),
                        progress.and(new HistoryEntry(now, Cause.ATTEMPT, RpcStatus.SENT, 1, 7, "")));
            case 2 ->
                new RpcProgress(
                        RpcStatus.DELIVERED,
                        true,
                        requestId,
                        1,
                        0,
                        Optional.empty(),
                        progress.and(new HistoryEntry(now, Cause.ACKNOWLEDGED, RpcStatus.DELIVERED, 1, 7, "")));
            default ->
                progress.ended(
                        RpcStatus.SUCCESSFUL,
                        Optional.of("{\"ok\":true,\"value\":1}"),
                        new HistoryEntry(now, Cause.REPLIED, RpcStatus.SUCCESSFUL, 1, 7, ""));
        };
        store.update(order, number, version, next, loop, saved -> {
            if (saved instanceof Saved.Stored) {
                advance(number, version + 1, order, next, at);
            } else {
                failed++;
                inFlight--;
            }
        });
    }

    private static long writerCpuNanos() {
        var threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.dumpAllThreads(false, false, 0))
                .filter(thread -> thread.getThreadName().equals("core-writer"))
                .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
                .sum();
    }

    /** The bench's thread is the loop. */
    private final class BenchLoop implements Loop {
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
