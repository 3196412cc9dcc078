package io.signalbox.store.sql;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

/** What databases do differently; everything else is the same SQL. */
public enum Dialect {
    SQLITE;

    /** Opens the one connection that writes to a file, and makes the file if there is none. In auto-commit mode. */
    public Sql openWriter(Path file) {
        return switch (this) {
            case SQLITE ->
                openSqlite(
                        file,
                        List.of(
                                "journal_mode = WAL",
                                "synchronous = FULL",
                                "wal_autocheckpoint = 4000",
                                "foreign_keys = ON"));
        };
    }

    /** Opens a connection that cannot write, to a file whose writer is open. Each statement sees everything committed before. */
    public Sql openReader(Path file) {
        return switch (this) {
            case SQLITE -> openSqlite(file, List.of("query_only = ON"));
        };
    }

    /** Begins a transaction that will write. */
    String begin() {
        return switch (this) {
            case SQLITE -> "BEGIN IMMEDIATE";
        };
    }

    /** Puts this database's words for the {@code ${…}} of a migration. */
    String spell(String migration) {
        String spelled = migration;
        for (Map.Entry<String, String> word : words().entrySet()) {
            spelled = spelled.replace("${" + word.getKey() + "}", word.getValue());
        }
        return spelled;
    }

    private Map<String, String> words() {
        return switch (this) {
            case SQLITE ->
                Map.of(
                        "key", "INTEGER PRIMARY KEY",
                        "keyNeverReused", "INTEGER PRIMARY KEY AUTOINCREMENT",
                        "bytes", "BLOB",
                        "text", "TEXT",
                        "clustered", "WITHOUT ROWID");
        };
    }

    private Sql openSqlite(Path file, List<String> pragmas) {
        try {
            Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout = 5000");
                statement.execute("PRAGMA temp_store = MEMORY"); // savepoints journal there
                for (String pragma : pragmas) {
                    statement.execute("PRAGMA " + pragma);
                }
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
            return new Sql(connection, this);
        } catch (SQLException e) {
            throw new SqlFailure("open " + file, e);
        }
    }
}
