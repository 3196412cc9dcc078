package io.signalbox.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.config.AuditRpc;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.testing.Race;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that record calls while the log writes them, and while it is closed. */
@Timeout(60)
class AuditLogRaceTest {
    private static final int THREADS = 3;
    private static final int BEFORE_CLOSE = 1_000;
    private static final int AFTER_CLOSE = 200;

    private final Stored store = new Stored();

    /** Keeps all entries that it did not refuse. */
    private static final class Stored implements AuditStore {
        final ConcurrentLinkedQueue<String> texts = new ConcurrentLinkedQueue<>();
        final AtomicInteger under = new AtomicInteger();
        final AtomicInteger underMax = new AtomicInteger();

        @Override
        public CompletionStage<Void> insert(List<AuditEntry> entries) {
            underMax.accumulateAndGet(under.incrementAndGet(), Math::max);
            return CompletableFuture.runAsync(() -> {
                entries.forEach(entry -> texts.add(entry.failureDetails()));
                under.decrementAndGet();
            });
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

    private static final class NoMasks implements Masks {
        @Override
        public boolean any() {
            return false;
        }

        @Override
        public CompletionStage<Map<DeviceId, List<String>>> of(Set<DeviceId> devices) {
            return CompletableFuture.completedFuture(Map.of());
        }
    }

    @Test
    void everyCallIsWrittenOnceAndInOrderOrCountedAsMissing() {
        for (int round = 0; round < 4; round++) {
            race(round % 2 == 0 ? 4_000_000 : 400_000);
        }
    }

    private void race(long queueBytesMax) {
        store.texts.clear();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        AuditLog log = new AuditLog(
                store,
                new AuditEntries(AuditRpc.ALL, Set.of(), 20),
                new NoMasks(),
                new AuditLog.Settings(Duration.ofDays(30), Long.MAX_VALUE, queueBytesMax),
                InstantSource.system(),
                System::nanoTime,
                meters);
        AtomicBoolean isClosed = new AtomicBoolean();
        AtomicInteger recorded = new AtomicInteger();
        CountDownLatch closing = new CountDownLatch(THREADS);
        List<Race.Part> parts = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            parts.add(() -> {
                int number = 0;
                for (int after = 0; after < AFTER_CLOSE; after += isClosed.get() ? 1 : 0) {
                    if (number == BEFORE_CLOSE) {
                        closing.countDown();
                    }
                    log.record(call(thread + ":" + number++));
                }
                recorded.addAndGet(number);
            });
        }
        parts.add(() -> {
            closing.await();
            log.close();
            isClosed.set(true);
        });
        Race.of(parts);
        assertThat(store.underMax).as("batches at a time").hasValue(1);
        for (int i = 0; i < THREADS; i++) {
            String prefix = i + ":";
            List<Integer> numbers = store.texts.stream()
                    .filter(text -> text.startsWith(prefix))
                    .map(text -> Integer.parseInt(text, prefix.length(), text.length(), 10))
                    .toList();
            assertThat(numbers).isSorted().doesNotHaveDuplicates();
        }
        double written = meters.get("signalbox.audit.written").functionCounter().count();
        double dropped = meters.get("signalbox.audit.dropped").functionCounter().count();
        assertThat(written).isEqualTo(store.texts.size());
        assertThat(written + dropped).isEqualTo(recorded.get());
        assertThat(meters.get("signalbox.audit.waiting.bytes").gauge().value()).isZero();
    }

    private static RpcCall call(String failure) {
        return new RpcCall(
                1,
                new AuditCaller(
                        new UserId(new UUID(1, 1)),
                        "a@b.org",
                        Optional.of(new TenantId(new UUID(2, 2))),
                        Optional.empty()),
                () -> "192.0.2.1",
                new DeviceId(new UUID(3, 3)),
                Optional.of("D"),
                false,
                "m",
                "null".getBytes(StandardCharsets.UTF_8),
                "answered",
                new byte[0],
                failure,
                Optional.empty());
    }
}
