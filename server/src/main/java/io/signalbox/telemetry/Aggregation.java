package io.signalbox.telemetry;

/** What becomes of the readings of one bucket. */
public enum Aggregation {
    /** They stay as they are. */
    NONE,
    /** The smallest number; the smallest text when there are texts only. */
    MIN,
    /** The greatest number; the greatest text when there are texts only. */
    MAX,
    /** The mean of the numbers. */
    AVG,
    /** The sum of the numbers; whole when all of them are. */
    SUM,
    /** How many readings there are, of any kind. */
    COUNT
}
