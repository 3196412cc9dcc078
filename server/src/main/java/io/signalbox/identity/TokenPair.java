package io.signalbox.identity;

/** What a login gives: the access token for calls, and the refresh token for the next pair. */
public record TokenPair(String token, String refreshToken) {}
