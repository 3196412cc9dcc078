package io.signalbox.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.config.AuditRpc;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AuditLogTest {
    private static final AuditCaller CALLER = new AuditCaller(
            new UserId(new UUID(1, 1)), "a@b.org", Optional.of(new TenantId(new UUID(2, 2))), Optional.empty());

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Stored store = new Stored();
    private final Named masks = new Named();

    /** What is masked for single devices; fails as often as it is told. */
    private static final class Named implements Masks {
        final Map<DeviceId, List<String>> names = new ConcurrentHashMap<>();
        final AtomicInteger failures = new AtomicInteger();

        @Override
        public boolean any() {
            return !names.isEmpty();
        }

        @Override
        public CompletionStage<Map<DeviceId, List<String>>> of(Set<DeviceId> devices) {
            return failures.getAndDecrement() > 0
                    ? CompletableFuture.failedFuture(new IllegalStateException("not read"))
                    : CompletableFuture.completedFuture(names);
        }
    }

    /** Takes entries once it is open, and fails as often as it is told. */
    private static final class Stored implements AuditStore {
        final ConcurrentLinkedQueue<List<AuditEntry>> batches = new ConcurrentLinkedQueue<>();
        final CountDownLatch asked = new CountDownLatch(1);
        final CompletableFuture<Void> open = new CompletableFuture<>();
        final AtomicInteger failures = new AtomicInteger();

        @Override
        public CompletionStage<Void> insert(List<AuditEntry> entries) {
            asked.countDown();
            if (failures.getAndDecrement() > 0) {
                return CompletableFuture.failedFuture(new IllegalStateException("full"));
            }
            return open.thenRun(() -> batches.add(entries));
        }

        @Override
        public AuditPage find(AuditQuery query) {
            return new AuditPage(List.of(), 0);
        }

        @Override
        public CompletionStage<Integer> purge(long time, long entriesMax, int atOnceMax) {
            return CompletableFuture.completedFuture(0);
        }
    }

    private AuditLog log(AuditRpc rpc, long queueBytesMax) {
        return new AuditLog(
                store,
                new AuditEntries(rpc, Set.of("pin"), 20),
                masks,
                new AuditLog.Settings(Duration.ofDays(30), Long.MAX_VALUE, queueBytesMax),
                InstantSource.system(),
                System::nanoTime,
                meters);
    }

    private static RpcCall call(String method, String params, String response, String failure) {
        return new RpcCall(
                1,
                CALLER,
                () -> "192.0.2.1",
                new DeviceId(new UUID(3, 3)),
                Optional.of("D"),
                false,
                method,
                params.getBytes(StandardCharsets.UTF_8),
                "answered",
                response.getBytes(StandardCharsets.UTF_8),
                failure,
                Optional.empty());
    }

    private double count(String meter) {
        return meters.get(meter).functionCounter().count();
    }

    @Test
    void overTheBoundCallsAreDroppedAndCounted() throws InterruptedException {
        try (AuditLog log = log(AuditRpc.ALL, 10_000)) {
            for (int i = 0; i < 1_000; i++) {
                log.record(call("m" + i, "null", "", ""));
            }
            store.asked.await();
            double dropped = count("signalbox.audit.dropped");
            assertThat(dropped).isBetween(970.0, 985.0);
            store.open.complete(null);
        }
        assertThat(count("signalbox.audit.written")).isEqualTo(1_000 - count("signalbox.audit.dropped"));
        assertThat(store.batches.stream().mapToInt(List::size).sum()).isEqualTo((int) count("signalbox.audit.written"));
        assertThat(meters.get("signalbox.audit.waiting.bytes").gauge().value()).isZero();
    }

    @Test
    void oneBatchAtATimeAndNoneTooLong() {
        store.open.complete(null);
        try (AuditLog log = log(AuditRpc.ALL, 1 << 24)) {
            for (int i = 0; i < 2_500; i++) {
                log.record(call("m" + i, "null", "", ""));
            }
        }
        assertThat(store.batches).allMatch(batch -> batch.size() <= 1_000);
        assertThat(store.batches.stream().flatMap(List::stream).map(AuditEntry::actionData))
                .hasSize(2_500)
                .doesNotHaveDuplicates();
    }

    @Test
    void aStoreThatFailsIsAskedAgain() {
        store.open.complete(null);
        store.failures.set(1);
        try (AuditLog log = log(AuditRpc.ALL, 1 << 20)) {
            log.record(call("m", "null", "", ""));
        }
        assertThat(store.batches).hasSize(1);
        assertThat(count("signalbox.audit.dropped")).isZero();
    }

    @Test
    void settingSaysWhichCalls() {
        store.open.complete(null);
        try (AuditLog log = log(AuditRpc.FAILURES, 1 << 20)) {
            log.record(call("good", "null", "", ""));
            log.record(call("bad", "null", "", "RPC Error: TIMEOUT"));
        }
        assertThat(store.batches.stream().flatMap(List::stream).map(AuditEntry::failureDetails))
                .containsExactly("RPC Error: TIMEOUT");
        try (AuditLog log = log(AuditRpc.OFF, 1 << 20)) {
            log.record(call("bad", "null", "", "RPC Error: TIMEOUT"));
        }
        assertThat(store.batches).hasSize(1);
    }

    private AuditEntry entry(RpcCall call) {
        store.open.complete(null);
        try (AuditLog log = log(AuditRpc.ALL, 1 << 20)) {
            log.record(call);
        }
        return Objects.requireNonNull(store.batches.poll()).getFirst();
    }

    @Test
    void aDeviceHidesMoreThanTheServer() {
        masks.names.put(new DeviceId(new UUID(3, 3)), List.of("Key"));
        AuditEntry entry = entry(call("set", "{\"key\":2}", "{\"pin\":3}", ""));
        assertThat(entry.actionData()).contains("{\\\"key\\\":\\\"***\\\"}").contains("{\\\"pin\\\":\\\"***\\\"}");
    }

    @Test
    void nothingIsShownWhileItIsNotKnownWhatMustBeHidden() {
        masks.names.put(new DeviceId(new UUID(3, 3)), List.of("key"));
        masks.failures.set(1);
        AuditEntry entry = entry(call("set", "{\"key\":\"secret\"}", "", ""));
        assertThat(entry.actionData()).doesNotContain("secret");
    }
}
