package io.signalbox.simulator;

import java.time.Duration;

/**
 * A fixed schedule of events: number n is meant for start + n / rate, whatever became of those before. Latency that is
 * counted from the meant time shows the waiting that a slow server causes to calls which could not even be sent.
 */
final class Pace {
    private final double nanosEach;
    private long start;
    private long taken;

    Pace(double perSecond) {
        nanosEach = 1e9 / perSecond;
    }

    void start(long now) {
        start = now;
        taken = 0;
    }

    /** Whether an event's time has come. */
    boolean isDue(long now) {
        return next() <= now;
    }

    /**
     * Takes the next event.
     *
     * @return when it was meant to be
     */
    long take() {
        long meant = next();
        taken++;
        return meant;
    }

    /** How often to look: once per event, but not more than 4,000 times a second. */
    Duration beat() {
        return Duration.ofNanos((long) Math.max(250_000, nanosEach));
    }

    private long next() {
        return start + (long) (taken * nanosEach);
    }
}
