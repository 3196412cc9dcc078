package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Assets and asset profiles over HTTP (REST API §12). */
class AssetResourceIT {
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
    void anAssetIsMadeChangedAndDeleted() {
        String made = ok(
                "POST",
                "/api/asset",
                "{\"name\":\"Hall\",\"type\":\"hall\",\"label\":\"L\",\"other\":1,"
                        + "\"additionalInfo\":{\"a\":{\"b\":1.50}}}");
        String id = ApiServer.member(made, "id");
        assertThat(made)
                .contains(
                        "\"name\":\"Hall\"",
                        "\"type\":\"hall\"",
                        "\"label\":\"L\"",
                        "\"version\":1",
                        "\"externalId\":null",
                        "\"customerId\":{\"entityType\":\"CUSTOMER\",\"id\":\"13814000-1dd2-11b2-8080-808080808080\"}",
                        "\"additionalInfo\":{\"a\":{\"b\":1.50}}");
        assertThat(ok("GET", "/api/asset/" + id, "")).isEqualTo(made);
        assertThat(ok("GET", "/api/asset/info/" + id, ""))
                .contains("\"customerTitle\":null", "\"customerIsPublic\":false", "\"assetProfileName\":\"hall\"");
        assertThat(ok("GET", "/api/tenant/asset?assetName=Hall", "")).isEqualTo(made);
        assertThat(ok("GET", "/api/tenant/assets?assetName=Hall", "")).isEqualTo(made);

        refused("POST", "/api/asset", "{\"name\":\"Hall\"}", 400, "Asset with such name already exists!");
        refused("POST", "/api/asset", "{\"name\":\" \"}", 400, "Asset name should be specified!");
        assertThat(ok(
                        "POST",
                        "/api/asset?nameConflictPolicy=UNIQUIFY&uniquifySeparator=-&uniquifyStrategy=INCREMENTAL",
                        "{\"name\":\"Hall\"}"))
                .contains("\"name\":\"Hall-1\"", "\"type\":\"default\"");
        String changed = ok(
                "POST",
                "/api/asset",
                "{\"id\":{\"id\":\"" + id + "\"},\"name\":\"Hall 2\",\"type\":\"hall\",\"version\":1}");
        assertThat(changed).contains("\"name\":\"Hall 2\"", "\"version\":2", "\"additionalInfo\":null");
        refused(
                "POST",
                "/api/asset",
                "{\"id\":{\"id\":\"" + id + "\"},\"name\":\"Hall 3\",\"version\":1}",
                409,
                "Asset was already changed by someone else");

        assertThat(ok("DELETE", "/api/asset/" + id, "")).isEmpty();
        refused("GET", "/api/asset/" + id, "", 404, "Asset with id [" + id + "] is not found");
    }

    @Test
    void whoItIsAssignedToSeesAndChangesIt() {
        String own = ApiServer.member(
                server.call("GET", "/api/auth/user", customer, "").body(), "customerId");
        String id = ApiServer.member(ok("POST", "/api/asset", "{\"name\":\"Shared\"}"), "id");
        assertThat(server.call("GET", "/api/asset/" + id, customer, "").statusCode())
                .isEqualTo(403);
        assertThat(server.call("POST", "/api/asset", customer, "{\"name\":\"Mine\"}")
                        .statusCode())
                .isEqualTo(403);
        refused("DELETE", "/api/customer/asset/" + id, "", 400, "Asset isn't assigned to any customer!");

        assertThat(ok("POST", "/api/customer/" + own + "/asset/" + id, "")).contains("\"id\":\"" + own + "\"");

        HttpResponse<String> saved =
                server.call("POST", "/api/asset", customer, "{\"id\":{\"id\":\"" + id + "\"},\"name\":\"Shared 2\"}");
        assertThat(saved.statusCode()).isEqualTo(200);
        assertThat(saved.body()).contains("\"id\":\"" + own + "\"");
        assertThat(server.call("GET", "/api/customer/" + own + "/assetInfos?pageSize=5&page=0", customer, "")
                        .body())
                .contains("Shared 2", "\"customerTitle\":\"Customer A\"");
        assertThat(server.call("GET", "/api/assets?assetIds=" + id + "," + UUID.randomUUID(), customer, "")
                        .body())
                .contains("Shared 2");
        assertThat(ok("DELETE", "/api/customer/asset/" + id, "")).contains("13814000-1dd2-11b2-8080-808080808080");
        assertThat(server.call("GET", "/api/assets?assetIds=" + id, customer, "")
                        .body())
                .isEqualTo("[]");
        ok("POST", "/api/customer/public/asset/" + id, "");
        assertThat(ok("GET", "/api/asset/info/" + id, ""))
                .contains("\"customerTitle\":\"Public\"", "\"customerIsPublic\":true");
    }

    @Test
    void profilesAreKeptAsGiven() {
        String made = ok(
                "POST",
                "/api/assetProfile",
                "{\"name\":\"Site\",\"image\":\"tb-image;/api/x\",\"defaultDashboardId\":{\"entityType\":\"DASHBOARD\",\"id\":\"x\"}}");
        String id = ApiServer.member(made, "id");
        assertThat(ok("GET", "/api/assetProfile/" + id, "")).isEqualTo(made);
        assertThat(ok("GET", "/api/assetProfileInfo/" + id, ""))
                .contains("\"image\":\"tb-image;/api/x\"", "\"id\":\"x\"");
        assertThat(ok("GET", "/api/assetProfileInfo/default", "")).contains("\"name\":\"default\"");
        assertThat(ok("GET", "/api/assetProfileInfos?pageSize=9&page=0&textSearch=SITE", ""))
                .contains("\"totalElements\":1", id);
        assertThat(ok("GET", "/api/assetProfile/names", "")).contains("\"name\":\"Site\"");
        refused("POST", "/api/assetProfile", "{\"name\":\"\"}", 400, "Asset profile name should be specified!");
        refused(
                "POST",
                "/api/asset",
                "{\"name\":\"x\",\"assetProfileId\":{\"id\":\"" + UUID.randomUUID() + "\"}}",
                400,
                "Asset is referencing non existing asset profile!");
        ok("DELETE", "/api/assetProfile/" + id, "");
    }

    private static String ok(String method, String path, String body) {
        HttpResponse<String> answer = server.call(method, path, tenant, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private static void refused(String method, String path, String body, int status, String message) {
        HttpResponse<String> answer = server.call(method, path, tenant, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(ApiServer.member(answer.body(), "message")).isEqualTo(message);
    }
}
