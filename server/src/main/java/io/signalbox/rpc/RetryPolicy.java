package io.signalbox.rpc;

/**
 * How long a command waits, after an acknowledgement did not come, before it is sent again on the same subscription.
 *
 * @param initialMillis before the first re-send
 * @param factor        by which each wait is longer than the one before, at least 1
 * @param maxMillis     the longest wait
 * @param jitter        share of the wait, 0 to 1, by which it may be shorter at random
 */
public record RetryPolicy(long initialMillis, double factor, long maxMillis, double jitter) {
    /** Two seconds, always. */
    public static final RetryPolicy STANDARD = new RetryPolicy(2_000, 1, 2_000, 0);

    public RetryPolicy {
        if (initialMillis < 0 || maxMillis < initialMillis || !(factor >= 1) || !(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("retry policy: initial " + initialMillis + ", factor " + factor
                    + ", max " + maxMillis + ", jitter " + jitter);
        }
    }

    /**
     * Milliseconds before the next attempt.
     *
     * @param overdue how many acknowledgements did not come, at least 1
     * @param random  from 0 to 1
     */
    public long waitMillis(int overdue, double random) {
        double wait = Math.min((double) maxMillis, (double) initialMillis * Math.pow(factor, Math.max(0, overdue - 1)));
        return Math.round(wait * (1 - jitter * random));
    }
}
