package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.TestServer.TestDevice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** Changes of entities in the audit log (REST API §14): those of one commit are there with the answer. */
class ChangeAuditIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("audit-mask=pin");

    private static List<JsonNode> entries(Rest rest, String path, String more) {
        Rest.Answer answer =
                rest.get("/api/audit/logs" + path + "?pageSize=100&page=0&sortProperty=createdTime" + more);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        List<JsonNode> entries = new ArrayList<>();
        answer.json().get("data").forEach(entries::add);
        return entries;
    }

    private static List<JsonNode> of(TestDevice device) {
        return entries(server.tenant(), "/entity/DEVICE/" + device.id(), "");
    }

    private static List<String> actions(TestDevice device) {
        return of(device).stream().map(entry -> text(entry, "/actionType")).toList();
    }

    private static String text(JsonNode entry, String pointer) {
        return entry.at(pointer).asString();
    }

    private static String ok(Rest.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private static JsonNode entity(String path) {
        return server.tenant().get(path).json();
    }

    @Test
    void lifeOfADeviceIsInTheCommitsThatMadeIt() {
        Rest tenant = server.tenant();
        TestDevice device = server.device();
        String path = "/api/device/" + device.id();
        ok(tenant.post("/api/device", tenant.get(path).body().replace("\"label\":null", "\"label\":\"new\"")));
        String customer = tenant.post("/api/customer", "{\"title\":\"C of " + device.token() + "\"}")
                .text("/id/id");
        ok(tenant.post("/api/customer/" + customer + "/device/" + device.id(), ""));
        ok(tenant.delete("/api/customer/device/" + device.id()));
        ok(tenant.post("/api/customer/public/device/" + device.id(), ""));
        ok(tenant.post(
                "/api/device/credentials",
                tenant.get(path + "/credentials").body().replace(device.token(), device.token() + "-new")));
        ok(tenant.delete(path));

        List<JsonNode> entries = of(device); // no wait
        assertThat(entries)
                .extracting(entry -> text(entry, "/actionType"))
                .containsExactly(
                        "ADDED",
                        "UPDATED",
                        "ASSIGNED_TO_CUSTOMER",
                        "UNASSIGNED_FROM_CUSTOMER",
                        "ASSIGNED_TO_CUSTOMER",
                        "CREDENTIALS_UPDATED",
                        "DELETED");
        assertThat(entries).allSatisfy(entry -> {
            assertThat(text(entry, "/actionStatus")).isEqualTo("SUCCESS");
            assertThat(text(entry, "/userName")).isEqualTo("tenant@thingsboard.org");
            assertThat(text(entry, "/clientAddress")).isEqualTo("127.0.0.1");
            assertThat(text(entry, "/entityName")).isEqualTo("device of " + device.token());
        });
        assertThat(text(entries.get(0), "/actionData/entity/id/id")).isEqualTo(device.id());
        assertThat(text(entries.get(1), "/actionData/entity/label")).isEqualTo("new");
        assertThat(entries.get(2).at("/actionData").toString())
                .isEqualTo("{\"entityId\":\"" + device.id() + "\",\"assignedCustomerId\":\"" + customer
                        + "\",\"assignedCustomerName\":\"C of " + device.token() + "\"}");
        assertThat(text(entries.get(3), "/actionData/unassignedCustomerId")).isEqualTo(customer);
        assertThat(text(entries.get(4), "/actionData/assignedCustomerName")).isEqualTo("Public");
        assertThat(entries.get(5).at("/actionData").toString())
                .isEqualTo(
                        "{\"entityId\":\"" + device.id()
                                + "\",\"credentials\":{\"credentialsType\":\"ACCESS_TOKEN\",\"credentialsId\":\"***\",\"version\":2}}");
        assertThat(entries.get(6).at("/actionData").toString()).isEqualTo("{\"entityId\":\"" + device.id() + "\"}");
    }

    @Test
    void valuesAreWrittenDownAsText() {
        TestDevice device = server.device();
        String base = "/api/plugins/telemetry/DEVICE/" + device.id();
        ok(server.tenant().post(base + "/SHARED_SCOPE", "{\"k\":1,\"pin\":7,\"o\":{\"a\":1}}"));
        ok(server.tenant().delete(base + "/SHARED_SCOPE?keys=k"));
        assertThat(actions(device)).containsExactly("ADDED", "ATTRIBUTES_UPDATED", "ATTRIBUTES_DELETED"); // no wait
        assertThat(of(device).get(1).at("/actionData").toString())
                .isEqualTo("{\"entityId\":\"" + device.id() + "\",\"scope\":\"SHARED_SCOPE\",\"attributes\":"
                        + "{\"k\":\"1\",\"pin\":\"***\",\"o\":\"{\\\"a\\\":1}\"}}");
        assertThat(of(device).get(2).at("/actionData").toString())
                .isEqualTo("{\"entityId\":\"" + device.id() + "\",\"scope\":\"SHARED_SCOPE\",\"attributes\":[\"k\"]}");

        ok(server.tenant().post(base + "/timeseries/ANY", "{\"ts\":5,\"values\":{\"t\":1.5}}"));
        TestServer.await("saved points", () -> of(device).size() == 4);
        ok(server.tenant().delete(base + "/timeseries/delete?keys=t&deleteAllDataForKeys=true"));
        TestServer.await("deleted points", () -> of(device).size() == 5);
        assertThat(of(device).get(3).at("/actionData/timeseries").toString())
                .isEqualTo("[{\"ts\":5,\"values\":{\"t\":\"1.5\"}}]");
        assertThat(of(device).get(4).at("/actionData/timeseries").toString()).isEqualTo("[\"t\"]");
    }

    @Test
    void refusalsAreFailures() {
        TestDevice device = server.device();
        assertThat(server.customer()
                        .post(
                                "/api/device",
                                entity("/api/device/" + device.id()).toString())
                        .status())
                .isEqualTo(403);
        TestServer.await("refusal", () -> of(device).size() == 2);
        JsonNode refusal = of(device).getLast();
        assertThat(text(refusal, "/actionType")).isEqualTo("UPDATED");
        assertThat(text(refusal, "/actionStatus")).isEqualTo("FAILURE");
        assertThat(text(refusal, "/userName")).isEqualTo("customer@thingsboard.org");
        assertThat(text(refusal, "/actionFailureDetails"))
                .isEqualTo("You don't have permission to perform this operation!");
        assertThat(refusal.get("entityName").isNull()).isTrue();
    }

    @Test
    void readingIsNotWrittenDown() {
        TestDevice device = server.device();
        entity("/api/device/" + device.id() + "/credentials");
        entity("/api/plugins/telemetry/DEVICE/" + device.id() + "/values/attributes");
        ok(server.tenant().post("/api/plugins/telemetry/DEVICE/" + device.id() + "/SHARED_SCOPE", "{\"k\":1}"));

        assertThat(actions(device)).containsExactly("ADDED", "ATTRIBUTES_UPDATED");
    }

    @Test
    void readingIsWrittenDownIfThatIsWanted() throws Exception {
        TestServer reading = TestServer.with("audit-changes=RW");
        try {
            reading.start();
            TestDevice device = reading.device();
            ok(reading.tenant().get("/api/device/" + device.id() + "/credentials"));
            ok(reading.tenant()
                    .get("/api/plugins/telemetry/DEVICE/" + device.id() + "/values/attributes/SERVER_SCOPE?keys=k"));
            String path = "/entity/DEVICE/" + device.id();
            TestServer.await("reads", () -> entries(reading.tenant(), path, "").size() == 3);
            assertThat(entries(reading.tenant(), path, "&actionTypes=CREDENTIALS_READ"))
                    .hasSize(1);
            assertThat(entries(reading.tenant(), path, "&actionTypes=ATTRIBUTES_READ")
                            .getFirst()
                            .at("/actionData")
                            .toString())
                    .isEqualTo("{\"entityId\":\"" + device.id()
                            + "\",\"scopes\":[\"SERVER_SCOPE\"],\"attributes\":[\"k\"]}");
        } finally {
            reading.close();
        }
    }

    @Test
    void whatIsVeryLongIsNotShown() {
        TestDevice device = server.device();
        ok(server.tenant()
                .post(
                        "/api/plugins/telemetry/DEVICE/" + device.id() + "/SHARED_SCOPE",
                        "{\"k\":\"" + "x".repeat(30_000) + "\"}"));

        assertThat(of(device).getLast().at("/actionData").toString())
                .isEqualTo("{\"entityId\":\"" + device.id() + "\",\"isCut\":true}");
    }

    @Test
    void otherEntitiesAreInTheLog() {
        Rest tenant = server.tenant();
        String customer =
                tenant.post("/api/customer", "{\"title\":\"Audited\"}").text("/id/id");
        ok(tenant.post("/api/customer", entity("/api/customer/" + customer).toString()));
        ok(tenant.delete("/api/customer/" + customer));
        String logs = "/entity/CUSTOMER/" + customer;
        TestServer.await("customer", () -> entries(tenant, logs, "").size() == 3);
        assertThat(entries(tenant, logs, ""))
                .extracting(entry -> text(entry, "/actionType"))
                .containsExactly("ADDED", "UPDATED", "DELETED");

        String profile = tenant.post(
                        "/api/deviceProfile",
                        "{\"name\":\"Audited\",\"profileData\":{\"configuration\":{\"type\":\"DEFAULT\"}}}")
                .text("/id/id");
        ok(tenant.delete("/api/deviceProfile/" + profile));
        assertThat(entries(tenant, "/entity/DEVICE_PROFILE/" + profile, ""))
                .extracting(entry -> text(entry, "/actionType"))
                .containsExactly("ADDED", "DELETED");

        String user = tenant.post(
                        "/api/user?sendActivationMail=false",
                        "{\"email\":\"audited@example.org\",\"authority\":\"TENANT_ADMIN\"}")
                .text("/id/id");
        ok(tenant.delete("/api/user/" + user));
        TestServer.await(
                "user", () -> entries(tenant, "/entity/USER/" + user, "").size() == 2);
        assertThat(entries(tenant, "/entity/USER/" + user, "&actionTypes=ADDED")
                        .getFirst()
                        .at("/actionData/entity/email")
                        .asString())
                .isEqualTo("audited@example.org");
    }

    /** A refused change of a foreign device tells its tenant nothing, nor anything of it. */
    @Test
    void tenantsLearnNothingOfEachOther() {
        TestDevice device = server.device();
        Rest other = server.otherTenant();
        assertThat(other.delete("/api/device/" + device.id()).status()).isEqualTo(404);
        TestServer.await(
                "refusal", () -> !entries(other, "", "&actionTypes=DELETED").isEmpty());

        JsonNode refusal = entries(other, "", "&actionTypes=DELETED").getFirst();
        assertThat(refusal.get("entityName").isNull()).isTrue();
        assertThat(refusal.toString()).doesNotContain(device.token());
        assertThat(actions(device)).containsExactly("ADDED");
    }
}
