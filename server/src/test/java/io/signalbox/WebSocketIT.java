package io.signalbox;

import static io.signalbox.TestServer.TestDevice;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.testing.TestSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Sockets as a client sees them. */
@Timeout(60)
class WebSocketIT {
    @RegisterExtension
    static final TestServer server = TestServer.with();

    private static final long T = 1_700_000_000_000L;

    private Rest tenant;
    private TestDevice device;

    @BeforeEach
    void device() {
        tenant = server.tenant();
        device = server.device();
    }

    private static TestSocket socket(Rest user) {
        return TestSocket.general(server.httpPort(), user.token());
    }

    private String series(int id, String more) {
        return "{\"cmds\":[{\"type\":\"TIMESERIES\",\"cmdId\":" + id + ",\"entityType\":\"DEVICE\",\"entityId\":\""
                + device.id() + "\",\"keys\":\"t\"" + more + "}]}";
    }

    private String attributes(int id) {
        return "{\"cmds\":[{\"type\":\"ATTRIBUTES\",\"cmdId\":" + id + ",\"entityType\":\"DEVICE\",\"entityId\":\""
                + device.id() + "\",\"keys\":\"a\",\"scope\":\"SERVER_SCOPE\"}]}";
    }

    private CompletableFuture<Rest.Answer> saving(String body) {
        return tenant.posting("/api/plugins/telemetry/DEVICE/" + device.id() + "/timeseries/ANY", body);
    }

    private void save(String body) {
        assertThat(Rest.await(saving(body)).status()).isEqualTo(200);
    }

