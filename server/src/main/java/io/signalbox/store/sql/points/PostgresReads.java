package io.signalbox.store.sql.points;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.store.sql.Lease;
import io.signalbox.store.sql.Row;
import io.signalbox.store.sql.Sql;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What readers of time series ask a database server. Each answer is the state after one commit: one transaction, one snapshot. */
final class PostgresReads {
    /** Buckets that one statement sums. */
    private static final int BUCKETS_AT_ONCE = 1_000;

    private static final String LATEST =
            "SELECT key, " + PostgresRows.VALUE + " FROM series WHERE device = ? AND kind <> " + PostgresRows.NONE;

    private static final String LATEST_OF_MANY = "SELECT device, key, " + PostgresRows.VALUE
            + " FROM series WHERE device = ANY (?) AND key = ANY (?) AND kind <> " + PostgresRows.NONE;

    private static final String RANGE = "SELECT " + PostgresRows.VALUE
            + " FROM point WHERE device = ? AND number = ? AND ts >= ? AND ts < ? ORDER BY ts ";

    private PostgresReads() {}

    static Function<Sql, Snapshot<List<Reading>>> latest(long device) {
        return inOneState(sql -> sql.list(LATEST, PostgresReads::readLatest, device).stream()
                .sorted(Comparator.comparing(Reading::key))
                .toList());
    }

    static Function<Sql, Snapshot<List<Reading>>> latest(long device, List<String> keys) {
        List<String> wanted = List.copyOf(new LinkedHashSet<>(keys));
        byte[][] encoded = wanted.stream().map(Wtf8::encode).toArray(byte[][]::new);
        return inOneState(sql -> {
            Map<String, Reading> found = new HashMap<>();
            sql.list(LATEST + " AND key = ANY (?)", PostgresReads::readLatest, device, encoded)
                    .forEach(reading -> found.put(reading.key(), reading));
            return wanted.stream()
                    .flatMap(key -> Optional.ofNullable(found.get(key)).stream())
                    .toList();
        });
    }

    private record OfDevice(long device, Reading reading) {}

    static Function<Sql, Snapshot<Map<Long, List<Reading>>>> latest(List<Long> devices, List<String> keys) {
        Long[] numbers = devices.toArray(Long[]::new);
        byte[][] encoded = new LinkedHashSet<>(keys).stream().map(Wtf8::encode).toArray(byte[][]::new);
        return inOneState(sql -> {
            Map<Long, List<Reading>> found = new HashMap<>();
            sql.list(LATEST_OF_MANY, row -> new OfDevice(row.number("device"), readLatest(row)), numbers, encoded)
                    .forEach(row -> found.computeIfAbsent(row.device(), _ -> new ArrayList<>(1))
                            .add(row.reading()));
            return found;
        });
    }

    private static Reading readLatest(Row row) {
        return PostgresRows.read(Wtf8.decode(row.bytes("key")), row);
    }

    static Function<Sql, Snapshot<List<Reading>>> history(
            long device, List<String> keys, long startTs, long endTs, int limit, boolean ascending) {
        List<String> wanted = List.copyOf(keys);
        String query = RANGE + (ascending ? "ASC LIMIT ?" : "DESC LIMIT ?");
        return inOneState(sql -> {
            List<Reading> all = new ArrayList<>();
            for (String key : wanted) {
                series(sql, device, key)
                        .ifPresent(number -> all.addAll(sql.list(
                                query,
                                row -> PostgresRows.read(key, row),
                                device,
                                number,
                                startTs,
                                endTs,
                                Math.min(limit, TelemetryStore.POINTS_MAX + 1))));
                refuseTooMany(all);
            }
            return all;
        });
    }

    static Function<Sql, Snapshot<List<Reading>>> aggregate(
            long device, List<String> keys, Buckets buckets, Aggregation aggregation) {
        List<String> wanted = List.copyOf(keys);
        return inOneState(sql -> {
            List<Reading> all = new ArrayList<>();
            for (String key : wanted) {
                series(sql, device, key)
                        .ifPresent(number -> aggregate(sql, device, number, key, buckets, aggregation, all));
            }
            return all;
        });
    }

