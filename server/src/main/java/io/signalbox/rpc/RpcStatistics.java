package io.signalbox.rpc;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the ends of commands by hour, device, method and kind, behind the answers: ends are put into a queue, and one thread
 * counts them together and gives the counts to the store, once a second and at most {@link #ROWS_MAX} rows of it, the oldest
 * first. A crash loses what was not given yet: with up to so many devices and methods, that of the last second or two.
 *
 * <p>All that waits is bounded; what comes beyond is not counted, which is counted.
 */
public final class RpcStatistics implements AutoCloseable {
    /** How long counts are kept. */
    public static final Duration KEPT = Duration.ofDays(31);

    static final int ROWS_MAX = 500;

    /** As many as a stop has time for. */
    private static final int LAST_ROWS_MAX = 20_000;

    private static final int QUEUE_MAX = 200_000;
    private static final int PLACES_MAX = 50_000;
    private static final int METHOD_CHARS_MAX = 100;
    private static final int PURGED_AT_ONCE_MAX = 1_000;
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

    private static final Logger log = LoggerFactory.getLogger(RpcStatistics.class);

    private final StatisticsStore store;
    private final InstantSource clock;
    private final ConcurrentLinkedQueue<Fact> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();
    private final Thread thread;
    private volatile boolean closed;

    /** What was not given to the store yet. The thread's own. */
    private final LinkedHashMap<Place, Map<Method, Tally>> waiting = new LinkedHashMap<>();

    private sealed interface Fact {
        long device();

        String method();

        record End(long device, String method, RpcFigures.Kind kind, RpcStatus status, int attempts, long nanos)
                implements Fact {}

        record Late(long device, String method, boolean isDuplicate) implements Fact {}
    }

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

    /** Any thread; never blocks, takes no lock. */
    void ended(long device, String method, RpcFigures.Kind kind, RpcStatus status, int attempts, long nanos) {
        put(new Fact.End(device, method, kind, status, attempts, nanos));
    }

    /** Any thread; never blocks, takes no lock. */
    void late(long device, String method, boolean isDuplicate) {
        put(new Fact.Late(device, method, isDuplicate));
    }

    private void put(Fact fact) {
        if (queued.incrementAndGet() > QUEUE_MAX) {
            queued.decrementAndGet();
            dropped.increment();
        } else {
            queue.add(fact);
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

    /** Counts what came, and gives the store a part of it. */
    private void turn() {
        count();
        List<StatisticsStore.Counted> rows = take();
        if (!rows.isEmpty() && !wait(store.add(rows))) {
            rows.forEach(row -> at(
                    row.key().hour(),
                    row.key().device(),
                    row.key().method(),
                    row.key().kind(),
                    row.tally()));
        }
    }

    private void count() {
        long hour = clock.millis() / HOUR_MILLIS;
        for (Fact fact = queue.poll(); fact != null; fact = queue.poll()) {
            queued.decrementAndGet();
            Tally tally = new Tally();
            RpcFigures.Kind kind = switch (fact) {
                case Fact.End(long _, String _, RpcFigures.Kind of, RpcStatus status, int attempts, long nanos) -> {
                    tally.end(status, attempts, nanos);
                    yield of;
                }
                case Fact.Late(long _, String _, boolean isDuplicate) -> {
                    tally.late(isDuplicate);
                    yield RpcFigures.Kind.PERSISTENT;
                }
            };
            String method = fact.method();
            String name = method.length() <= METHOD_CHARS_MAX ? method : method.substring(0, METHOD_CHARS_MAX);
            at(hour, fact.device(), name, kind, tally);
        }
    }

    private void at(long hour, long device, String name, RpcFigures.Kind kind, Tally more) {
        Place place = new Place(hour, device);
        Map<Method, Tally> methods = waiting.get(place);
        if (methods == null) {
            if (waiting.size() >= PLACES_MAX) {
                dropped.add(more.commands());
                return;
            }
            methods = new HashMap<>();
            waiting.put(place, methods);
        }
        Method method = new Method(name, kind);
        Method counted = methods.containsKey(method) || methods.size() < StatisticsStore.METHODS_MAX
                ? method
                : new Method(StatisticsStore.OTHER, kind);
        methods.computeIfAbsent(counted, _ -> new Tally()).add(more);
    }

    private List<StatisticsStore.Counted> take() {
        List<StatisticsStore.Counted> rows = new ArrayList<>();
        Iterator<Map.Entry<Place, Map<Method, Tally>>> places =
                waiting.entrySet().iterator();
        while (places.hasNext() && rows.size() < (closed ? LAST_ROWS_MAX : ROWS_MAX)) {
            Map.Entry<Place, Map<Method, Tally>> next = places.next();
            Place place = next.getKey();
            next.getValue()
                    .forEach((method, tally) -> rows.add(new StatisticsStore.Counted(
                            new StatisticsStore.Key(place.hour(), place.device(), method.name(), method.kind()),
                            tally)));
            places.remove();
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
