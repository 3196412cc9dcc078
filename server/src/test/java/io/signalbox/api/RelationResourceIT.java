package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Relations over HTTP (REST API §12). */
class RelationResourceIT {
    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static String tenant;
    private static String customer;

    private String site;
    private String hall;

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

    @BeforeEach
    void entities() {
        site = asset("Site " + UUID.randomUUID());
        hall = asset("Hall " + UUID.randomUUID());
    }

    @Test
    void aRelationIsSavedReadAndDeleted() {
        assertThat(ok("POST", "/api/relation", relation(site, hall, ",\"additionalInfo\":{\"a\":1.50}")))
                .isEmpty();
        String query = "fromId=" + site + "&fromType=ASSET&relationType=Contains&toId=" + hall + "&toType=ASSET";
        assertThat(ok("GET", "/api/relation?" + query, ""))
                .isEqualTo("{\"from\":{\"entityType\":\"ASSET\",\"id\":\"" + site
                        + "\"},\"to\":{\"entityType\":\"ASSET\",\"id\":\"" + hall
                        + "\"},\"type\":\"Contains\",\"typeGroup\":\"COMMON\",\"version\":1,"
                        + "\"additionalInfo\":{\"a\":1.50}}");
        assertThat(ok("POST", "/api/v2/relation", relation(site, hall, ""))).contains("\"version\":2");
        assertThat(ok("GET", "/api/relations?fromId=" + site + "&fromType=ASSET", ""))
                .contains(hall);
        assertThat(ok("GET", "/api/relations?toId=" + hall + "&toType=ASSET&relationType=Other", ""))
                .isEqualTo("[]");
        assertThat(ok("GET", "/api/relations/info/to/ASSET/" + hall, ""))
                .contains("\"fromName\":\"Site ", "\"toName\":\"Hall ");
        assertThat(ok("GET", "/api/relations/from/ASSET/" + site + "/Contains", ""))
                .contains(hall);
        assertThat(ok("DELETE", "/api/v2/relation?" + query, "")).contains(hall);
        refused("DELETE", "/api/relation?" + query, "", 404, "Requested item wasn't found!");
        refused("GET", "/api/relation?" + query, "", 404, "Requested item wasn't found!");
    }

    @Test
    void aQueryGoesSeveralLevels() {
        String device = ApiServer.member(ok("POST", "/api/device", "{\"name\":\"D " + UUID.randomUUID() + "\"}"), "id");
        ok("POST", "/api/relation", relation(site, hall, ""));
        ok(
                "POST",
                "/api/relation",
                "{\"from\":{\"entityType\":\"ASSET\",\"id\":\"" + hall
                        + "\"},\"to\":{\"entityType\":\"DEVICE\",\"id\":\"" + device + "\"},\"type\":\"Contains\"}");
        String root = "\"rootId\":\"" + site + "\",\"rootType\":\"ASSET\"";
        assertThat(ok("POST", "/api/relations", "{\"parameters\":{" + root + "}}"))
                .contains(hall)
                .doesNotContain(device);
        assertThat(ok(
                        "POST",
                        "/api/relations/info",
                        "{\"parameters\":{" + root + ",\"direction\":\"FROM\",\"maxLevel\":0},"
                                + "\"filters\":[{\"relationType\":\"Contains\",\"entityTypes\":[\"DEVICE\"]}]}"))
                .contains(device, "\"toName\":\"D ")
                .doesNotContain("\"toName\":\"Hall");
        for (String bad : new String[] {
            "{}",
            "{\"parameters\":{\"rootId\":\"x\",\"rootType\":\"ASSET\"}}",
            "{\"parameters\":{\"rootId\":\"" + site + "\",\"rootType\":\"NO\"}}",
            "{\"parameters\":{" + root + ",\"direction\":\"UP\"}}",
            "{\"parameters\":{" + root + "},\"filters\":5}",
            "{\"parameters\":{" + root + "},\"filters\":[{\"entityTypes\":[5]}]}"
        }) {
            assertThat(server.call("POST", "/api/relations", tenant, bad).statusCode())
                    .as(bad)
                    .isEqualTo(400);
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        refused("POST", "/api/relation", "{\"to\":{}}", 400, "Relation should contain from entity!");
        refused(
                "POST",
                "/api/relation",
                relation(site, hall, "").replace("Contains", " "),
                400,
                "Relation type should be specified!");
        String gone = UUID.randomUUID().toString();
        refused("POST", "/api/relation", relation(site, gone, ""), 404, "Asset with id [" + gone + "] is not found");
        assertThat(server.call("POST", "/api/relation", tenant, relation(site, hall, ",\"typeGroup\":\"NO\""))
                        .statusCode())
                .isEqualTo(400);
        assertThat(server.call("GET", "/api/relations?fromId=" + site, tenant, "")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aUserOfACustomerSeesRelationsBetweenWhatItSees() {
        String own = ApiServer.member(
                server.call("GET", "/api/auth/user", customer, "").body(), "customerId");
        ok("POST", "/api/customer/" + own + "/asset/" + site, "");
        ok("POST", "/api/relation", relation(site, hall, ""));
        String mine = asset("Mine " + UUID.randomUUID());
        ok("POST", "/api/customer/" + own + "/asset/" + mine, "");
        assertThat(server.call("POST", "/api/relation", customer, relation(site, mine, ""))
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.call("POST", "/api/relation", customer, relation(mine, hall, ""))
                        .statusCode())
                .isEqualTo(403);
        assertThat(server.call("GET", "/api/relations?fromId=" + site + "&fromType=ASSET", customer, "")
                        .body())
                .contains(mine)
                .doesNotContain(hall);
        assertThat(server.call("GET", "/api/relations/from/ASSET/" + hall, customer, "")
                        .statusCode())
                .isEqualTo(403);
        ok("DELETE", "/api/relations?entityId=" + site + "&entityType=ASSET", "");
        assertThat(ok("GET", "/api/relations/from/ASSET/" + site, "")).isEqualTo("[]");
    }

    private static String asset(String name) {
        return ApiServer.member(ok("POST", "/api/asset", "{\"name\":\"" + name + "\"}"), "id");
    }

    private static String relation(String from, String to, String more) {
        return "{\"from\":{\"entityType\":\"ASSET\",\"id\":\"" + from + "\"},\"to\":{\"entityType\":\"ASSET\",\"id\":\""
                + to + "\"},\"type\":\"Contains\"" + more + "}";
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
