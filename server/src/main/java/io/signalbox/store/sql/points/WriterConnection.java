package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import io.signalbox.store.sql.FileState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    private WriterConnection(Connection connection, long dictionaryBytesMax) throws SQLException {
        this.connection = connection;
        dictionary = new SeriesDictionary(connection, dictionaryBytesMax);
        appendRow = connection.prepareStatement("INSERT INTO journal (id, body) VALUES (?, ?)");
        deleteRows = connection.prepareStatement("DELETE FROM journal WHERE id <= ?");
        putPoint = connection.prepareStatement("INSERT OR REPLACE INTO point (series, ts, value) VALUES (?, ?, ?)");
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
    void put(long series, long ts, Value value, boolean latest) throws SQLException {
        Object column = ValueColumn.of(value);
        bind(putPoint, series, ts, column);
        if (latest) {
            bind(putLatest, series, ts, column);
        }
    }

    private static void bind(PreparedStatement put, long series, long ts, Object column) throws SQLException {
        put.setLong(1, series);
        put.setLong(2, ts);
        put.setObject(3, column);
        put.addBatch();
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
