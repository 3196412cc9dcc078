package io.signalbox.store.sql;

import io.signalbox.config.PostgresUrl;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** Where tables are, and how connections to them are opened. What it says of itself has no password. Any thread; blocks. */
public sealed interface Database {
    Dialect dialect();

    /** Opens a connection that writes, in auto-commit mode; a file is made if there is none. */
    Sql openWriter();

    /** Opens a connection that cannot write. Each statement sees everything committed before; those of one transaction, the same. */
    Sql openReader();

    /**
     * Makes this process the one that writes {@code part} of the tables; empty where something else sees to that.
     *
     * @throws SqlFailure another process has them, or the database is too old
     */
    Optional<Lease> claim(Sql sql, String part);

    /** A file of this machine; its reader needs an open writer. */
    record SqliteFile(Path file) implements Database {
        @Override
        public Dialect dialect() {
            return Dialect.SQLITE;
        }

        @Override
        public Sql openWriter() {
            return open(List.of(
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA wal_autocheckpoint = 4000",
                    "PRAGMA foreign_keys = ON"));
        }

        @Override
        public Sql openReader() {
            return open(List.of("PRAGMA query_only = ON"));
        }

        /** The folder is locked. */
        @Override
        public Optional<Lease> claim(Sql sql, String part) {
            return Optional.empty();
        }

        private Sql open(List<String> settings) {
            try {
                Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                return opened(
                        connection,
                        dialect(),
                        List.of("PRAGMA busy_timeout = 5000", "PRAGMA temp_store = MEMORY"), // savepoints journal there
                        settings);
            } catch (SQLException e) {
                throw new SqlFailure("open " + file, e);
            }
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    /**
     * A database that speaks the protocol of PostgreSQL.
     *
     * @param installation the same for all processes that lock the same folder
     */
    record Postgres(PostgresUrl url, String installation) implements Database {
        /** Older ones are no longer looked after by those who make them. */
        static final int VERSION_MIN = 13;

        private static final String CONNECT_SECONDS_MAX = "5";

        /** A network that swallows packets ends a statement after that. */
        private static final String ANSWER_SECONDS_MAX = "30";

        @Override
        public Dialect dialect() {
            return Dialect.POSTGRES;
        }

        /** A writer that is gone gives up its locks, whatever the network says of it. */
        @Override
        public Sql openWriter() {
            return open(List.of(
                    "SET synchronous_commit = on",
                    "SET lock_timeout = '10s'",
                    "SET idle_in_transaction_session_timeout = '60s'"));
        }

        @Override
        public Sql openReader() {
            return open(List.of(
                    "SET default_transaction_read_only = on", "SET default_transaction_isolation = 'repeatable read'"));
        }

        @Override
        public Optional<Lease> claim(Sql sql, String part) {
            requireVersion(sql);
            return Optional.of(Lease.claim(sql, this, part, installation, holder()));
        }

        private static String holder() {
            String process = "process " + ProcessHandle.current().pid();
            try {
                return process + " on " + InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException _) {
                return process;
            }
        }

        private Sql open(List<String> settings) {
            Properties properties = new Properties();
            properties.setProperty("user", url.user());
            url.password().ifPresent(password -> properties.setProperty("password", password));
            properties.setProperty("ApplicationName", "signalbox");
            properties.setProperty("connectTimeout", CONNECT_SECONDS_MAX);
            properties.setProperty("loginTimeout", CONNECT_SECONDS_MAX);
            properties.setProperty("socketTimeout", ANSWER_SECONDS_MAX);
            properties.setProperty("tcpKeepAlive", "true");
            url.options().forEach(properties::setProperty);
            try {
                String address = "jdbc:postgresql://" + url.host() + ":" + url.port() + "/";
                properties.setProperty("PGDBNAME", url.database());
                return opened(DriverManager.getConnection(address, properties), dialect(), List.of(), settings);
            } catch (SQLException e) {
                throw new SqlFailure(reason(e), this, e);
            }
        }

        /** What somebody who starts a server should know. */
        private static String reason(SQLException e) {
            String state = String.valueOf(e.getSQLState());
            return switch (state) {
                case "08001", "08004", "08006" -> "it cannot be reached";
                case "28P01", "28000" -> "user or password is refused";
                case "3D000" -> "there is no such database";
                case "53300" -> "it has no connection left";
                case "57P03" -> "it is starting or stopping";
                default -> "it cannot be opened (" + state + ")";
            };
        }

        private void requireVersion(Sql sql) {
            long version = sql.first(
                            "SELECT CAST(current_setting('server_version_num') AS BIGINT) AS version",
                            row -> row.number("version"))
                    .orElseThrow();
            if (version < VERSION_MIN * 10_000L) {
                throw new SqlFailure(
                        this + ": it is PostgreSQL " + version / 10_000 + "; " + VERSION_MIN + " or newer is needed");
            }
        }

        @Override
        public String toString() {
            return url.toString();
        }
    }

    private static Sql opened(Connection connection, Dialect dialect, List<String> first, List<String> then)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String setting : first) {
                statement.execute(setting);
            }
            for (String setting : then) {
                statement.execute(setting);
            }
            return new Sql(connection, dialect);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }
}
