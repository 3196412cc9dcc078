package io.signalbox.store.sql.points;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.store.sql.points.Steps.Step;
import io.signalbox.store.sql.points.Tail.Point;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers reads from the tail laid over the tables, on a connection of its own.
 *
 * <p>Every answer is the state after one commit. The tail is taken first, then a snapshot of the file: what left the tail in
 * between is in the file, so nothing is missed. The file could also hold readings that were committed after the tail was
 * taken and moved since, all or some of a message; then the next tail is taken. A move begins every few seconds, so that
 * happens once, if at all. So it is with a deletion that the file may have begun to carry out and the tail does not know.
 *
 * <p>One thread; blocks on the disk.
 */
final class PointsReader implements AutoCloseable {
    private static final String LATEST = "SELECT b.block * 256 + s.slot, s.key, l.ts, l.value FROM block b"
            + " JOIN series s ON s.block = b.block LEFT JOIN latest l ON l.series = b.block * 256 + s.slot"
            + " WHERE b.device = ? AND b.purged IS NULL";

    /** The order of the joins is meant: a few devices among many, and no statistics. */
    private static final String LATEST_OF_MANY =
            "SELECT b.device, b.block * 256 + s.slot, l.ts, l.value FROM json_each(?) d CROSS JOIN block b ON b.device = d.value"
                    + " CROSS JOIN series s ON s.block = b.block LEFT JOIN latest l ON l.series = b.block * 256 + s.slot"
                    + " WHERE b.purged IS NULL AND s.key = ?";

    private final Supplier<Tail> tail;
    private final Steps steps;
    private final Connection connection;
    private final PreparedStatement snapshot;
    private final PreparedStatement latestOfAll;
    private final PreparedStatement latestOfOne;
    private final PreparedStatement latestOfMany;
    private final PreparedStatement seriesOfKey;
    private final PreparedStatement oldestFirst;
    private final PreparedStatement newestFirst;
    private final PreparedStatement hiddenOf;
    private final Map<Aggregation, PreparedStatement> sums = new EnumMap<>(Aggregation.class);

    /** What to read from one state of the store. */
    interface Query<T> {
        T answer(PointsReader reader, Tail tail) throws SQLException;
    }

    PointsReader(PointsFile file, Supplier<Tail> tail, Steps steps) throws SQLException {
        this.tail = tail;
        this.steps = steps;
        connection = file.openReader();
        try {
            snapshot = connection.prepareStatement("SELECT 1 FROM block LIMIT 1");
            latestOfAll = connection.prepareStatement(LATEST);
            latestOfOne = connection.prepareStatement(LATEST + " AND s.key = ?");
            latestOfMany = connection.prepareStatement(LATEST_OF_MANY);
            seriesOfKey = connection.prepareStatement(
                    "SELECT b.block * 256 + s.slot FROM block b JOIN series s ON s.block = b.block"
                            + " WHERE b.device = ? AND b.purged IS NULL AND s.key = ?");
            String range = "SELECT ts, value FROM point WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts ";
            oldestFirst = connection.prepareStatement(range + "ASC LIMIT ?");
            newestFirst = connection.prepareStatement(range + "DESC LIMIT ?");
            hiddenOf = connection.prepareStatement(
                    "SELECT start_ts, end_ts FROM erasure WHERE series = ? AND row <= ? ORDER BY start_ts");
            for (Aggregation aggregation : Aggregation.values()) {
                if (aggregation != Aggregation.NONE) {
                    sums.put(
                            aggregation,
                            connection.prepareStatement("SELECT " + Total.columns(aggregation)
                                    + " FROM point WHERE series = ? AND ts >= ? AND ts < ?"));
                }
            }
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    static Query<List<Reading>> latest(long device) {
        return (reader, tail) -> reader.latestOfAll(device, tail);
    }

    static Query<List<Reading>> latest(long device, List<String> keys) {
        return (reader, tail) -> reader.latestOf(device, keys, tail);
    }

    static Query<Map<Long, List<Reading>>> latest(List<Long> devices, List<String> keys) {
        return (reader, tail) -> {
            Map<Long, List<Reading>> found = new HashMap<>();
            for (String key : new LinkedHashSet<>(keys)) {
                reader.latestOfMany(devices, key, tail, found);
            }
            return found;
        };
    }

    static Query<List<Reading>> history(
            long device, List<String> keys, long startTs, long endTs, int limit, boolean ascending) {
        return (reader, tail) -> {
            List<Reading> all = new ArrayList<>();
            for (String key : keys) {
                all.addAll(reader.historyOf(device, key, new Span(startTs, endTs), limit, ascending, tail));
                refuseTooMany(all);
            }
            return all;
        };
    }

    static Query<List<Reading>> aggregate(long device, List<String> keys, Buckets buckets, Aggregation aggregation) {
        return (reader, tail) -> {
            List<Reading> all = new ArrayList<>();
            for (String key : keys) {
                reader.aggregate(device, key, buckets, aggregation, tail, all);
                refuseTooMany(all);
            }
            return all;
        };
    }

    private static void refuseTooMany(List<Reading> points) {
        if (points.size() > TelemetryStore.POINTS_MAX) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST,
                    "More than " + TelemetryStore.POINTS_MAX
                            + " points. Please reduce the limit, the keys or the range.");
        }
    }

