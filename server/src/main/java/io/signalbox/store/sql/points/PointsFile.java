package io.signalbox.store.sql.points;

import io.signalbox.store.sql.PrivateFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * {@code points.db}: how it is opened, and the numbered migrations that bring its schema up to date. Blocks on the disk.
 *
 * @param synced whether a commit waits for the disk; false in simulations only: a killed process loses nothing by it
 */
record PointsFile(Path folder, boolean synced) {
    static final String NAME = "points.db";

    private static final List<String> MIGRATIONS = List.of("0001-series-journal-points.sql", "0002-erasures-ends.sql");
    private static final String MIGRATIONS_FOLDER = "/db/migration/points/";

    /** Pages after which a commit copies the log back into the file: more makes fewer but longer stalls. */
    private static final int WAL_PAGES = 2000;

    /** How long the restart of a busy log waits for readers; nothing else here waits for a lock. */
    private static final int BUSY_MILLIS = 50;

    private static final int READER_BUSY_MILLIS = 1_000;

    Path path() {
        return folder.resolve(NAME);
    }

    /** Size of the write-ahead log, 0 when there is none. */
    long logBytes() {
        try {
            return Files.size(folder.resolve(NAME + "-wal"));
        } catch (IOException _) {
            return 0;
        }
    }

    /** The one connection that writes, in a transaction until told otherwise; its commits are synced. */
    Connection openWriter() throws SQLException {
        PrivateFile.make(path());
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(synced ? SQLiteConfig.SynchronousMode.FULL : SQLiteConfig.SynchronousMode.OFF);
        config.setBusyTimeout(BUSY_MILLIS);
        Connection connection = config.createConnection("jdbc:sqlite:" + path());
        try {
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA wal_autocheckpoint = " + WAL_PAGES);
            }
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** A connection that cannot write. Each of its transactions sees one state of the file. */
    Connection openReader() throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setOpenMode(SQLiteOpenMode.READONLY);
        config.setBusyTimeout(READER_BUSY_MILLIS);
        Connection connection = config.createConnection("jdbc:sqlite:" + path());
        connection.setAutoCommit(false);
        return connection;
    }

    /**
     * Brings the schema up to date, each migration in a transaction of its own.
     *
     * @throws IllegalStateException the file was written by a newer server
     */
    static void migrate(Connection connection) throws SQLException {
        int version;
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
            try (ResultSet row = statement.executeQuery("SELECT coalesce(max(version), 0) FROM schema_version")) {
                version = row.getInt(1);
            }
        }
        if (version > MIGRATIONS.size()) {
            connection.rollback();
            throw new IllegalStateException("points.db has schema " + version + ", this server knows "
                    + MIGRATIONS.size() + ": it was written by a newer server, start that one");
        }
        connection.commit();
        for (int next = version + 1; next <= MIGRATIONS.size(); next++) {
            try (Statement statement = connection.createStatement()) {
                for (String sql : statements(MIGRATIONS.get(next - 1))) {
                    statement.execute(sql);
                }
            }
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO schema_version (version) VALUES (?)")) {
                insert.setInt(1, next);
                insert.executeUpdate();
            }
            connection.commit();
        }
    }

    private static List<String> statements(String migration) {
        try (InputStream resource = PointsFile.class.getResourceAsStream(MIGRATIONS_FOLDER + migration)) {
            if (resource == null) {
                throw new IllegalStateException("migration is missing from the jar: " + migration);
            }
            String sql = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
            return List.of(sql.split(";\\s*\n")); // each statement ends its line
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
