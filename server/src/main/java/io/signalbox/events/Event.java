package io.signalbox.events;

import java.util.UUID;

/**
 * Something that went wrong with a device.
 *
 * @param time   epoch milliseconds
 * @param method what the device did: {@code telemetry}
 * @param error  what is wrong with it
 */
public record Event(UUID id, long time, String method, String error) {}
