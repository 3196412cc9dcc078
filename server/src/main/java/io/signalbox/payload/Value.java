package io.signalbox.payload;

/** One value of a time series or an attribute, typed as the API keeps it apart. */
public sealed interface Value {
    record Whole(long value) implements Value {}

    record Decimal(double value) implements Value {}

    record Text(String value) implements Value {}

    record Flag(boolean value) implements Value {}

    /** An object or an array, as compact JSON text. */
    record Json(String text) implements Value {}
}
