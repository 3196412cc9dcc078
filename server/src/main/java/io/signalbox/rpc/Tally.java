package io.signalbox.rpc;

import io.signalbox.ops.Histogram;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/** Counts of commands that have something in common. One thread at a time. */
public final class Tally {
    private final Map<RpcStatus, Long> ended = new EnumMap<>(RpcStatus.class);
    private final long[] steps = new long[Histogram.STEPS];
    private long resent;
    private long late;
    private long duplicates;
    private long millisTogether;
    private long millisMax;

    void end(RpcStatus status, int attempts, long nanos) {
        ended.merge(status, 1L, Long::sum);
        resent += Math.max(0, attempts - 1);
        if (status == RpcStatus.SUCCESSFUL || status == RpcStatus.DELIVERED) {
            long took = Math.max(0, nanos);
            long millis = TimeUnit.NANOSECONDS.toMillis(took);
            steps[Histogram.step(took)]++;
            millisTogether += millis;
            millisMax = Math.max(millisMax, millis);
        }
    }

    void late(boolean isDuplicate) {
        if (isDuplicate) {
            duplicates++;
        } else {
            late++;
        }
    }

    /** Adds what the other counted. */
    public void add(Tally other) {
        other.ended.forEach((status, count) -> ended.merge(status, count, Long::sum));
        for (int i = 0; i < steps.length; i++) {
            steps[i] += other.steps[i];
        }
        resent += other.resent;
        late += other.late;
        duplicates += other.duplicates;
        millisTogether += other.millisTogether;
        millisMax = Math.max(millisMax, other.millisMax);
    }

    /**
     * What was counted before.
     *
     * @param steps of {@link Histogram}, maybe without the last ones
     */
    public static Tally of(
            ToLongFunction<RpcStatus> ended,
            long resent,
            long late,
            long duplicates,
            long millisTogether,
            long millisMax,
            long[] steps) {
        Tally tally = new Tally();
        for (RpcStatus status : RpcStatus.values()) {
            tally.ended.put(status, ended.applyAsLong(status));
        }
        tally.resent = resent;
        tally.late = late;
        tally.duplicates = duplicates;
        tally.millisTogether = millisTogether;
        tally.millisMax = millisMax;
        System.arraycopy(steps, 0, tally.steps, 0, steps.length);
        return tally;
    }

    /** Commands that ended so. */
    public long ended(RpcStatus status) {
        return ended.getOrDefault(status, 0L);
    }

    /** Commands that ended. */
    public long commands() {
        long sum = 0;
        for (long count : ended.values()) {
            sum += count;
        }
        return sum;
    }

    /** Attempts that were not the first. */
    public long resent() {
        return resent;
    }

    /** Answers behind an end without one. */
    public long late() {
        return late;
    }

    /** Further answers. */
    public long duplicates() {
        return duplicates;
    }

    /** Commands that reached their aim; of them are the times. */
    public long timed() {
        long sum = 0;
        for (long count : steps) {
            sum += count;
        }
        return sum;
    }

    /** How many of them took as long as each step of {@link Histogram}. */
    public long[] steps() {
        return steps.clone();
    }

    /** From acceptance to the end; 0 when none {@link #timed}. */
    public double meanMillis() {
        long timed = timed();
        return timed == 0 ? 0 : (double) millisTogether / timed;
    }

    /** How long those took together. */
    public long millisTogether() {
        return millisTogether;
    }

    public long millisMax() {
        return millisMax;
    }

    /**
     * A time within which this share of them ended: the bound of a step of {@link Histogram}, so at most 2.5 times, and above
     * five minutes at most six times, what it was. 0 when none {@link #timed}.
     */
    public double quantileMillis(double share) {
        long wanted = Math.max(1, (long) Math.ceil(share * timed()));
        long seen = 0;
        for (int step = 0; step < steps.length; step++) {
            seen += steps[step];
            if (seen >= wanted) {
                return Math.min(millisMax + 1.0, Histogram.boundSeconds(step) * 1_000);
            }
        }
        return millisMax;
    }
}
