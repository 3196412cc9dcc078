package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Limits of calls by tenant profile (REST API §4.2). */
class TenantRatesIT {
    @RegisterExtension
    static final TestServer server = TestServer.with();

    private static Rest.Answer save(String name, String id, String limit) {
        return server.systemAdministrator().post("/api/tenantProfile", """
                {%s"name":"%s","profileData":{"configuration":{"type":"DEFAULT","maxDataPointsPerRollingArg":1,\
                "maxRelatedEntitiesToReturnPerCfArgument":1,"maxRelationLevelPerCfArgument":1,\
                "tenantServerRestLimitsConfiguration":"%s"}}}""".formatted(
                id.isEmpty() ? "" : "\"id\":{\"entityType\":\"TENANT_PROFILE\",\"id\":\"" + id + "\"},", name, limit));
    }

    @Test
    void theProfileOfATenantLimitsItAtOnce() {
        Rest limited = server.otherTenant();
        String tenant = limited.get("/api/auth/user").text("/tenantId/id");
        Rest.Answer profile = save("limited", "", "2:3600");
        assertThat(profile.status()).as(profile.body()).isEqualTo(200);
        String id = profile.text("/id/id");
        assertThat(server.systemAdministrator()
                        .post(
                                "/api/tenant",
                                "{\"id\":{\"entityType\":\"TENANT\",\"id\":\"" + tenant
                                        + "\"},\"title\":\"limited\",\"tenantProfileId\":{\"entityType\":\"TENANT_PROFILE\",\"id\":\""
                                        + id + "\"}}")
                        .status())
                .isEqualTo(200);
        assertThat(limited.get("/api/auth/user").status()).isEqualTo(200);
        assertThat(limited.get("/api/auth/user").status()).isEqualTo(200);
        Rest.Answer over = limited.get("/api/auth/user");
        assertThat(over.status()).isEqualTo(429);
        assertThat(over.text("/message")).isEqualTo("Too many requests for current tenant!");
        assertThat(server.tenant().get("/api/auth/user").status()).isEqualTo(200);

        assertThat(save("limited", id, "").status()).isEqualTo(200);
        assertThat(limited.get("/api/auth/user").status()).isEqualTo(200);
    }

    @Test
    void whatIsNoLimitIsRefused() {
        Rest.Answer answer = save("wrong", "", "many");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/message"))
                .isEqualTo("Validation error: tenantServerRestLimitsConfiguration must be like 100:1,2000:60: many");
    }
}
