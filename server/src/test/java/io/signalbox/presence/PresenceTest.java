package io.signalbox.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PresenceTest {
    private final AtomicLong now = new AtomicLong(1_000);
    private final Kept store = new Kept();
    private final Presence presence =
            new Presence(store, () -> Instant.ofEpochMilli(now.get()), new SimpleMeterRegistry());

    @AfterEach
    void close() {
        presence.close();
    }

    @Test
    void connectionAndItsEndAreTold() {
        presence.connected(7);
        assertThat(store.next()).isEqualTo(new PresenceStore.Sign(7, 1_000, 0, 1_000));

        now.set(2_000);
        presence.disconnected(7);
        assertThat(store.next()).isEqualTo(new PresenceStore.Sign(7, 1_000, 2_000, 1_000));
    }

    @Test
    void connectionThatAnotherReplacedIsNoDisconnect() {
        presence.connected(7);
        now.set(2_000);
        presence.connected(7);
        presence.disconnected(7);
        presence.close();

        assertThat(store.last()).isEqualTo(new PresenceStore.Sign(7, 2_000, 0, 2_000));
    }

    @Test
    void manyMessagesAreOneSign() {
        for (int i = 0; i < 10_000; i++) {
            now.incrementAndGet();
            presence.heard(7);
        }
        presence.close();

        assertThat(store.last()).isEqualTo(new PresenceStore.Sign(7, 0, 0, 11_000));
        assertThat(store.signs.size()).isLessThan(10);
        assertThat(presence.waiting()).isZero();
    }

    @Test
    void whatTheStoreDidNotTakeWaits() {
        store.failures.set(2);
        presence.heard(7);

        assertThat(store.next()).isEqualTo(new PresenceStore.Sign(7, 0, 0, 1_000));
        assertThat(store.failures.get()).isZero();
    }

    @Test
    void allThatWaitsIsWrittenAtTheEnd() {
        for (int device = 1; device <= 3 * PresenceStore.SIGNS_MAX; device++) {
            presence.connected(device);
        }
        presence.close();

        assertThat(store.signs.stream().map(PresenceStore.Sign::device).distinct())
                .hasSize(3 * PresenceStore.SIGNS_MAX);
    }

    private static final class Kept implements PresenceStore {
        private final BlockingQueue<Sign> signs = new LinkedBlockingQueue<>();
        private final AtomicLong failures = new AtomicLong();

        @Override
        public CompletionStage<Void> keep(List<Sign> some, long now) {
            if (failures.get() > 0) {
                failures.decrementAndGet();
                return CompletableFuture.failedStage(new Rejected(ErrorCode.STORE_UNAVAILABLE, "no store"));
            }
            signs.addAll(some);
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<Expired> expire(long now, LongPredicate livesOn) {
            return CompletableFuture.completedStage(new Expired(List.of(), false));
        }

        Sign next() {
            try {
                return Objects.requireNonNull(signs.poll(20, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        Sign last() {
            return new ArrayList<>(signs).getLast();
        }
    }
}
