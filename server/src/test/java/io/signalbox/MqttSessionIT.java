package io.signalbox;

import static io.signalbox.RawMqtt.CONNACK;
import static io.signalbox.RawMqtt.PINGRESP;
import static io.signalbox.RawMqtt.PUBACK;
import static io.signalbox.RawMqtt.RPC_REQUESTS;
import static io.signalbox.RawMqtt.SUBACK;
import static io.signalbox.RawMqtt.UNSUBACK;
import static io.signalbox.RawMqtt.V311;
import static io.signalbox.RawMqtt.V5;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.RawMqtt.Packet;
import io.signalbox.TestServer.TestDevice;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections, subscriptions, acknowledgements and data (MQTT device API §2 to §9). */
class MqttSessionIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("mqtt-connect-timeout=600ms");

    private final Rest tenant = server.tenant();
    private final TestDevice device = server.device();

    private RawMqtt fresh(int version) {
        return new RawMqtt(server.mqttPort(), version);
    }

    // ------------------------------------------------------------------------------------------------ login

    @ParameterizedTest
    @CsvSource({
        "4, nobody, c, 0x05, 0",
        "5, nobody, c, 0x86, 0x86",
        "4, '', c, 0x02, 0",
        "5, '', c, 0x85, 0x85",
        "4, '', '', 0x05, 0",
        "5, '', '', 0x87, 0x87"
    })
    void whoCannotLogInHearsWhy(int version, String token, String clientId, int connackCode, int reason) {
        try (RawMqtt mqtt = fresh(version).send(RawMqtt.connect(version, clientId, token, 0))) {
            assertThat(mqtt.next(CONNACK).body()[1] & 0xFF).isEqualTo(connackCode);
            if (version == V5) {
                mqtt.assertClosed(reason);
            } else {
                mqtt.assertClosed();
            }
        }
    }

    @Test
    void anUnfinishedConnectIsEnded() {
        byte[] connect = RawMqtt.connect(V311, "c", device.token(), 0);
        long began = System.nanoTime();
        try (RawMqtt nothing = fresh(V311);
                RawMqtt half = fresh(V311).send(java.util.Arrays.copyOf(connect, connect.length - 1));
                RawMqtt impatient = fresh(V311).send(RawMqtt.pingreq())) {
            nothing.assertClosed();
            half.assertClosed();
            impatient.assertClosed();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(600));
    }

    @Test
    void aSilentClientIsEndedAfterOneAndAHalfKeepAlives() {
        for (int version : new int[] {V311, V5}) {
            long began = System.nanoTime();
            try (RawMqtt mqtt = fresh(version).send(RawMqtt.connect(version, "c", device.token(), 1))) {
                mqtt.next(CONNACK);
                if (version == V5) {
                    mqtt.assertClosed(0x8D);
                } else {
                    mqtt.assertClosed();
                }
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(1_500));
        }
    }

    @Test
    void aClientThatPingsInTimeStays() {
        try (RawMqtt mqtt = fresh(V311).send(RawMqtt.connect(V311, "c", device.token(), 1))) {
            mqtt.next(CONNACK);
            long began = System.nanoTime();
            while (System.nanoTime() - began < Duration.ofMillis(2_500).toNanos()) {
                mqtt.send(RawMqtt.pingreq()).next(PINGRESP);
                java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofMillis(200).toNanos());
            }
            mqtt.nothingMore();
        }
    }

    @Test
    void aClientThatSaysGoodbyeIsGone() {
        try (RawMqtt mqtt = server.mqtt(device).send(RawMqtt.disconnect())) {
            mqtt.assertClosed();
        }
        try (RawMqtt mqtt = server.mqtt5(device).send(RawMqtt.disconnect())) {
            mqtt.assertClosed(0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {V311, V5})
    void packetsSentBeforeTheLoginIsDecidedAreTakenInOrder(int version) {
        TestDevice unknownToTheServer = server.device();
        try (RawMqtt mqtt = fresh(version)) {
            mqtt.send(
                    RawMqtt.connect(version, "c", unknownToTheServer.token(), 0),
                    mqtt.subscribe(1, 1, RPC_REQUESTS),
                    mqtt.publish("v1/devices/me/telemetry", 1, 2, "{\"a\":1}"),
                    mqtt.publish("v1/devices/me/attributes", 1, 3, "{\"a\":1}"),
                    RawMqtt.pingreq());
            mqtt.next(CONNACK);
            assertThat(mqtt.next(SUBACK).id()).isEqualTo(1);
            // PINGRESP waits for no commit
            Packet packet = mqtt.next();
            int acknowledged = 1;
            boolean ponged = false;
            while (true) {
                if (packet.type() == PINGRESP) {
                    ponged = true;
                } else {
                    assertThat(packet.type()).isEqualTo(PUBACK);
                    assertThat(packet.id()).isEqualTo(++acknowledged);
                }
                if (ponged && acknowledged == 3) {
                    break;
                }
                packet = mqtt.next();
            }
        }
    }

    @Test
    void tooManyPacketsBeforeTheLoginEndIt() {
        byte[][] packets = new byte[150][];
        java.util.Arrays.fill(packets, RawMqtt.pingreq());
        try (RawMqtt mqtt = fresh(V311).trySend(packets)) {
            mqtt.assertClosed();
        }
    }

    // ------------------------------------------------------------------------------------------------ subscriptions

    private static final String[] FILTERS = {
        "v1/devices/me/attributes",
        "#",
        "v1/devices/me/attributes/response/+",
        "v1/devices/me/#",
        "v1/devices/me/rpc/response/5",
        "v1/devices/me/rpc/response/+",
        "$share/g/v1/devices/me/attributes",
        "v2/r/req/+",
        "v2/fw/response/+"
    };

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void eachFilterIsGrantedOrRefusedInOrder(int qos) {
        int granted = Math.min(qos, 1);
        try (RawMqtt mqtt = server.mqtt(device)) {
            Packet suback = mqtt.send(mqtt.subscribe(9, qos, FILTERS)).next(SUBACK);
            assertThat(suback.id()).isEqualTo(9);
            assertThat(mqtt.codes(suback))
                    .containsExactly(granted, 0x80, granted, 0x80, 0x80, granted, 0x80, granted, 0x80);
        }
        try (RawMqtt mqtt = server.mqtt5(device)) {
            Packet suback = mqtt.send(mqtt.subscribe(9, qos, FILTERS)).next(SUBACK);
            assertThat(mqtt.codes(suback))
                    .containsExactly(granted, 0x8F, granted, 0x8F, 0x8F, granted, 0x8F, granted, 0x8F);
        }
    }

    @Test
    void anUnsubscribedFilterIsToldApartFromOneThatNeverWas() {
        try (RawMqtt mqtt = server.mqtt5(device).subscribed(1, RPC_REQUESTS)) {
            Packet unsuback = mqtt.send(mqtt.unsubscribe(5, RPC_REQUESTS, "v2/a", "#", RPC_REQUESTS))
                    .next(UNSUBACK);
            assertThat(unsuback.id()).isEqualTo(5);
            assertThat(mqtt.codes(unsuback)).containsExactly(0, 0x11, 0x11, 0x11);
        }
    }

    /** [MQTT-3.11] The packet of 3.1.1 has no payload. */
    @Test
    void before5AnUnsubackIsItsIdAndNothingElse() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
            Packet unsuback =
                    mqtt.send(mqtt.unsubscribe(5, RPC_REQUESTS, "v2/a")).next(UNSUBACK);
            assertThat(unsuback.body()).containsExactly(0, 5);
        }
    }

    // ------------------------------------------------------------------------------------------------ acknowledgements

    @Test
    void anUnknownTopicIsAcknowledgedAndOn5WithItsReason() {
        for (String topic : List.of("somewhere", "v1/devices/me", "v1/devices/me/telemetry/x", "v2/x")) {
            try (RawMqtt mqtt = server.mqtt(device)) {
                mqtt.send(mqtt.publish(topic, 1, 4, "{}"));
                assertThat(mqtt.next(PUBACK).body()).containsExactly(0, 4);
                mqtt.nothingMore();
            }
            try (RawMqtt mqtt = server.mqtt5(device)) {
                mqtt.send(mqtt.publish(topic, 1, 4, "{}"), mqtt.publish(topic, 0, 0, "{}"));
                Packet puback = mqtt.next(PUBACK);
                assertThat(puback.id()).isEqualTo(4);
                assertThat(puback.reason()).isEqualTo(0x90);
                mqtt.nothingMore();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {V311, V5})
    void qos2IsAcknowledgedLikeQos1(int version) {
        try (RawMqtt mqtt = RawMqtt.connected(server.mqttPort(), version, device.token())) {
            mqtt.send(mqtt.publish("v1/devices/me/telemetry", 2, 300, "{\"q\":2}"));
            assertThat(mqtt.next(PUBACK).body()).containsExactly(1, 44);
            assertThat(latest("q")).isEqualTo("2");
        }
    }

    @Test
    void acknowledgementsComeInTheOrderOfTheMessages() {
        try (RawMqtt mqtt = server.mqtt(device)) {
            byte[][] packets = new byte[400][];
            for (int i = 0; i < packets.length; i++) {
                int id = i + 1;
                packets[i] = switch (i % 5) {
                    case 0 -> mqtt.publish("v1/devices/me/telemetry", 1, id, "{\"t\":" + i + "}");
                    case 1 -> mqtt.publish("v1/devices/me/rpc/response/" + i, 1, id, "1");
                    case 2 -> mqtt.publish("v1/devices/me/attributes", 1, id, "{\"a" + i % 7 + "\":" + i + "}");
                    case 3 -> mqtt.publish("nowhere", 1, id, "");
                    default -> mqtt.publish("v1/devices/me/telemetry", 1, id, "[]");
                };
            }
            mqtt.send(packets);
            for (int id = 1; id <= packets.length; id++) {
                assertThat(mqtt.next(PUBACK).id()).isEqualTo(id);
            }
            assertThat(latest("t")).isEqualTo("395");
        }
    }

    // ------------------------------------------------------------------------------------------------ data

    private String latest(String key) {
        return tenant.get("/api/plugins/telemetry/DEVICE/" + device.id() + "/values/timeseries?keys=" + key)
                .text("/" + key + "/0/value");
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1/devices/me/telemetry", "v2/t", "v2/t/j"})
    void everyFormOfTelemetryIsThereOnceItIsAcknowledged(String topic) {
        String[] payloads = {
            "{\"whole\":5,\"decimal\":25.0,\"flag\":true,\"text\":\"on\",\"cast\":\"007\",\"json\":{\"a\":[1]},\"none\":null}",
            "{\"ts\":1700000000000,\"values\":{\"past\":1}}",
            "[{\"ts\":1700000000001,\"values\":{\"past\":2}},{\"ts\":\"1700000000002\",\"values\":{\"past\":3}},{\"now\":4}]",
            "{'single':1,bare:two,}".replace(",}", "}"),
            "{\"values\":{\"x\":1}}",
            "{}",
            "[]"
        };
        try (RawMqtt mqtt = server.mqtt(device)) {
            for (int i = 0; i < payloads.length; i++) {
                mqtt.send(mqtt.publish(topic, 1, i + 1, payloads[i]));
                assertThat(mqtt.next(PUBACK).id()).isEqualTo(i + 1);
            }
        }
        Rest.Answer latest = tenant.get(
                "/api/plugins/telemetry/DEVICE/" + device.id()
                        + "/values/timeseries?useStrictDataTypes=true&keys=whole,decimal,flag,text,cast,json,none,past,now,single,bare,values");
        String values = latest.body().replaceAll("\"ts\":\\d+,", "");
        assertThat(values)
                .isEqualTo(
                        "{\"whole\":[{\"value\":5}],\"decimal\":[{\"value\":25.0}],\"flag\":[{\"value\":true}],"
                                + "\"text\":[{\"value\":\"on\"}],\"cast\":[{\"value\":7}],\"json\":[{\"value\":{\"a\":[1]}}],"
                                + "\"none\":[{\"value\":null}],\"past\":[{\"value\":3}],\"now\":[{\"value\":4}],"
                                + "\"single\":[{\"value\":1}],\"bare\":[{\"value\":\"two\"}],\"values\":[{\"value\":{\"x\":1}}]}");
        Rest.Answer history = tenant.get("/api/plugins/telemetry/DEVICE/" + device.id()
                + "/values/timeseries?keys=past&startTs=1700000000000&endTs=1700000000003&orderBy=ASC");
        assertThat(history.body())
                .isEqualTo("{\"past\":[{\"ts\":1700000000000,\"value\":\"1\"},{\"ts\":1700000000001,\"value\":\"2\"},"
                        + "{\"ts\":1700000000002,\"value\":\"3\"}]}");
    }

    @ParameterizedTest
    @CsvSource({
        "v1/devices/me/attributes, v1/devices/me/attributes/request/, v1/devices/me/attributes/response/",
        "v2/a, v2/a/req/, v2/a/res/",
        "v2/a/j, v2/a/req/j/, v2/a/res/j/"
    })
    void aDeviceReadsItsAttributes(String topic, String request, String response) {
        saveShared("{\"s\":25,\"other\":\"x\"}");
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.send(mqtt.publish(topic, 1, 1, "{\"c\":\"v\",\"d\":1.5}"));
            mqtt.next(PUBACK);
            mqtt.send(mqtt.publish(request + 7, 1, 2, "{\"clientKeys\":\"c,unknown\",\"sharedKeys\":\"s\"}"));
            assertThat(mqtt.next(PUBACK).id()).isEqualTo(2);
            Message answer = mqtt.message();
            assertThat(answer.topic()).isEqualTo(response + 7);
            assertThat(answer.qos()).isEqualTo(1); // nobody subscribed
            assertThat(answer.payload()).isEqualTo("{\"client\":{\"c\":\"v\"},\"shared\":{\"s\":25}}");
            mqtt.subscribed(0, response + "+");
            mqtt.send(mqtt.publish(request + "-0", 0, 0, "{\"sharedKeys\":\"unknown\"}"));
            Message nothing = mqtt.message();
            assertThat(nothing.qos()).isZero();
            assertThat(nothing.payload()).isEqualTo("{}");
            mqtt.send(mqtt.publish(request + 8, 0, 0, "{}"));
            assertThat(mqtt.message().payload()).contains("\"d\":1.5", "\"other\":\"x\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1/devices/me/attributes", "v2/a", "v2/a/j"})
    void aSharedAttributeReachesWhoSubscribed(String topic) {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, topic)) {
            saveShared("{\"interval\":60,\"ratio\":2.0}");
            Message update = mqtt.message();
            assertThat(update.topic()).isEqualTo(topic);
            assertThat(update.qos()).isEqualTo(1);
            assertThat(update.payload()).isEqualTo("{\"interval\":60,\"ratio\":2.0}");
            saveServer("{\"secret\":1}");
            mqtt.nothingMore();
            mqtt.send(mqtt.unsubscribe(3, topic)).next(UNSUBACK);
            saveShared("{\"interval\":61}");
            mqtt.nothingMore();
        }
    }

    private void saveShared(String body) {
        save("SHARED_SCOPE", body);
    }

    private void saveServer(String body) {
        save("SERVER_SCOPE", body);
    }

    private void save(String scope, String body) {
        assertThat(tenant.post("/api/plugins/telemetry/DEVICE/" + device.id() + "/attributes/" + scope, body)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aDeviceLearnsItsLimitsAfterTheAcknowledgement() {
        try (RawMqtt mqtt = server.mqtt5(device).subscribed(1, "v1/devices/me/rpc/response/+")) {
            mqtt.send(mqtt.publish(
                    "v1/devices/me/rpc/request/3",
                    1,
                    5,
                    "{\"method\":\"getSessionLimits\",\"params\":{\"timeout\":5000}}"));
            assertThat(mqtt.next(PUBACK).id()).isEqualTo(5);
            Message answer = mqtt.message();
            assertThat(answer.topic()).isEqualTo("v1/devices/me/rpc/response/3");
            assertThat(answer.payload())
                    .isEqualTo("{\"maxPayloadSize\":65536,\"maxInflightMessages\":100,\"rateLimits\":"
                            + "{\"messages\":null,\"telemetryMessages\":null,\"telemetryDataPoints\":null}}");
        }
    }
}
