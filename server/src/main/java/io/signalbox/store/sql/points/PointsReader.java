package io.signalbox.store.sql.points;

import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.store.sql.points.Steps.Step;
import io.signalbox.store.sql.points.Tail.Point;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Answers reads from the tail laid over the tables, on a connection of its own.
 *
 * <p>Every answer is the state after one commit. The tail is taken first, then a snapshot of the file: what left the tail in
 * between is in the file, so nothing is missed. The file could also hold readings that were committed after the tail was
 * taken and moved since, all or some of a message; then the next tail is taken. A move begins every few seconds, so that
 * happens once, if at all.
 *
 * <p>One thread; blocks on the disk.
 */
final class PointsReader implements AutoCloseable {
    private static final String LATEST = "SELECT b.block * 256 + s.slot, s.key, l.ts, l.value FROM block b"
            + " JOIN series s ON s.block = b.block LEFT JOIN latest l ON l.series = b.block * 256 + s.slot"
            + " WHERE b.device = ? AND b.purged IS NULL";

    private final Supplier<Tail> tail;
    private final Steps steps;
    private final Connection connection;
    private final PreparedStatement snapshot;
    private final PreparedStatement latestOfAll;
    private final PreparedStatement latestOfOne;
    private final PreparedStatement seriesOfKey;
    private final PreparedStatement oldestFirst;
    private final PreparedStatement newestFirst;

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
            seriesOfKey = connection.prepareStatement(
                    "SELECT b.block * 256 + s.slot FROM block b JOIN series s ON s.block = b.block"
                            + " WHERE b.device = ? AND b.purged IS NULL AND s.key = ?");
            String range = "SELECT ts, value FROM point WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts ";
            oldestFirst = connection.prepareStatement(range + "ASC LIMIT ?");
            newestFirst = connection.prepareStatement(range + "DESC LIMIT ?");
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

    static Query<List<Reading>> history(
            long device, String key, long startTs, long endTs, int limit, boolean ascending) {
        return (reader, tail) -> reader.historyOf(device, key, startTs, endTs, limit, ascending, tail);
    }

    <T> T read(Query<T> query) throws SQLException {
        while (true) {
            Tail taken = tail.get();
            steps.at(Step.READ_TAIL);
            try {
                openSnapshot();
                steps.at(Step.READ_SNAPSHOT);
                if (tail.get().frozenUpTo() <= taken.lastRow()) {
                    return query.answer(this, taken);
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

    private static void readLatest(PreparedStatement query, Tail over, List<Reading> into) throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                Optional<Point> newest = over.latest(rows.getLong(1));
                Object moved = rows.getObject(4);
                if (moved != null
                        && (newest.isEmpty() || rows.getLong(3) > newest.get().ts())) {
                    newest = Optional.of(new Point(rows.getLong(3), ValueColumn.value(moved)));
                }
                if (newest.isPresent()) {
                    Point point = newest.get();
                    into.add(new Reading(Wtf8.decode(rows.getBytes(2)), point.value(), point.ts()));
                }
            }
        }
    }

    private List<Reading> historyOf(
            long device, String key, long startTs, long endTs, int limit, boolean ascending, Tail over)
            throws SQLException {
        long series;
        seriesOfKey.setLong(1, device);
        seriesOfKey.setBytes(2, Wtf8.encode(key));
        try (ResultSet row = seriesOfKey.executeQuery()) {
            if (!row.next()) {
                return List.of();
            }
            series = row.getLong(1);
        }
        List<Reading> moved = new ArrayList<>();
        PreparedStatement query = ascending ? oldestFirst : newestFirst;
        query.setLong(1, series);
        query.setLong(2, startTs);
        query.setLong(3, endTs);
        query.setInt(4, limit);
        try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                moved.add(new Reading(key, ValueColumn.value(rows.getObject(2)), rows.getLong(1)));
            }
        }
        NavigableMap<Long, Value> inTail = over.range(series, startTs, endTs, limit, ascending);
        return inTail.isEmpty() ? moved : merge(key, moved, inTail, limit, ascending);
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