    <T> Snapshot<T> read(Query<T> query) throws SQLException {
        while (true) {
            Tail taken = tail.get();
            steps.at(Step.READ_TAIL);
            try {
                openSnapshot();
                steps.at(Step.READ_SNAPSHOT);
                Tail now = tail.get();
                if (now.frozenUpTo() <= taken.lastRow() && now.erasedUpTo() <= taken.lastRow()) {
                    return new Snapshot<>(query.answer(this, taken), taken.lastRow());
                }
            } finally {
                connection.rollback();
            }
        }
    }

    private void openSnapshot() throws SQLException {
        try (ResultSet row = snapshot.executeQuery()) {
            row.next();
        }
    }

    private List<Reading> latestOfAll(long device, Tail over) throws SQLException {
        latestOfAll.setLong(1, device);
        List<Reading> readings = new ArrayList<>();
        readLatest(latestOfAll, over, readings);
        readings.sort(Comparator.comparing(Reading::key));
        return readings;
    }

    private List<Reading> latestOf(long device, List<String> keys, Tail over) throws SQLException {
        List<Reading> readings = new ArrayList<>();
        for (String key : new LinkedHashSet<>(keys)) {
            latestOfOne.setLong(1, device);
            latestOfOne.setBytes(2, Wtf8.encode(key));
            readLatest(latestOfOne, over, readings);
        }
        return readings;
    }

    private void latestOfMany(List<Long> devices, String key, Tail over, Map<Long, List<Reading>> into)
            throws SQLException {
        latestOfMany.setString(1, devices.toString());
        latestOfMany.setBytes(2, Wtf8.encode(key));
        try (ResultSet rows = latestOfMany.executeQuery()) {
            while (rows.next()) {
                Optional<Point> newest = newest(over, rows.getLong(2), rows.getLong(3), rows.getObject(4));
                if (newest.isPresent()) {
                    into.computeIfAbsent(rows.getLong(1), _ -> new ArrayList<>(1))
                            .add(new Reading(
                                    key, newest.get().value(), newest.get().ts()));
                }
            }
        }
    }

