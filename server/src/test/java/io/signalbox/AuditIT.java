package io.signalbox;

import static io.signalbox.RawMqtt.RPC_REQUESTS;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.TestServer.TestDevice;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The audit log of commands, as administrators read it (REST API §14, server-side RPC §9). */
class AuditIT {
    private static final String LOGS = "/api/audit/logs";
    private static final String NULL_UUID = "13814000-1dd2-11b2-8080-808080808080";

    @RegisterExtension
    static final TestServer server =
            TestServer.with("rpc-timeout-min=50ms", "audit-mask=pin,secret", "audit-changes=OFF");

    private static List<JsonNode> entries(Rest rest, String path, String more) {
        Rest.Answer answer = rest.get(LOGS + path + "?pageSize=100&page=0&sortProperty=createdTime" + more);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        List<JsonNode> entries = new ArrayList<>();
        answer.json().get("data").forEach(entries::add);
        return entries;
    }

    /** All of them, once there are so many; within two seconds behind the answer. */
    private static List<JsonNode> entries(TestDevice device, int count) {
        long start = System.nanoTime();
        String path = "/entity/DEVICE/" + device.id();
        TestServer.await("audit", () -> entries(server.tenant(), path, "").size() >= count);
        assertThat(System.nanoTime() - start).isLessThan(2_000_000_000L);
        List<JsonNode> found = entries(server.tenant(), path, "");
        assertThat(found).hasSize(count);
        return found;
    }

    private static String text(JsonNode entry, String pointer) {
        return entry.at(pointer).asString();
    }

