package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.identity.Mailer.Mail;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How users get in, and do not, over REST. */
class IdentityIT {
    private static final String PASSWORD = "a-secret-of-tests";
    private static final AtomicInteger names = new AtomicInteger();

    @TempDir
    private Path folder;

    private ApiServer server;
    private String sysadmin;
    private String tenant;

    @BeforeEach
    void start() {
        server = new ApiServer(folder);
        sysadmin = server.login("sysadmin@thingsboard.org", "sysadmin");
        tenant = server.login("tenant@thingsboard.org", "tenant");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** An active administrator of the demo tenant. */
    private record Somebody(String id, String email, String token, String refreshToken) {}

    private Somebody somebody() {
        String email = "user" + names.incrementAndGet() + "@example.org";
        String id = ApiServer.member(
                post(
                        "/api/user?sendActivationMail=false",
                        tenant,
                        "{\"email\":\"" + email + "\",\"authority\":\"TENANT_ADMIN\"}"),
                "id");
        String link = get("/api/user/" + id + "/activationLink", tenant).body();
        String pair = post(
                "/api/noauth/activate?sendActivationMail=false",
                "",
                "{\"activateToken\":\"" + token(link) + "\",\"password\":\"" + PASSWORD + "\"}");
        return new Somebody(id, email, ApiServer.member(pair, "token"), ApiServer.member(pair, "refreshToken"));
    }

    private static String token(String link) {
        return link.substring(link.indexOf('=') + 1).strip();
    }

    private String post(String path, String token, String body) {
        HttpResponse<String> answer = server.call("POST", path, token, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private HttpResponse<String> get(String path, String token) {
        return server.call("GET", path, token, "");
    }

    private HttpResponse<String> login(String email, String password) {
        String body = "{\"username\":\"" + email + "\",\"password\":\"" + password + "\"}";
        return server.call("POST", "/api/auth/login", "", body);
    }

    private HttpResponse<String> refresh(String refreshToken) {
        return server.call("POST", "/api/auth/token", "", "{\"refreshToken\":\"" + refreshToken + "\"}");
    }

    private static void assertRefused(HttpResponse<String> answer, int status, int code, String text) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(ApiServer.member(answer.body(), "errorCode")).isEqualTo(Integer.toString(code));
        assertThat(ApiServer.member(answer.body(), "message")).isEqualTo(text);
    }

    // ------------------------------------------------------------------------------------------------ logins

    @Test
    void aLogoutEndsTheWholeLoginAndIsNotForgottenByARestart() {
        Somebody user = somebody();
        String other = server.login(user.email, PASSWORD);
        String refreshed = ApiServer.member(refresh(user.refreshToken).body(), "token");
        post("/api/auth/logout", refreshed, "");
        for (int start = 0; start < 2; start++) {
            assertRefused(get("/api/auth/user", user.token), 401, 11, "Token has expired");
            assertRefused(get("/api/auth/user", refreshed), 401, 11, "Token has expired");
            assertRefused(refresh(user.refreshToken), 401, 10, "Token is outdated");
            assertThat(get("/api/auth/user", other).statusCode()).isEqualTo(200);
            server.close();
            server = new ApiServer(folder);
        }
    }

    @Test
    void aUserSeesAndEndsLogins() {
        Somebody user = somebody();
        String second = server.login(user.email, PASSWORD);
        String listed = get("/api/auth/logins", second).body();
        Node.Items logins = (Node.Items) Json.read(listed);
        assertThat(logins.items()).hasSize(2);
        Body newest = Body.of(logins.items().get(0));
        Body oldest = Body.of(logins.items().get(1));
        assertThat(newest.text("current")).contains("true");
        assertThat(oldest.text("current")).contains("false");
        assertThat(newest.text("clientAddress")).contains("127.0.0.1");
        String path = "/api/auth/logins/" + oldest.text("id").orElseThrow();
        assertThat(server.call("DELETE", path, tenant, "").statusCode()).isEqualTo(404);
        assertThat(server.call("DELETE", path, second, "").statusCode()).isEqualTo(200);
        assertThat(get("/api/auth/user", user.token).statusCode()).isEqualTo(401);
        assertThat(get("/api/auth/user", second).statusCode()).isEqualTo(200);
        assertThat(server.call("DELETE", "/api/auth/logins", second, "").statusCode())
                .isEqualTo(200);
        assertThat(get("/api/auth/user", second).statusCode()).isEqualTo(401);
    }

    /** Not timed: each refusal costs one check of a password, whoever it is about, and none waits for more. */
    @Test
    void eachFailedLoginCostsTheSame() {
        Somebody disabled = somebody();
        post("/api/user/" + disabled.id + "/userCredentialsEnabled?userCredentialsEnabled=false", tenant, "");
        String invited = "invited" + names.incrementAndGet() + "@example.org";
        post(
                "/api/user?sendActivationMail=false",
                tenant,
                "{\"email\":\"" + invited + "\",\"authority\":\"TENANT_ADMIN\"}");
        for (String email : List.of("nobody@example.org", "tenant@thingsboard.org", disabled.email, invited)) {
            long before = server.passwords.checks();
            assertThat(login(email, "wrong-" + PASSWORD).statusCode()).isEqualTo(401);
            assertThat(server.passwords.checks() - before).as(email).isEqualTo(1);
        }
    }

    @Test
    void tooManyFailuresLockAnAccountUntilAnAdministratorLetsItIn() {
        Somebody user = somebody();
        security("\"maxFailedLoginAttempts\":2");
        for (int i = 0; i < 2; i++) {
            assertRefused(login(user.email, "wrong"), 401, 10, "Invalid username or password");
        }
        assertRefused(login(user.email, "wrong"), 401, 10, "User account is locked due to security policy");
        assertRefused(login(user.email, PASSWORD), 401, 10, "User account is not active");
        assertThat(get("/api/auth/user", user.token).statusCode()).isEqualTo(200);
        assertRefused(refresh(user.refreshToken), 401, 10, "User account is not active");
        post("/api/user/" + user.id + "/userCredentialsEnabled?userCredentialsEnabled=true", tenant, "");
        assertThat(login(user.email, PASSWORD).statusCode()).isEqualTo(200);
    }

    private void security(String more) {
        post("/api/admin/securitySettings", sysadmin, "{\"passwordPolicy\":{\"minimumLength\":6}," + more + "}");
    }

    @Test
    void anAdministratorActsAsAUserOfItsOwnAndTheUserSeesIt() {
        Somebody user = somebody();
        String pair = get("/api/user/" + user.id + "/token", tenant).body();
        String listed = get("/api/auth/logins", ApiServer.member(pair, "token")).body();
        assertThat(listed).contains("\"actingUser\":\"tenant@thingsboard.org\"");
        assertRefused(
                get("/api/user/" + user.id + "/token", server.login("customer@thingsboard.org", "customer")),
                403,
                20,
                "You don't have permission to perform this operation!");
    }

    @Test
    void everybodyMayActAsAPublicCustomer() {
        String customer = ApiServer.member(
                post("/api/customer", tenant, "{\"title\":\"Open\",\"additionalInfo\":{\"isPublic\":true}}"), "id");
        String other = ApiServer.member(post("/api/customer", tenant, "{\"title\":\"Closed\"}"), "id");
        String pair = post("/api/auth/login/public", "", "{\"publicId\":\"" + customer + "\"}");
        String token = ApiServer.member(pair, "token");
        assertThat(get("/api/customer/" + customer, token).statusCode()).isEqualTo(200);
        assertThat(get("/api/customer/" + other, token).statusCode()).isEqualTo(403);
        assertThat(get("/api/auth/user", token).statusCode()).isEqualTo(404);
        assertThat(server.call("DELETE", "/api/auth/logins", token, "").statusCode())
                .isEqualTo(403);
        assertThat(refresh(ApiServer.member(pair, "refreshToken")).statusCode()).isEqualTo(200);
        for (String id : List.of(other, "nonsense", "13814000-1dd2-11b2-8080-808080808080")) {
            assertRefused(
                    server.call("POST", "/api/auth/login/public", "", "{\"publicId\":\"" + id + "\"}"),
                    401,
                    10,
                    "Invalid username or password");
        }
    }

    // ------------------------------------------------------------------------------------------------ passwords

    @Test
    void aResetByMailIsAnsweredAlikeForEverybodyAndWorksOnce() throws InterruptedException {
        Somebody user = somebody();
        post("/api/admin/settings/mail", sysadmin, """
                {"jsonValue":{"mailFrom":"signalbox@example.org","smtpHost":"mail.example.org","smtpPort":25}}""");
        HttpResponse<String> unknown =
                server.call("POST", "/api/noauth/resetPasswordByEmail", "", "{\"email\":\"nobody@example.org\"}");
        HttpResponse<String> known =
                server.call("POST", "/api/noauth/resetPasswordByEmail", "", "{\"email\":\"" + user.email + "\"}");
        assertThat(known.statusCode()).isEqualTo(unknown.statusCode()).isEqualTo(200);
        assertThat(known.body()).isEqualTo(unknown.body()).isEmpty();
        Mail mail = server.sentMails.poll(20, TimeUnit.SECONDS);
        assertThat(mail.to()).isEqualTo(user.email);
        assertThat(mail.text()).contains("http://links.example/api/noauth/resetPassword?resetToken=");
        String token = mail.text().replaceAll("(?s).*resetToken=(\\S+).*", "$1");
        HttpResponse<String> followed = get("/api/noauth/resetPassword?resetToken=" + token, "");
        assertThat(followed.headers().firstValue("location")).contains("/login/resetPassword?resetToken=" + token);
        assertRefused(reset(token, PASSWORD), 400, 31, "New password should be different from existing!");
        assertRefused(reset(token, "x"), 400, 31, "Password must be 6 or more characters in length.");
        assertThat(reset(token, PASSWORD + "2").statusCode()).isEqualTo(200);
        assertRefused(reset(token, PASSWORD + "3"), 400, 31, "Invalid reset token!");
        assertThat(get("/api/auth/user", user.token).statusCode()).isEqualTo(401);
        assertThat(login(user.email, PASSWORD + "2").statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> reset(String token, String password) {
        String body = "{\"resetToken\":\"" + token + "\",\"password\":\"" + password + "\"}";
        return server.call("POST", "/api/noauth/resetPassword", "", body);
    }

    @Test
    void theLinkOfTheAdministratorSetsAPasswordAndOnlyTheLastOneDoes() {
        Somebody user = somebody();
        String path = "/api/user/" + user.id + "/passwordResetLink";
        String first = token(server.call("POST", path, tenant, "").body());
        String second = token(server.call("POST", path, tenant, "").body());
        assertThat(reset(first, PASSWORD + "2").statusCode()).isEqualTo(400);
        assertThat(reset(second, PASSWORD + "2").statusCode()).isEqualTo(200);
        String customer = server.login("customer@thingsboard.org", "customer");
        assertThat(server.call("POST", path, customer, "").statusCode()).isEqualTo(403);
    }

    @Test
    void anOldPasswordHasToBeReplacedAndOneThatWasReplacedMayNotComeBack() {
        Somebody user = somebody();
        post("/api/admin/securitySettings", sysadmin, """
                {"passwordPolicy":{"minimumLength":6,"passwordReuseFrequencyDays":5}}""");
        assertRefused(change(user.token, "wrong", "x"), 400, 31, "Current password doesn't match!");
        String token =
                ApiServer.member(change(user.token, PASSWORD, PASSWORD + "2").body(), "token");
        assertThat(get("/api/auth/user", user.token).statusCode()).isEqualTo(401);
        assertRefused(
                change(token, PASSWORD + "2", PASSWORD), 400, 31, "Password was already used for the last 5 days");
        assertThat(get("/api/auth/user", token).statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> change(String token, String current, String wanted) {
        String body = "{\"currentPassword\":\"" + current + "\",\"newPassword\":\"" + wanted + "\"}";
        return server.call("POST", "/api/auth/changePassword", token, body);
    }

    @Test
    void aPasswordThatBreaksThePolicyIsRefusedBeforeAnybodyIsLookedUp() {
        post("/api/admin/securitySettings", sysadmin, """
                {"passwordPolicy":{"minimumLength":10,"forceUserToResetPasswordIfNotValid":true}}""");
        HttpResponse<String> known = login("tenant@thingsboard.org", "tenant");
        HttpResponse<String> unknown = login("nobody@example.org", "tenant");
        for (HttpResponse<String> answer : List.of(known, unknown)) {
            assertRefused(
                    answer,
                    401,
                    45,
                    "The entered password violates our policies. If this is your real password, please reset it.");
        }
    }

    // ------------------------------------------------------------------------------------------------ API keys

    @Test
    void anApiKeyActsAsItsOwnerAndIsNotKept() throws IOException {
        Somebody user = somebody();
        String made = post("/api/apiKey", user.token, """
                {"userId":{"entityType":"USER","id":"%s"},"description":"robot","enabled":true}""".formatted(user.id));
        String value = ApiServer.member(made, "value");
        assertThat(as(value).statusCode()).isEqualTo(200);
        server.close();
        server = new ApiServer(folder);
        tenant = server.login("tenant@thingsboard.org", "tenant");
        assertThat(as(value).body()).contains(user.email);
        for (String file : List.of("core.db", "core.db-wal")) {
            if (Files.exists(folder.resolve(file))) {
                assertThat(Files.readString(folder.resolve(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain(value);
            }
        }
        post("/api/user/" + user.id + "/userCredentialsEnabled?userCredentialsEnabled=false", tenant, "");
        assertRefused(as(value), 401, 10, "User account is not active");
        post("/api/user/" + user.id + "/userCredentialsEnabled?userCredentialsEnabled=true", tenant, "");
        assertThat(as(value).statusCode()).isEqualTo(200);
        server.call("DELETE", "/api/user/" + user.id, tenant, "");
        assertRefused(as(value), 401, 10, "Invalid username or password");
    }

    private HttpResponse<String> as(String apiKey) {
        return server.send(
                HttpRequest.newBuilder(server.uri("/api/auth/user")).header("X-Authorization", "ApiKey " + apiKey));
    }

    // ------------------------------------------------------------------------------------------------ known weaknesses

    @Test
    void noLinkIsMadeFromTheHostThatARequestNames() throws IOException {
        String id = ApiServer.member(
                post(
                        "/api/user?sendActivationMail=false",
                        tenant,
                        "{\"email\":\"host@example.org\",\"authority\":\"TENANT_ADMIN\"}"),
                "id");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port)) {
            String request =
                    "GET /api/user/" + id + "/activationLink HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host:"
                            + " evil.example\r\nConnection: close\r\nX-Authorization: Bearer " + tenant + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer)
                    .contains("http://links.example/api/noauth/activate?")
                    .doesNotContain("evil");
        }
    }

    @Test
    void whatACallerMayNotSetIsNotBoundFromItsBody() {
        String customer = server.login("customer@thingsboard.org", "customer");
        String own = get("/api/auth/user", customer).body();
        for (String change : List.of(
                "\"authority\":\"TENANT_ADMIN\"",
                "\"authority\":\"SYS_ADMIN\"",
                "\"customerId\":{\"id\":\"784f394c-42b6-435a-983c-b7beff2784f9\"}")) {
            String name = change.substring(1, change.indexOf('"', 1));
            String wish = own.replaceAll("\"" + name + "\":(\\{[^}]*}|\"[^\"]*\")", Matcher.quoteReplacement(change));
            assertThat(server.call("POST", "/api/user", customer, wish).statusCode())
                    .as(change)
                    .isIn(400, 403);
        }
        String wish = own.substring(0, own.length() - 1)
                + ",\"enabled\":false,\"password\":\"x\",\"passwordHash\":\"x\",\"activateToken\":\"x\",\"createdTime\":1}";
        HttpResponse<String> saved = server.call("POST", "/api/user", customer, wish);
        assertThat(saved.statusCode()).isEqualTo(200);
        assertThat(ApiServer.member(saved.body(), "createdTime")).isEqualTo(ApiServer.member(own, "createdTime"));
        assertThat(ApiServer.member(saved.body(), "authority")).isEqualTo("CUSTOMER_USER");
        assertThat(login("customer@thingsboard.org", "customer").statusCode()).isEqualTo(200);
    }

    @Test
    void textRunsNothingInABrowser() {
        HttpResponse<String> text = get("/health/live", "");
        assertThat(text.headers().firstValue("content-security-policy"))
                .contains("default-src 'none'; frame-ancestors 'none'");
        assertThat(text.headers().firstValue("x-content-type-options")).contains("nosniff");
    }

    @Test
    void thePasswordOfTheMailServerIsNotShown() {
        post("/api/admin/settings/mail", sysadmin, """
                {"jsonValue":{"mailFrom":"a@example.org","smtpHost":"mail.example.org","username":"u","password":"hidden"}}""");
        assertThat(get("/api/admin/settings/mail", sysadmin).body())
                .contains("\"username\":\"u\"")
                .doesNotContain("hidden");
        assertThat(get("/api/admin/settings/mail", tenant).statusCode()).isEqualTo(403);
    }
}
