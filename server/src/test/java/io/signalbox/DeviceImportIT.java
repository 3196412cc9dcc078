package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** Devices by CSV. */
class DeviceImportIT {
    private static final String COLUMNS = "[{\"type\":\"NAME\"},{\"type\":\"TYPE\"},{\"type\":\"LABEL\"},"
            + "{\"type\":\"ACCESS_TOKEN\"},{\"type\":\"SERVER_ATTRIBUTE\",\"key\":\"floor\"},"
            + "{\"type\":\"TIMESERIES\",\"key\":\"t\"},{\"type\":\"IS_GATEWAY\"}]";

    @RegisterExtension
    static final TestServer server = TestServer.with();

    private static Rest.Answer run(String file, String columns, boolean update) {
        return server.tenant()
                .post(
                        "/api/device/bulk_import",
                        "{\"file\":\"" + file.replace("\"", "\\\"").replace("\n", "\\n")
                                + "\",\"mapping\":{\"columns\":" + columns
                                + ",\"delimiter\":\",\",\"header\":true,\"update\":" + update + "}}");
    }

    private static JsonNode device(String name) {
        return server.tenant().get("/api/tenant/devices?deviceName=" + name).json();
    }

    private static String counts(Rest.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        JsonNode json = answer.json();
        return json.get("created") + " " + json.get("updated") + " " + json.get("errors");
    }

    @Test
    void rowsAreMadeAndTheirMistakesToldOneByOne() {
        String one = "d" + UUID.randomUUID();
        String two = "d" + UUID.randomUUID();
        Rest.Answer answer = run(
                "name,type,label,token,floor,t,gateway\n" + one + ",pump,\"a, b\"," + one + "-token,3,21.5,true\n" + one
                        + ",pump,,,,,\n" + two + ",pump,,,x,,\ntoo,few\n,pump,,,,,\n",
                COLUMNS,
                false);
        assertThat(counts(answer)).isEqualTo("2 0 3");
        assertThat(answer.json().get("errorsList").toString())
                .isEqualTo("[\"Line 3: Device with such name already exists!\",\"Line 5: 2 values, and not 7\","
                        + "\"Line 6: Device name should be specified!\"]");
        assertThat(answer.text("/rows/0/status")).isEqualTo("CREATED");
        assertThat(answer.text("/rows/1/status")).isEqualTo("ERROR");
        JsonNode made = device(one);
        assertThat(made.get("type").asString()).isEqualTo("pump");
        assertThat(made.get("label").asString()).isEqualTo("a, b");
        assertThat(made.at("/additionalInfo/gateway").asBoolean()).isTrue();
        String id = made.at("/id/id").asString();
        String values = "/api/plugins/telemetry/DEVICE/" + id + "/values/";
        assertThat(server.tenant()
                        .get(values + "attributes/SERVER_SCOPE?keys=floor")
                        .body())
                .contains("\"value\":3");
        assertThat(server.tenant()
                        .get(values + "timeseries?keys=t&useStrictDataTypes=true")
                        .body())
                .contains("\"value\":21.5");
        assertThat(server.anybody()
                        .post("/api/v1/" + one + "-token/telemetry", "{\"t\":1}")
                        .status())
                .isEqualTo(200);
        assertThat(server.tenant()
                        .get("/api/audit/logs/entity/DEVICE/" + id + "?pageSize=9&page=0&actionTypes=ADDED")
                        .json()
                        .get("totalElements")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void whatTheTableDoesNotSayStays() {
        String name = "d" + UUID.randomUUID();
        run("name,label\n" + name + ",before", "[{\"type\":\"NAME\"},{\"type\":\"LABEL\"}]", false);
        Rest.Answer answer = run(
                "name,token\n" + name + "," + name + "-new", "[{\"type\":\"NAME\"},{\"type\":\"ACCESS_TOKEN\"}]", true);
        assertThat(counts(answer)).isEqualTo("0 1 0");
        assertThat(device(name).get("label").asString()).isEqualTo("before");
        assertThat(server.anybody()
                        .post("/api/v1/" + name + "-new/telemetry", "{\"t\":1}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void whatIsNoImportIsRefusedAsAWhole() {
        refused(run("name\n\"a", "[{\"type\":\"NAME\"}]", false), "Line 2: a quotation mark is not closed");
        refused(run("a", "[{\"type\":\"LABEL\"}]", false), "One column must be NAME");
        refused(
                run("a,b", "[{\"type\":\"NAME\"},{\"type\":\"TIMESERIES\"}]", false),
                "A column of the type TIMESERIES must have a key");
        refused(run("a\n".repeat(5_002), "[{\"type\":\"NAME\"}]", false), "The file has more than 5001 rows");
        refused(run("a", "[]", false), "The mapping must name 1 to 100 columns");
        refused(server.tenant().post("/api/device/bulk_import", "{}"), "There is no mapping");
        assertThat(server.customer().post("/api/device/bulk_import", "{}").status())
                .isEqualTo(403);
    }

    private static void refused(Rest.Answer answer, String message) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.text("/message")).isEqualTo(message);
    }
}
