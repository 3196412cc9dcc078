package io.signalbox.telemetry;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.List;
import java.util.Optional;

/**
 * What of a device's readings is wanted: {@code startTs <= ts < endTs}, epoch milliseconds, raw or summed up.
 *
 * @param keys    none: nothing is found
 * @param limit   at most so many of each key, when they are raw
 * @param buckets present unless they are raw
 */
public record HistoryQuery(
        List<String> keys,
        long startTs,
        long endTs,
        int limit,
        boolean ascending,
        Aggregation aggregation,
        Optional<Buckets> buckets) {
    public static final int LIMIT_DEFAULT = 100;

    /** Buckets of one answer. */
    public static final int BUCKETS_MAX = 700;

    /** For the number of buckets each counts as at least so wide. */
    private static final long WIDTH_MIN = 1_000;

    /** Copies the keys and checks them: blank ones are refused with {@code BAD_REQUEST}. */
    public HistoryQuery {
        keys = List.copyOf(keys);
        if (keys.stream().anyMatch(String::isBlank)) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Incorrect ReadTsKvQuery. Key can't be empty");
        }
    }

    /** Raw readings. */
    public static HistoryQuery raw(List<String> keys, long startTs, long endTs, int limit, boolean ascending) {
        return new HistoryQuery(keys, startTs, endTs, limit, ascending, Aggregation.NONE, Optional.empty());
    }

    /**
     * One reading for each bucket of {@code interval} milliseconds.
     *
     * @throws Rejected {@code BAD_REQUEST}, in the words of telemetry API A4.2
     */
    public static HistoryQuery fixed(
            List<String> keys, long startTs, long endTs, Aggregation aggregation, long interval) {
        long count = (endTs - startTs) / Math.max(interval, WIDTH_MIN);
        if (interval < 1) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST,
                    "Invalid TsKvQuery: 'interval' must be greater than 0, but got " + interval
                            + ". Please check your query parameters and ensure 'endTs' is greater than 'startTs' or increase 'interval'.");
        }
        refuse(count > BUCKETS_MAX || count < 0, count);
        return summed(keys, new Buckets(startTs, endTs, new Buckets.Width.Fixed(interval)), aggregation);
    }

    /**
     * One reading for each week, month or quarter.
     *
     * @throws Rejected {@code BAD_REQUEST}, in the words of telemetry API A4.2
     */
    public static HistoryQuery calendar(
            List<String> keys, long startTs, long endTs, Aggregation aggregation, Buckets.Width.Calendar width) {
        Buckets buckets = new Buckets(startTs, endTs, width);
        int count = endTs < startTs ? -1 : buckets.count(BUCKETS_MAX);
        refuse(count > BUCKETS_MAX || count < 0, count);
        return summed(keys, buckets, aggregation);
    }

    private static void refuse(boolean isWrong, long count) {
        if (isWrong) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST,
                    "Incorrect TsKvQuery. Number of intervals is to high - " + count
                            + ". Please increase 'interval' parameter for your query or reduce the time range of the query.");
        }
    }

    private static HistoryQuery summed(List<String> keys, Buckets buckets, Aggregation aggregation) {
        return new HistoryQuery(
                keys, buckets.startTs(), buckets.endTs(), LIMIT_DEFAULT, true, aggregation, Optional.of(buckets));
    }
}
