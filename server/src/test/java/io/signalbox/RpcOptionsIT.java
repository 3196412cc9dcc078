package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.TestServer.TestDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What callers may ask for beyond what older clients know, as they see it. */
@Timeout(120)
class RpcOptionsIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("rpc-timeout-min=50ms", "rpc-timeout-default=2s");

    private static final String COMMANDS = "v1/devices/me/rpc/request/+";
    private static final String PERSISTENT = "/api/rpc/persistent/";

    private Rest tenant;
    private TestDevice device;
    private String key;

    @BeforeEach
    void device() {
        tenant = server.tenant();
        device = server.device();
        key = UUID.randomUUID().toString();
    }

    private Rest keyed() {
        return tenant.with("Idempotency-Key", key);
    }

    private Rest exact() {
        return tenant.with("Prefer", "exact-timeout");
    }

    // ------------------------------------------------------------------------------------------------ keys

    @Test
    void aRepeatedCallGetsTheSameAnswerAndRunsOnce() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, COMMANDS)) {
            CompletableFuture<Rest.Answer> first =
                    keyed().twoWay(device, "{\"method\":\"m\",\"params\":{\"a\":1,\"b\":2}}");
            Message command = mqtt.message();
            List<CompletableFuture<Rest.Answer>> meanwhile = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                meanwhile.add(
                        keyed().twoWay(device, "{\"params\":{\"b\":2.0,\"a\":1},\"method\":\"m\",\"timeout\":3000}"));
            }
            server.awaitMetric("signalbox_rpc_waiters", 6);
            mqtt.answer(command, "{\"n\":1}");
            assertThat(Rest.await(first).body()).isEqualTo("{\"n\":1}");
            for (CompletableFuture<Rest.Answer> repeat : meanwhile) {
                assertThat(Rest.await(repeat).body()).isEqualTo("{\"n\":1}");
            }
            Rest.Answer later = Rest.await(keyed().twoWay(device, "{\"method\":\"m\",\"params\":{\"a\":1,\"b\":2}}"));
            assertThat(later.status()).isEqualTo(200);
            assertThat(later.body()).isEqualTo("{\"n\":1}");
            mqtt.nothingMore();
        }
        server.awaitMetric("signalbox_rpc_waiters", 0);
        server.awaitMetric("signalbox_rpc_keyed", 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "oneway | {\"method\":\"m\"}",
                "twoway | {\"method\":\"n\"}",
                "twoway | {\"method\":\"m\",\"params\":1}",
                "twoway | {\"method\":\"m\",\"lane\":\"l\"}",
                "twoway | {\"method\":\"m\",\"persistent\":true}"
            })
    void anotherRequestWithTheKeyIsAConflict(String way, String body) {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, COMMANDS)) {
            CompletableFuture<Rest.Answer> first = keyed().twoWay(device, "{\"method\":\"m\"}");
            mqtt.answer(mqtt.message(), "1");
            assertThat(Rest.await(first).status()).isEqualTo(200);
            Rest.Answer other = keyed().post("/api/rpc/" + way + "/" + device.id(), body);
            assertThat(other.status()).isEqualTo(409);
            assertThat(other.json().at("/errorCode").asInt()).isEqualTo(35);
            mqtt.nothingMore();
        }
    }

    @Test
    void whatDidNotReachTheDeviceLeavesTheKeyFree() {
        String body = "{\"method\":\"m\",\"timeout\":1000}";
        Rest.Answer away = Rest.await(keyed().twoWay(device, body));
        assertThat(away.outcome()).isEqualTo("no-session");
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, COMMANDS)) {
            CompletableFuture<Rest.Answer> again = keyed().twoWay(device, "{\"method\":\"m\",\"timeout\":5000}");
            mqtt.answer(mqtt.message(), "1");
            assertThat(Rest.await(again).body()).isEqualTo("1");
        }
    }

    @Test
    void whatReachedTheDeviceIsNotSentAgain() {
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, COMMANDS)) {
            CompletableFuture<Rest.Answer> first = keyed().twoWay(device, "{\"method\":\"m\",\"timeout\":100}");
            mqtt.message();
            Rest.Answer silent = Rest.await(first);
            assertThat(silent.outcome()).isEqualTo("no-answer");
            Rest.Answer repeat = Rest.await(keyed().twoWay(device, "{\"method\":\"m\",\"timeout\":5000}"));
            assertThat(repeat).isEqualTo(silent); // also its rpcId
            mqtt.nothingMore();
        }
    }

    @Test
    void aLongAnswerIsGivenOnce() {
        String answer = "\"" + "a".repeat(20_000) + "\"";
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, COMMANDS)) {
            CompletableFuture<Rest.Answer> first = keyed().twoWay(device, "{\"method\":\"m\"}");
            mqtt.answer(mqtt.message(), answer);
            assertThat(Rest.await(first).body()).isEqualTo(answer);
            Rest.Answer repeat = Rest.await(keyed().twoWay(device, "{\"method\":\"m\"}"));
            assertThat(repeat.status()).isEqualTo(504);
            assertThat(repeat.outcome()).isEqualTo("answer-not-kept");
            mqtt.nothingMore();
        }
    }

    @Test
    void anOutcomeIsKnownAfterARestartAndUnknownAfterACrashBetween(@TempDir Path folder) throws IOException {
        TestDevice polls;
        String body = "{\"method\":\"m\",\"timeout\":20000}";
        try (ServerProcess process = new ServerProcess(folder.resolve("data"), folder.resolve("log1"), Map.of())) {
            polls = process.device();
            CompletableFuture<Rest.Answer> poll = process.anybody().getting("/api/v1/" + polls.token() + "/rpc");
            CompletableFuture<Rest.Answer> answered =
                    process.tenant().with("Idempotency-Key", "answered").twoWay(polls, body);
            String id = Rest.await(poll).text("/id");
            assertThat(process.anybody()
                            .post("/api/v1/" + polls.token() + "/rpc/" + id, "{\"n\":1}")
                            .status())
                    .isEqualTo(200);
            assertThat(Rest.await(answered).body()).isEqualTo("{\"n\":1}");
            poll = process.anybody().getting("/api/v1/" + polls.token() + "/rpc");
            var _ = process.tenant().with("Idempotency-Key", "cut").twoWay(polls, body);
            assertThat(Rest.await(poll).text("/method")).isEqualTo("m");
        } // killed
        try (ServerProcess process = new ServerProcess(folder.resolve("data"), folder.resolve("log2"), Map.of())) {
            CompletableFuture<Rest.Answer> poll =
                    process.anybody().getting("/api/v1/" + polls.token() + "/rpc?timeout=3000");
            Rest.Answer known = Rest.await(
                    process.tenant().with("Idempotency-Key", "answered").twoWay(polls, body));
            assertThat(known.body()).isEqualTo("{\"n\":1}");
            Rest cut = process.tenant().with("Idempotency-Key", "cut").with("Accept", "application/problem+json");
            Rest.Answer unknown = Rest.await(cut.twoWay(polls, body));
            assertThat(unknown.status()).isEqualTo(504);
            assertThat(unknown.outcome()).isEqualTo("unknown");
            assertThat(unknown.text("/code")).isEqualTo("unknown");
            assertThat(unknown.json().has("sent")).isFalse();
            assertThat(cut.post("/api/plugins/rpc/twoway/" + polls.id(), body).status())
                    .isEqualTo(408);
            assertThat(Rest.await(poll).status()).as("nothing runs again").isEqualTo(408);
        }
    }

    // ------------------------------------------------------------------------------------------------ one attempt

    @Test
    void withATimeoutOfZeroNobodyWaitsForADevice() {
        String body = "{\"method\":\"m\",\"timeout\":0}";
        assertThat(Rest.await(exact().oneWay(device, body)).outcome()).isEqualTo("no-session");
        try (RawMqtt mqtt = server.mqtt(device)) {
            server.awaitMetric("signalbox_sessions_mailboxes", 1);
            assertThat(Rest.await(exact().twoWay(device, body)).outcome()).isEqualTo("not-subscribed");
            assertThat(Rest.await(exact().twoWay(device, "{\"method\":\"m\",\"timeout\":\"x\"}"))
                            .status())
                    .isEqualTo(400);
            mqtt.nothingMore();
        }
    }

    @Test
    void oneAttemptIsDoneWhenTheDeviceHasIt() {
        String body = "{\"method\":\"m\",\"timeout\":0}";
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, COMMANDS)) {
            CompletableFuture<Rest.Answer> oneWay = exact().oneWay(device, body);
            mqtt.message();
            assertThat(Rest.await(oneWay).status()).isEqualTo(200);
            CompletableFuture<Rest.Answer> twoWay = exact().twoWay(device, body);
            Message command = mqtt.message();
            mqtt.send(RawMqtt.puback(command.packetId()));
            Rest.Answer delivered = Rest.await(twoWay);
            assertThat(delivered.status()).isEqualTo(504);
            assertThat(delivered.outcome()).isEqualTo("no-answer");
            CompletableFuture<Rest.Answer> quick = exact().twoWay(device, body);
            mqtt.answer(mqtt.message(), "1"); // ahead of the acknowledgement
            assertThat(Rest.await(quick).body()).isEqualTo("1");
        }
    }

    @Test
    void aPersistentCommandOfOneAttemptSaysWhatBecameOfIt() {
        String body = "{\"method\":\"m\",\"persistent\":true,\"timeout\":0}";
        String never = Rest.await(exact().oneWay(device, body)).text("/rpcId");
        assertThat(tenant.get(PERSISTENT + never).text("/status")).isEqualTo("EXPIRED");
        assertThat(tenant.get(PERSISTENT + never).json().at("/request/once").asBoolean())
                .isTrue();
        try (RawMqtt mqtt = server.mqtt(device).subscribed(1, COMMANDS)) {
            String now = Rest.await(exact().oneWay(device, body)).text("/rpcId");
            Message command = mqtt.message();
            mqtt.send(RawMqtt.puback(command.packetId()));
            awaitStatus(now, "DELIVERED");
            String twoWay = Rest.await(exact().twoWay(device, body)).text("/rpcId");
            mqtt.send(RawMqtt.puback(mqtt.message().packetId()));
            awaitStatus(twoWay, "EXPIRED");
            assertThat(causes(twoWay)).containsExactly("accepted", "attempt", "written", "acknowledged", "expired");
        }
    }

    // ------------------------------------------------------------------------------------------------ failures

    @Test
    void thePolicyIsShownAndUnknownFailuresAreRefused() {
        String policy = "{\"backoff\":{\"initial\":10},\"retryOn\":[\"refused\"]}";
        String rpc = Rest.await(tenant.oneWay(
                        device,
                        "{\"method\":\"m\",\"persistent\":true,\"timeout\":60000,\"retryPolicy\":" + policy + "}"))
                .text("/rpcId");
        JsonNode shown = tenant.get(PERSISTENT + rpc).json().at("/request/retryPolicy");
        assertThat(shown.at("/backoff/initial").asInt()).isEqualTo(10);
        assertThat(shown.at("/retryOn").toString()).isEqualTo("[\"refused\"]");
        Rest.Answer wrong = Rest.await(tenant.oneWay(
                device, "{\"method\":\"m\",\"persistent\":true,\"retryPolicy\":{\"retryOn\":[\"bad\"]}}"));
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.text("/message"))
                .isEqualTo("Member 'retryPolicy.retryOn' must be a list of: sent-not-acknowledged, no-answer, refused");
        String plain = Rest.await(tenant.oneWay(device, "{\"method\":\"m\",\"persistent\":true,\"timeout\":60000}"))
                .text("/rpcId");
        assertThat(tenant.get(PERSISTENT + plain).json().at("/request").has("retryPolicy"))
                .isFalse();
    }

    private void awaitStatus(String rpc, String status) {
        TestServer.await(
                status, () -> tenant.get(PERSISTENT + rpc).text("/status").equals(status));
    }

    private List<String> causes(String rpc) {
        List<String> causes = new ArrayList<>();
        tenant.get(PERSISTENT + rpc + "/history")
                .json()
                .at("/history")
                .forEach(line -> causes.add(line.at("/cause").asString()));
        return causes;
    }
}
