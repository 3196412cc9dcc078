package io.signalbox.events;

/**
 * Which events of a device are wanted. Texts are contained, whatever their case; an empty one is in all.
 *
 * @param fromTime epoch milliseconds, included, as is {@code toTime}
 */
public record EventQuery(long device, long fromTime, long toTime, String method, String error) {}
