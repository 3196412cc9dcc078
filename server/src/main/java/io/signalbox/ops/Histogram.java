package io.signalbox.ops;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** How long something took, counted in fixed steps from 100 µs to a day. Any thread; no lock, no allocation. */
public final class Histogram {
    private static final long[] BOUNDS_MICROS = {
        100,
        250,
        500,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        30_000_000,
        60_000_000,
        300_000_000,
        1_800_000_000,
        3_600_000_000L,
        21_600_000_000L,
        86_400_000_000L
    };

    /** Steps; the last has no upper bound. */
    public static final int STEPS = BOUNDS_MICROS.length + 1;

    private final LongAdder[] counts = new LongAdder[STEPS];
    private final LongAdder nanosTogether = new LongAdder();

    public Histogram() {
        Arrays.setAll(counts, _ -> new LongAdder());
    }

    /** @param nanos a time that jumped back counts as none */
    public void record(long nanos) {
        long took = Math.max(0, nanos);
        counts[step(took)].increment();
        nanosTogether.add(took);
    }

    /** The step for a time. */
    public static int step(long nanos) {
        long micros = TimeUnit.NANOSECONDS.toMicros(nanos);
        int step = 0;
        while (step < BOUNDS_MICROS.length && micros >= BOUNDS_MICROS[step]) {
            step++;
        }
        return step;
    }

    /** The time in seconds at which a step ends; infinite for the last. */
    public static double boundSeconds(int step) {
        return step < BOUNDS_MICROS.length ? BOUNDS_MICROS[step] / 1e6 : Double.POSITIVE_INFINITY;
    }

    /** How often, for each step. */
    long[] counts() {
        return Arrays.stream(counts).mapToLong(LongAdder::sum).toArray();
    }

    double secondsTogether() {
        return nanosTogether.sum() / 1e9;
    }
}
