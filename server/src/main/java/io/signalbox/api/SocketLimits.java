package io.signalbox.api;

import io.signalbox.config.RateLimit;

/**
 * What the sockets of a tenant may take up (telemetry and WebSocket API B8); counts of 0 are no limit.
 *
 * @param sessions      sockets at a time
 * @param subscriptions subscriptions at a time, of all their sockets together
 * @param messagesMax   that wait to be sent on one socket
 * @param updates       of subscriptions, on one socket
 */
record SocketLimits(Each sessions, Each subscriptions, int messagesMax, RateLimit updates) {
    /** Those of the tenant, of each customer, of each user, and of all who act as one public customer. */
    record Each(int tenant, int customer, int user, int publicUser) {
        Each and(Each other) {
            return new Each(
                    lower(tenant, other.tenant),
                    lower(customer, other.customer),
                    lower(user, other.user),
                    lower(publicUser, other.publicUser));
        }
    }

    /**
     * The limits that a tenant profile sets.
     *
     * @param profileData JSON text; what is no limit in it is none
     */
    static SocketLimits of(String profileData) {
        Body limits = Body.of(Json.read(profileData))
                .value("configuration")
                .map(Body::of)
                .orElseGet(() -> Body.of(Json.read("{}")));
        return new SocketLimits(
                each(limits, "maxWsSessionsPer"),
                each(limits, "maxWsSubscriptionsPer"),
                count(limits, "wsMsgQueueLimitPerSession"),
                rate(limits.text("wsUpdatesPerSessionRateLimit").orElse("")));
    }

    private static Each each(Body limits, String name) {
        return new Each(
                count(limits, name + "Tenant"),
                count(limits, name + "Customer"),
                count(limits, name + "RegularUser"),
                count(limits, name + "PublicUser"));
    }

    private static int count(Body limits, String name) {
        return (int) Math.clamp(limits.whole(name).orElse(0L), 0L, Integer.MAX_VALUE);
    }

    private static RateLimit rate(String text) {
        try {
            return RateLimit.parse(text);
        } catch (IllegalArgumentException _) {
            return RateLimit.NONE;
        }
    }

    /** Both of them. */
    SocketLimits and(SocketLimits other) {
        return new SocketLimits(
                sessions.and(other.sessions),
                subscriptions.and(other.subscriptions),
                lower(messagesMax, other.messagesMax),
                updates.isNone() ? other.updates : updates);
    }

    private static int lower(int one, int other) {
        return one == 0 || other == 0 ? Math.max(one, other) : Math.min(one, other);
    }
}
