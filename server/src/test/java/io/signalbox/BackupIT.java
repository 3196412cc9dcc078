package io.signalbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.signalbox.TestServer.TestDevice;
import io.signalbox.config.Config;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A server goes on with a copy that was made while another one was writing. */
class BackupIT {
    @RegisterExtension
    static final TestServer server = TestServer.with();

    @TempDir
    Path folder;

    @Test
    void aServerStartsWithWhatWasAcknowledgedBefore() throws Exception {
        TestDevice device = server.device();
        for (int i = 1; i <= 100; i++) {
            assertThat(server.anybody()
                            .post(
                                    "/api/v1/" + device.token() + "/telemetry",
                                    "{\"ts\":" + i + ",\"values\":{\"n\":" + i + "}}")
                            .status())
                    .isEqualTo(200);
        }
        String rpc = server.tenant()
                .post("/api/rpc/oneway/" + device.id(), "{\"method\":\"m\",\"params\":1,\"persistent\":true}")
                .text("/rpcId");
        AtomicBoolean isOver = new AtomicBoolean();
        CompletableFuture<Void> others = CompletableFuture.runAsync(() -> {
            TestDevice other = server.device();
            for (int i = 0; !isOver.get(); i++) {
                server.anybody().post("/api/v1/" + other.token() + "/telemetry", "{\"x\":" + i + "}");
                server.tenant()
                        .post("/api/rpc/oneway/" + other.id(), "{\"method\":\"m\",\"params\":1,\"persistent\":true}");
            }
        });
        Path into = folder.resolve("copy");
        String said = backup(server.config(), into);
        isOver.set(true);
        others.join();

        assertThat(said).contains("points.db: ", "core.db: ", "backup in " + into);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(into.resolve("core.db"))))
                .isEqualTo("rw-------");
        TestServer copy = TestServer.with("data-dir=" + into);
        copy.start();
        try {
            Rest tenant = copy.tenant();
            assertThat(tenant.get("/api/plugins/telemetry/DEVICE/" + device.id()
                                    + "/values/timeseries?keys=n&startTs=1&endTs=101&limit=1000")
                            .json()
                            .at("/n"))
                    .hasSize(100);
            assertThat(tenant.get("/api/rpc/persistent/" + rpc).text("/status")).isEqualTo("QUEUED");
            assertThat(new Rest(copy.httpPort(), server.tenant().token())
                            .get("/api/auth/user")
                            .status())
                    .as("the key of tokens is in the copy")
                    .isEqualTo(200);
        } finally {
            copy.close();
        }
    }

    @Test
    void aFolderWithSomethingInItIsLeftAlone() throws Exception {
        Path into = Files.createDirectory(folder.resolve("mine"));
        Path mine = Files.writeString(into.resolve("core.db"), "mine");
        assertThatExceptionOfType(Backup.Failed.class)
                .isThrownBy(() -> backup(server.config(), into))
                .withMessage("backup: " + into + " is not empty");
        assertThat(mine).hasContent("mine");
    }

    @Test
    void whereThereIsNoDataThereIsNoCopy() {
        TestServer none = TestServer.empty("data-dir=" + folder.resolve("none"));
        Path into = folder.resolve("copy");
        assertThatExceptionOfType(Backup.Failed.class)
                .isThrownBy(() -> backup(none.config(folder), into))
                .withMessageContaining("there is no data");
        assertThat(into).doesNotExist();
    }

    private static String backup(Config config, Path into) throws Backup.Failed {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Backup.run(config, into, new PrintStream(said, true, UTF_8));
        return said.toString(UTF_8);
    }
}