    /** History, and what comes after it, is each point once, however writes and subscriptions fall together. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void historyAndWhatFollowsIsEachPointOnce(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        int points = 400;
        List<CompletableFuture<Rest.Answer>> answers = new ArrayList<>();
        List<TestSocket> sockets = new ArrayList<>();
        int next = 0;
        while (next < points) {
            for (int i = random.nextInt(20); i >= 0 && next < points; i--) {
                answers.add(saving("{\"ts\":" + (T + next) + ",\"values\":{\"t\":" + next + "}}"));
                next++;
            }
            if (sockets.size() < 12) {
                TestSocket socket = socket(tenant);
                socket.send(series(1, ",\"startTs\":" + T + ",\"timeWindow\":100000,\"limit\":1000"));
                sockets.add(socket);
            }
        }
        answers.forEach(answer ->
                assertThat(Rest.await(answer).status()).as("seed %d", seed).isEqualTo(200));
        for (TestSocket socket : sockets) {
            try (socket) {
                List<Long> seen = new ArrayList<>();
                while (seen.size() < points) {
                    socket.next()
                            .at("/data/t")
                            .forEach(point -> seen.add(point.get(0).asLong()));
                }
                assertThat(new TreeSet<>(seen)).as("seed %d", seed).hasSize(points);
                assertThat(seen).as("seed %d", seed).hasSize(points);
                assertThat(socket.messages()).as("seed %d", seed).isEmpty();
            }
        }
    }

    /** What a socket knows of an attribute never goes back, and ends at what is stored. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void attributesNeverGoBack(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        List<TestSocket> sockets = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            if (random.nextInt(8) == 0) {
                TestSocket socket = socket(tenant);
                socket.send(attributes(1));
                sockets.add(socket);
            }
            String path = "/api/plugins/telemetry/DEVICE/" + device.id() + "/SERVER_SCOPE";
            assertThat(tenant.post(path, "{\"a\":" + i + "}").status()).isEqualTo(200);
        }
        for (TestSocket socket : sockets) {
            try (socket) {
                long last = -1;
                while (last < 100) {
                    JsonNode value = socket.next().at("/data/a/0/1");
                    long seen = value.isMissingNode() ? 0 : Long.parseLong(value.asString());
                    assertThat(seen).as("seed %d", seed).isGreaterThan(last);
                    last = seen;
                }
            }
        }
    }

    @Test
    void anApiKeyOpensASocket() throws Exception {
        String user = tenant.get("/api/auth/user").json().at("/id/id").asString();
        JsonNode key = tenant.post(
                        "/api/apiKey",
                        "{\"userId\":{\"entityType\":\"USER\",\"id\":\"" + user
                                + "\"},\"description\":\"sockets\",\"enabled\":true}")
                .json();
        String value = key.at("/value").asString();
        try (TestSocket socket = new TestSocket(server.httpPort(), "/api/ws", true)) {
            socket.send("{\"authCmd\":{\"cmdId\":0,\"apiKey\":\"" + value + "\"},\"cmds\":[]}");
            socket.send(series(3, ""));
            assertThat(socket.next().at("/subscriptionId").asInt()).isEqualTo(3);
        }
        tenant.put("/api/apiKey/" + key.at("/id/id").asString() + "/enabled/false", "");
        try (TestSocket socket = new TestSocket(server.httpPort(), "/api/ws", true)) {
            socket.send("{\"authCmd\":{\"cmdId\":0,\"apiKey\":\"" + value + "\"},\"cmds\":[]}");
            assertThat(socket.closeCode()).isEqualTo(1007);
        }
    }

    @Test
    void aSubscriptionEndsWithItsDevice() throws Exception {
        try (TestSocket socket = socket(tenant)) {
            socket.send(series(3, ""));
            assertThat(socket.next().at("/errorCode").asInt()).isZero();
            assertThat(tenant.delete("/api/device/" + device.id()).status()).isEqualTo(200);
            JsonNode end = socket.next();
            assertThat(end.at("/subscriptionId").asInt()).isEqualTo(3);
            assertThat(end.at("/errorMsg").asString()).isEqualTo("Failed to fetch data!");
        }
    }

    @Test
    void aSubscriptionEndsWhenTheDeviceIsTakenFromTheCustomer() throws Exception {
        Rest customer = server.customer();
        String customerId =
                customer.get("/api/auth/user").json().at("/customerId/id").asString();
        assertThat(tenant.post("/api/customer/" + customerId + "/device/" + device.id(), "")
                        .status())
                .isEqualTo(200);
        try (TestSocket socket = socket(customer);
                TestSocket owner = socket(tenant)) {
            socket.send(series(4, ""));
            owner.send(series(5, ""));
            assertThat(socket.next().at("/errorCode").asInt()).isZero();
            owner.next();
            assertThat(tenant.delete("/api/customer/device/" + device.id()).status())
                    .isEqualTo(200);
            assertThat(socket.next().at("/errorCode").asInt()).isEqualTo(1);
            save("{\"t\":1}");
            assertThat(owner.next().at("/data/t/0/1").asString()).isEqualTo("1");
            assertThat(socket.messages()).isEmpty();
        }
    }

    @Test
    void aSocketThatDoesNotReadIsClosed() throws Exception {
        double before = server.metric("signalbox_sockets_slow_total");
        String large = "x".repeat(30_000);
        try (TestSocket socket =
                new TestSocket(server.httpPort(), "/api/ws/plugins/telemetry?token=" + tenant.token(), false)) {
            socket.send("{\"tsSubCmds\":[" + "{\"cmdId\":1,\"entityType\":\"DEVICE\",\"entityId\":\"" + device.id()
                    + "\",\"keys\":\"t\"}]}");
            server.awaitMetric("signalbox_sockets_devices", 1);
            for (int i = 0; i < 1_200 && server.metric("signalbox_sockets_slow_total") == before; i++) {
                save("{\"t\":\"" + large + "\"}");
            }
            server.awaitMetric("signalbox_sockets_slow_total", before + 1);
            server.awaitMetric("signalbox_sockets_open", 0);
        }
    }

    @Test
    void aSocketEndsWithItsSession() throws Exception {
        Rest user = server.login("tenant@thingsboard.org", "tenant");
        try (TestSocket socket = socket(user)) {
            socket.send(series(1, ""));
            socket.next();
            assertThat(user.post("/api/auth/logout", "").status()).isEqualTo(200);
            assertThat(socket.closeCode()).isEqualTo(1008);
        }
    }

    @Test
    void aMessageThatIsTooLongEndsTheSocket() throws Exception {
        try (TestSocket socket = socket(tenant)) {
            socket.send("{\"cmds\":[],\"x\":\"" + "x".repeat(40_000) + "\"}");
            server.awaitMetric("signalbox_sockets_open", 0);
        }
    }

    @Test
    void anotherSubscriptionWithTheSameNumberTakesItsPlace() throws Exception {
        try (TestSocket socket = socket(tenant)) {
            socket.send(series(1, ""));
            socket.next();
            socket.send(attributes(1));
            assertThat(socket.next().at("/errorCode").asInt()).isZero();
            save("{\"t\":1}");
            assertThat(tenant.post("/api/plugins/telemetry/DEVICE/" + device.id() + "/SERVER_SCOPE", "{\"a\":1}")
                            .status())
                    .isEqualTo(200);
            assertThat(socket.next().at("/data/a/0/1").asString()).isEqualTo("1");
        }
    }

    @Test
    void sumsOverSocketsAndBadOnes() throws Exception {
        save("[{\"ts\":" + T + ",\"values\":{\"t\":1}},{\"ts\":" + (T + 1) + ",\"values\":{\"t\":2}}]");
        String start =
                "{\"cmds\":[{\"type\":\"TIMESERIES_HISTORY\",\"cmdId\":9,\"entityType\":\"DEVICE\",\"entityId\":\""
                        + device.id() + "\",\"keys\":\"t\",\"startTs\":" + T + ",\"endTs\":" + (T + 1000) + ",";
        try (TestSocket socket = socket(tenant)) {
            socket.send(start + "\"interval\":1000,\"agg\":\"AVG\"}]}");
            assertThat(socket.next().at("/data/t/0/1").asString()).isEqualTo("1.5");
            socket.send(start + "\"interval\":0,\"agg\":\"AVG\"}]}");
            assertThat(socket.next().at("/errorCode").asInt()).isEqualTo(2);
            socket.send("{\"cmds\":[{\"type\":\"NOPE\",\"cmdId\":1}]}");
            assertThat(socket.next().at("/errorMsg").asString()).isEqualTo("Failed to parse the payload");
            socket.send("{\"cmds\":[{\"type\":\"ALARM_DATA\",\"cmdId\":6}]}");
            assertThat(socket.next().at("/errorCode").asInt()).isEqualTo(2);
        }
    }
}