    @Test
    void anAnsweredCallIsASuccess() throws Exception {
        TestDevice device = server.device();
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            CompletableFuture<Rest.Answer> answer =
                    server.tenant().twoWay(device, "{\"method\":\"setGpio\",\"params\":{\"pin\":7,\"on\":true}}");
            Message message = mqtt.message();
            assertThat(message.payload()).contains("\"pin\":7");
            mqtt.answer(message, "{\"ok\":true,\"deep\":[{\"secret\":[1]}]}");
            assertThat(Rest.await(answer).status()).isEqualTo(200);
        }
        JsonNode entry = entries(device, 1).getFirst();
        JsonNode user = server.tenant().get("/api/auth/user").json();
        assertThat(text(entry, "/actionType")).isEqualTo("RPC_CALL");
        assertThat(text(entry, "/actionStatus")).isEqualTo("SUCCESS");
        assertThat(text(entry, "/actionFailureDetails")).isEmpty();
        assertThat(text(entry, "/entityId/entityType")).isEqualTo("DEVICE");
        assertThat(text(entry, "/entityId/id")).isEqualTo(device.id());
        assertThat(text(entry, "/entityName")).isEqualTo("device of " + device.token());
        assertThat(text(entry, "/userName")).isEqualTo("tenant@thingsboard.org");
        assertThat(text(entry, "/userId/id")).isEqualTo(text(user, "/id/id"));
        assertThat(text(entry, "/tenantId/id")).isEqualTo(text(user, "/tenantId/id"));
        assertThat(text(entry, "/customerId/id")).isEqualTo(NULL_UUID);
        assertThat(text(entry, "/clientAddress")).isEqualTo("127.0.0.1");
        assertThat(entry.at("/actionData").toString())
                .isEqualTo(
                        "{\"entityId\":\"" + device.id()
                                + "\",\"oneWay\":false,\"method\":\"setGpio\",\"params\":\"{\\\"pin\\\":\\\"***\\\",\\\"on\\\":true}\","
                                + "\"outcome\":\"answered\",\"response\":\"{\\\"ok\\\":true,\\\"deep\\\":[{\\\"secret\\\":\\\"***\\\"}]}\"}");
    }

    @Test
    void aDeliveredOneWayCallIsASuccess() throws Exception {
        TestDevice device = server.device();
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            Rest.Answer answer =
                    server.tenant().post("/api/plugins/rpc/oneway/" + device.id(), "{\"method\":\"reboot\"}");
            assertThat(answer.status()).isEqualTo(200);
        }
        JsonNode entry = entries(device, 1).getFirst();
        assertThat(text(entry, "/actionStatus")).isEqualTo("SUCCESS");
        assertThat(entry.at("/actionData/oneWay").asBoolean()).isTrue();
        assertThat(text(entry, "/actionData/params")).isEqualTo("null");
        assertThat(text(entry, "/actionData/outcome")).isEqualTo("delivered");
    }

    @Test
    void callsThatNobodyAnswersAreFailures() throws Exception {
        TestDevice device = server.device();
        String call = "{\"method\":\"m\",\"timeout\":100}";
        assertThat(server.tenant().post("/api/rpc/twoway/" + device.id(), call).status())
                .isEqualTo(504);
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            assertThat(server.tenant()
                            .post("/api/plugins/rpc/twoway/" + device.id(), call)
                            .status())
                    .isEqualTo(408);
        }
        List<JsonNode> entries = entries(device, 2);
        assertThat(entries).allMatch(entry -> text(entry, "/actionStatus").equals("FAILURE"));
        assertThat(text(entries.getFirst(), "/actionFailureDetails")).isEqualTo("RPC Error: NO_ACTIVE_CONNECTION");
        assertThat(text(entries.getFirst(), "/actionData/outcome")).isEqualTo("no-session");
        assertThat(text(entries.getLast(), "/actionFailureDetails")).isEqualTo("RPC Error: TIMEOUT");
    }

    @Test
    void refusedCallsAreFailures() {
        TestDevice device = server.device();
        assertThat(server.customer()
                        .post("/api/rpc/oneway/" + device.id(), "{\"method\":\"m\"}")
                        .status())
                .isEqualTo(403);
        JsonNode entry = entries(device, 1).getFirst();
        assertThat(text(entry, "/actionStatus")).isEqualTo("FAILURE");
        assertThat(text(entry, "/actionFailureDetails"))
                .isEqualTo("You don't have permission to perform this operation!");
        assertThat(text(entry, "/userName")).isEqualTo("customer@thingsboard.org");
        String customer = text(entry, "/customerId/id");
        assertThat(entries(server.tenant(), "/customer/" + customer, "")).contains(entry);
        assertThat(entries(server.tenant(), "/user/" + text(entry, "/userId/id"), ""))
                .contains(entry);
        assertThat(entries(server.tenant(), "/customer/" + NULL_UUID.replace('1', '2'), ""))
                .isEmpty();
    }

    @Test
    void tenantsLearnNothingOfEachOther() {
        TestDevice device = server.device();
        Rest other = server.otherTenant();
        String call = "/api/rpc/oneway/" + device.id();
        assertThat(other.post(call, "{\"method\":\"theirs\"}").status()).isEqualTo(404);
        assertThat(server.systemAdministrator()
                        .post(call, "{\"method\":\"system\"}")
                        .status())
                .isEqualTo(403);
        assertThat(server.tenant()
                        .post(call, "{\"method\":\"ours\",\"timeout\":100}")
                        .status())
                .isEqualTo(504);
        assertThat(text(entries(device, 1).getFirst(), "/actionData/method")).isEqualTo("ours");
        List<JsonNode> theirs = entries(other, "", "");
        assertThat(theirs).hasSize(1);
        assertThat(text(theirs.getFirst(), "/actionData/method")).isEqualTo("theirs");
        assertThat(theirs.getFirst().get("entityName").isNull()).isTrue();
        List<JsonNode> system = entries(server.systemAdministrator(), "/entity/DEVICE/" + device.id(), "");
        assertThat(system).hasSize(1);
        assertThat(text(system.getFirst(), "/tenantId/id")).isEqualTo(NULL_UUID);
    }

    @Test
    void isFiltered() {
        TestDevice device = server.device();
        String before = String.valueOf(System.currentTimeMillis());
        server.tenant().post("/api/rpc/oneway/" + device.id(), "{\"method\":\"m\",\"timeout\":50}");
        server.tenant().post("/api/rpc/oneway/" + device.id(), "{\"method\":\"m\",\"timeout\":50}");
        entries(device, 2);
        String path = "/entity/DEVICE/" + device.id();
        assertThat(entries(server.tenant(), path, "&actionTypes=ADDED,RPC_CALL"))
                .hasSize(2);
        assertThat(entries(server.tenant(), path, "&actionTypes=ADDED")).isEmpty();
        assertThat(entries(server.tenant(), path, "&startTime=" + before)).hasSize(2);
        assertThat(entries(server.tenant(), path, "&endTime=" + (Long.parseLong(before) - 1)))
                .isEmpty();
        assertThat(entries(server.tenant(), "", "&textSearch=OF%20" + device.token()))
                .hasSize(2);
        Rest.Answer page = server.tenant().get(LOGS + path + "?pageSize=1&page=0");
        assertThat(page.json().at("/totalPages").asInt()).isEqualTo(2);
        assertThat(page.json().at("/totalElements").asInt()).isEqualTo(2);
        assertThat(page.json().at("/hasNext").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "?page=0&pageSize=0 -> Page size must not be less than one",
                "?page=-1&pageSize=1 -> Page index must not be less than zero",
                "?page=0 -> Required request parameter 'pageSize' for method parameter type int is not present",
                "?page=0&pageSize=1&actionTypes=RPC_CALL,NOPE -> Action type 'NOPE' is not supported!",
                "?page=0&pageSize=1&sortProperty=nope -> Invalid sort property",
                "?page=0&pageSize=1&sortProperty=createdTime&sortOrder=x -> Unsupported sort order 'x'! Only 'ASC' or 'DESC' types are allowed.",
                "/entity/NOPE/13814000-1dd2-11b2-8080-808080808080?page=0&pageSize=1 -> EntityType 'NOPE' is not supported!",
                "/user/nope?page=0&pageSize=1 -> Invalid UUID string: nope",
            })
    void refusesWhatItDoesNotUnderstand(String query, String message) {
        Rest.Answer answer = server.tenant().get(LOGS + query);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/errorCode").asInt()).isEqualTo(31);
        assertThat(answer.text("/message")).isEqualTo(message);
    }

    @Test
    void isForAdministrators() {
        assertThat(server.customer().get(LOGS + "?page=0&pageSize=1").status()).isEqualTo(403);
        assertThat(server.systemAdministrator().get(LOGS + "?page=0&pageSize=1").status())
                .isEqualTo(200);
        assertThat(server.systemAdministrator()
                        .get(LOGS + "/user/" + NULL_UUID + "?page=0&pageSize=1")
                        .status())
                .isEqualTo(403);
        assertThat(server.anybody().get(LOGS + "?page=0&pageSize=1").status()).isEqualTo(401);
    }

    @Test
    void aCallerThatLeavesIsWrittenDown() throws Exception {
        TestDevice device = server.device();
        CompletableFuture<Rest.Answer> call = server.tenant().twoWay(device, "{\"method\":\"m\",\"timeout\":20000}");
        server.awaitMetric("signalbox_rpc_waiters", 1);
        call.cancel(true);
        JsonNode entry = entries(device, 1).getFirst();
        assertThat(text(entry, "/actionData/outcome")).isEqualTo("caller-left");
        assertThat(text(entry, "/actionStatus")).isEqualTo("FAILURE");
    }

    @Test
    void aPersistentCallIsWrittenDownWhenItIsAcceptedAndWhenItEnds() throws Exception {
        TestDevice device = server.device();
        String call = "{\"method\":\"m\",\"params\":{\"pin\":7},\"persistent\":true}";
        Rest.Answer accepted = server.tenant().post("/api/rpc/twoway/" + device.id(), call);
        String id = accepted.text("/rpcId");
        String path = "/entity/DEVICE/" + device.id();
        List<JsonNode> first = entries(server.tenant(), path, ""); // no wait: it is there
        assertThat(first).hasSize(1);
        assertThat(text(first.getFirst(), "/actionData/outcome")).isEqualTo("accepted");
        assertThat(text(first.getFirst(), "/actionData/rpcId")).isEqualTo(id);
        assertThat(text(first.getFirst(), "/actionData/params")).isEqualTo("{\"pin\":\"***\"}");
        assertThat(text(first.getFirst(), "/clientAddress")).isEqualTo("127.0.0.1");
        assertThat(text(first.getFirst(), "/entityName")).isEqualTo("device of " + device.token());
        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.subscribed(1, RPC_REQUESTS);
            mqtt.answer(mqtt.message(), "{\"secret\":1,\"ok\":true}");
            JsonNode end = entries(device, 2).getLast();
            assertThat(text(end, "/actionType")).isEqualTo("RPC_CALL");
            assertThat(text(end, "/actionStatus")).isEqualTo("SUCCESS");
            assertThat(text(end, "/userName")).isEqualTo("tenant@thingsboard.org");
            assertThat(end.at("/actionData").toString())
                    .isEqualTo(
                            "{\"entityId\":\"" + device.id()
                                    + "\",\"oneWay\":false,\"method\":\"m\",\"rpcId\":\"" + id
                                    + "\",\"outcome\":\"successful\",\"response\":\"{\\\"secret\\\":\\\"***\\\",\\\"ok\\\":true}\"}");
        }
    }

    @Test
    void aPersistentCallWhoseCallerHangsUpIsWrittenDownAsWhatItCameTo() throws Exception {
        TestDevice device = server.device();
        String body = "{\"method\":\"m\",\"persistent\":true}";
        String head = "POST /api/rpc/twoway/" + device.id() + " HTTP/1.1\r\nHost: x\r\nX-Authorization: Bearer "
                + server.tenant().token() + "\r\nContent-Length: " + body.length() + "\r\n\r\n";
        for (int i = 0; i < 10; i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.httpPort())) {
                socket.getOutputStream().write((head + body).getBytes(US_ASCII));
            }
        }
        entries(device, 10);
        server.tenant().post("/api/rpc/oneway/" + device.id(), "{\"method\":\"last\",\"timeout\":50}");
        assertThat(entries(device, 11))
                .filteredOn(entry -> text(entry, "/actionData/method").equals("m"))
                .extracting(entry -> text(entry, "/actionData/outcome"))
                .hasSize(10)
                .containsOnly("accepted");
    }

    @Test
    void aPersistentCallThatIsRepeatedOrRefusedIsNotShownAsAccepted() {
        TestDevice device = server.device();
        String call = "{\"method\":\"m\",\"persistent\":true,\"requestUUID\":\"" + java.util.UUID.randomUUID() + "\"}";
        String path = "/api/rpc/twoway/" + device.id();
        assertThat(server.tenant().post(path, call).status()).isEqualTo(200);
        assertThat(server.tenant().post(path, call).status()).isEqualTo(200);
        assertThat(entries(device, 2))
                .extracting(entry -> text(entry, "/actionData/outcome"))
                .containsExactlyInAnyOrder("accepted", "known");
    }

    @Test
    void survivesAStop() throws Exception {
        TestServer other = TestServer.with("rpc-timeout-min=50ms", "audit-changes=OFF");
        try {
            other.start();
            TestDevice device = other.device();
            other.tenant().post("/api/rpc/oneway/" + device.id(), "{\"method\":\"m\",\"timeout\":50}");
            other.restart();
            assertThat(entries(other.tenant(), "/entity/DEVICE/" + device.id(), ""))
                    .hasSize(1);
        } finally {
            other.close();
        }
    }
}
