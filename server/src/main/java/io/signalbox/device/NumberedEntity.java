package io.signalbox.device;

/**
 * An entity other than a device by its number for values, which is {@link #FIRST} or more: beyond those of devices.
 *
 * @param number {@link #FIRST} itself is of none, and has no values
 */
public record NumberedEntity(long number) implements HasValues {
    public static final long FIRST = 1L << 40;

    /** Reads as an entity that never had values. */
    public static final NumberedEntity NONE = new NumberedEntity(FIRST);

    public NumberedEntity {
        if (number < FIRST) {
            throw new IllegalArgumentException("number of a device: " + number);
        }
    }
}
