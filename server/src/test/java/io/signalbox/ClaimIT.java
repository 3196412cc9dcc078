package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.TestServer.TestDevice;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Claiming over REST (REST API §7). */
class ClaimIT {
    private static final long LATER = 9_000_000_000_000L;
    private static final String NOBODY = "13814000-1dd2-11b2-8080-808080808080";

    @RegisterExtension
    static final TestServer server = TestServer.with("claim-failures=3:3600");

    private static TestDevice claimable(long expirationTime) {
        TestDevice device = server.device();
        assertThat(server.tenant()
                        .post(
                                "/api/plugins/telemetry/DEVICE/" + device.id() + "/SERVER_SCOPE",
                                "{\"claimingData\":{\"secretKey\":\"abc\",\"expirationTime\":" + expirationTime
                                        + "},\"claimingAllowed\":true}")
                        .status())
                .isEqualTo(200);
        return device;
    }

    private static String path(TestDevice device) {
        String name = URLEncoder.encode("device of " + device.token(), StandardCharsets.UTF_8);
        return "/api/customer/device/" + name.replace("+", "%20") + "/claim";
    }

    private static Rest.Answer claim(Rest user, TestDevice device, String secret) {
        return user.post(path(device), "{\"secretKey\":\"" + secret + "\"}");
    }

    private static String owner(TestDevice device) {
        return server.tenant().get("/api/device/" + device.id()).text("/customerId/id");
    }

    /** A user of a new customer. */
    private static Rest user(String name) {
        String customer = server.tenant()
                .post("/api/customer", "{\"title\":\"" + name + "\"}")
                .text("/id/id");
        String user = server.tenant()
                .post("/api/user?sendActivationMail=false", """
                        {"email":"%s@example.org","authority":"CUSTOMER_USER","customerId":{"entityType":"CUSTOMER","id":"%s"}}
                        """.formatted(name, customer))
                .text("/id/id");
        String link =
                server.tenant().get("/api/user/" + user + "/activationLink").body();
        return new Rest(
                server.httpPort(),
                server.anybody()
                        .post(
                                "/api/noauth/activate",
                                "{\"activateToken\":\"" + link.substring(link.indexOf('=') + 1)
                                        + "\",\"password\":\"secret-enough\"}")
                        .text("/token"));
    }

    @Test
    void theRightSecretAssignsAndIsUsedUp() {
        Rest user = user("claims-right");
        TestDevice device = claimable(LATER);
        Rest.Answer answer = claim(user, device, "abc");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.text("/response")).isEqualTo("SUCCESS");
        assertThat(answer.text("/device/id/id")).isEqualTo(device.id());
        assertThat(owner(device)).isEqualTo(answer.text("/device/customerId/id"));
        assertThat(server.tenant()
                        .get("/api/plugins/telemetry/DEVICE/" + device.id()
                                + "/values/attributes/SERVER_SCOPE?keys=claimingData,claimingAllowed")
                        .body())
                .isEqualTo("[]");
        assertThat(server.tenant()
                        .get("/api/audit/logs/entity/DEVICE/" + device.id()
                                + "?pageSize=9&page=0&actionTypes=ASSIGNED_TO_CUSTOMER")
                        .text("/data/0/actionStatus"))
                .isEqualTo("SUCCESS");
        assertThat(claim(user, device, "abc").body()).isEqualTo("\"CLAIMED\"");

        assertThat(user.delete(path(device)).status()).isEqualTo(200);
        assertThat(owner(device)).isEqualTo(NOBODY);
        assertThat(server.tenant().delete(path(device)).status()).isEqualTo(200);
    }

    @Test
    void whatIsWrongLateOrNotClaimableFails() {
        Rest user = user("claims-wrong");
        TestDevice device = claimable(LATER);
        Rest.Answer wrong = claim(user, device, "wrong");
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.body()).isEqualTo("\"FAILURE\"");
        assertThat(claim(user, claimable(1), "abc").body()).isEqualTo("\"FAILURE\"");
        assertThat(claim(user, server.device(), "abc").body()).isEqualTo("\"FAILURE\"");
        assertThat(user.post("/api/customer/device/nobody/claim", "{}").status())
                .isEqualTo(404);
        assertThat(claim(server.tenant(), device, "abc").status()).isEqualTo(403);
        assertThat(claim(user, device, "abc").status()).isEqualTo(200);
    }

    @Test
    void whoGuessesHasToWait() {
        Rest guesser = user("claims-guesses");
        TestDevice device = claimable(LATER);
        for (int i = 0; i < 3; i++) {
            assertThat(claim(guesser, device, "guess" + i).status()).isEqualTo(400);
        }
        assertThat(claim(guesser, device, "abc").status()).isEqualTo(429);
        assertThat(claim(guesser, claimable(LATER), "abc").status()).isEqualTo(429);
        assertThat(claim(user("claims-honest"), claimable(LATER), "abc").status())
                .isEqualTo(200);
        TestServer.await(
                "refusals",
                () -> server.tenant()
                                .get("/api/audit/logs/entity/DEVICE/" + device.id()
                                        + "?pageSize=9&page=0&actionTypes=ASSIGNED_TO_CUSTOMER")
                                .json()
                                .get("totalElements")
                                .asInt()
                        >= 3);
    }

    @Test
    void othersReleaseNothing() {
        Rest owner = user("claims-owner");
        TestDevice device = claimable(LATER);
        assertThat(claim(owner, device, "abc").status()).isEqualTo(200);
        assertThat(user("claims-other").delete(path(device)).status()).isEqualTo(403);
        assertThat(owner(device)).isNotEqualTo(NOBODY);
        assertThat(server.otherTenant().delete(path(device)).status()).isEqualTo(404);
    }

    @Test
    void anEmptyBodyIsAnEmptySecret() {
        Rest user = user("claims-empty");
        TestDevice device = server.device();
        server.tenant()
                .post(
                        "/api/plugins/telemetry/DEVICE/" + device.id() + "/SERVER_SCOPE",
                        "{\"claimingData\":{\"expirationTime\":" + LATER + "}}");
        assertThat(user.post(path(device), "").status()).isEqualTo(200);
    }
}
