package io.signalbox.store.sql;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.audit.AuditCaller;
import io.signalbox.audit.AuditEntries;
import io.signalbox.audit.AuditLog;
import io.signalbox.audit.AuditQuery;
import io.signalbox.audit.Masks;
import io.signalbox.audit.RpcCall;
import io.signalbox.config.AuditRpc;
import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;

/**
 * What the audit log takes: {@code rate} calls a second (0: as many as are written) for so many seconds, of random devices.
 *
 * <pre>
 * AuditBench FOLDER DEVICES RATE SECONDS
 * </pre>
 */
public final class AuditBench {
    private static final byte[] PARAMS = "{\"pin\":7,\"value\":true}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] RESPONSE = "{\"ok\":true}".getBytes(StandardCharsets.UTF_8);

    private AuditBench() {}

    public static void main(String[] args) throws Exception {
        Path folder = Files.createDirectories(Path.of(args[0]));
        int devices = Integer.parseInt(args[1]);
        long rate = Long.parseLong(args[2]);
        int seconds = Integer.parseInt(args[3]);
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        CoreStore core = CoreStore.open(folder, meters);
        AuditLog log = new AuditLog(
                core.audit(),
                new AuditEntries(AuditRpc.ALL, Set.of(), 2_000),
                new Masks() {
                    @Override
                    public boolean any() {
                        return core.rpcSettings().hasMasks();
                    }

                    @Override
                    public CompletionStage<Map<DeviceId, List<String>>> of(Set<DeviceId> devices) {
                        return core.rpcSettings().masks(devices);
                    }
                },
                new AuditLog.Settings(Duration.ofDays(30), Long.MAX_VALUE, 16 << 20),
                InstantSource.system(),
                System::nanoTime,
                meters);
        long size = Files.size(folder.resolve(CoreStore.FILE));
        for (int warmUp = 0; warmUp < 2; warmUp++) {
            run(log, meters, devices, rate, seconds / 2, false);
        }
        run(log, meters, devices, rate, seconds, true);
        log.close();
        AuditQuery query = new AuditQuery(
                Optional.of(new TenantId(new UUID(1, 1))),
                new AuditQuery.About.Entity("DEVICE", new UUID(3, 1)),
                1,
                Long.MAX_VALUE,
                Set.of(),
                "",
                AuditQuery.Order.CREATED_TIME,
                true,
                0,
                20);
        for (int i = 0; i < 3; i++) {
            long start = System.nanoTime();
            long found = core.audit().find(query).total();
            System.out.printf("one device: %,d entries in %.1f ms%n", found, (System.nanoTime() - start) / 1e6);
        }
        core.close();
        double rows = meters.get("signalbox.audit.written").functionCounter().count();
        System.out.printf("%.0f bytes/entry%n", (Files.size(folder.resolve(CoreStore.FILE)) - size) / rows);
    }

    private static void run(
            AuditLog log, SimpleMeterRegistry meters, int devices, long rate, int seconds, boolean tells) {
        SplittableRandom random = new SplittableRandom(42);
        AuditCaller caller = new AuditCaller(
                new UserId(new UUID(2, 2)),
                "tenant@thingsboard.org",
                Optional.of(new TenantId(new UUID(1, 1))),
                Optional.of(new CustomerId(new UUID(4, 4))));
        double writtenBefore = count(meters, "written");
        double droppedBefore = count(meters, "dropped");
        long[] cpuBefore = {cpu("audit"), cpu("core-writer")};
        long start = System.nanoTime();
        long end = start + seconds * 1_000_000_000L;
        long inside = 0;
        long sent = 0;
        for (long now = start; now < end; now = System.nanoTime()) {
            long due = rate == 0 ? sent + 200 : (now - start) * rate / 1_000_000_000L;
            long before = System.nanoTime();
            for (; sent < due; sent++) {
                int device = random.nextInt(devices);
                log.record(new RpcCall(
                        System.currentTimeMillis(),
                        new AuditCaller(caller.user(), caller.email(), caller.tenant(), caller.customer()),
                        () -> "192.0.2.1",
                        new DeviceId(new UUID(3, device)),
                        Optional.of("Thermostat 1"),
                        false,
                        "setGpio",
                        PARAMS,
                        "answered",
                        RESPONSE,
                        "",
                        Optional.empty()));
            }
            inside += System.nanoTime() - before;
            LockSupport.parkNanos(1_000_000);
        }
        double took = (System.nanoTime() - start) / 1e9;
        if (tells) {
            double written = count(meters, "written") - writtenBefore;
            System.out.printf(
                    "%,.0f entries/s written, %,.0f dropped of %,d; record %,d ns; audit thread %.2f µs/entry,"
                            + " core writer %.2f µs/entry%n",
                    written / took,
                    count(meters, "dropped") - droppedBefore,
                    sent,
                    inside / sent,
                    (cpu("audit") - cpuBefore[0]) / 1e3 / written,
                    (cpu("core-writer") - cpuBefore[1]) / 1e3 / written);
        }
    }

    private static double count(SimpleMeterRegistry meters, String what) {
        return meters.get("signalbox.audit." + what).functionCounter().count();
    }

    private static long cpu(String thread) {
        var threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().equals(thread))
                .mapToLong(info -> threads.getThreadCpuTime(info.getThreadId()))
                .sum();
    }
}