    private static void readLatest(PreparedStatement query, Tail over, List<Reading> into) throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                Optional<Point> newest = newest(over, rows.getLong(1), rows.getLong(3), rows.getObject(4));
                if (newest.isPresent()) {
                    Point point = newest.get();
                    into.add(new Reading(Wtf8.decode(rows.getBytes(2)), point.value(), point.ts()));
                }
            }
        }
    }

    /** @param moved what the table has for its latest value; null: nothing */
    private static Optional<Point> newest(Tail over, long series, long movedTs, @Nullable Object moved) {
        Tail.Decided decided = over.decided(series);
        Optional<Point> newest = decided == null ? over.latest(series) : decided.point();
        if (decided == null
                && moved != null
                && (newest.isEmpty() || movedTs > newest.get().ts())) {
            return Optional.of(new Point(movedTs, ValueColumn.value(moved)));
        }
        return newest;
    }

    /** The number of a key; -1: it has none. */
    private long series(long device, String key) throws SQLException {
        seriesOfKey.setLong(1, device);
        seriesOfKey.setBytes(2, Wtf8.encode(key));
        try (ResultSet row = seriesOfKey.executeQuery()) {
            return row.next() ? row.getLong(1) : -1;
        }
    }

    /** What of {@code range} the point table may show: rows that were deleted may still be there. */
    private List<Span> visible(long series, Span range, Tail over) throws SQLException {
        List<Span> hidden = new ArrayList<>();
        hiddenOf.setLong(1, series);
        hiddenOf.setLong(2, over.lastRow());
        try (ResultSet rows = hiddenOf.executeQuery()) {
            while (rows.next()) {
                hidden.add(new Span(rows.getLong(1), rows.getLong(2)));
            }
        }
        return range.without(hidden);
    }

    private List<Reading> historyOf(long device, String key, Span range, int limit, boolean ascending, Tail over)
            throws SQLException {
        long series = series(device, key);
        if (series < 0) {
            return List.of();
        }
        List<Reading> moved = new ArrayList<>();
        List<Span> visible = visible(series, range, over);
        for (Span span : ascending ? visible : visible.reversed()) {
            PreparedStatement query = ascending ? oldestFirst : newestFirst;
            query.setLong(1, series);
            query.setLong(2, span.startTs());
            query.setLong(3, span.endTs());
            query.setInt(4, Math.min(limit, TelemetryStore.POINTS_MAX + 1) - moved.size());
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    moved.add(new Reading(key, ValueColumn.value(rows.getObject(2)), rows.getLong(1)));
                }
            }
        }
        NavigableMap<Long, Value> inTail = over.range(series, range.startTs(), range.endTs(), limit, ascending);
        return inTail.isEmpty() ? moved : merge(key, moved, inTail, limit, ascending);
    }

    private void aggregate(
            long device, String key, Buckets buckets, Aggregation aggregation, Tail over, List<Reading> into)
            throws SQLException {
        long series = series(device, key);
        if (series < 0) {
            return;
        }
        List<Span> visible = visible(series, new Span(buckets.startTs(), buckets.endTs()), over);
        NavigableMap<Long, Value> inTail =
                over.range(series, buckets.startTs(), buckets.endTs(), Integer.MAX_VALUE, true);
        for (long from = buckets.startTs(); from < buckets.endTs(); ) {
            long end = buckets.end(from);
            Total total = new Total(aggregation);
            addBucket(series, new Span(from, end), visible, inTail.subMap(from, true, end, false), total);
            Optional<Value> value = total.value();
            if (value.isPresent()) {
                into.add(new Reading(key, value.get(), Buckets.middle(from, end)));
                refuseTooMany(into);
                from = end;
            } else {
                from = buckets.nextWith(next(series, end, inTail), end);
            }
        }
    }

    /** The time of the next reading from {@code from} on, in the table or the tail; deleted ones may count. */
    private long next(long series, long from, NavigableMap<Long, Value> inTail) throws SQLException {
        Long inTailNext = inTail.ceilingKey(from);
        long next = inTailNext == null ? Long.MAX_VALUE : inTailNext;
        oldestFirst.setLong(1, series);
        oldestFirst.setLong(2, from);
        oldestFirst.setLong(3, next);
        oldestFirst.setInt(4, 1);
        try (ResultSet row = oldestFirst.executeQuery()) {
            return row.next() ? row.getLong(1) : next;
        }
    }

    /** The table's sums around the readings in the tail; between their first and last, row by row, since those replace rows. */
    private void addBucket(long series, Span bucket, List<Span> visible, NavigableMap<Long, Value> inTail, Total into)
            throws SQLException {
        long firstInTail = inTail.isEmpty() ? bucket.endTs() : inTail.firstKey();
        long behindTail = inTail.isEmpty() ? bucket.endTs() : inTail.lastKey() + 1;
        inTail.values().forEach(into::add);
        for (Span span : visible) {
            addSum(series, cut(span, bucket.startTs(), firstInTail), into);
            addRows(series, cut(span, firstInTail, behindTail), inTail, into);
            addSum(series, cut(span, behindTail, bucket.endTs()), into);
        }
    }

    private static Span cut(Span span, long startTs, long endTs) {
        return new Span(Math.max(span.startTs(), startTs), Math.min(span.endTs(), endTs));
    }

    private void addSum(long series, Span span, Total into) throws SQLException {
        if (span.isEmpty()) {
            return;
        }
        PreparedStatement sum = Objects.requireNonNull(sums.get(into.aggregation()));
        sum.setLong(1, series);
        sum.setLong(2, span.startTs());
        sum.setLong(3, span.endTs());
        try (ResultSet row = sum.executeQuery()) {
            if (row.next()) {
                into.addSum(row);
            }
        }
    }

    private void addRows(long series, Span span, NavigableMap<Long, Value> replaced, Total into) throws SQLException {
        if (span.isEmpty()) {
            return;
        }
        oldestFirst.setLong(1, series);
        oldestFirst.setLong(2, span.startTs());
        oldestFirst.setLong(3, span.endTs());
        oldestFirst.setInt(4, Integer.MAX_VALUE);
        try (ResultSet rows = oldestFirst.executeQuery()) {
            while (rows.next()) {
                if (!replaced.containsKey(rows.getLong(1))) {
                    into.add(ValueColumn.value(rows.getObject(2)));
                }
            }
        }
    }

    /** Both by time, at most {@code limit}; of equal times the reading of the tail. */
    private static List<Reading> merge(
            String key, List<Reading> moved, NavigableMap<Long, Value> inTail, int limit, boolean ascending) {
        Comparator<Long> order = ascending ? Comparator.naturalOrder() : Collections.reverseOrder();
        List<Reading> merged = new ArrayList<>();
        Iterator<Reading> rows = moved.iterator();
        Optional<Reading> row = next(rows);
        for (Map.Entry<Long, Value> newer : (ascending ? inTail : inTail.descendingMap()).entrySet()) {
            while (row.isPresent() && order.compare(row.get().ts(), newer.getKey()) < 0) {
                merged.add(row.get());
                row = next(rows);
            }
            if (row.isPresent() && row.get().ts() == newer.getKey()) {
                row = next(rows);
            }
            merged.add(new Reading(key, newer.getValue(), newer.getKey()));
        }
        row.ifPresent(merged::add);
        rows.forEachRemaining(merged::add);
        return merged.size() > limit ? new ArrayList<>(merged.subList(0, limit)) : merged;
    }

    private static Optional<Reading> next(Iterator<Reading> rows) {
        return rows.hasNext() ? Optional.of(rows.next()) : Optional.empty();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
