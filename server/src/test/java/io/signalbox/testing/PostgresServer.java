package io.signalbox.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.config.PostgresUrl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A PostgreSQL of its own, from what the machine has installed: on a free port of the loopback, its data in a new folder that
 * goes when the process ends. It can be stopped and started again. Where there is none, tests are skipped, loudly; never
 * where {@code CI=true}. It runs as another user when the tests run as root, which it refuses.
 */
public final class PostgresServer implements AutoCloseable {
    private static final String USER = "signalbox";
    private static final String PASSWORD = "s3cret";
    private static final String RUN_AS = "postgres";

    private static final AtomicInteger schemas = new AtomicInteger();

    private final Path bin;
    private final Path folder;
    private final int port;

    private PostgresServer(Path bin, Path folder, int port) {
        this.bin = bin;
        this.folder = folder;
        this.port = port;
    }

    /** The one that tests share; made at the first call. */
    public static PostgresServer shared() {
        return Shared.server().orElseGet(PostgresServer::skip);
    }

    /** One that the test may stop, and has to close. */
    public static PostgresServer open() {
        return installed().map(PostgresServer::made).orElseGet(PostgresServer::skip);
    }

    private static PostgresServer skip() {
        String text = "PostgreSQL is not installed (apt-get install postgresql): tests with it are skipped";
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError(text);
        }
        Assumptions.abort(text);
        throw new AssertionError();
    }

    private static final class Shared {
        private static final Optional<PostgresServer> server = installed().map(PostgresServer::made);

        static {
            if (server.isEmpty()) {
                System.err.println("\n*** PostgreSQL is not installed: the tests of the store on it are SKIPPED ***\n");
            }
        }

        static Optional<PostgresServer> server() {
            return server;
        }
    }

    /** The newest one's programs. */
    private static Optional<Path> installed() {
        List<Path> found = new ArrayList<>();
        Path versions = Path.of("/usr/lib/postgresql"); // Debian
        if (Files.isDirectory(versions)) {
            try (Stream<Path> each = Files.list(versions)) {
                each.sorted(Comparator.<Path>comparingInt(version ->
                                        Integer.parseInt(version.getFileName().toString()))
                                .reversed())
                        .forEach(version -> found.add(version.resolve("bin")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        for (String place : String.valueOf(System.getenv("PATH")).split(":", -1)) {
            found.add(Path.of(place));
        }
        return found.stream()
                .filter(bin -> Files.isExecutable(bin.resolve("initdb")) && Files.isExecutable(bin.resolve("pg_ctl")))
                .findFirst();
    }

    private static PostgresServer made(Path bin) {
        try {
            Path folder = Files.createTempDirectory("signalbox-postgres");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            Files.writeString(folder.resolve("password"), PASSWORD, UTF_8);
            PostgresServer server = new PostgresServer(bin, folder, freePort());
            server.run(
                    "initdb",
                    "--no-sync",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--username=" + USER,
                    "--pwfile=" + folder.resolve("password"),
                    "--pgdata=" + server.data());
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            server.start();
            server.psql("postgres", "CREATE DATABASE signalbox");
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private Path data() {
        return folder.resolve("data");
    }

    /** Returns when it takes connections. */
    public void start() {
        // a killed server loses nothing without syncs, only a killed machine does
        String options = "-p " + port + " -k '' -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200";
        run("pg_ctl", "--pgdata=" + data(), "--log=" + folder.resolve("log"), "-w", "-o", options, "start");
    }

    /** Ends it as a crash would: connections break, what was committed stays. */
    public void kill() {
        run("pg_ctl", "--pgdata=" + data(), "-w", "-m", "immediate", "stop");
    }

    public PostgresUrl url() {
        return url(Map.of());
    }

    /** The shared database with a schema that nobody else has. */
    public PostgresUrl newSchema() {
        return schema("test" + schemas.incrementAndGet());
    }

    /** The shared database with this schema, made if it is missing. */
    public PostgresUrl schema(String name) {
        psql("CREATE SCHEMA IF NOT EXISTS " + name);
        return url(Map.of("currentSchema", name));
    }

    /** Runs one statement as its owner. */
    public void psql(String sql) {
        psql("signalbox", sql);
    }

    private void psql(String database, String sql) {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, USER, PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private PostgresUrl url(Map<String, String> options) {
        return new PostgresUrl("127.0.0.1", port, "signalbox", USER, Optional.of(PASSWORD), options);
    }

    private void run(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("setpriv", "--reuid=" + RUN_AS, "--regid=" + RUN_AS, "--clear-groups"));
        }
        command.add(bin.resolve(program).toString());
        command.addAll(List.of(arguments));
        try {
            Path output = folder.resolve("output-of-" + program);
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().put("TZ", "UTC");
            int exit = builder.start().waitFor();
            if (exit != 0) {
                throw new AssertionError(program + " ended with " + exit + ": " + Files.readString(output));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Also when it was stopped already. */
    @Override
    public void close() {
        if (Files.exists(data().resolve("postmaster.pid"))) {
            kill();
        }
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
