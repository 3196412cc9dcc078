package io.signalbox.telemetry;

/**
 * What was read, and when.
 *
 * @param commit the last commit that it knows of, counted by the store: later ones, and no others, are to come by {@link Feed}
 */
public record Snapshot<T>(T value, long commit) {}
