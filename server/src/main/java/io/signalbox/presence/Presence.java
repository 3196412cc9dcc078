package io.signalbox.presence;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.presence.PresenceStore.Expired;
import io.signalbox.presence.PresenceStore.Sign;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes when devices connect, leave and are heard, and tells who fell silent. Whoever hears a device writes a time in memory;
 * one thread gives the store what is new of devices that came, became active or left once a second, and of all others every few
 * seconds, one entry for each device however often it was heard, {@link #SIGNS_PER_TURN_MAX} in a turn. A crash loses what was
 * not given yet; who was active then becomes inactive in its time, by what the store has.
 *
 * <p>In memory is who has a connection or was heard within the last minute.
 */
public final class Presence implements AutoCloseable {
    static final int SIGNS_PER_TURN_MAX = 2_500;

    /** As many as a stop has time for. */
    private static final int LAST_SIGNS_MAX = 20_000;

    private static final int TURNS_PER_ROUND = 5;
    private static final int ROUNDS_PER_CLEARING = 12;
    private static final Duration TURN = Duration.ofSeconds(1);
    private static final Duration REMEMBERED = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

    private static final Logger log = LoggerFactory.getLogger(Presence.class);

    private final PresenceStore store;
    private final InstantSource clock;
    private final ConcurrentHashMap<Long, Seen> seen = new ConcurrentHashMap<>();
    private final Waiting news = new Waiting();
    private final Waiting others = new Waiting();
    private final LongAdder written = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Thread thread;
    private volatile boolean closed;

    /** Starts its thread; {@link #close} ends it. */
    public Presence(PresenceStore store, InstantSource clock, MeterRegistry meters) {
        this.store = store;
        this.clock = clock;
        Gauge.builder("signalbox.presence.devices", seen, ConcurrentHashMap::size)
                .description("Devices with a connection, or heard within the last minute")
                .register(meters);
        Gauge.builder("signalbox.presence.waiting", this, Presence::waiting)
                .description("Devices whose presence is not stored yet")
                .register(meters);
        FunctionCounter.builder("signalbox.presence.written", written, LongAdder::sum)
                .description("Devices whose presence was stored")
                .register(meters);
        FunctionCounter.builder("signalbox.presence.failed", failed, LongAdder::sum)
                .description("Writes of presence that failed, and are tried again")
                .register(meters);
        this.thread = Thread.ofPlatform().name("presence").start(this::run);
    }

    /** What is known of one device, by its number. */
    private static final class Seen {
        final long device;
        final AtomicBoolean isNew = new AtomicBoolean();
        final AtomicBoolean isOther = new AtomicBoolean();
        volatile long connectedAt;
        volatile long disconnectedAt;
        volatile long activityAt;

        /** The store was told that it is active. */
        volatile boolean isActive;

        /** Connections; touched inside {@code compute} only. */
        int connections;

        Seen(long device) {
            this.device = device;
        }

        boolean isWaiting() {
            return isNew.get() || isOther.get();
        }

        Sign sign() {
            return new Sign(device, connectedAt, disconnectedAt, activityAt);
        }
    }

    /** What the thread will take, each device once. */
    private static final class Waiting {
        final ConcurrentLinkedQueue<Seen> queue = new ConcurrentLinkedQueue<>();
        final AtomicInteger size = new AtomicInteger();

        void add(Seen device) {
            size.incrementAndGet();
            queue.add(device);
        }

        Optional<Seen> poll() {
            Optional<Seen> next = Optional.ofNullable(queue.poll());
            next.ifPresent(_ -> size.decrementAndGet());
            return next;
        }
    }

    /** A connection of the device begins; polls are none. Any thread; waits at most for another note of the same device. */
    public void connected(long device) {
        Seen known = seen.compute(device, (_, before) -> {
            Seen now = before == null ? new Seen(device) : before;
            now.connections++;
            now.connectedAt = clock.millis();
            return now;
        });
        known.activityAt = known.connectedAt;
        isNews(known);
    }

    /** One of them ended, for whatever reason. As {@link #connected}. */
    public void disconnected(long device) {
        Seen known = seen.computeIfPresent(device, (_, now) -> {
            now.connections--;
            if (now.connections == 0) {
                now.disconnectedAt = clock.millis();
            }
            return now;
        });
        if (known != null) {
            isNews(known);
        }
    }

    /** The device was heard: a message, an acknowledgement, a sign of life. Any thread; never blocks. */
    public void heard(long device) {
        Seen known = seen.get(device);
        if (known == null) {
            known = seen.computeIfAbsent(device, Seen::new);
        }
        known.activityAt = clock.millis();
        if (!known.isActive) {
            isNews(known);
        } else if (!known.isOther.get() && known.isOther.compareAndSet(false, true)) {
            others.add(known);
        }
    }

    private void isNews(Seen device) {
        if (device.isNew.compareAndSet(false, true)) {
            news.add(device);
        }
    }

    /** Devices that the store was not told of yet. */
    int waiting() {
        return news.size.get() + others.size.get();
    }

    private void run() {
        for (long turn = 1; !closed; turn++) {
            LockSupport.parkNanos(TURN.toNanos());
            try {
                turn(turn % TURNS_PER_ROUND == 0);
                if (turn % (TURNS_PER_ROUND * ROUNDS_PER_CLEARING) == 0) {
                    clear();
                }
            } catch (RuntimeException e) {
                log.error("presence failed", e);
            }
        }
        if (give(news, LAST_SIGNS_MAX)) {
            give(others, LAST_SIGNS_MAX);
        }
    }

    private void turn(boolean isRound) {
        boolean works = give(news, SIGNS_PER_TURN_MAX);
        if (works && isRound) {
            works = give(others, SIGNS_PER_TURN_MAX * TURNS_PER_ROUND);
        }
        if (works && isRound) {
            expire();
        }
    }

    /** False: the store does not take it now; what it did not take waits again. */
    private boolean give(Waiting from, int max) {
        for (int given = 0; given < max; given += PresenceStore.SIGNS_MAX) {
            List<Seen> slice = take(from);
            if (slice.isEmpty()) {
                return true;
            }
            List<Sign> signs = slice.stream().map(Seen::sign).toList();
            if (answer(store.keep(signs, clock.millis()).thenApply(_ -> true)).isEmpty()) {
                failed.increment();
                slice.forEach(this::isNews);
                return false;
            }
            written.add(slice.size());
            slice.forEach(device -> device.isActive = device.activityAt > 0);
        }
        return true;
    }

    /** From now on a further note puts them into the queue again. */
    private List<Seen> take(Waiting from) {
        List<Seen> slice = new ArrayList<>();
        while (slice.size() < PresenceStore.SIGNS_MAX) {
            Optional<Seen> next = from.poll();
            if (next.isEmpty()) {
                break;
            }
            next.get().isNew.set(false);
            next.get().isOther.set(false);
            if (!slice.contains(next.get())) {
                slice.add(next.get());
            }
        }
        return slice;
    }

    private void expire() {
        boolean isMore = true;
        while (isMore && !closed) {
            Optional<Expired> expired = answer(store.expire(clock.millis(), this::isWaiting));
            expired.ifPresent(found -> found.silent().forEach(device -> {
                Seen known = seen.get(device);
                if (known != null) {
                    known.isActive = false;
                }
            }));
            isMore = expired.isPresent() && expired.get().isMore();
        }
    }

    private boolean isWaiting(long device) {
        Seen known = seen.get(device);
        return known != null && known.isWaiting();
    }

    private void clear() {
        long before = clock.millis() - REMEMBERED.toMillis();
        for (Long device : seen.keySet()) {
            seen.computeIfPresent(
                    device,
                    (_, known) ->
                            known.connections == 0 && !known.isWaiting() && known.activityAt < before ? null : known);
        }
    }

    /** Empty when it failed; why, the store has told its own log. */
    private static <T> Optional<T> answer(CompletionStage<T> stage) {
        try {
            return Optional.of(stage.toCompletableFuture().get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS));
        } catch (ExecutionException | TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Gives the store what waits, then ends the thread. Blocks. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(CLOSE_PATIENCE)) {
                log.warn("presence not written to its end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
