package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.signalbox.TestServer.TestDevice;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose disk is full, takes no writes, is damaged or slow: it accepts nothing that it does not keep, and says so. */
class FaultyDiskIT {
    private static final String STORED =
            "{\"method\":\"m\",\"persistent\":true,\"params\":\"%s\"}".formatted("p".repeat(900));
    private static final long SYNC_MILLIS = 200;

    @TempDir
    Path folder;

    private final List<String> accepted = new ArrayList<>();
    private int stored;

    private ServerProcess start(Path data, Map<String, String> environment) throws IOException {
        return new ServerProcess(data, Files.createTempFile(folder, "server", ".log"), environment);
    }

    /** Sends one stored command; the status of the answer. */
    private int command(ServerProcess server, TestDevice device) {
        Rest.Answer answer = server.tenant().post("/api/rpc/twoway/" + device.id(), STORED);
        if (answer.status() == 200) {
            accepted.add(answer.text("/rpcId"));
        } else {
            assertThat(answer.json().at("/status").asInt()).isEqualTo(answer.status());
            assertThat(answer.text("/message")).isNotEmpty();
        }
        return answer.status();
    }

    /** Sends one reading; its value is its number, its time too. */
    private int reading(ServerProcess server, TestDevice device) {
        int next = stored + 1;
        int status = server.anybody()
                .post(
                        "/api/v1/" + device.token() + "/telemetry",
                        "{\"ts\":%d,\"values\":{\"n\":%d,\"filler\":\"%s\"}}".formatted(next, next, "f".repeat(2000)))
                .status();
        stored = status == 200 ? next : stored;
        return status;
    }

    private static String history(TestDevice device, String more) {
        return "/api/plugins/telemetry/DEVICE/" + device.id() + "/values/timeseries?keys=n" + more;
    }

