package io.signalbox;

import static io.signalbox.RawMqtt.RPC_REQUESTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.TestServer.TestDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands from REST to devices on MQTT (server-side RPC §2 to §5, MQTT device API §8). */
class MqttRpcIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("rpc-timeout-min=50ms");

    private static final String SHORT = "{\"method\":\"m\",\"timeout\":300}";
    private static final String LONG = "{\"method\":\"m\",\"timeout\":20000}";

    private final Rest tenant = server.tenant();
    private final TestDevice device = server.device();

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theAnswerOfTheDeviceIsTheAnswerOfTheCall(int qos) {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(qos, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> call =
                    tenant.twoWay(device, "{\"method\":\"getTemp\",\"params\":{\"unit\":\"C\"}}");
            Message command = mqtt.message();
            assertThat(command.topic()).isEqualTo("v1/devices/me/rpc/request/" + command.requestId());
            assertThat(command.qos()).isEqualTo(qos);
            assertThat(command.payload()).isEqualTo("{\"method\":\"getTemp\",\"params\":{\"unit\":\"C\"}}");
            mqtt.answer(command, "{\"t\": 21.50}");
            Rest.Answer answer = Rest.await(call);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.contentType()).isEqualTo("application/json");
            assertThat(answer.body()).isEqualTo("{\"t\": 21.50}");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aOneWayCallIsDoneOnceItIsHandedOver(int qos) {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(qos, RPC_REQUESTS)) {
            Rest.Answer answer = Rest.await(tenant.oneWay(device, "{\"method\":\"reboot\"}"));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).isEmpty();
            assertThat(mqtt.message().payload()).isEqualTo("{\"method\":\"reboot\",\"params\":null}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "false",
                "0",
                "-1.50",
                "1.10",
                "1e400",
                "12345678901234567890123456789",
                "\"on\"",
                "\"\"",
                "\"\\u00e9 \\\" \\\\ \\n é €\"",
                "[]",
                "[1,[2,{\"a\":null}],\"x\"]",
                "{}",
                "{\"b\":1,\"a\":{\"c\":[true]},\"b\":2}"
            })
    void parametersReachTheDeviceAsTheyWereGiven(String params) {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            var _ = tenant.oneWay(device, "{\"params\": " + params + " ,\"method\":\"m\"}");
            assertThat(mqtt.message().payload()).isEqualTo("{\"method\":\"m\",\"params\":" + params + "}");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "true -> 200 -> true",
                "\"ok\" -> 200 -> \"ok\"",
                "5 -> 200 -> 5",
                "null -> 200 -> null",
                "[1, 2] -> 200 -> [1, 2]",
                "12 abc -> 200 -> 12",
                "{\"a\":1}} -> 200 -> {\"a\":1}",
                "hello -> 406 -> ",
                "{\"a\": -> 406 -> ",
                "\"open -> 406 -> "
            })
    void theCallerGetsTheFirstJsonValueOfTheAnswer(String payload, int status, @Nullable String body) {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
            mqtt.answer(mqtt.message(), payload);
            assertThat(Rest.await(call).status()).isEqualTo(status);
            assertThat(Rest.await(call).body()).isEqualTo(body == null ? "" : body);
        }
    }

    @Test
    void anEmptyAnswerIsAnEmptyBody() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
            mqtt.answer(mqtt.message(), "");
            assertThat(Rest.await(call).status()).isEqualTo(200);
            assertThat(Rest.await(call).body()).isEmpty();
        }
    }

    /** Some readers of JSON take two bytes a character when the first is zero. */
    @Test
    void anAnswerInAnotherEncodingIsNoJson() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            for (byte[] payload : List.of(
                    "15".getBytes(StandardCharsets.UTF_16BE),
                    "{}".getBytes(StandardCharsets.UTF_16LE),
                    "{}".getBytes(StandardCharsets.UTF_16),
                    "\"\u00e9\"".getBytes(StandardCharsets.ISO_8859_1))) {
                CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
                int requestId = mqtt.message().requestId();
                mqtt.send(mqtt.publish("v1/devices/me/rpc/response/" + requestId, 0, 0, payload));
                assertThat(Rest.await(call).status()).isEqualTo(406);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ no answer

    private void assertUnanswered(String body, int v1Status, String outcome) {
        Rest.Answer v2 = tenant.post("/api/rpc/twoway/" + device.id(), body);
        assertThat(v2.status()).isEqualTo(504);
        assertThat(v2.outcome()).isEqualTo(outcome);
        assertThat(v2.body()).isEmpty();
        Rest.Answer v1 = tenant.post("/api/plugins/rpc/twoway/" + device.id(), body);
        assertThat(v1.status()).isEqualTo(v1Status);
        assertThat(v1.outcome()).isEqualTo(outcome);
        assertThat(v1.body()).isEmpty();
    }

    @Test
    void aDeviceThatIsNotThereGivesNoSession() {
        assertUnanswered(SHORT, 409, "no-session");
    }

    @Test
    void aDeviceThatDidNotSubscribeGivesNotSubscribed() {
        try (RawMqtt mqtt = server.mqtt(device)) {
            assertUnanswered(SHORT, 409, "not-subscribed");
            mqtt.nothingMore();
        }
    }

    @Test
    void aDeviceThatUnsubscribedGetsNoCommands() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
            mqtt.send(mqtt.unsubscribe(2, RPC_REQUESTS)).next(RawMqtt.UNSUBACK);
            assertUnanswered(SHORT, 409, "not-subscribed");
            mqtt.nothingMore();
        }
    }

    @Test
    void aDeviceThatDoesNotAcknowledgeGivesSentNotAcknowledged() {
        try (RawMqtt _ = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
            assertUnanswered(SHORT, 408, "sent-not-acknowledged");
        }
    }

    @Test
    void aDeviceThatAcknowledgesAndDoesNotAnswerGivesNoAnswer() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> v2 = tenant.twoWay(device, SHORT);
            mqtt.send(RawMqtt.puback(mqtt.message().packetId()));
            assertThat(Rest.await(v2).status()).isEqualTo(504);
            assertThat(Rest.await(v2).outcome()).isEqualTo("no-answer");
            CompletableFuture<Rest.Answer> v1 = tenant.posting("/api/plugins/rpc/twoway/" + device.id(), SHORT);
            mqtt.send(RawMqtt.puback(mqtt.message().packetId()));
            assertThat(Rest.await(v1).status()).isEqualTo(408);
            assertThat(Rest.await(v1).outcome()).isEqualTo("no-answer");
        }
    }

    @Test
    void aDeviceWithoutAcknowledgementsThatDoesNotAnswerGivesNoAnswer() {
        try (RawMqtt _ = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            assertUnanswered(SHORT, 408, "no-answer");
        }
    }

    @Test
    void aCallWhoseTimeIsOverNeverReachesTheDevice() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            assertUnanswered("{\"method\":\"m\",\"expirationTime\":1,\"timeout\":20000}", 408, "expired");
            mqtt.nothingMore();
        }
    }

    @Test
    void theExpirationTimeWinsOverTheTimeout() {
        long soon = System.currentTimeMillis() + 1_000;
        Rest.Answer answer = tenant.post(
                "/api/plugins/rpc/twoway/" + device.id(),
                "{\"method\":\"m\",\"timeout\":3600000,\"expirationTime\":" + soon + "}");
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.outcome()).isEqualTo("no-session");
    }

    @Test
    void theShortestTimeoutIsTheOneOfTheSettings() {
        assertUnanswered("{\"method\":\"m\",\"timeout\":0}", 409, "no-session");
        assertUnanswered("{\"method\":\"m\",\"timeout\":\"soon\"}", 409, "no-session");
    }

    // ------------------------------------------------------------------------------------------------ sent again

    @Test
    void aCommandWaitsForADeviceThatComesLater() {
        CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
        server.awaitMetric("signalbox_rpc_open", 1);
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            mqtt.answer(mqtt.message(), "1");
            assertThat(Rest.await(call).body()).isEqualTo("1");
        }
    }

    @Test
    void aOneWayCommandWaitsForADeviceThatComesLater() {
        CompletableFuture<Rest.Answer> call = tenant.oneWay(device, LONG);
        server.awaitMetric("signalbox_rpc_open", 1);
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            mqtt.message();
            assertThat(Rest.await(call).status()).isEqualTo(200);
            mqtt.subscribed(0, RPC_REQUESTS).nothingMore(); // done is done
        }
    }

    @Test
    void waitingCommandsGoOutInOrder() {
        List<CompletableFuture<Rest.Answer>> calls = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            calls.add(tenant.twoWay(device, "{\"method\":\"m\",\"timeout\":20000,\"params\":" + i + "}"));
            server.awaitMetric("signalbox_rpc_open", i);
        }
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
            int before = 0;
            for (int i = 1; i <= 20; i++) {
                Message command = mqtt.message();
                assertThat(command.payload()).isEqualTo("{\"method\":\"m\",\"params\":" + i + "}");
                assertThat(command.requestId()).isGreaterThan(before);
                before = command.requestId();
                mqtt.answer(command, Integer.toString(i));
            }
            for (int i = 1; i <= 20; i++) {
                assertThat(Rest.await(calls.get(i - 1)).body()).isEqualTo(Integer.toString(i));
            }
        }
    }

    @Test
    void whoSubscribesAgainGetsUnansweredCommandsAgain() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
            Message first = mqtt.message();
            mqtt.send(RawMqtt.puback(first.packetId())).subscribed(1, RPC_REQUESTS);
            Message again = mqtt.message();
            assertThat(again.topic()).isEqualTo(first.topic());
            assertThat(again.payload()).isEqualTo(first.payload());
            mqtt.answer(again, "2");
            assertThat(Rest.await(call).body()).isEqualTo("2");
            mqtt.subscribed(1, RPC_REQUESTS).nothingMore();
        }
    }

    @Test
    void whoReconnectsGetsUnansweredCommandsAgain() {
        CompletableFuture<Rest.Answer> call;
        Message first;
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            call = tenant.twoWay(device, LONG);
            first = mqtt.message();
        }
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            assertThat(mqtt.message().topic()).isEqualTo(first.topic());
            mqtt.answer(first, "3");
            assertThat(Rest.await(call).body()).isEqualTo("3");
        }
    }

    @Test
    void aYoungerConnectionTakesOverAndTheOlderIsNotHeardAnyMore() {
        try (RawMqtt older = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
            Message command = older.message();
            try (RawMqtt younger = server.mqtt(device)) {
                older.trySend(older.publish("v1/devices/me/rpc/response/" + command.requestId(), 0, 0, "\"older\""));
                older.assertClosed();
                younger.subscribed(0, RPC_REQUESTS);
                assertThat(younger.message().topic()).isEqualTo(command.topic());
                younger.answer(command, "\"younger\"");
                assertThat(Rest.await(call).body()).isEqualTo("\"younger\"");
            }
        }
    }

    @Test
    void onMqtt5TheOlderConnectionHearsThatItWasTakenOver() {
        try (RawMqtt older = server.mqtt5(device);
                RawMqtt younger = server.mqtt5(device)) {
            older.assertClosed(0x8E);
            younger.nothingMore();
        }
    }

    // ------------------------------------------------------------------------------------------------ request ids

    @Test
    void anAnswerBelongsToTheCommandWhoseIdItNames() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> one = tenant.twoWay(device, LONG);
            Message first = mqtt.message();
            CompletableFuture<Rest.Answer> two = tenant.twoWay(device, LONG);
            Message second = mqtt.message();
            mqtt.answer(second, "2").answer(Integer.MAX_VALUE, "9").answer(-1, "9");
            assertThat(Rest.await(two).body()).isEqualTo("2");
            assertThat(one).isNotDone();
            mqtt.answer(second, "8").answer(first, "1");
            assertThat(Rest.await(one).body()).isEqualTo("1");
        }
    }

    @Test
    void anAnswerToAnotherDevicesCommandIsIgnored() {
        TestDevice other = server.device();
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS);
                RawMqtt stranger = server.mqtt(other)) {
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
            Message command = mqtt.message();
            stranger.answer(command, "\"stranger\"").nothingMore();
            mqtt.answer(command, "\"device\"");
            assertThat(Rest.await(call).body()).isEqualTo("\"device\"");
        }
    }

    @Test
    void aLateAnswerIsIgnoredAndDoesNotReachTheNextCall() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, SHORT);
            Message command = mqtt.message();
            assertThat(Rest.await(call).status()).isEqualTo(504);
            mqtt.answer(command, "\"late\"").nothingMore();
            CompletableFuture<Rest.Answer> next = tenant.twoWay(device, LONG);
            Message second = mqtt.message();
            assertThat(second.requestId()).isNotEqualTo(command.requestId());
            mqtt.answer(command, "\"late\"").answer(second, "2");
            assertThat(Rest.await(next).body()).isEqualTo("2");
        }
    }

    @Test
    void theShortTopicCarriesCommandsAndAnswers() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, "v2/r/req/+")) {
            CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
            Message command = mqtt.message();
            assertThat(command.topic()).isEqualTo("v2/r/req/" + command.requestId());
            mqtt.send(mqtt.publish("v2/r/res/" + command.requestId(), 1, 7, "4"));
            assertThat(mqtt.next(RawMqtt.PUBACK).id()).isEqualTo(7);
            assertThat(Rest.await(call).body()).isEqualTo("4");
        }
    }

    @Test
    void manyCallersOfOneDeviceGetTheirOwnAnswers() {
        int callers = 64;
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, RPC_REQUESTS)) {
            List<CompletableFuture<Rest.Answer>> calls = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                calls.add(tenant.twoWay(device, "{\"method\":\"m\",\"timeout\":20000,\"params\":\"p" + i + "\"}"));
            }
            List<Message> commands = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                commands.add(mqtt.message());
            }
            assertThat(commands.stream().map(Message::requestId)).doesNotHaveDuplicates();
            for (Message command : commands.reversed()) {
                String params = command.payload().substring("{\"method\":\"m\",\"params\":".length());
                mqtt.send(RawMqtt.puback(command.packetId())).answer(command, params.substring(0, params.length() - 1));
            }
            for (int i = 0; i < callers; i++) {
                assertThat(Rest.await(calls.get(i)).body()).isEqualTo("\"p" + i + "\"");
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ callers

    @Test
    void callersMayCallOnlyTheirOwnDevices() {
        String path = "/api/rpc/twoway/" + device.id();
        Rest.Answer foreign = server.otherTenant().post(path, LONG);
        assertThat(foreign.status()).isEqualTo(404);
        assertThat(foreign.body()).isEqualTo("Device with requested id wasn't found!");
        Rest.Answer customer = server.customer().post(path, LONG);
        assertThat(customer.status()).isEqualTo(403);
        assertThat(customer.body()).isEqualTo("You don't have permission to perform this operation!");
        Rest.Answer system = server.systemAdministrator().post(path, LONG);
        assertThat(system.status()).isEqualTo(403);
        assertThat(system.body()).isEqualTo("System administrator is not allowed to perform this operation!");
        Rest.Answer nobody = server.anybody().post(path, LONG);
        assertThat(nobody.status()).isEqualTo(401);
        assertThat(nobody.json().at("/errorCode").asInt()).isEqualTo(10);
        Rest.Answer missing = tenant.post("/api/rpc/twoway/" + UUID.randomUUID(), LONG);
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.contentType()).isEqualTo("text/plain;charset=UTF-8");
        Rest.Answer noUuid = tenant.post("/api/rpc/twoway/x", LONG);
        assertThat(noUuid.status()).isEqualTo(400);
        assertThat(noUuid.text("/message")).isEqualTo("Invalid UUID string: x");
    }

    @Test
    void persistentCallsAreAcceptedAfterTheAccessCheck() {
        String body = "{\"method\":\"m\",\"persistent\":true}";
        Rest.Answer own = tenant.post("/api/rpc/twoway/" + device.id(), body);
        assertThat(own.status()).isEqualTo(200);
        assertThat(tenant.get("/api/rpc/persistent/" + own.text("/rpcId")).text("/status"))
                .isEqualTo("QUEUED");
        Rest.Answer foreign = server.otherTenant().post("/api/rpc/twoway/" + device.id(), body);
        assertThat(foreign.status()).isEqualTo(404);
        assertThat(foreign.body()).isEqualTo("Device with requested id wasn't found!");
    }

    @Test
    void aMalformedBodyComesBeforeTheAccessCheck() {
        Rest.Answer answer = server.otherTenant().post("/api/rpc/twoway/" + device.id(), "{\"method\":");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/errorCode").asInt()).isEqualTo(31);
        assertThat(answer.text("/message")).isEqualTo("Invalid request body");
    }

    @Test
    void aCallerThatGoesAwayFreesItsPlaceAndTheCommandGoesOn() throws IOException {
        server.awaitMetric("signalbox_rpc_waiters", 0);
        byte[] body = LONG.getBytes(StandardCharsets.UTF_8);
        try (Socket caller = new Socket(InetAddress.getLoopbackAddress(), server.httpPort())) {
            caller.getOutputStream()
                    .write(("POST /api/rpc/twoway/" + device.id() + " HTTP/1.1\r\nHost: x\r\nX-Authorization: Bearer "
                                    + tenant.token() + "\r\nContent-Length: " + body.length + "\r\n\r\n" + LONG)
                            .getBytes(StandardCharsets.UTF_8));
            server.awaitMetric("signalbox_rpc_waiters", 1);
        }
        server.awaitMetric("signalbox_rpc_waiters", 0);
        assertThat(server.metric("signalbox_rpc_open")).isEqualTo(1);
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            mqtt.answer(mqtt.message(), "1");
            server.awaitMetric("signalbox_rpc_open", 0);
        }
    }

    @Test
    void anotherClientLibraryIsServed() throws MqttException {
        try (MqttClient paho =
                new MqttClient("tcp://127.0.0.1:" + server.mqttPort(), "paho", new MemoryPersistence())) {
            MqttConnectOptions options = new MqttConnectOptions();
            options.setUserName(device.token());
            paho.connect(options);
            paho.subscribe(RPC_REQUESTS, 1, (topic, message) -> {
                String requestId = topic.substring(topic.lastIndexOf('/') + 1);
                new Thread(() -> respond(paho, requestId, message)).start();
            });
            for (int i = 0; i < 3; i++) {
                Rest.Answer answer = Rest.await(
                        tenant.twoWay(device, "{\"method\":\"echo\",\"timeout\":20000,\"params\":" + i + "}"));
                assertThat(answer.body()).isEqualTo("{\"method\":\"echo\",\"params\":" + i + "}");
            }
            paho.disconnect();
        }
    }

    private static void respond(MqttClient paho, String requestId, MqttMessage command) {
        try {
            paho.publish("v1/devices/me/rpc/response/" + requestId, command.getPayload(), 1, false);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }
}
