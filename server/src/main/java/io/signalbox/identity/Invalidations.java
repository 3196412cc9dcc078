package io.signalbox.identity;

import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whose tokens ended before their time: logins, users, and the tenants and customers that went with all their users.
 *
 * <p>The store remembers all of them for as long as a refresh token may live. Access tokens are read on event loops, and so
 * checked against memory, which holds the latest, {@link #SUBJECTS_MAX} at most; a refresh asks the store.
 */
final class Invalidations {
    static final int SUBJECTS_MAX = 200_000;
    /** Longer than a refresh token lives unless somebody sets it so. */
    private static final Duration KEPT_MIN = Duration.ofDays(30);

    private final EndedTokens store;
    private final InstantSource clock;
    /** Subject to the first instant (epoch milliseconds) whose tokens are good again. */
    private final ConcurrentHashMap<UUID, Long> goodFrom;

    /** Mostly nothing was ever invalidated, and then a request pays for one read. */
    private volatile boolean any;

    Invalidations(EndedTokens store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
        goodFrom = new ConcurrentHashMap<>(store.load(clock.millis(), SUBJECTS_MAX));
        any = !goodFrom.isEmpty();
    }

    /**
     * Ends every token that names this subject and was issued until now. Blocks until that is committed; counts at once.
     *
     * @param lifetime of the tokens it may end
     */
    void end(UUID subject, Duration lifetime) {
        long now = clock.millis();
        long from = now + 1;
        goodFrom.merge(subject, from, Math::max);
        any = true;
        forgetOldest();
        long kept = Math.max(lifetime.toMillis(), KEPT_MIN.toMillis());
        store.end(subject, from, now + kept);
    }

    /** Makes room for many at once, so that this is seldom. */
    private synchronized void forgetOldest() {
        if (goodFrom.size() > SUBJECTS_MAX) {
            long[] instants = goodFrom.values().stream()
                    .mapToLong(Long::longValue)
                    .sorted()
                    .toArray();
            long kept = instants[SUBJECTS_MAX / 10];
            goodFrom.values().removeIf(from -> from < kept);
        }
    }

    /** Any thread; never blocks. */
    boolean isEmpty() {
        return !any;
    }

    /** Whether a token of this subject, issued at this instant (epoch milliseconds), has ended. Any thread; never blocks. */
    boolean covers(UUID subject, long issuedAt) {
        Long from = goodFrom.get(subject);
        return from != null && issuedAt < from;
    }

    /** The first instant (epoch milliseconds) whose tokens of this subject are good; 0: all are. Any thread; never blocks. */
    long goodFrom(UUID subject) {
        Long from = goodFrom.get(subject);
        return from == null ? 0 : from;
    }

    /** As {@link #covers}, but asks the store, and so knows them all. Blocks. */
    boolean coveredInStore(UUID subject, long issuedAt) {
        return covers(subject, issuedAt) || store.covers(subject, issuedAt);
    }
}
