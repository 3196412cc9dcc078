package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attributes and time series of entities that are no devices (telemetry API part A). */
class EntityValuesIT {
    private static final String BASE = "/api/plugins/telemetry/";
    private static final String FORBIDDEN = "You don't have permission to perform this operation!";

    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static String system;
    private static String tenant;
    private static String customer;

    @BeforeAll
    static void start() {
        server = new ApiServer(folder);
        system = server.login("sysadmin@thingsboard.org", "sysadmin");
        tenant = server.login("tenant@thingsboard.org", "tenant");
        customer = server.login("customer@thingsboard.org", "customer");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void theAdministratorOfTheTenantReadsAndWritesThem() {
        String asset = made("/api/asset", "{\"name\":\"Hall\"}");
        String someCustomer = made("/api/customer", "{\"title\":\"Acme\"}");
        String user = me(tenant, "id");
        String assetProfile =
                ApiServer.member(call("GET", "/api/asset/" + asset, tenant, "").body(), "assetProfileId");
        String deviceProfile = ApiServer.member(
                call("GET", "/api/deviceProfileInfo/default", tenant, "").body(), "id");
        for (String entity : List.of(
                "ASSET/" + asset,
                "CUSTOMER/" + someCustomer,
                "USER/" + user,
                "ASSET_PROFILE/" + assetProfile,
                "DEVICE_PROFILE/" + deviceProfile)) {
            String path = BASE + entity;
            answers(call("GET", path + "/values/attributes", tenant, ""), 200, "[]");
            answers(call("GET", path + "/keys/timeseries", tenant, ""), 200, "[]");
            answers(call("POST", path + "/SHARED_SCOPE", tenant, "{\"a\":1}"), 200, "");
            answers(call("POST", path + "/timeseries/ANY", tenant, "{\"ts\":5,\"values\":{\"t\":21.5}}"), 200, "");
            answers(call("GET", path + "/keys/attributes/SHARED_SCOPE", tenant, ""), 200, "[\"a\"]");
            answers(
                    call("GET", path + "/values/timeseries?keys=t", tenant, ""),
                    200,
                    "{\"t\":[{\"ts\":5,\"value\":\"21.5\"}]}");
            answers(call("DELETE", path + "/SHARED_SCOPE?keys=a", tenant, ""), 200, "");
            answers(call("GET", path + "/keys/attributes", tenant, ""), 200, "[]");
            answers(call("DELETE", path + "/timeseries/delete?keys=t&deleteAllDataForKeys=true", tenant, ""), 200, "");
        }
    }

    @Test
    void aTenantReadsItsOwnAndTheSystemAdministratorWritesThem() {
        String path = BASE + "TENANT/" + me(tenant, "tenantId");
        answers(call("POST", path + "/SERVER_SCOPE", tenant, "{\"a\":1}"), 403, FORBIDDEN);
        answers(call("POST", path + "/SERVER_SCOPE", system, "{\"a\":1}"), 200, "");
        answers(call("GET", path + "/keys/attributes", tenant, ""), 200, "[\"a\"]");
        answers(call("GET", path + "/keys/attributes", customer, ""), 403, FORBIDDEN);
        answers(
                call("GET", BASE + "TENANT/" + UUID.randomUUID() + "/keys/attributes", system, ""),
                404,
                "Tenant with requested id wasn't found!");
    }

    @Test
    void aUserOfACustomerReadsItsCustomerAndWritesItsOwn() {
        String own = BASE + "CUSTOMER/" + me(customer, "customerId");
        answers(call("GET", own + "/keys/attributes", customer, ""), 200, "[]");
        answers(call("POST", own + "/SERVER_SCOPE", customer, "{\"a\":1}"), 403, FORBIDDEN);
        String self = BASE + "USER/" + me(customer, "id");
        answers(call("POST", self + "/SERVER_SCOPE", customer, "{\"a\":1}"), 200, "");
        answers(call("GET", self + "/keys/attributes", customer, ""), 200, "[\"a\"]");
        String other = BASE + "USER/" + me(tenant, "id");
        answers(call("GET", other + "/keys/attributes", customer, ""), 403, FORBIDDEN);
        String asset = BASE + "ASSET/" + made("/api/asset", "{\"name\":\"Not theirs\"}");
        answers(call("GET", asset + "/values/timeseries?keys=t&startTs=0&endTs=9", customer, ""), 403, FORBIDDEN);
    }

    @Test
    void whatIsNotThereIsMissingAndOtherKindsAreRefused() {
        answers(
                call("GET", BASE + "ASSET/" + UUID.randomUUID() + "/keys/attributes", tenant, ""),
                404,
                "Asset with requested id wasn't found!");
        answers(
                call("POST", BASE + "ASSET/" + UUID.randomUUID() + "/SERVER_SCOPE", tenant, "{\"a\":1}"),
                404,
                "Asset with requested id wasn't found!");
        answers(
                call("GET", BASE + "ASSET/" + UUID.randomUUID() + "/keys/attributes", system, ""),
                403,
                "System administrator is not allowed to perform this operation!");
        assertThat(call("GET", BASE + "asset/" + UUID.randomUUID() + "/keys/attributes", tenant, "")
                        .statusCode())
                .isEqualTo(400);
    }

    private static String made(String path, String body) {
        HttpResponse<String> answer = call("POST", path, tenant, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return ApiServer.member(answer.body(), "id");
    }

    private static String me(String token, String member) {
        return ApiServer.member(call("GET", "/api/auth/user", token, "").body(), member);
    }

    private static HttpResponse<String> call(String method, String path, String token, String body) {
        return server.call(method, path, token, body);
    }

    private static void answers(HttpResponse<String> answer, int status, String body) {
        assertThat(answer.body()).isEqualTo(body);
        assertThat(answer.statusCode()).isEqualTo(status);
    }
}
