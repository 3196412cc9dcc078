package io.signalbox.identity;

import java.util.Map;
import java.util.UUID;

/** Remembers across restarts whose tokens ended before their time. Calls block until it is read or committed. */
public interface EndedTokens {
    /**
     * The latest of those that still count.
     *
     * @return by subject the first instant, epoch milliseconds, whose tokens are good again
     */
    Map<UUID, Long> load(long now, int max);

    /** @param keepUntil epoch milliseconds; after that every token it ends has expired */
    void end(UUID subject, long goodFrom, long keepUntil);

    /** Whether a token of this subject, issued at this instant (epoch milliseconds), has ended. */
    boolean covers(UUID subject, long issuedAt);
}
