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
import tools.jackson.databind.JsonNode;

/** Commands, counted: what the metrics and the statistics say of them. */
class StatisticsIT {
    private static final String STATISTICS = "/api/rpc/statistics";

    @RegisterExtension
    static final TestServer server = TestServer.with("rpc-timeout-min=50ms");

    private static JsonNode data(Rest rest, String query) {
        Rest.Answer answer = rest.get(STATISTICS + query);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().get("data");
    }

    /** What was counted of a device, once there are so many commands. */
    private static JsonNode of(TestDevice device, int commands) {
        String query = "?deviceId=" + device.id();
        TestServer.await(
                "statistics",
                () -> data(server.tenant(), query).size() == 1
                        && data(server.tenant(), query).at("/0/commands").asInt() == commands);
        return data(server.tenant(), query).get(0);
    }

    private static double metric(String name) {
        return server.anybody()
                .get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    private static String stage(String kind, String stage) {
        return "signalbox_rpc_stage_seconds_count{kind=\"" + kind + "\",stage=\"" + stage + "\"}";
    }

    private static String ended(String kind, String status) {
        return "signalbox_rpc_ended_total{kind=\"" + kind + "\",status=\"" + status + "\"}";
    }

    @Test
    void commandsOfBothKindsAreCounted() throws Exception {
        TestDevice device = server.device();
        String call = "/api/rpc/twoway/" + device.id();
        double lightweight = metric(ended("lightweight", "SUCCESSFUL"));
        double persistent = metric(ended("persistent", "SUCCESSFUL"));
        double expired = metric(ended("lightweight", "EXPIRED"));
        double[] stages = {
            metric(stage("lightweight", "attempt")),
            metric(stage("lightweight", "delivery")),
            metric(stage("lightweight", "answer")),
            metric(stage("lightweight", "end")),
            metric(stage("persistent", "attempt")),
            metric(stage("persistent", "delivery")),
            metric(stage("persistent", "answer")),
            metric(stage("persistent", "end"))
        };
        assertThat(server.tenant()
                        .post(call, "{\"method\":\"gone\",\"timeout\":50}")
                        .status())
                .isEqualTo(504);
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            CompletableFuture<Rest.Answer> answer = server.tenant().twoWay(device, "{\"method\":\"get\"}");
            Message message = mqtt.message();
            mqtt.send(RawMqtt.puback(message.packetId()));
            mqtt.answer(message, "1");
            assertThat(Rest.await(answer).status()).isEqualTo(200);
            assertThat(server.tenant()
                            .post(call, "{\"method\":\"get\",\"persistent\":true}")
                            .status())
                    .isEqualTo(200);
            Message stored = mqtt.message();
            mqtt.send(RawMqtt.puback(stored.packetId()));
            mqtt.answer(stored, "2");
            JsonNode counted = of(device, 3);
            assertThat(counted.at("/states").toString()).isEqualTo("{\"SUCCESSFUL\":2,\"EXPIRED\":1}");
            assertThat(counted.at("/millis/count").asInt()).isEqualTo(2);
            assertThat(counted.at("/millis/p99").asDouble()).isPositive();
            mqtt.answer(stored, "3");
            TestServer.await(
                    "the duplicate", () -> of(device, 3).at("/duplicates").asInt() == 1);
        }
        assertThat(metric(ended("lightweight", "SUCCESSFUL"))).isEqualTo(lightweight + 1);
        assertThat(metric(ended("lightweight", "EXPIRED"))).isEqualTo(expired + 1);
        assertThat(metric(ended("persistent", "SUCCESSFUL"))).isEqualTo(persistent + 1);
        assertThat(metric(stage("lightweight", "attempt"))).isEqualTo(stages[0] + 1);
        assertThat(metric(stage("lightweight", "delivery"))).isEqualTo(stages[1] + 1);
        assertThat(metric(stage("lightweight", "answer"))).isEqualTo(stages[2] + 1);
        assertThat(metric(stage("lightweight", "end"))).isEqualTo(stages[3] + 2);
        assertThat(metric(stage("persistent", "attempt"))).isEqualTo(stages[4] + 1);
        assertThat(metric(stage("persistent", "delivery"))).isEqualTo(stages[5] + 1);
        assertThat(metric(stage("persistent", "answer"))).isEqualTo(stages[6] + 1);
        assertThat(metric(stage("persistent", "end"))).isEqualTo(stages[7] + 1);

        JsonNode methods = data(server.tenant(), "?groupBy=method&deviceId=" + device.id());
        assertThat(methods)
                .extracting(row -> row.at("/method").asString() + row.at("/commands"))
                .containsExactly("get2", "gone1");
        JsonNode kinds = data(server.tenant(), "?kind=persistent&groupBy=status&deviceId=" + device.id());
        assertThat(kinds.toString())
                .contains("\"status\":\"SUCCESSFUL\",\"commands\":1")
                .doesNotContain("EXPIRED");
        assertThat(data(server.tenant(), "?groupBy=device"))
                .anyMatch(row -> row.at("/deviceId").asString().equals(device.id()));
    }

