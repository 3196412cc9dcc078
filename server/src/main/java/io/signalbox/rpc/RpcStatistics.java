package io.signalbox.rpc;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the ends of commands by hour, device, method and kind. Whoever sees an end adds it to the counts in memory; one thread
 * gives them to the store, once a second and about {@link #ROWS_MAX} rows of it, one device after the other. A crash loses what
 * was not given yet: with up to so many devices and methods, that of the last second or two.
 *
 * <p>What waits is bounded; what comes beyond is not counted, which is counted.
 */
public final class RpcStatistics implements AutoCloseable {
    /** How long counts are kept. */
    public static final Duration KEPT = Duration.ofDays(31);

    static final int ROWS_MAX = 500;

    /** As many as a stop has time for. */
    private static final int LAST_ROWS_MAX = 20_000;

    private static final int PLACES_MAX = 50_000;

    /** Beyond these a device's further methods count together. */
    private static final int TALLIES_MAX = 20_000;

    private static final int METHOD_CHARS_MAX = 100;
    private static final int PURGED_AT_ONCE_MAX = 1_000;
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

    private static final Logger log = LoggerFactory.getLogger(RpcStatistics.class);

    private final StatisticsStore store;
    private final InstantSource clock;
    private final LongAdder dropped = new LongAdder();
    private final Thread thread;
    private final AtomicInteger tallies = new AtomicInteger();
    private volatile boolean closed;

    /** What was not given to the store yet. A value is touched inside {@code compute} only, or after it was taken out. */
    private final ConcurrentHashMap<Place, Map<Method, Tally>> waiting = new ConcurrentHashMap<>();

    /** Goes round {@link #waiting}, so that each place has its turn. The thread's own. */
    private Iterator<Place> round = Collections.emptyIterator();

    private record Place(long hour, long device) {}

    private record Method(String name, RpcFigures.Kind kind) {}

    /** Starts its thread; {@link #close} ends it. */
    public RpcStatistics(StatisticsStore store, InstantSource clock, MeterRegistry meters) {
        this.store = store;
        this.clock = clock;
        FunctionCounter.builder("signalbox.rpc.statistics.dropped", dropped, LongAdder::sum)
                .description("Ends of commands that are missing in the statistics")
                .register(meters);
        this.thread = Thread.ofPlatform().name("statistics").start(this::run);
    }

    /** Any thread; waits at most for another count of the same device. */
    void ended(long device, String method, RpcFigures.Kind kind, RpcStatus status, int attempts, long nanos) {
        count(device, method, kind, tally -> tally.end(status, attempts, nanos));
    }

    /** Any thread; waits at most for another count of the same device. */
    void late(long device, String method, boolean isDuplicate) {
        count(device, method, RpcFigures.Kind.PERSISTENT, tally -> tally.late(isDuplicate));
    }

    private void count(long device, String method, RpcFigures.Kind kind, Consumer<Tally> what) {
        String name = method.length() <= METHOD_CHARS_MAX ? method : method.substring(0, METHOD_CHARS_MAX);
        Place place = new Place(clock.millis() / HOUR_MILLIS, device);
        if (!at(place, new Method(name, kind), what)) {
            dropped.increment();
        }
    }

    private void run() {
        while (!closed) {
            LockSupport.parkNanos(PERIOD.toNanos());
            try {
                turn();
                long hour = clock.millis() / HOUR_MILLIS;
                wait(store.purge(hour - KEPT.toHours(), PURGED_AT_ONCE_MAX));
            } catch (RuntimeException e) {
                log.error("statistics failed", e);
            }
        }
        turn();
    }

    /** Gives the store a part of what was counted. */
    private void turn() {
        List<StatisticsStore.Counted> rows = take();
        if (!rows.isEmpty() && !wait(store.add(rows))) {
            rows.forEach(this::takeBack);
        }
    }

    private void takeBack(StatisticsStore.Counted row) {
        StatisticsStore.Key key = row.key();
        Tally counted = row.tally();
        Place place = new Place(key.hour(), key.device());
        if (!at(place, new Method(key.method(), key.kind()), tally -> tally.add(counted))) {
            dropped.add(counted.commands());
        }
    }

    /** Whether there was room for it. */
    private boolean at(Place place, Method method, Consumer<Tally> what) {
        if (waiting.size() >= PLACES_MAX && !waiting.containsKey(place)) {
            return false;
        }
        waiting.compute(place, (_, before) -> {
            Map<Method, Tally> methods = before == null ? new HashMap<>() : before;
            boolean hasRoom = methods.size() < StatisticsStore.METHODS_MAX && tallies.get() < TALLIES_MAX;
            Method counted =
                    hasRoom || methods.containsKey(method) ? method : new Method(StatisticsStore.OTHER, method.kind());
            what.accept(methods.computeIfAbsent(counted, _ -> {
                tallies.incrementAndGet();
                return new Tally();
            }));
            return methods;
        });
        return true;
    }

    private List<StatisticsStore.Counted> take() {
        List<StatisticsStore.Counted> rows = new ArrayList<>();
        if (closed || !round.hasNext()) {
            round = waiting.keySet().iterator();
        }
        while (round.hasNext() && rows.size() < (closed ? LAST_ROWS_MAX : ROWS_MAX)) {
            Place place = round.next();
            Map<Method, Tally> methods = waiting.remove(place);
            if (methods != null) {
                tallies.addAndGet(-methods.size());
                methods.forEach((method, tally) -> rows.add(new StatisticsStore.Counted(
                        new StatisticsStore.Key(place.hour(), place.device(), method.name(), method.kind()), tally)));
            }
        }
        return rows;
    }

    /** Whether it was done; why not, the store has told its own log. */
    private static boolean wait(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture().get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException e) {
            return false;
        } catch (TimeoutException | InterruptedException e) {
            return true; // it may still be done, and nothing is to be counted twice
        }
    }

    /** Gives the store what waits, then ends the thread. Blocks. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(CLOSE_PATIENCE)) {
                log.warn("statistics not written to their end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
