package io.signalbox.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.signalbox.config.RateLimit;
import java.util.function.LongSupplier;

/**
 * Counts how often each of many may still do something: buckets that fill again evenly (REST API §4.2). Remembers those that
 * did something lately, {@link #KEYS_MAX} at most; who is forgotten has a full bucket. Any thread; never blocks for long.
 *
 * @param <K> who
 */
public final class RateBuckets<K> {
    static final int KEYS_MAX = 100_000;

    private final LongSupplier nanoTime;
    private final Cache<K, Bucket> buckets =
            Caffeine.newBuilder().maximumSize(KEYS_MAX).executor(Runnable::run).build();

    public RateBuckets(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Takes one, if all parts of the limit have one left. */
    public boolean take(K key, RateLimit limit) {
        return limit.isNone() || bucket(key, limit).take(nanoTime.getAsLong(), true);
    }

    /** Whether {@link #take} would succeed. */
    public boolean has(K key, RateLimit limit) {
        return limit.isNone() || bucket(key, limit).take(nanoTime.getAsLong(), false);
    }

    /** One whose limit was changed begins anew. */
    private Bucket bucket(K key, RateLimit limit) {
        return buckets.asMap()
                .compute(
                        key,
                        (_, known) -> known != null && known.limit.equals(limit)
                                ? known
                                : new Bucket(limit, nanoTime.getAsLong()));
    }

    private static final class Bucket {
        private final RateLimit limit;
        private final double[] left;
        private long filledAt;

        Bucket(RateLimit limit, long now) {
            this.limit = limit;
            this.left =
                    limit.parts().stream().mapToDouble(RateLimit.Part::capacity).toArray();
            this.filledAt = now;
        }

        synchronized boolean take(long now, boolean takes) {
            long passed = Math.max(0, now - filledAt);
            filledAt = now;
            boolean has = true;
            for (int i = 0; i < left.length; i++) {
                RateLimit.Part part = limit.parts().get(i);
                double refilled =
                        (double) part.capacity() * passed / part.time().toNanos();
                left[i] = Math.min(part.capacity(), left[i] + refilled);
                has &= left[i] >= 1;
            }
            for (int i = 0; has && takes && i < left.length; i++) {
                left[i]--;
            }
            return has;
        }
    }
}
