package io.signalbox;

import static io.signalbox.RawMqtt.CONNACK;
import static io.signalbox.RawMqtt.PUBACK;
import static io.signalbox.RawMqtt.RPC_REQUESTS;
import static io.signalbox.RawMqtt.V311;
import static io.signalbox.RawMqtt.V5;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.TestServer.TestDevice;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no client should send is refused clearly, and a healthy device beside it notices nothing. */
class BadInputIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("rpc-timeout-min=50ms");

    private static final String TELEMETRY = "v1/devices/me/telemetry";

    private final Rest tenant = server.tenant();
    private final TestDevice device = server.device();
    private final TestDevice neighbour = server.device();
    private RawMqtt healthy = new RawMqtt(server.mqttPort(), V311);

    @BeforeEach
    void connectTheNeighbour() {
        healthy.close();
        healthy = server.mqtt(neighbour).subscribed(1, RPC_REQUESTS);
    }

    @AfterEach
    void theNeighbourNoticedNothing() {
        assertIsServed();
        healthy.nothingMore().close();
    }

    private void assertIsServed() {
        CompletableFuture<Rest.Answer> call = tenant.twoWay(neighbour, "{\"method\":\"m\",\"timeout\":20000}");
        Message command = healthy.message();
        healthy.send(RawMqtt.puback(command.packetId())).answer(command, "\"fine\"");
        assertThat(Rest.await(call).body()).isEqualTo("\"fine\"");
        assertThat(server.metric("signalbox_sessions_failures_total")).isZero();
    }

    // ------------------------------------------------------------------------------------------------ packets

    static List<byte[]> noMqtt() {
        byte[] wrongName = RawMqtt.connect(V311, "c", "t", 0);
        wrongName[4] = 'X';
        byte[] wrongLevel = RawMqtt.connect(V311, "c", "t", 0);
        wrongLevel[8] = 9;
        byte[] reservedFlag = RawMqtt.connect(V311, "c", "t", 0);
        reservedFlag[9] |= 1;
        return List.of(
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8),
                new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3},
                new byte[] {0x10, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 1},
                new byte[] {0, 0},
                wrongName,
                wrongLevel,
                reservedFlag);
    }

    @ParameterizedTest
    @MethodSource
    void noMqtt(byte[] bytes) {
        try (RawMqtt mqtt = new RawMqtt(server.mqttPort(), V311).trySend(bytes)) {
            mqtt.assertClosed();
        }
    }

    static List<byte[]> malformedPackets() {
        return List.of(
                new byte[] {0x36, 5, 0, 1, 'a', 0, 1}, // QoS 3
                new byte[] {0x32, 5, 0, 1, 'a', 0, 0}, // packet identifier 0
                new byte[] {0x30, 3, 0, 1, '#'},
                new byte[] {0x30, 3, 0, 9, 'a', (byte) 0xC0, 0, (byte) 0xC0, 0, (byte) 0xC0, 0, (byte) 0xC0, 0
                }, // topic longer than its packet
                new byte[] {(byte) 0x80, 6, 0, 1, 0, 1, 'a', 0}, // flags of SUBSCRIBE
                new byte[] {(byte) 0x82, 2, 0, 1}, // no filter: [MQTT-3.8.3-3]
                new byte[] {(byte) 0xA2, 2, 0, 1}, // [MQTT-3.10.3-2]
                new byte[] {0x20, 2, 0, 0}); // CONNACK from a client
    }

    @ParameterizedTest
    @MethodSource
    void malformedPackets(byte[] packet) {
        try (RawMqtt mqtt = server.mqtt(device).trySend(packet)) {
            mqtt.assertClosed();
        }
    }

    @Test
    void aPacketOverTheLimitEndsTheConnection() {
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.trySend(mqtt.publish(TELEMETRY, 1, 1, "1".repeat(65_536))).assertClosed();
        }
        try (RawMqtt mqtt = server.mqtt5(device)) {
            mqtt.trySend(mqtt.publish(TELEMETRY, 1, 1, "1".repeat(65_536))).assertClosed(0x81);
        }
    }

    /** [MQTT-3.1.0-2] */
    @Test
    void aSecondConnectEndsTheConnection() {
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.send(RawMqtt.connect(V311, "c", device.token(), 0)).assertClosed();
        }
        try (RawMqtt mqtt = server.mqtt5(device)) {
            mqtt.send(RawMqtt.connect(V5, "c", device.token(), 0)).assertClosed(0x82);
        }
    }

    // ------------------------------------------------------------------------------------------------ payloads

    static List<byte[]> badTelemetry() {
        return List.of(
                "{\"a\":".getBytes(UTF_8),
                "5".getBytes(UTF_8),
                "[1]".getBytes(UTF_8),
                new byte[0],
                "{\"a\":1} x".getBytes(UTF_8),
                "{\"ts\":\"soon\",\"values\":{\"a\":1}}".getBytes(UTF_8),
                "[".repeat(10_000).getBytes(UTF_8),
                ("{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}").getBytes(UTF_8),
                "{\"a\":".repeat(10_000).getBytes(UTF_8),
                "{\"é\":1}".getBytes(ISO_8859_1),
                new byte[] {'{', '"', (byte) 0xC0, (byte) 0xAF, '"', ':', '1', '}'},
                new byte[] {'{', '"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"', ':', '1', '}'},
                ("{\"" + "k".repeat(60_000) + "\":1}").getBytes(UTF_8));
    }

    @ParameterizedTest
    @MethodSource
    void badTelemetry(byte[] body) {
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.send(mqtt.publish(TELEMETRY, 1, 1, body)).assertClosed();
        }
        try (RawMqtt mqtt = server.mqtt5(device)) {
            mqtt.send(mqtt.publish(TELEMETRY, 1, 1, body));
            assertThat(mqtt.next(PUBACK).reason()).isEqualTo(0x99);
            mqtt.send(mqtt.publish(TELEMETRY, 1, 2, "{\"a\":1}"));
            assertThat(mqtt.next(PUBACK).reason()).isZero();
        }
        assertThat(server.anybody()
                        .post("/api/v1/" + device.token() + "/telemetry", body)
                        .status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "v1/devices/me/attributes",
                "v1/devices/me/attributes/request/1",
                "v1/devices/me/attributes/request/x",
                "v1/devices/me/rpc/request/1",
                "v1/devices/me/rpc/request/x",
                "v1/devices/me/rpc/response/x",
                "v1/devices/me/rpc/response/"
            })
    void badBodiesOrIdsOfOtherTopics(String topic) {
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.send(mqtt.publish(topic, 1, 1, "[]")).assertClosed();
        }
        try (RawMqtt mqtt = server.mqtt5(device)) {
            mqtt.send(mqtt.publish(topic, 1, 1, "[]"));
            assertThat(mqtt.next(PUBACK).reason()).isEqualTo(0x99);
            mqtt.nothingMore();
        }
    }

    @Test
    void badBodiesOfCalls() {
        String rpc = "/api/rpc/oneway/" + device.id();
        String deep = "[".repeat(10_000) + "]".repeat(10_000);
        String longKey = "k".repeat(1 << 20);
        List<String> bodies = List.of(
                "{\"method\":\"m\",\"params\":" + deep + "}", "{\"method\":\"m\",\"params\":{\"" + longKey + "\":1}}");
        for (String body : bodies) {
            assertThat(tenant.post(rpc, body).status()).isEqualTo(400);
        }
        assertThat(tenant.post(rpc, "{\"method\":\"\u00e9\"}".getBytes(ISO_8859_1))
                        .status())
                .isEqualTo(400);
        String attributes = "/api/plugins/telemetry/DEVICE/" + device.id() + "/attributes/SHARED_SCOPE";
        for (String body : List.of("{\"a\":" + deep + "}", "{\"" + longKey + "\":1}", "[]", "{")) {
            assertThat(tenant.post(attributes, body).status()).isEqualTo(400);
        }
        for (String body :
                List.of("{\"name\":\"x\",\"additionalInfo\":" + deep + "}", "{\"" + longKey + "\":1}", deep)) {
            assertThat(tenant.post("/api/device", body).status()).isEqualTo(400);
        }
        assertThat(server.anybody()
                        .post("/api/v1/" + device.token() + "/telemetry", "{\"" + longKey + "\":1}")
                        .status())
                .isEqualTo(400);
    }

    // ------------------------------------------------------------------------------------------------ other tenants

    @Test
    void idsOfAnotherTenantOpenNothing() {
        Rest other = server.otherTenant();
        String customer = tenant.post("/api/customer", "{\"title\":\"C " + device.token() + "\"}")
                .text("/id/id");
        String tenantId = tenant.get("/api/auth/user").text("/tenantId/id");
        String user = tenant.get("/api/auth/user").text("/id/id");
        String dev = "/api/device/" + device.id();
        String telemetry = "/api/plugins/telemetry/DEVICE/" + device.id();

        for (String path : List.of(dev, dev + "/credentials")) {
            assertThat(other.get(path).status()).as(path).isEqualTo(404);
        }
        for (String path : List.of(
                telemetry + "/keys/timeseries",
                telemetry + "/values/timeseries?keys=a",
                telemetry + "/values/timeseries/history?keys=a&startTs=0&endTs=9",
                telemetry + "/keys/attributes",
                telemetry + "/values/attributes/SERVER_SCOPE")) {
            assertThat(other.get(path).status()).as(path).isEqualTo(404);
        }
        assertThat(other.post(telemetry + "/attributes/SHARED_SCOPE", "{\"a\":1}")
                        .status())
                .isEqualTo(404);
        assertThat(other.post("/api/rpc/oneway/" + device.id(), "{\"method\":\"m\"}")
                        .status())
                .isEqualTo(404);
        assertThat(other.delete(dev).status()).isEqualTo(404);
        assertThat(other.post("/api/device", """
                        {"id":{"entityType":"DEVICE","id":"%s"},"name":"stolen"}""".formatted(device.id())).status())
                .isEqualTo(404);
        assertThat(other.post("/api/customer/" + customer + "/device/" + device.id(), "")
                        .status())
                .isIn(403, 404);
        assertThat(other.delete("/api/customer/device/" + device.id()).status()).isEqualTo(404);
        String own = server.device(other).id();
        assertThat(other.post("/api/customer/" + customer + "/device/" + own, "")
                        .status())
                .isIn(403, 404);
        assertThat(other.post("/api/device", """
                        {"name":"given away","customerId":{"entityType":"CUSTOMER","id":"%s"}}""".formatted(customer)).status()).isIn(400, 403, 404);
        for (String path : List.of(
                "/api/customer/" + customer,
                "/api/customer/" + customer + "/shortInfo",
                "/api/customer/" + customer + "/title",
                "/api/tenant/" + tenantId,
                "/api/user/" + user,
                "/api/user/" + user + "/activationLink")) {
            assertThat(other.get(path).status()).as(path).isIn(403, 404);
        }
        for (String path : List.of("/api/customer/" + customer, "/api/tenant/" + tenantId, "/api/user/" + user)) {
            assertThat(other.delete(path).status()).as(path).isIn(403, 404);
        }
        assertThat(tenant.get(dev).text("/name")).isEqualTo("device of " + device.token());
        assertThat(tenant.get("/api/customer/" + customer).status()).isEqualTo(200);
    }

    // ------------------------------------------------------------------------------------------------ load

    @Test
    void aDeviceThatDoesNotReadHoldsNobodyUp() {
        String large = "\"" + "x".repeat(60_000) + "\"";
        try (RawMqtt slow = server.mqtt(device).subscribed(0, RPC_REQUESTS, "v1/devices/me/attributes")) {
            List<CompletableFuture<Rest.Answer>> calls = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                calls.add(tenant.twoWay(device, "{\"method\":\"m\",\"timeout\":3000,\"params\":" + large + "}"));
                if (i % 4 == 0) {
                    assertThat(tenant.post(
                                            "/api/plugins/telemetry/DEVICE/" + device.id() + "/attributes/SHARED_SCOPE",
                                            "{\"a\":" + large + "}")
                                    .status())
                            .isEqualTo(200);
                }
            }
            assertIsServed();
            for (CompletableFuture<Rest.Answer> call : calls) {
                assertThat(Rest.await(call).status()).isEqualTo(504);
            }
            assertThat(calls).anyMatch(call -> Rest.await(call).outcome().equals("waiting"));
            assertThat(server.metric("signalbox_sessions_pushes_dropped_total")).isPositive();
            server.awaitMetric("signalbox_rpc_open", 0);
            assertIsServed();
            // what it did not read was kept within bounds: all of it comes, and then the device is served again
            slow.send(RawMqtt.pingreq());
            int messages = 0;
            while (slow.next().type() != RawMqtt.PINGRESP) {
                messages++;
            }
            assertThat(messages).isLessThan(200);
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, "{\"method\":\"m\",\"timeout\":20000}");
            slow.answer(slow.message(), "1");
            assertThat(Rest.await(call).body()).isEqualTo("1");
        }
    }

    @Test
    void thousandsOfConnectionsAtOnceAreServed() {
        int wanted = 5_000; // twice as many open files, since both ends are here; the limit of the process is 20,000
        double before = server.metric("signalbox_mqtt_connections");
        List<RawMqtt> clients = new ArrayList<>();
        try {
            byte[] connect = RawMqtt.connect(V311, "c", device.token(), 0);
            for (int i = 0; i < wanted; i++) {
                clients.add(new RawMqtt(server.mqttPort(), V311));
            }
            server.awaitMetric("signalbox_mqtt_connections", before + wanted);
            assertIsServed();
            // one device: each login ends the one before it
            clients.forEach(client -> client.trySend(connect));
            for (RawMqtt client : clients) {
                assertThat(client.next(CONNACK).body()[1]).isZero();
            }
            server.awaitMetric("signalbox_mqtt_connections", before + 1);
        } finally {
            clients.forEach(RawMqtt::close);
        }
        server.awaitMetric("signalbox_mqtt_connections", before);
    }

    @Test
    void aRequestThatNeverEndsEndsItsConnection() throws Exception {
        TestServer impatient = TestServer.with("http-request-timeout=300ms");
        impatient.start();
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), impatient.httpPort());
                Socket slow = new Socket(InetAddress.getLoopbackAddress(), impatient.httpPort());
                Socket busy = new Socket(InetAddress.getLoopbackAddress(), impatient.httpPort())) {
            busy.getOutputStream().write("GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(US_ASCII));
            slow.getOutputStream().write("GET / HTTP/1.1\r\nHost:".getBytes(US_ASCII));
            assertThat(silent.getInputStream().read()).isEqualTo(-1);
            assertThat(slow.getInputStream().read()).isEqualTo(-1);
            impatient.awaitMetric("signalbox_http_silent_total", 2);
            assertThat(busy.getInputStream().read()).isEqualTo('H');
            busy.getOutputStream()
                    .write("GET /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
            assertThat(new String(busy.getInputStream().readAllBytes(), US_ASCII))
                    .containsOnlyOnce("HTTP/1.1 200")
                    .contains("TTP/1.1 200");
        } finally {
            impatient.close();
        }
    }

    @Test
    void longParamsAreTurnedAway() {
        String body = "{\"method\":\"m\",\"params\":\"" + "x".repeat(1 << 20) + "\"}";
        Rest.Answer refused = Rest.await(tenant.twoWay(device, body));
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.body()).contains("The params have 1048578 bytes; 1048576 are allowed");
    }

    /** Each within its own limits, together more than the server may keep. */
    @Test
    void commandsThatTogetherAreTooLargeAreTurnedAway() {
        int length = 250_000;
        String body = "{\"method\":\"m\",\"timeout\":60000,\"params\":\"" + "x".repeat(length - 2) + "\"}";
        List<CompletableFuture<Rest.Answer>> open = new ArrayList<>();
        int fitting = (32 << 20) / length;
        for (int i = 0; i < fitting; i++) {
            open.add(tenant.twoWay(device, body));
        }
        server.awaitMetric("signalbox_rpc_open", fitting);
        Rest.Answer refused = Rest.await(tenant.twoWay(device, body));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.body()).contains("\"errorCode\":33");
        assertThat(open).noneMatch(CompletableFuture::isDone);
        open.forEach(call -> call.cancel(true));
    }
}
