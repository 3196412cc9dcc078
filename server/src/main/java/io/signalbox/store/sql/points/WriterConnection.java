package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import io.signalbox.store.sql.FileState;
import io.signalbox.store.sql.points.Tail.Point;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The statements of the writer, prepared once. Everything happens in the transaction that {@link #commit} or
 * {@link #rollback} ends; the next one begins by itself.
 *
 * <p>Writer thread only; blocks on the disk.
 */
final class WriterConnection implements AutoCloseable {
    private static final long LAST_SLOT = SeriesDictionary.SLOTS - 1L;

    private final Connection connection;
    private final SeriesDictionary dictionary;
    private final PreparedStatement appendRow;
    private final PreparedStatement deleteRows;
    private final PreparedStatement putPoint;
    private final PreparedStatement putLatest;
    private final PreparedStatement giveUpBlocks;
    private final PreparedStatement lastPointOfSlice;
    private final PreparedStatement deletePoints;
    private final PreparedStatement deleteLatest;
    private final PreparedStatement deleteSeries;
    private final PreparedStatement deleteBlock;
    private final PreparedStatement readLatest;
    private final PreparedStatement setLatest;
    private final PreparedStatement dropLatest;
    private final PreparedStatement newestBefore;
    private final PreparedStatement insertErasure;
    private final PreparedStatement deleteErasure;
    private final PreparedStatement lastTsOfSlice;
    private final PreparedStatement deleteRange;
    private final PreparedStatement deleteExpired;

    private WriterConnection(Connection connection, long dictionaryBytesMax) throws SQLException {
        this.connection = connection;
        dictionary = new SeriesDictionary(connection, dictionaryBytesMax);
        appendRow = connection.prepareStatement("INSERT INTO journal (id, body) VALUES (?, ?)");
        deleteRows = connection.prepareStatement("DELETE FROM journal WHERE id <= ?");
        putPoint = connection.prepareStatement(
                "INSERT OR REPLACE INTO point (series, ts, value, expires) VALUES (?, ?, ?, ?)");
        putLatest = connection.prepareStatement(
                "INSERT INTO latest (series, ts, value) VALUES (?, ?, ?)"
                        + " ON CONFLICT (series) DO UPDATE SET ts = excluded.ts, value = excluded.value WHERE excluded.ts >= ts");
        giveUpBlocks = connection.prepareStatement(
                "UPDATE block SET purged = ? WHERE device = ? AND purged IS NULL RETURNING block");
        lastPointOfSlice = connection.prepareStatement(
                "SELECT series, ts FROM point WHERE series BETWEEN ? AND ?" + " ORDER BY series, ts LIMIT 1 OFFSET ?");
        deletePoints = connection.prepareStatement(
                "DELETE FROM point WHERE series BETWEEN ? AND ? AND (series, ts) <= (?, ?)");
        deleteLatest = connection.prepareStatement("DELETE FROM latest WHERE series BETWEEN ? AND ?");
        deleteSeries = connection.prepareStatement("DELETE FROM series WHERE block = ?");
        deleteBlock = connection.prepareStatement("DELETE FROM block WHERE block = ?");
        readLatest = connection.prepareStatement("SELECT ts, value FROM latest WHERE series = ?");
        setLatest = connection.prepareStatement("INSERT OR REPLACE INTO latest (series, ts, value) VALUES (?, ?, ?)");
        dropLatest = connection.prepareStatement("DELETE FROM latest WHERE series = ?");
        newestBefore = connection.prepareStatement(
                "SELECT ts, value FROM point WHERE series = ? AND ts <= ? ORDER BY ts DESC LIMIT 1");
        insertErasure =
                connection.prepareStatement("INSERT INTO erasure (series, start_ts, end_ts, row) VALUES (?, ?, ?, ?)");
        deleteErasure = connection.prepareStatement("DELETE FROM erasure WHERE row = ?");
        lastTsOfSlice = connection.prepareStatement(
                "SELECT ts FROM point WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT 1 OFFSET ?");
        deleteRange = connection.prepareStatement("DELETE FROM point WHERE series = ? AND ts >= ? AND ts <= ?");
        deleteExpired = connection.prepareStatement("DELETE FROM point WHERE (series, ts) IN"
                + " (SELECT series, ts FROM point WHERE expires <= ? ORDER BY expires LIMIT ?)");
    }

    /** Opens the file, creating it or bringing it up to date. */
    static WriterConnection open(PointsFile file, long dictionaryBytesMax) throws SQLException {
        Connection connection = file.openWriter();
        try {
            PointsFile.migrate(connection);
            return new WriterConnection(connection, dictionaryBytesMax);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    SeriesDictionary dictionary() {
        return dictionary;
    }

    void commit() throws SQLException {
        connection.commit();
    }

    /** Writes without changing anything, and commits: says whether the file can be written. Throws if it cannot. */
    void probe() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(FileState.PROBE);
        }
        connection.commit();
    }

    /** Also makes the dictionary forget what it learnt in the transaction. */
    void rollback() throws SQLException {
        putPoint.clearBatch();
        putLatest.clearBatch();
        connection.rollback();
        dictionary.rolledBack();
    }

    void appendRow(long row, byte[] body) throws SQLException {
        appendRow.setLong(1, row);
        appendRow.setBytes(2, body);
        appendRow.executeUpdate();
    }

    /** Deletes the journal rows up to {@code lastRow}. */
    void deleteRows(long lastRow) throws SQLException {
        deleteRows.setLong(1, lastRow);
        deleteRows.executeUpdate();
    }

    /** One reading for the point table, and for the latest table too; written by {@link #flush}. */
    void put(long series, long ts, Value value, long expires, boolean latest) throws SQLException {
        Object column = ValueColumn.of(value);
        bind(putPoint, series, ts, column);
        if (expires == 0) {
            putPoint.setNull(4, Types.INTEGER);
        } else {
            putPoint.setLong(4, expires);
        }
        putPoint.addBatch();
        if (latest) {
            bind(putLatest, series, ts, column);
            putLatest.addBatch();
        }
    }

    private static void bind(PreparedStatement put, long series, long ts, Object column) throws SQLException {
        put.setLong(1, series);
        put.setLong(2, ts);
        put.setObject(3, column);
    }

    void flush() throws SQLException {
        putPoint.executeBatch();
        putLatest.executeBatch();
    }

    /**
     * Takes the blocks of a device away from it: no reader finds them from the commit on.
     *
     * @param lastRow the newest journal row that may hold readings of the device
     * @return the blocks
     */
    List<Long> giveUpBlocks(long device, long lastRow) throws SQLException {
        dictionary.forget(device);
        giveUpBlocks.setLong(1, lastRow);
        giveUpBlocks.setLong(2, device);
        List<Long> blocks = new ArrayList<>();
        try (ResultSet rows = giveUpBlocks.executeQuery()) {
            while (rows.next()) {
                blocks.add(rows.getLong(1));
            }
        }
        return blocks;
    }

    /** Deletes at most {@code max} points of a block; returns how many. */
    int deletePoints(long block, int max) throws SQLException {
        long first = block * SeriesDictionary.SLOTS;
        long last = first + LAST_SLOT;
        long lastSeries = last;
        long lastTs = Long.MAX_VALUE;
        lastPointOfSlice.setLong(1, first);
        lastPointOfSlice.setLong(2, last);
        lastPointOfSlice.setInt(3, max - 1);
        try (ResultSet row = lastPointOfSlice.executeQuery()) {
            if (row.next()) {
                lastSeries = row.getLong(1);
                lastTs = row.getLong(2);
            }
        }
        deletePoints.setLong(1, first);
        deletePoints.setLong(2, lastSeries);
        deletePoints.setLong(3, lastSeries);
        deletePoints.setLong(4, lastTs);
        return deletePoints.executeUpdate();
    }

    /** Deletes latest values and keys of a block; returns how many rows. */
    int deleteKeys(long block) throws SQLException {
        long first = block * SeriesDictionary.SLOTS;
        deleteLatest.setLong(1, first);
        deleteLatest.setLong(2, first + LAST_SLOT);
        deleteSeries.setLong(1, block);
        return deleteLatest.executeUpdate() + deleteSeries.executeUpdate();
    }

    /** The row of the latest table. */
    Optional<Point> latest(long series) throws SQLException {
        readLatest.setLong(1, series);
        return point(readLatest);
    }

    /** Replaces the row of the latest table, or removes it. */
    void setLatest(long series, Optional<Point> point) throws SQLException {
        if (point.isPresent()) {
            bind(setLatest, series, point.get().ts(), ValueColumn.of(point.get().value()));
            setLatest.executeUpdate();
        } else {
            dropLatest.setLong(1, series);
            dropLatest.executeUpdate();
        }
    }

    /** The newest row of the point table that lies in none of these spans. */
    Optional<Point> newest(long series, List<Span> hidden) throws SQLException {
        long upTo = Long.MAX_VALUE;
        while (true) {
            newestBefore.setLong(1, series);
            newestBefore.setLong(2, upTo);
            Optional<Point> newest = point(newestBefore);
            if (newest.isEmpty()) {
                return newest;
            }
            long ts = newest.get().ts();
            Optional<Span> over = hidden.stream().filter(span -> span.has(ts)).findFirst();
            if (over.isEmpty()) {
                return newest;
            }
            if (over.get().startTs() == Long.MIN_VALUE) {
                return Optional.empty();
            }
            upTo = over.get().startTs() - 1;
        }
    }

    private static Optional<Point> point(PreparedStatement query) throws SQLException {
        try (ResultSet row = query.executeQuery()) {
            return row.next()
                    ? Optional.of(new Point(row.getLong(1), ValueColumn.value(row.getObject(2))))
                    : Optional.empty();
        }
    }

    /** From the commit on, readers that know journal row {@code row} skip the range. */
    void insertErasure(Erasure erasure, long row) throws SQLException {
        insertErasure.setLong(1, erasure.series());
        insertErasure.setLong(2, erasure.startTs());
        insertErasure.setLong(3, erasure.endTs());
        insertErasure.setLong(4, row);
        insertErasure.executeUpdate();
    }

    void deleteErasure(long row) throws SQLException {
        deleteErasure.setLong(1, row);
        deleteErasure.executeUpdate();
    }

    /** Deletes the first points of a range, at most {@code max}; returns how many: fewer than that, and none is left. */
    int deleteRange(long series, Span range, int max) throws SQLException {
        lastTsOfSlice.setLong(1, series);
        lastTsOfSlice.setLong(2, range.startTs());
        lastTsOfSlice.setLong(3, range.endTs());
        lastTsOfSlice.setInt(4, max - 1);
        long lastTs = range.endTs() - 1;
        try (ResultSet row = lastTsOfSlice.executeQuery()) {
            if (row.next()) {
                lastTs = row.getLong(1);
            }
        }
        deleteRange.setLong(1, series);
        deleteRange.setLong(2, range.startTs());
        deleteRange.setLong(3, lastTs);
        return deleteRange.executeUpdate();
    }

    /** Deletes points whose time is over, at most {@code max}; returns how many. */
    int deleteExpired(long now, int max) throws SQLException {
        deleteExpired.setLong(1, now);
        deleteExpired.setInt(2, max);
        return deleteExpired.executeUpdate();
    }

    /** What is deleted and still has rows, by the journal rows of the deletions. */
    SortedMap<Long, Erasure> erasures() throws SQLException {
        SortedMap<Long, Erasure> erasures = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT row, series, start_ts, end_ts FROM erasure")) {
            while (rows.next()) {
                erasures.put(
                        rows.getLong(1),
                        new Erasure(rows.getLong(2), rows.getLong(3), rows.getLong(4), new Erasure.Latest.Kept()));
            }
        }
        return erasures;
    }

    void deleteBlock(long block) throws SQLException {
        deleteBlock.setLong(1, block);
        deleteBlock.executeUpdate();
    }

    /** Purged blocks that still have rows, each with the newest journal row that may hold readings of it. */
    Map<Long, Long> purgedBlocks() throws SQLException {
        Map<Long, Long> blocks = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT block, purged FROM block WHERE purged IS NOT NULL")) {
            while (rows.next()) {
                blocks.put(rows.getLong(1), rows.getLong(2));
            }
        }
        return blocks;
    }

    /** Hands the journal to {@code to}, row by row, oldest first. */
    void readJournal(JournalReader to) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, body FROM journal ORDER BY id")) {
            while (rows.next()) {
                to.row(rows.getLong(1), rows.getBytes(2));
            }
        }
    }

    interface JournalReader {
        void row(long id, byte[] body);
    }

    /** Copies the log back into the file and starts it anew, if no reader holds it for long. Outside a transaction. */
    void restartLog() throws SQLException {
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(RESTART)");
        } finally {
            connection.setAutoCommit(false);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
