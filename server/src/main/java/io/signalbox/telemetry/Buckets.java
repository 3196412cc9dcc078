package io.signalbox.telemetry;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;

/**
 * The time from {@code startTs} to before {@code endTs}, epoch milliseconds, cut into buckets: the first begins at {@code startTs},
 * the last ends at {@code endTs} at the latest (telemetry API A4.2).
 */
public record Buckets(long startTs, long endTs, Width width) {
    /** How long a bucket is. */
    public sealed interface Width {
        /** @param millis at least 1 */
        record Fixed(long millis) implements Width {
            public Fixed {
                if (millis < 1) {
                    throw new IllegalArgumentException("a bucket must have a width: " + millis);
                }
            }
        }

        /** To the end of the week, month or quarter in this zone. */
        record Calendar(Unit unit, ZoneId zone) implements Width {}
    }

    /** Parts of the calendar. */
    public enum Unit {
        /** From Sunday on. */
        WEEK,
        /** From Monday on. */
        WEEK_ISO,
        MONTH,
        QUARTER
    }

    /** The end of the bucket that begins at {@code from}; not in it. */
    public long end(long from) {
        long end = switch (width) {
            case Width.Fixed(long millis) -> endTs - from <= millis && endTs - from > 0 ? endTs : from + millis;
            case Width.Calendar(Unit unit, ZoneId zone) -> next(unit, zone, from);
        };
        return end > endTs || end <= from ? endTs : end;
    }

    /** The start of the first bucket from {@code from} on, itself one, that may hold something at {@code ts} or later. */
    public long nextWith(long ts, long from) {
        if (ts >= endTs) {
            return endTs;
        }
        return switch (width) {
            case Width.Fixed(long millis) -> ts <= from ? from : from + (ts - from) / millis * millis;
            case Width.Calendar _ -> from;
        };
    }

    /** The time that the one reading of a bucket shows. */
    public static long middle(long from, long end) {
        return from + (end - from) / 2;
    }

    private static long next(Unit unit, ZoneId zone, long from) {
        try {
            ZonedDateTime at = Instant.ofEpochMilli(from).atZone(zone);
            LocalDate day = at.toLocalDate();
            LocalDate next = switch (unit) {
                case WEEK -> day.with(TemporalAdjusters.next(DayOfWeek.SUNDAY));
                case WEEK_ISO -> day.with(TemporalAdjusters.next(DayOfWeek.MONDAY));
                case MONTH -> day.with(TemporalAdjusters.firstDayOfNextMonth());
                case QUARTER -> day.with(IsoFields.DAY_OF_QUARTER, 1).plus(1, IsoFields.QUARTER_YEARS);
            };
            return next.atStartOfDay(zone).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            return Long.MAX_VALUE; // beyond what the calendar knows: one bucket to the end
        }
    }

    /** How many there are, or {@code max + 1} when there are more than {@code max}. */
    public int count(int max) {
        int count = 0;
        for (long from = startTs; from < endTs && count <= max; from = end(from)) {
            count++;
        }
        return count;
    }
}
