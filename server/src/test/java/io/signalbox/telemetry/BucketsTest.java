package io.signalbox.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketsTest {
    private static final ZoneId PARIS = ZoneId.of("Europe/Paris");

    private static List<String> starts(Buckets buckets) {
        List<String> starts = new ArrayList<>();
        for (long from = buckets.startTs(); from < buckets.endTs(); from = buckets.end(from)) {
            starts.add(
                    Instant.ofEpochMilli(from).atZone(PARIS).toLocalDateTime().toString());
        }
        return starts;
    }

    /** 2026-03-29 is a Sunday, and the day on which Paris loses an hour. */
    @ParameterizedTest
    @CsvSource({
        "WEEK, 2026-03-25T12:00/2026-03-29T00:00/2026-04-05T00:00",
        "WEEK_ISO, 2026-03-25T12:00/2026-03-30T00:00/2026-04-06T00:00",
        "MONTH, 2026-03-25T12:00/2026-04-01T00:00",
        "QUARTER, 2026-03-25T12:00/2026-04-01T00:00"
    })
    void calendarBucketsBeginWhereTheZoneSays(Buckets.Unit unit, String starts) {
        long start =
                ZonedDateTime.of(2026, 3, 25, 12, 0, 0, 0, PARIS).toInstant().toEpochMilli();
        long end = ZonedDateTime.of(2026, 4, 8, 0, 0, 0, 0, PARIS).toInstant().toEpochMilli();
        Buckets buckets = new Buckets(start, end, new Buckets.Width.Calendar(unit, PARIS));
        assertThat(starts(buckets)).containsExactly(starts.split("/"));
        assertThat(buckets.count(700)).isEqualTo(starts.split("/").length);
    }

    @Test
    void theLastFixedBucketIsCut() {
        Buckets buckets = new Buckets(10, 35, new Buckets.Width.Fixed(10));
        assertThat(List.of(buckets.end(10), buckets.end(20), buckets.end(30))).containsExactly(20L, 30L, 35L);
        assertThat(Buckets.middle(30, 35)).isEqualTo(32);
        assertThat(buckets.nextWith(29, 10)).isEqualTo(20);
        assertThat(buckets.nextWith(40, 10)).isEqualTo(35);
    }

    @Test
    void theEndsOfTimeAreNoTrap() {
        Buckets all = new Buckets(Long.MIN_VALUE, Long.MAX_VALUE, new Buckets.Width.Fixed(Long.MAX_VALUE));
        assertThat(all.count(10)).isEqualTo(3);
        Buckets months =
                new Buckets(Long.MIN_VALUE, Long.MAX_VALUE, new Buckets.Width.Calendar(Buckets.Unit.MONTH, PARIS));
        assertThat(months.count(700)).isPositive();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 800000, 1000, Number of intervals is to high - 800.",
        "0, 800000, 1, Number of intervals is to high - 800.",
        "9000, 0, 1000, Number of intervals is to high - -9.",
        "0, 10, -5, 'must be greater than 0, but got -5.'"
    })
    void tooManyBucketsAreRefused(long startTs, long endTs, long interval, String text) {
        assertThatThrownBy(() -> HistoryQuery.fixed(List.of("t"), startTs, endTs, Aggregation.AVG, interval))
                .hasMessageContaining(text);
    }
}
