package io.signalbox.session;

/**
 * What a connection can do.
 *
 * @param push            takes any number of messages while it lives; false: ends after the first one, as a long-poll does
 * @param payloadBytesMax the largest downlink body
 */
public record Features(boolean push, int payloadBytesMax) {}
