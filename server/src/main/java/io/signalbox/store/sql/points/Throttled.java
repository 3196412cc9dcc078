package io.signalbox.store.sql.points;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/** One WARN in ten seconds for a failure that repeats, with the number of those that were not logged. Any thread. */
final class Throttled {
    private static final long EVERY_NANOS = 10_000_000_000L;

    private final Logger log;
    private final LongSupplier nanoTime;
    private final AtomicLong notBefore;
    private final AtomicLong suppressed = new AtomicLong();

    Throttled(Logger log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
        this.notBefore = new AtomicLong(nanoTime.getAsLong());
    }

    void warn(String event, Throwable cause) {
        long now = nanoTime.getAsLong();
        long due = notBefore.get();
        if (now - due >= 0 && notBefore.compareAndSet(due, now + EVERY_NANOS)) {
            log.warn("{} suppressed={}", event, suppressed.getAndSet(0), cause);
        } else {
            suppressed.incrementAndGet();
        }
    }
}
