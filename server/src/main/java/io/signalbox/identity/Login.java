package io.signalbox.identity;

import java.util.Optional;
import java.util.UUID;

/**
 * One login of a user, with all tokens that were made from it by refreshing. Times are epoch milliseconds.
 *
 * @param usedTime   when it was last refreshed
 * @param expiryTime when its newest refresh token ends
 * @param acting     the administrator who acts as this user
 */
public record Login(
        UUID id, long createdTime, long usedTime, long expiryTime, Client client, Optional<String> acting) {}
