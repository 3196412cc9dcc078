package io.signalbox.rpc;

import java.util.Locale;
import java.util.Set;

/**
 * After which failures a command is sent again, and how long it waits before, on the same subscription.
 *
 * @param initialMillis before the first re-send
 * @param factor        by which each wait is longer than the one before, at least 1
 * @param maxMillis     the longest wait
 * @param jitter        share of the wait, 0 to 1, by which it may be shorter at random
 * @param retryOn       may be empty: it is not sent again on the same subscription
 */
public record RetryPolicy(long initialMillis, double factor, long maxMillis, double jitter, Set<Failure> retryOn) {
    /** What is retried when the caller does not say. */
    public static final Set<Failure> RETRY_ON_STANDARD = Set.of(Failure.SENT_NOT_ACKNOWLEDGED);

    /** Two seconds, always. */
    public static final RetryPolicy STANDARD = new RetryPolicy(2_000, 1, 2_000, 0, RETRY_ON_STANDARD);

    /** How an attempt can fail. */
    public enum Failure {
        /** The protocol's acknowledgement did not come in its time. */
        SENT_NOT_ACKNOWLEDGED,
        /** Delivered, and no answer came while it held up those behind it. */
        NO_ANSWER,
        /** The transport could not put it into the device's form, or could not write it. */
        REFUSED;

        private final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

        /** What callers call it; that of {@link Outcome.Stage#header} where there is one. */
        public String word() {
            return word;
        }
    }

    public RetryPolicy {
        if (initialMillis < 0 || maxMillis < initialMillis || !(factor >= 1) || !(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("retry policy: initial " + initialMillis + ", factor " + factor
                    + ", max " + maxMillis + ", jitter " + jitter);
        }
        retryOn = Set.copyOf(retryOn);
    }

    /**
     * Milliseconds before the next attempt.
     *
     * @param overdue how many attempts failed, at least 1
     * @param random  from 0 to 1
     */
    public long waitMillis(int overdue, double random) {
        double wait = Math.min((double) maxMillis, (double) initialMillis * Math.pow(factor, Math.max(0, overdue - 1)));
        return Math.round(wait * (1 - jitter * random));
    }
}