    /** Stretches of buckets, each from the next one that has a reading. */
    private static void aggregate(
            Sql sql,
            long device,
            long number,
            String key,
            Buckets buckets,
            Aggregation aggregation,
            List<Reading> into) {
        String query =
                "SELECT b.place, " + columns(aggregation) + " FROM unnest(?, ?, ?) AS b (place, start_ts, end_ts)"
                        + " JOIN point p ON p.device = ? AND p.number = ? AND p.ts >= b.start_ts AND p.ts < b.end_ts"
                        + " GROUP BY b.place ORDER BY b.place";
        long from = buckets.startTs();
        while (from < buckets.endTs()) {
            Optional<Long> next =
                    sql.first(RANGE + "ASC LIMIT 1", row -> row.number("ts"), device, number, from, buckets.endTs());
            if (next.isEmpty()) {
                return;
            }
            from = buckets.nextWith(next.get(), from);
            List<Long> places = new ArrayList<>();
            List<Long> starts = new ArrayList<>();
            List<Long> ends = new ArrayList<>();
            while (from < buckets.endTs() && starts.size() < BUCKETS_AT_ONCE) {
                long end = buckets.end(from);
                places.add((long) places.size());
                starts.add(from);
                ends.add(end);
                from = end;
            }
            sql.list(
                            query,
                            row -> {
                                int place = (int) row.number("place");
                                long middle = Buckets.middle(starts.get(place), ends.get(place));
                                return total(aggregation, row).value().map(value -> new Reading(key, value, middle));
                            },
                            places.toArray(Long[]::new),
                            starts.toArray(Long[]::new),
                            ends.toArray(Long[]::new),
                            device,
                            number)
                    .forEach(reading -> reading.ifPresent(into::add));
            refuseTooMany(into);
        }
    }

    private static String columns(Aggregation aggregation) {
        String isDecimal = " FILTER (WHERE kind = 2 AND double_value <> 'NaN')";
        return switch (aggregation) {
            case NONE -> throw new IllegalArgumentException("nothing is summed");
            case COUNT -> "COUNT(*) AS n";
            case SUM, AVG ->
                "COUNT(*) FILTER (WHERE kind = 1) AS wholes,"
                        + " CAST(COALESCE(SUM(long_value) FILTER (WHERE kind = 1), 0) AS TEXT) AS whole_sum,"
                        + " COUNT(*)" + isDecimal + " AS decimals,"
                        + " COALESCE(SUM(double_value)" + isDecimal + ", 0) AS decimal_sum";
            case MIN -> best("MIN", isDecimal);
            case MAX -> best("MAX", isDecimal);
        };
    }

    /** Bytes as hexadecimal digits: in that order, and older servers know no smallest bytes. */
    private static String best(String which, String isDecimal) {
        return which + "(long_value) FILTER (WHERE kind = 1) AS best_whole, " + which + "(double_value)" + isDecimal
                + " AS best_decimal, " + which
                + "(encode(bytes_value, 'hex') COLLATE \"C\") FILTER (WHERE kind = 3) AS best_text";
    }

    private static Total total(Aggregation aggregation, Row row) {
        Total total = new Total(aggregation);
        switch (aggregation) {
            case NONE -> {}
            case COUNT -> total.addCount(row.number("n"));
            case SUM, AVG ->
                total.addSum(
                        row.number("wholes"),
                        new BigInteger(row.text("whole_sum")),
                        row.number("decimals"),
                        row.decimal("decimal_sum"));
            case MIN, MAX -> {
                if (row.has("best_whole")) {
                    total.add(new Value.Whole(row.number("best_whole")));
                }
                if (row.has("best_decimal")) {
                    total.add(new Value.Decimal(row.decimal("best_decimal")));
                }
                row.textIfAny("best_text")
                        .map(hex -> new String(HexFormat.of().parseHex(hex), UTF_8))
                        .ifPresent(text -> total.add(new Value.Text(text)));
            }
        }
        return total;
    }

    private static Optional<Long> series(Sql sql, long device, String key) {
        return sql.first(
                "SELECT number FROM series WHERE device = ? AND key = ?",
                row -> row.number("number"),
                device,
                Wtf8.encode(key));
    }

    private static <T> Function<Sql, Snapshot<T>> inOneState(Function<Sql, T> work) {
        return sql -> sql.inTransaction(() -> {
            long commit = sql.first(Lease.COMMITS, row -> row.number("commits"), PostgresPoints.PART)
                    .orElseThrow();
            return new Snapshot<>(work.apply(sql), commit);
        });
    }

    private static void refuseTooMany(List<Reading> points) {
        if (points.size() > TelemetryStore.POINTS_MAX) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST,
                    "More than " + TelemetryStore.POINTS_MAX
                            + " points. Please reduce the limit, the keys or the range.");
        }
    }
}
