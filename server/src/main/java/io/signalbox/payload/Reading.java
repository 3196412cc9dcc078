package io.signalbox.payload;

/**
 * A value of one key at one time: a point of a time series, or an attribute with its last update.
 *
 * @param ts epoch milliseconds, any sign
 */
public record Reading(String key, Value value, long ts) {
    public static final int KEY_CHARS_MAX = 255;

    public Reading {
        if (key.isEmpty() || key.length() > KEY_CHARS_MAX) {
            throw new MalformedPayload("key must have 1 to " + KEY_CHARS_MAX + " characters, has " + key.length());
        }
    }
}