    @Test
    void endsWithoutTheDeviceAreCounted() {
        TestDevice device = server.device();
        String call = "{\"method\":\"m\",\"persistent\":true,\"timeout\":50}";
        server.tenant().post("/api/rpc/twoway/" + device.id(), call);
        Rest.Answer other = server.tenant()
                .post("/api/rpc/twoway/" + device.id(), "{\"method\":\"m\",\"persistent\":true,\"timeout\":60000}");
        server.tenant().post("/api/rpc/persistent/" + other.text("/rpcId") + "/cancel", "");
        assertThat(of(device, 2).at("/states").toString()).isEqualTo("{\"EXPIRED\":1,\"CANCELLED\":1}");
        assertThat(metric("signalbox_rpc_sweep_lag_seconds")).isLessThan(5);
        assertThat(metric("signalbox_rpc_sweep_last_seconds")).isGreaterThan(1_700_000_000);
        assertThat(metric("signalbox_rpc_unsent")).isNotNegative();
    }

    @Test
    void nobodySeesCommandsOfOthers() {
        TestDevice device = server.device();
        server.tenant().post("/api/rpc/twoway/" + device.id(), "{\"method\":\"secret\",\"timeout\":50}");
        of(device, 1);
        assertThat(data(server.otherTenant(), "?groupBy=method").toString()).doesNotContain("secret");
        assertThat(server.otherTenant()
                        .get(STATISTICS + "?deviceId=" + device.id())
                        .status())
                .isEqualTo(404);
        assertThat(data(server.customer(), "?groupBy=method").toString()).doesNotContain("secret");
        assertThat(server.customer()
                        .get(STATISTICS + "?deviceId=" + device.id())
                        .status())
                .isEqualTo(403);
        assertThat(server.systemAdministrator().get(STATISTICS).status()).isEqualTo(403);
        assertThat(server.anybody().get(STATISTICS).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "?from=2&to=1 -> Parameter 'from' must be before 'to', both in epoch milliseconds",
                "?from=0 -> Counts are kept for 31 days: ask for no more",
                "?interval=1 -> Parameter 'interval' must be whole hours in milliseconds, like 3600000",
                "?groups=0 -> Parameter 'groups' must be from 1 to 1000",
                "?groups=1000&interval=3600000 -> That would be more than 20000 counts. Ask for fewer groups, or a longer interval",
                "?groupBy=x -> Parameter 'groupBy' must be device, method or status: x",
                "?kind=x -> Parameter 'kind' must be lightweight or persistent: x",
                "?deviceId=x -> Invalid UUID string: x",
            })
    void refusesWhatItDoesNotUnderstand(String query, String message) {
        Rest.Answer answer = server.tenant().get(STATISTICS + query);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/message")).isEqualTo(message);
    }
}