    private void assertNothingIsLost(ServerProcess server, TestDevice device) {
        for (String id : accepted) {
            Rest.Answer answer = server.tenant().get("/api/rpc/persistent/" + id);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text("/status")).isEqualTo("QUEUED");
        }
        assertThat(server.tenant()
                        .get(history(device, "&startTs=0&endTs=100000&limit=10000"))
                        .json()
                        .at("/n")
                        .size())
                .isEqualTo(stored);
    }

    /** By itself, and soon. */
    private void assertRecovers(ServerProcess server, TestDevice device) {
        long since = System.nanoTime();
        TestServer.await("ready again", () -> server.ready().status() == 200);
        assertThat(System.nanoTime() - since).isLessThan(5_000_000_000L);
        assertThat(command(server, device)).isEqualTo(200);
        assertThat(reading(server, device)).isEqualTo(200);
        assertNothingIsLost(server, device);
    }

    // ------------------------------------------------------------------------------------------------ full

    @Test
    void aFullDiskTakesNothingAndLosesNothing() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk.toString()), "no tmpfs can be mounted");
        try {
            TestDevice device;
            try (ServerProcess server = start(disk.resolve("data"), Map.of())) {
                device = server.device();
                assertThat(command(server, device)).isEqualTo(200);
                assertThat(reading(server, device)).isEqualTo(200);
                Path filler = disk.resolve("filler");
                fill(filler);
                assertThat(refusal(() -> command(server, device))).isEqualTo(503);
                assertThat(refusal(() -> reading(server, device))).isEqualTo(503);
                Rest.Answer ready = server.ready();
                assertThat(ready.status()).isEqualTo(503);
                assertThat(ready.body()).contains("core DOWN: disk full since", "points DOWN: disk full since");
                assertNothingIsLost(server, device);
                assertThat(server.lines("ERROR")).hasSize(2);
                Files.delete(filler);
                assertRecovers(server, device);
            } // killed
            try (ServerProcess server = start(disk.resolve("data"), Map.of())) {
                assertNothingIsLost(server, device);
            }
        } finally {
            run("umount", "-l", disk.toString());
        }
    }

    /** What is sent until it is refused, for the log may have room that it took before. */
    private static int refusal(IntSupplier sent) {
        for (int i = 0; i < 500; i++) {
            int status = sent.getAsInt();
            if (status != 200) {
                return status;
            }
        }
        return 200;
    }

    private static void fill(Path file) throws IOException {
        byte[] page = new byte[4096];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < 10_000; i++) {
                out.write(page);
            }
        } catch (IOException e) {
            return;
        }
        throw new AssertionError("the disk is never full");
    }

    // ------------------------------------------------------------------------------------------------ failing, slow

    @Test
    void aDiskThatFailsOrIsSlow() throws Exception {
        Path library = library();
        Path fault = Files.writeString(folder.resolve("fault"), "-");
        Map<String, String> environment = Map.of("LD_PRELOAD", library.toString(), "FAULT", fault.toString());
        Path data = folder.resolve("data");
        TestDevice device;
        try (ServerProcess server = start(data, environment)) {
            device = server.device();
            assertThat(command(server, device)).isEqualTo(200);
            assertThat(reading(server, device)).isEqualTo(200);
            int errors = 0;
            for (String kind : List.of("r", "i")) {
                set(fault, kind);
                for (int i = 0; i < 5; i++) {
                    assertThat(command(server, device)).isEqualTo(503);
                    assertThat(reading(server, device)).isEqualTo(503);
                }
                Rest.Answer ready = server.ready();
                assertThat(ready.status()).isEqualTo(503);
                assertThat(ready.body())
                        .containsPattern("core DOWN: .* since")
                        .containsPattern("points DOWN: .* since");
                assertNothingIsLost(server, device);
                errors += 2;
                assertThat(server.lines("ERROR")).hasSize(errors);
                set(fault, "-");
                assertRecovers(server, device);
            }
            TestDevice polling = server.device();
            lightweight(server, polling); // takes a block of ids
            set(fault, "s");
            long since = System.nanoTime();
            assertThat(command(server, device)).isEqualTo(200);
            assertThat(millis(since)).isBetween(SYNC_MILLIS, 20 * SYNC_MILLIS);
            assertThat(reading(server, device)).isEqualTo(200);
            assertThat(lightweight(server, polling)).isLessThan(20 * SYNC_MILLIS);
            set(fault, "y");
            assertThat(command(server, device)).isEqualTo(503);
            assertThat(reading(server, device)).isEqualTo(503);
        } // killed
        try (ServerProcess server = start(data, Map.of())) {
            assertNothingIsLost(server, device);
            String all = "/api/rpc/persistent/device/" + device.id() + "?page=0&pageSize=100&rpcStatus=QUEUED";
            assertThat(server.tenant().get(all).json().at("/totalElements").asInt()) // none that was refused
                    .isEqualTo(accepted.size());
        }
    }

    private static Path compiled(Path source, Path library) throws Exception {
        assumeTrue(
                run("gcc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString(), "-ldl"),
                "no C compiler");
        return library;
    }

    private Path library() throws Exception {
        Path source = folder.resolve("faulty-disk.c");
        try (InputStream text = FaultyDiskIT.class.getResourceAsStream("faulty-disk.c")) {
            Files.write(source, text.readAllBytes());
        }
        return compiled(source, folder.resolve("faulty-disk.so"));
    }

    /** In place: the server has the page mapped. */
    private static void set(Path fault, String kind) throws IOException {
        Files.writeString(fault, kind, StandardOpenOption.WRITE);
    }

    private static long millis(long since) {
        return (System.nanoTime() - since) / 1_000_000;
    }

    /** One lightweight command to a device that polls and answers at once; how many milliseconds its caller waited. */
    private static long lightweight(ServerProcess server, TestDevice device) {
        String path = "/api/v1/" + device.token() + "/rpc";
        CompletableFuture<Rest.Answer> poll = server.anybody().getting(path);
        TestServer.await(
                "a poll", () -> server.anybody().get("/metrics").body().contains("signalbox_sessions_mailboxes 1.0"));
        long since = System.nanoTime();
        CompletableFuture<Rest.Answer> call = server.tenant().twoWay(device, "{\"method\":\"m\",\"timeout\":20000}");
        String id = Rest.await(poll).text("/id");
        server.anybody().post(path + "/" + id, "1");
        assertThat(Rest.await(call).body()).isEqualTo("1");
        return millis(since);
    }

    // ------------------------------------------------------------------------------------------------ corrupt

    @Test
    void aCorruptPageMakesTheFileReadOnly() throws Exception {
        Path data = folder.resolve("data");
        TestDevice device;
        try (ServerProcess server = start(data, Map.of("SIGNALBOX_POINTS_MOVE_INTERVAL", "100ms"))) {
            device = server.device();
            assertThat(command(server, device)).isEqualTo(200);
            assertThat(reading(server, device)).isEqualTo(200);
            TestServer.await(
                    "moved",
                    () -> server.anybody().get("/metrics").body().contains("signalbox_points_moves_total 1.0"));
            server.stop();
        }
        corrupt(data.resolve("core.db"), "rpc");
        corrupt(data.resolve("points.db"), "point");
        byte[] points = Files.readAllBytes(data.resolve("points.db"));
        try (ServerProcess server = start(data, Map.of())) {
            Rest tenant = server.tenant();
            for (int i = 0; i < 5; i++) {
                assertThat(tenant.get("/api/rpc/persistent/" + accepted.getFirst())
                                .status())
                        .isEqualTo(503);
                assertThat(tenant.get(history(device, "&startTs=0&endTs=100000"))
                                .status())
                        .isEqualTo(503);
                assertThat(command(server, device)).isEqualTo(503);
                assertThat(reading(server, device)).isEqualTo(503);
            }
            assertThat(tenant.post("/api/plugins/telemetry/DEVICE/" + device.id() + "/SHARED_SCOPE", "{\"a\":1}")
                            .status())
                    .isEqualTo(503);
            Rest.Answer ready = server.ready();
            assertThat(ready.status()).isEqualTo(503);
            assertThat(ready.body()).contains("core DOWN: corrupt since", "points DOWN: corrupt since");
            assertThat(server.lines("ERROR")).hasSize(2);
            assertThat(server.lines("WARN")).isEmpty();
            assertThat(tenant.get("/api/device/" + device.id()).status()).isEqualTo(200);
            assertThat(tenant.get(history(device, "")).text("/n/0/value")).isEqualTo("1");
            server.stop();
        }
        assertThat(Files.readAllBytes(data.resolve("points.db"))).isEqualTo(points);
    }

    /** Writes over the first page of a table. */
    private static void corrupt(Path file, String table) throws SQLException, IOException {
        long page;
        int bytes;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            try (ResultSet row =
                    statement.executeQuery("SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")) {
                page = row.getLong(1);
            }
            try (ResultSet row = statement.executeQuery("PRAGMA page_size")) {
                bytes = row.getInt(1);
            }
        }
        byte[] noise = new byte[bytes];
        Arrays.fill(noise, (byte) 0x5a);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(noise), (page - 1) * bytes);
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }
}
