package io.signalbox.store.sql.points;

import io.signalbox.store.sql.points.Tail.Point;

/**
 * Readings of one series that were deleted: those with {@code startTs <= ts < endTs} that were committed before.
 *
 * @param latest what the latest value of the series is from then on
 */
record Erasure(long series, long startTs, long endTs, Latest latest) {
    /** The latest value after the deletion. It is decided once, when the deletion is committed, and stays so in a replay. */
    sealed interface Latest {
        /** It was not in the range. */
        record Kept() implements Latest {}

        record Gone() implements Latest {}

        record Is(Point point) implements Latest {}
    }
}
