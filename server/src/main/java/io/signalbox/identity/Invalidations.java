package io.signalbox.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;

/**
 * Whose tokens ended before their time: sessions, users, and the tenants and customers that went with all their users.
 * Remembered as long as a refresh token lives, in memory: a restart forgets, as the reference does.
 *
 * <p>Any thread; never blocks.
 */
final class Invalidations {
    private static final int SUBJECTS_MAX = 100_000;

    private final InstantSource clock;
    /** Subject to the first second (epoch) whose tokens are good again. */
    private final Cache<UUID, Long> goodFrom;

    /** Mostly nothing was ever invalidated, and then a request pays for one read. */
    private volatile boolean any;

    Invalidations(InstantSource clock, Duration remembered) {
        this.clock = clock;
        this.goodFrom = Caffeine.newBuilder()
                .maximumSize(SUBJECTS_MAX)
                .expireAfterWrite(remembered)
                .executor(Runnable::run)
                .build();
    }

    /** Ends every token that names this subject, also those of this very second. */
    void end(UUID subject) {
        goodFrom.put(subject, clock.millis() / 1000 + 1);
        any = true;
    }

    boolean isEmpty() {
        return !any;
    }

    /** Whether a token of this subject, issued at this second (epoch), has ended. */
    boolean covers(UUID subject, long issuedAt) {
        Long from = goodFrom.getIfPresent(subject);
        return from != null && issuedAt < from;
    }
}
