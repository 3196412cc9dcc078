package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StartStopIT {
    private TestServer server = TestServer.with();

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    @Test
    void aTakenPortIsNamedWithItsKey() throws IOException, Server.CannotStart {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            server.set("http-port=" + port);
            assertThatThrownBy(server::start)
                    .isInstanceOf(Server.CannotStart.class)
                    .hasMessageStartingWith("http-port: ")
                    .hasMessageContaining(":" + port);
            server.set("http-port=0", "mqtt-port=" + port);
            assertThatThrownBy(server::start)
                    .isInstanceOf(Server.CannotStart.class)
                    .hasMessageStartingWith("mqtt-port: ")
                    .hasMessageContaining(":" + port);
        }
        server.start(); // whoever could not start holds nothing
        assertThat(server.anybody().get("/health/ready").status()).isEqualTo(200);
    }

    @Test
    void oneFolderIsForOneServer() throws Server.CannotStart, IOException {
        server.start();
        TestServer second = TestServer.with("data-dir=" + server.folder());
        try {
            assertThatThrownBy(second::start)
                    .isInstanceOf(Server.CannotStart.class)
                    .hasMessageContaining("data-dir: " + server.folder())
                    .hasMessageEndingWith(
                            "is in use by process " + ProcessHandle.current().pid());
        } finally {
            second.close();
        }
        assertThat(server.anybody().get("/health/ready").status()).isEqualTo(200);
    }

    @Test
    void demoDataIsNotShownToOtherMachines() throws Server.CannotStart, IOException {
        server.start();
        server.stop();
        TestServer open = TestServer.empty("bind=0.0.0.0", "data-dir=" + server.folder());
        try {
            assertThatThrownBy(open::start)
                    .isInstanceOf(Server.CannotStart.class)
                    .hasMessageContaining("demo data")
                    .hasMessageContaining("demo-beyond-loopback");
            open.set("bind=127.0.0.1");
            open.start();
            assertThat(open.tenant().get("/api/auth/user").status()).isEqualTo(200);
        } finally {
            open.close();
        }
    }

    @Test
    void aNewerServersDataAreNamedAndLeftAlone() throws Server.CannotStart, IOException, SQLException {
        server.start();
        server.stop();
        try (Connection core = DriverManager.getConnection(
                        "jdbc:sqlite:" + server.folder().resolve("core.db"));
                Statement statement = core.createStatement()) {
            statement.execute("INSERT INTO schema_version (version, name) VALUES (1000, 'later')");
        }
        assertThatThrownBy(server::start)
                .isInstanceOf(Server.CannotStart.class)
                .hasMessageStartingWith("data-dir: " + server.folder())
                .hasMessageContaining("schema 1000 of a newer Signalbox");
    }

    @Test
    void usersDevicesAndLoginsSurviveARestart() throws Server.CannotStart {
        server.start();
        TestServer.TestDevice device = server.device();
        String token = server.tenant().token();
        server.restart();
        assertThat(new Rest(server.httpPort(), token)
                        .get("/api/device/" + device.id())
                        .text("/name"))
                .isEqualTo("device of " + device.token());
        server.mqtt(device).nothingMore().close();
        assertThat(server.started().demoDevices()).hasSize(5);
    }

    @Test
    void theFirstStartGivesTheAdministratorAPasswordOnce() throws Server.CannotStart, IOException {
        server.close();
        server = TestServer.empty();
        server.start();
        Optional<String> password = server.administratorPassword();
        assertThat(password).isPresent();
        server.restart();
        assertThat(server.administratorPassword()).isEmpty();
        assertThat(server.started().demoDevices()).isEmpty();
        Rest administrator = server.login("sysadmin@thingsboard.org", password.orElseThrow());
        assertThat(administrator.get("/api/auth/user").text("/authority")).isEqualTo("SYS_ADMIN");
        assertThat(server.anybody()
                        .post(
                                "/api/auth/login",
                                "{\"username\":\"sysadmin@thingsboard.org\",\"password\":\"sysadmin\"}")
                        .status())
                .isEqualTo(401);
        assertThat(server.anybody()
                        .post("/api/auth/login", "{\"username\":\"tenant@thingsboard.org\",\"password\":\"tenant\"}")
                        .status())
                .isEqualTo(401);
    }

    @Test
    void aStopAnswersPollsThatWait() throws Server.CannotStart {
        server.start();
        TestServer.TestDevice device = server.device();
        CompletableFuture<Rest.Answer> poll = server.anybody().getting("/api/v1/" + device.token() + "/rpc");
        server.awaitMetric("signalbox_sessions_mailboxes", 1);
        server.stop();
        assertThat(Rest.await(poll).status()).isEqualTo(408);
    }

    @Test
    void aStopEndsConnectionsAndFreesThePorts() throws Server.CannotStart, IOException {
        server.start();
        int http = server.httpPort();
        int mqtt = server.mqttPort();
        try (RawMqtt connected = server.mqtt5(server.device())) {
            server.stop();
            connected.assertClosed(0x8B);
        }
        try (ServerSocket one = new ServerSocket(http, 1, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(mqtt, 1, InetAddress.getLoopbackAddress())) {
            assertThat(one.isBound() && two.isBound()).isTrue();
        }
    }
}
