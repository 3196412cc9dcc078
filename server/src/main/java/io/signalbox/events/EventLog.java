package io.signalbox.events;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.device.Uuids;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Writes down what devices do wrong, behind it. A device, or many, that do it again and again get no more than {@link
 * #PER_SECOND_MAX} entries a second together; the others are counted.
 */
public final class EventLog {
    static final int PER_SECOND_MAX = 10;

    private static final int PURGED_AT_ONCE_MAX = 1_000;
    private static final int ERROR_CHARS_MAX = 1_000;
    private static final long SECOND = 1_000;

    private final EventStore store;
    private final Duration keep;
    private final InstantSource clock;
    private final LongAdder dropped = new LongAdder();

    /** The second that is counted now, and how many it had: both in one number. */
    private final AtomicLong window = new AtomicLong();

    /** @param keep time until an event is removed */
    public EventLog(EventStore store, Duration keep, InstantSource clock, MeterRegistry meters) {
        this.store = store;
        this.keep = keep;
        this.clock = clock;
        FunctionCounter.builder("signalbox.events.dropped", dropped, LongAdder::sum)
                .description("Errors of devices that came too fast to be written down")
                .register(meters);
    }

    /**
     * The device, by its number, sent what cannot be taken. Any thread; never blocks.
     *
     * @param method what it tried: {@code telemetry}
     */
    public void error(long device, String method, String error) {
        long now = clock.millis();
        if (!admits(now)) {
            dropped.increment();
            return;
        }
        String text = error.length() <= ERROR_CHARS_MAX ? error : error.substring(0, ERROR_CHARS_MAX - 1) + "…";
        store.insert(device, new Event(Uuids.next(now), now, method, text)).whenComplete((_, problem) -> {
            if (problem != null) {
                dropped.increment();
            }
        });
    }

    private boolean admits(long now) {
        long second = now / SECOND * SECOND;
        long count = window.updateAndGet(before -> before >= second && before < second + SECOND ? before + 1 : second);
        return count - second < PER_SECOND_MAX;
    }

    /** Removes what is too old, and runs {@code done} then. Any thread; does not block. */
    public void purge(Runnable done) {
        store.purge(clock.millis() - keep.toMillis(), PURGED_AT_ONCE_MAX).whenComplete((gone, problem) -> {
            if (problem == null && gone == PURGED_AT_ONCE_MAX) {
                purge(done);
            } else {
                done.run();
            }
        });
    }
}
