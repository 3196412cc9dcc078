package io.signalbox;

import static io.signalbox.RawMqtt.RPC_REQUESTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.TestServer.TestDevice;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How commands go out to a device and those of a profile, as administrators set it. */
class RpcSettingsIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("audit-mask=pin");

    private static String path(TestDevice device) {
        return "/api/device/" + device.id() + "/rpcSettings";
    }

    private static String call(String params) {
        return "{\"method\":\"m\",\"timeout\":20000,\"params\":" + params + "}";
    }

    /** Every device of the demo tenant that a test makes has the one profile: whoever sets it clears it. */
    private static String profilePath(TestDevice device) {
        String profile = server.tenant().get("/api/device/" + device.id()).text("/deviceProfileId/id");
        return "/api/deviceProfile/" + profile + "/rpcSettings";
    }

    @Test
    void whatIsNotSetIsInherited() {
        TestDevice device = server.device();
        String ofProfile = profilePath(device);
        try {
            server.tenant().put(ofProfile, "{\"inFlightMax\":2,\"redeliver\":false}");
            Rest.Answer saved = server.tenant().put(path(device), "{\"inFlightMax\":1,\"mask\":[\"key\"]}");
            assertThat(saved.status()).isEqualTo(200);
            assertThat(saved.body())
                    .isEqualTo("{\"submitStrategy\":null,\"inFlightMax\":1,\"redeliver\":null,\"mask\":[\"key\"],"
                            + "\"effective\":{\"submitStrategy\":{\"value\":\"BURST\",\"from\":\"SERVER\"},"
                            + "\"inFlightMax\":{\"value\":1,\"from\":\"DEVICE\"},"
                            + "\"redeliver\":{\"value\":false,\"from\":\"PROFILE\"},"
                            + "\"mask\":{\"value\":[\"pin\",\"key\"],\"from\":\"DEVICE\"}}}");
            assertThat(server.tenant().get(path(device)).body()).isEqualTo(saved.body());
            assertThat(server.tenant().put(path(device), saved.body()).body()).isEqualTo(saved.body());
            assertThat(server.tenant().delete(path(device)).status()).isEqualTo(200);
            assertThat(server.tenant().get(path(device)).text("/effective/inFlightMax/from"))
                    .isEqualTo("PROFILE");
        } finally {
            server.tenant().delete(ofProfile);
        }
        assertThat(server.tenant().get(path(device)).text("/effective/inFlightMax/from"))
                .isEqualTo("SERVER");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"submitStrategy\":\"FAST\"}|submitStrategy",
                "{\"submitStrategy\":1}|submitStrategy",
                "{\"inFlightMax\":-1}|inFlightMax",
                "{\"inFlightMax\":10001}|inFlightMax",
                "{\"inFlightMax\":1.5}|inFlightMax",
                "{\"inFlightMax\":\"1\"}|inFlightMax",
                "{\"redeliver\":\"true\"}|redeliver",
                "{\"mask\":\"pin\"}|mask",
                "{\"mask\":[1]}|mask",
                "{\"mask\":[\"\"]}|mask",
                "{\"mask\":[\"a\\nb\"]}|mask",
                "{\"inflightMax\":1}|inflightMax"
            })
    void aWrongMemberIsNamed(String body, String member) {
        Rest.Answer refused = server.tenant().put(path(server.device()), body);
        assertThat(refused.status()).as(refused.body()).isEqualTo(400);
        assertThat(refused.text("/message")).startsWith("Member '" + member + "'");
    }

    @Test
    void customersReadAndOthersSeeNothing() {
        TestDevice device = server.device();
        assertThat(server.customer().get(path(device)).status()).isEqualTo(403);
        String customer = server.customer().get("/api/auth/user").text("/customerId/id");
        server.tenant().post("/api/customer/" + customer + "/device/" + device.id(), "");
        assertThat(server.customer().get(path(device)).status()).isEqualTo(200);
        assertThat(server.customer().put(path(device), "{}").status()).isEqualTo(403);
        assertThat(server.customer().delete(path(device)).status()).isEqualTo(403);
        assertThat(server.customer().get(profilePath(device)).status()).isEqualTo(403);
        Rest other = server.otherTenant();
        assertThat(other.get(path(device)).status()).isEqualTo(404);
        assertThat(other.put(path(device), "{}").status()).isEqualTo(404);
        assertThat(other.get(profilePath(device)).status()).isEqualTo(403);
        assertThat(other.put(profilePath(device), "{}").status()).isEqualTo(403);
    }

    @Test
    void aDeviceThatTakesOneAtATimeNeverHasTwo() throws Exception {
        TestDevice device = server.device();
        server.tenant().put(path(device), "{\"inFlightMax\":1}");
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            CompletableFuture<Rest.Answer> one = server.tenant().twoWay(device, call("1"));
            Message first = mqtt.message();
            mqtt.send(RawMqtt.puback(first.packetId()));
            CompletableFuture<Rest.Answer> two = server.tenant().twoWay(device, call("2"));
            server.awaitMetric("signalbox_rpc_open", 2);
            mqtt.nothingMore().answer(first, "1"); // an acknowledgement is not the end
            assertThat(Rest.await(one).body()).isEqualTo("1");
            mqtt.answer(mqtt.message(), "2");
            assertThat(Rest.await(two).body()).isEqualTo("2");
        }
    }

    @Test
    void aChangeCountsAtOnceForAConnectedDevice() throws Exception {
        TestDevice device = server.device();
        String ofProfile = profilePath(device);
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            server.tenant().put(ofProfile, "{\"inFlightMax\":1}");
            CompletableFuture<Rest.Answer> one = server.tenant().twoWay(device, call("1"));
            Message first = mqtt.message();
            CompletableFuture<Rest.Answer> two = server.tenant().twoWay(device, call("2"));
            server.awaitMetric("signalbox_rpc_open", 2);
            mqtt.nothingMore();
            server.tenant().put(path(device), "{\"inFlightMax\":2}");
            Message second = mqtt.message();
            mqtt.answer(second, "2").answer(first, "1");
            assertThat(Rest.await(two).body()).isEqualTo("2");
            assertThat(Rest.await(one).body()).isEqualTo("1");
        } finally {
            server.tenant().delete(ofProfile);
        }
    }

    @Test
    void aDeviceIsNotGivenAgainWhatItsProfileSaysIsNot() throws Exception {
        TestDevice device = server.device();
        server.tenant().put(path(device), "{\"redeliver\":false}");
        String persistent = "{\"method\":\"m\",\"persistent\":true,\"timeout\":60000,\"params\":";
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            Rest.await(server.tenant().twoWay(device, persistent + "1}"));
            Rest.await(server.tenant().twoWay(device, persistent + "2,\"redeliver\":true}"));
            String id = server.tenant()
                    .get("/api/rpc/persistent/device/" + device.id() + "?pageSize=9&page=0")
                    .text("/data/1/id/id");
            mqtt.send(RawMqtt.puback(mqtt.message().packetId()));
            mqtt.send(RawMqtt.puback(mqtt.message().packetId()));
            TestServer.await(
                    "delivered",
                    () -> server.tenant()
                            .get("/api/rpc/persistent/" + id)
                            .text("/status")
                            .equals("DELIVERED"));
        }
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            Message again = mqtt.message();
            assertThat(again.payload()).isEqualTo("{\"method\":\"m\",\"params\":2}");
            mqtt.nothingMore();
        }
    }

    @Test
    void theAuditLogHidesWhatIsMaskedForTheDevice() throws Exception {
        TestDevice device = server.device();
        server.tenant().put(path(device), "{\"mask\":[\"key\"]}");
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            CompletableFuture<Rest.Answer> answer =
                    server.tenant().twoWay(device, call("{\"key\":\"hush\",\"pin\":\"hidden\",\"on\":true}"));
            mqtt.answer(mqtt.message(), "{\"key\":\"hush\"}");
            assertThat(Rest.await(answer).body()).isEqualTo("{\"key\":\"hush\"}");
        }
        String logs = "/api/audit/logs/entity/DEVICE/" + device.id() + "?pageSize=9&page=0&actionTypes=RPC_CALL";
        TestServer.await(
                "audit",
                () -> server.tenant().get(logs).json().at("/totalElements").asInt() == 1);
        assertThat(server.tenant().get(logs).body())
                .contains("\\\"on\\\":true")
                .doesNotContain("hush")
                .doesNotContain("hidden");
    }

    @Test
    void settingsOutliveARestartAndEndWithTheirDevice() throws Exception {
        TestServer own = TestServer.with();
        own.start();
        try {
            TestDevice device = own.device();
            own.tenant().put(path(device), "{\"submitStrategy\":\"SEQUENTIAL_ON_ACK_FROM_DEVICE\"}");
            own.restart();
            assertThat(own.tenant().get(path(device)).text("/submitStrategy"))
                    .isEqualTo("SEQUENTIAL_ON_ACK_FROM_DEVICE");
            assertThat(own.tenant().delete("/api/device/" + device.id()).status())
                    .isEqualTo(200);
            assertThat(own.tenant().get(path(device)).status()).isEqualTo(404);
        } finally {
            own.close();
        }
    }
}
