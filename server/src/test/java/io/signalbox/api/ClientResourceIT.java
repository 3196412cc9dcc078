package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients ask for and keep when somebody has logged in (REST API §10, §15). */
class ClientResourceIT {
    private static final String SETTINGS = "/api/user/settings";

    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static String tenant;
    private static String customer;

    @BeforeAll
    static void start() {
        server = new ApiServer(folder);
        tenant = server.login("tenant@thingsboard.org", "tenant");
        customer = server.login("customer@thingsboard.org", "customer");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void usageCountsWhatTheTenantHas() {
        String before = ApiServer.member(call("GET", "/api/usage", tenant, "").body(), "devices");
        call("POST", "/api/device", tenant, "{\"name\":\"counted\"}");
        HttpResponse<String> after = call("GET", "/api/usage", tenant, "");
        assertThat(ApiServer.member(after.body(), "devices")).isEqualTo(Integer.toString(Integer.parseInt(before) + 1));
        assertThat(after.body()).contains("\"maxDevices\":0", "\"customers\":1", "\"transportMessages\":0");
        assertThat(call("GET", "/api/usage", customer, "").statusCode()).isEqualTo(403);
    }

    @Test
    void clientsLearnLimitsAndTheTime() {
        assertThat(call("GET", "/api/system/params", customer, "").body())
                .contains("\"userTokenAccessEnabled\":true", "\"maxDatapointsLimit\":50000");
        assertThat(call("GET", "/api/dashboard/maxDatapointsLimit", customer, "")
                        .body())
                .isEqualTo("50000");
        assertThat(Long.parseLong(
                        call("GET", "/api/dashboard/serverTime", customer, "").body()))
                .isPositive();
    }

    @Test
    void settingsAreOfTheUserWhoCalls() {
        assertThat(call("GET", SETTINGS, tenant, "").body()).isEqualTo("{}");
        String given = "{\"a\":{\"b\":1.50,\"c\":[1]},\"d\":null}";
        assertThat(call("POST", SETTINGS, tenant, given).body()).isEqualTo(given);
        assertThat(call("PUT", SETTINGS, tenant, "{\"a\":{\"b\":2,\"e\":{}},\"f\":3}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(call("GET", SETTINGS, tenant, "").body())
                .isEqualTo("{\"a\":{\"b\":2,\"c\":[1],\"e\":{}},\"d\":null,\"f\":3}");
        assertThat(call("DELETE", SETTINGS + "/a.c,d,x.y,f.z", tenant, "").statusCode())
                .isEqualTo(200);
        assertThat(call("GET", SETTINGS, tenant, "").body()).isEqualTo("{\"a\":{\"b\":2,\"e\":{}},\"f\":3}");
        assertThat(call("GET", SETTINGS, customer, "").body()).isEqualTo("{}");
        assertThat(call("POST", SETTINGS, tenant, "[1]").statusCode()).isEqualTo(400);
        String large = "{\"a\":\"" + "x".repeat(65_536) + "\"}";
        assertThat(call("PUT", SETTINGS, tenant, large).statusCode()).isEqualTo(400);
    }

    private static HttpResponse<String> call(String method, String path, String token, String body) {
        return server.call(method, path, token, body);
    }
}
