package io.signalbox.identity;

import io.signalbox.device.UserId;

/** A reset token that somebody was given. {@code expiryTime} is in epoch milliseconds. */
public record PasswordReset(UserId user, long expiryTime) {}
