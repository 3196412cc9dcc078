package io.signalbox.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpApiIT {
    private static final String FORBIDDEN = "You don't have permission to perform this operation!";
    private static final String NULL_UUID = "13814000-1dd2-11b2-8080-808080808080";

    private static ApiServer server;
    private static String sysadmin;
    private static String tenant;
    private static String customer;
    private static String otherTenant;

    @BeforeAll
    static void start(@TempDir Path folder) {
        server = new ApiServer(folder);
        sysadmin = server.login("sysadmin@thingsboard.org", "sysadmin");
        tenant = server.login("tenant@thingsboard.org", "tenant");
        customer = server.login("customer@thingsboard.org", "customer");
        String made = post("/api/tenant", sysadmin, "{\"title\":\"Other\"}");
        otherTenant = activated(
                sysadmin,
                "{\"email\":\"other@b.org\",\"authority\":\"TENANT_ADMIN\",\"tenantId\":{\"entityType\":\"TENANT\",\"id\":\""
                        + ApiServer.member(made, "id") + "\"}}");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String post(String path, String token, String body) {
        HttpResponse<String> response = server.call("POST", path, token, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private static String activated(String by, String user) {
        String id = ApiServer.member(post("/api/user?sendActivationMail=false", by, user), "id");
        String link = server.call("GET", "/api/user/" + id + "/activationLink", by, "")
                .body();
        String activateToken = link.substring(link.indexOf('=') + 1);
        String pair = post(
                "/api/noauth/activate?sendActivationMail=false",
                "",
                "{\"activateToken\":\"" + activateToken + "\",\"password\":\"secret1\"}");
        return ApiServer.member(pair, "token");
    }

    private static String device(String by, String name) {
        return post("/api/device?accessToken=token-" + name, by, "{\"name\":\"" + name + "\"}");
    }

    private static void assertError(HttpResponse<String> response, int status, int code, String message) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        Body body = Body.of(Json.read(response.body()));
        assertThat(body.whole("status")).contains((long) status);
        assertThat(body.whole("errorCode")).contains((long) code);
        assertThat(body.text("message")).contains(message);
        assertThat(body.whole("timestamp")).isPresent();
        assertThat(body.hasOnly(Set.of("status", "message", "errorCode", "timestamp")))
                .isTrue();
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.headers().firstValue("www-authenticate")).isEmpty();
    }

    @Test
    void everyAnswerHasTheHeadersOfTheApi() {
        HttpResponse<String> response = server.send(HttpRequest.newBuilder(server.uri("/api/auth/user"))
                .header("Authorization", "Bearer " + tenant)
                .header("Origin", "http://elsewhere.test"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("cache-control"))
                .contains("no-cache, no-store, max-age=0, must-revalidate");
        assertThat(response.headers().firstValue("x-content-type-options")).contains("nosniff");
        assertThat(response.headers().firstValue("access-control-allow-origin")).contains("http://elsewhere.test");
    }

    @Test
    void browsersOfOtherOriginsMayAsk() {
        Answer answer = raw(String.join(
                "\r\n",
                "OPTIONS /api/device HTTP/1.1",
                "Host: x",
                "Origin: http://elsewhere.test",
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: x-authorization",
                "Connection: close",
                "",
                ""));
        assertThat(answer.text)
                .startsWith("HTTP/1.1 200 OK")
                .containsIgnoringCase("access-control-allow-origin: http://elsewhere.test")
                .containsIgnoringCase("access-control-allow-methods: POST")
                .containsIgnoringCase("access-control-allow-headers: x-authorization")
                .containsIgnoringCase("access-control-max-age: 1800");
    }

    @Test
    void nobodySmugglesAHeaderIntoAnAnswer() {
        String smuggled = "x\rSet-Cookie: a=b";
        Answer answer = raw(String.join(
                "\r\n",
                "OPTIONS /api/device HTTP/1.1",
                "Host: x",
                "Origin: " + smuggled,
                "Access-Control-Request-Method: " + smuggled,
                "Access-Control-Request-Headers: " + smuggled,
                "Connection: close",
                "",
                ""));
        assertThat(answer.text).startsWith("HTTP/1.1 ").doesNotContain("Set-Cookie");
        Answer plain = raw(String.join(
                "\r\n", "GET /api/device HTTP/1.1", "Host: x", "Origin: " + smuggled, "Connection: close", "", ""));
        assertThat(plain.text).startsWith("HTTP/1.1 ").doesNotContain("Set-Cookie");
    }

    static Stream<Arguments> badAuthorizations() {
        return Stream.of(
                Arguments.of("Bearer garbage", "Invalid username or password"),
                Arguments.of("Bearer a.b.c", "Invalid username or password"),
                Arguments.of("ApiKey tb_x", "Invalid username or password"),
                Arguments.of("Bearer", "Authentication failed"),
                Arguments.of("bearer x", "Authentication failed"),
                Arguments.of("Basic dGVuYW50OnRlbmFudA==", "Authentication failed"),
                Arguments.of("x", "Authentication failed"));
    }

    @ParameterizedTest
    @MethodSource("badAuthorizations")
    void whoShowsNoGoodTokenIsTurnedAway(String value, String message) {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri("/api/auth/user"));
        assertError(server.send(request.header("X-Authorization", value)), 401, 10, message);
    }

    @Test
    void withoutATokenNothingIsTold() {
        for (String path : new String[] {"/api/auth/user", "/api/nothing/here", "/api/device/nope"}) {
            assertError(server.call("GET", path, "", ""), 401, 10, "Authentication failed");
        }
        assertError(server.call("PUT", "/api/device", "", ""), 401, 10, "Authentication failed");
    }

    @Test
    void aRefreshTokenIsNoAccessTokenAndTheOtherWayRound() {
        String pair = post("/api/auth/login", "", "{\"username\":\"tenant@thingsboard.org\",\"password\":\"tenant\"}");
        String refreshToken = ApiServer.member(pair, "refreshToken");
        assertError(server.call("GET", "/api/auth/user", refreshToken, ""), 401, 10, "Invalid username or password");
        String token = ApiServer.member(pair, "token");
        assertError(
                server.call("POST", "/api/auth/token", "", "{\"refreshToken\":\"" + token + "\"}"),
                401,
                10,
                "Invalid username or password");
        String next = post("/api/auth/token", "", "{\"refreshToken\":\"" + refreshToken + "\"}");
        assertThat(server.call("GET", "/api/auth/user", ApiServer.member(next, "token"), "")
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "hello",
                "{}",
                "[]",
                "{\"username\":\"\",\"password\":\"x\"}",
                "{\"username\":\"a@b.c\",\"password\":\" \"}",
                "{\"username\":\"a@b.c\",\"password\":1}",
                "{\"username\":\"a@b.c\",\"password\":\"x\",\"more\":1}"
            })
    void aLoginOfAnotherShapeFails(String body) {
        assertError(server.call("POST", "/api/auth/login", "", body), 401, 10, "Authentication failed");
    }

    @Test
    void aLoginTellsNotWhoHasAnAccount() {
        for (String email :
                new String[] {"tenant@thingsboard.org", "nobody@thingsboard.org", "TENANT@thingsboard.org"}) {
            String body = "{\"username\":\"" + email + "\",\"password\":\"wrong\"}";
            assertError(server.call("POST", "/api/auth/login", "", body), 401, 10, "Invalid username or password");
        }
        assertError(server.call("GET", "/api/auth/login", "", ""), 401, 10, "Authentication method not supported");
    }

    @Test
    void aLogoutEndsTheSession() {
        String pair = post("/api/auth/login", "", "{\"username\":\"tenant@thingsboard.org\",\"password\":\"tenant\"}");
        assertThat(post("/api/auth/logout", ApiServer.member(pair, "token"), ""))
                .isEmpty();
        assertError(
                server.call("GET", "/api/auth/user", ApiServer.member(pair, "token"), ""),
                401,
                11,
                "Token has expired");
        String refresh = "{\"refreshToken\":\"" + ApiServer.member(pair, "refreshToken") + "\"}";
        assertError(server.call("POST", "/api/auth/token", "", refresh), 401, 10, "Token is outdated");
    }

    @Test
    void pathsAndMethodsThatAreNotInTheTable() {
        assertError(
                server.call("GET", "/api/no/such/thing", tenant, ""), 404, 32, "No static resource api/no/such/thing.");
        assertError(server.call("PUT", "/api/device", tenant, "{}"), 405, 31, "Request method 'PUT' is not supported");
        assertError(server.call("GET", "/api/noauth/x", "", ""), 404, 32, "No static resource api/noauth/x.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{broken",
                "hello",
                "[]",
                "null",
                "5",
                "{\"name\":[1]}",
                "{\"name\":\"a\",\"additionalInfo\":5}"
            })
    void aBodyOfAnotherShapeIsBad(String body) {
        HttpResponse<String> response = server.call("POST", "/api/device", tenant, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(ApiServer.member(response.body(), "errorCode")).isEqualTo("31");
    }

    @Test
    void aBodyThatIsTooDeepOrNoUtf8IsBad() {
        String deep = "{\"name\":\"deep\",\"additionalInfo\":" + "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_001);
        assertThat(server.call("POST", "/api/device", tenant, deep).statusCode())
                .isEqualTo(400);
        byte[] bytes = "{\"name\":\"x\u00C3(\"}".getBytes(ISO_8859_1);
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri("/api/device"))
                .header("X-Authorization", "Bearer " + tenant)
                .POST(BodyPublishers.ofByteArray(bytes));
        assertThat(server.send(request).statusCode()).isEqualTo(400);
    }

    @Test
    void aBodyOfAnotherTypeIs415() {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri("/api/device"))
                .header("X-Authorization", "Bearer " + tenant)
                .header("Content-Type", "application/xml")
                .POST(BodyPublishers.ofString("<device/>"));
        assertError(server.send(request), 415, 31, "Content-Type 'application/xml' is not supported");
    }

    @Test
    void aBodyThatIsTooLargeIs413AndTheConnectionCloses() {
        String head = "POST /api/device HTTP/1.1\r\nHost: x\r\n";
        String announced = "Content-Length: " + (ApiServer.BODY_BYTES_MAX + 1) + "\r\n";
        String authorized = "X-Authorization: Bearer " + tenant + "\r\n";
        String why = "\"Payload size exceeds the limit of " + ApiServer.BODY_BYTES_MAX + " bytes\"";
        String body = "x".repeat(ApiServer.BODY_BYTES_MAX + 1);
        Answer answer = raw(head + authorized + announced + "\r\n" + body);
        assertThat(answer.text).startsWith("HTTP/1.1 413 ").endsWith(why);
        assertThat(answer.isClosed).isTrue();
        String chunked = "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(body.length()) + "\r\n" + body
                + "\r\n0\r\n\r\n";
        assertThat(raw(head + authorized + chunked).text)
                .startsWith("HTTP/1.1 413 ")
                .endsWith(why);
        assertThat(raw(head + "Connection: close\r\n" + announced + "\r\n" + body).text)
                .startsWith("HTTP/1.1 401 ");
    }

    @Test
    void aFailureOfOursIsNotExplained() {
        assertError(server.call("GET", "/broken", "", ""), 500, 2, "Internal server error");
        assertThat(server.call("GET", "/health/live", "", "").body()).isEqualTo("live\n");
    }

    @Test
    void anInvitationThatCannotBeSentLeavesNoUser() {
        String user = "{\"email\":\"mail@b.org\",\"authority\":\"TENANT_ADMIN\"}";
        assertError(server.call("POST", "/api/user", tenant, user), 500, 2, "Couldn't send user activation email");
        assertError(server.call("POST", "/api/user", customer, user), 403, 20, FORBIDDEN);
        post("/api/user?sendActivationMail=false", tenant, user);
    }

    @Test
    void aBrokenQueryIsBadAndHoldsNoPlace() {
        String request = "GET /api/noauth/userPasswordPolicy?x=%zz HTTP/1.1\r\nHost: x\r\n";
        String requests = (request + "\r\n").repeat(99) + request + "Connection: close\r\n\r\n";
        for (int i = 0; i < 6; i++) {
            assertThat(raw(requests).text.split("HTTP/1.1 400 ", -1)).hasSize(101);
        }
        assertThat(server.call("GET", "/api/noauth/userPasswordPolicy", "", "").statusCode())
                .isEqualTo(200);
    }

    @Test
    void queryParametersAreChecked() {
        assertError(
                server.call("GET", "/api/noauth/activate", "", ""),
                400,
                31,
                "Required request parameter 'activateToken' for method parameter type String is not present");
        assertThat(server.call("GET", "/api/noauth/activate?activateToken=nope", "", "")
                        .statusCode())
                .isEqualTo(409);
    }

    @Test
    void aDeviceIsMadeReadChangedAssignedAndDeleted() {
        String body = "{\"name\":\"d1\",\"label\":\"Kitchen\",\"colour\":\"red\",\"tenantId\":{\"id\":\""
                + UUID.randomUUID() + "\"},\"additionalInfo\":{\"gateway\":false,\"own\":[1,2.50]}}";
        String made = post("/api/device?accessToken=secret-d1", tenant, body);
        String id = ApiServer.member(made, "id");
        assertThat(made)
                .contains("\"name\":\"d1\",\"type\":\"default\",\"label\":\"Kitchen\"")
                .contains("\"customerId\":{\"entityType\":\"CUSTOMER\",\"id\":\"" + NULL_UUID + "\"}")
                .contains(
                        "\"deviceData\":{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"}}")
                .contains("\"firmwareId\":null", "\"version\":1")
                .contains("\"additionalInfo\":{\"gateway\":false,\"own\":[1,2.50]}");
        assertThat(server.call("GET", "/api/device/" + id, tenant, "").body()).isEqualTo(made);
        assertThat(server.call("GET", "/api/device/" + id + "/credentials", tenant, "")
                        .body())
                .contains(
                        "\"credentialsType\":\"ACCESS_TOKEN\",\"credentialsId\":\"secret-d1\",\"credentialsValue\":null");

        String changed = post("/api/device", tenant, made.replace("\"d1\"", "\"d1 renamed\""));
        assertThat(changed).contains("\"name\":\"d1 renamed\"", "\"version\":2");
        HttpResponse<String> late = server.call("POST", "/api/device", tenant, made);
        assertError(late, 409, 35, "Device was already changed by someone else");

        String own = ApiServer.member(
                server.call("GET", "/api/auth/user", customer, "").body(), "customerId");
        assertThat(post("/api/customer/" + own + "/device/" + id, tenant, "")).contains(own);
        assertThat(server.call("GET", "/api/device/" + id, customer, "").statusCode())
                .isEqualTo(200);
        // a customer's user changes a device, and cannot give it away
        String byCustomer = post(
                "/api/device",
                customer,
                changed.replace("\"Kitchen\"", "\"Hall\"").replace("\"version\":2", "\"version\":null"));
        assertThat(byCustomer).contains("\"label\":\"Hall\"", own);
        assertError(server.call("DELETE", "/api/device/" + id, customer, ""), 403, 20, FORBIDDEN);
        assertThat(server.call("DELETE", "/api/customer/device/" + id, tenant, "")
                        .body())
                .contains(NULL_UUID);
        assertError(
                server.call("DELETE", "/api/customer/device/" + id, tenant, ""),
                400,
                31,
                "Device isn't assigned to any customer!");
        assertError(server.call("GET", "/api/device/" + id, customer, ""), 403, 20, FORBIDDEN);

        HttpResponse<String> deleted = server.call("DELETE", "/api/device/" + id, tenant, "");
        assertThat(deleted.statusCode()).isEqualTo(200);
        assertThat(deleted.body()).isEmpty();
        assertError(
                server.call("GET", "/api/device/" + id, tenant, ""),
                404,
                32,
                "Device with id [" + id + "] is not found");
    }

    @Test
    void aDeviceOfAnotherTenantIsAsMissing() {
        String id = ApiServer.member(device(otherTenant, "foreign"), "id");
        for (String gone : new String[] {id, UUID.randomUUID().toString()}) {
            String message = "Device with id [" + gone + "] is not found";
            assertError(server.call("GET", "/api/device/" + gone, tenant, ""), 404, 32, message);
            assertError(server.call("GET", "/api/device/" + gone, customer, ""), 404, 32, message);
            assertError(server.call("DELETE", "/api/device/" + gone, tenant, ""), 404, 32, message);
            assertError(server.call("GET", "/api/device/" + gone + "/credentials", tenant, ""), 404, 32, message);
            assertError(server.call("DELETE", "/api/customer/device/" + gone, tenant, ""), 404, 32, message);
            String body = "{\"id\":{\"entityType\":\"DEVICE\",\"id\":\"" + gone + "\"},\"name\":\"x\"}";
            assertError(server.call("POST", "/api/device", tenant, body), 404, 32, message);
        }
        assertError(server.call("GET", "/api/device/" + id, sysadmin, ""), 403, 20, FORBIDDEN);
        assertError(server.call("GET", "/api/device/nope", tenant, ""), 400, 31, "Invalid UUID string: nope");
        assertError(server.call("GET", "/api/device/1-1-1-1-1", tenant, ""), 400, 31, "Invalid UUID string: 1-1-1-1-1");
    }

    @Test
    void customersAreTheTenantsOwn() {
        String made = post("/api/customer", tenant, "{\"title\":\"Acme\",\"city\":\"Kyiv\",\"email\":\"a@b.org\"}");
        String id = ApiServer.member(made, "id");
        assertThat(made).contains("\"title\":\"Acme\",\"name\":\"Acme\",\"country\":null", "\"city\":\"Kyiv\"");
        assertThat(server.call("GET", "/api/customer/" + id, tenant, "").body()).isEqualTo(made);
        assertThat(server.call("GET", "/api/customer/" + id + "/shortInfo", tenant, "")
                        .body())
                .isEqualTo("{\"title\":\"Acme\",\"isPublic\":false}");
        HttpResponse<String> title = server.call("GET", "/api/customer/" + id + "/title", tenant, "");
        assertThat(title.body()).isEqualTo("Acme");
        assertThat(title.headers().firstValue("content-type")).contains("application/text");
        for (String stranger : new String[] {otherTenant, customer, sysadmin}) {
            assertError(server.call("GET", "/api/customer/" + id, stranger, ""), 403, 20, FORBIDDEN);
            assertError(server.call("DELETE", "/api/customer/" + id, stranger, ""), 403, 20, FORBIDDEN);
        }
        String user = activated(
                tenant,
                "{\"email\":\"guest@b.org\",\"authority\":\"CUSTOMER_USER\",\"customerId\":{\"id\":\"" + id + "\"}}");
        assertThat(server.call("GET", "/api/customer/" + id, user, "").body()).isEqualTo(made);
        assertThat(server.call("DELETE", "/api/customer/" + id, tenant, "").statusCode())
                .isEqualTo(200);
        // its users went with it, and so did their sessions
        assertError(server.call("GET", "/api/auth/user", user, ""), 401, 11, "Token has expired");
        assertError(
                server.call("GET", "/api/customer/" + id, tenant, ""),
                404,
                32,
                "Customer with id [" + id + "] is not found");
    }

    @Test
    void usersAreInvitedShownAndDeleted() {
        String made = post(
                "/api/user?sendActivationMail=false",
                tenant,
                "{\"email\":\"new@b.org\",\"authority\":\"TENANT_ADMIN\",\"firstName\":\"Ada\","
                        + "\"additionalInfo\":{\"description\":\"x\",\"userCredentialsEnabled\":true}}");
        String id = ApiServer.member(made, "id");
        assertThat(made).contains("\"additionalInfo\":{\"description\":\"x\"}", "\"lastName\":null");
        assertThat(server.call("GET", "/api/user/" + id, tenant, "").body())
                .contains("{\"description\":\"x\",\"userCredentialsEnabled\":false,\"userActivated\":false}");
        assertError(
                server.call("POST", "/api/auth/login", "", "{\"username\":\"new@b.org\",\"password\":\"secret1\"}"),
                401,
                10,
                "User account is not active");
        assertError(server.call("GET", "/api/user/" + id, otherTenant, ""), 403, 20, FORBIDDEN);
        assertError(server.call("GET", "/api/user/" + id + "/activationLink", otherTenant, ""), 403, 20, FORBIDDEN);

        HttpResponse<String> link = server.call("GET", "/api/user/" + id + "/activationLink", tenant, "");
        assertThat(link.body()).startsWith("http://links.example/api/noauth/activate?activateToken=");
        assertThat(link.headers().firstValue("content-type").orElseThrow()).startsWith("text/plain");
        String token = link.body().substring(link.body().indexOf('=') + 1);
        HttpResponse<String> follow = server.call("GET", "/api/noauth/activate?activateToken=" + token, "", "");
        assertThat(follow.statusCode()).isEqualTo(303);
        assertThat(follow.headers().firstValue("location")).contains("/login/createPassword?activateToken=" + token);
        String tooShort = "{\"activateToken\":\"" + token + "\",\"password\":\"x\"}";
        assertError(
                server.call("POST", "/api/noauth/activate", "", tooShort),
                400,
                31,
                "Password must be 6 or more characters in length.");
        String right = "{\"activateToken\":\"" + token + "\",\"password\":\"secret1\"}";
        String session = ApiServer.member(post("/api/noauth/activate", "", right), "token");
        assertError(
                server.call("POST", "/api/noauth/activate", "", right),
                400,
                31,
                "Unable to find user credentials by activateToken [" + token + "]");
        assertError(
                server.call("GET", "/api/user/" + id + "/activationLink", tenant, ""),
                400,
                31,
                "User is already activated!");
        assertThat(server.call("DELETE", "/api/user/" + id, tenant, "").statusCode())
                .isEqualTo(200);
        assertError(server.call("GET", "/api/auth/user", session, ""), 401, 11, "Token has expired");
    }

    @Test
    void noOneRaisesHimself() {
        String me = server.call("GET", "/api/auth/user", customer, "").body();
        assertError(
                server.call("POST", "/api/user", customer, me.replace("CUSTOMER_USER", "SYS_ADMIN")),
                400,
                31,
                "System administrator can't be assigned neither to tenant nor to customer!");
        String boss =
                me.replace("CUSTOMER_USER", "TENANT_ADMIN").replace(ApiServer.member(me, "customerId"), NULL_UUID);
        assertError(server.call("POST", "/api/user", customer, boss), 403, 20, FORBIDDEN);
        String create = "{\"email\":\"x@b.org\",\"authority\":\"CUSTOMER_USER\",\"customerId\":{\"id\":\""
                + ApiServer.member(me, "customerId") + "\"}}";
        assertError(server.call("POST", "/api/user?sendActivationMail=false", customer, create), 403, 20, FORBIDDEN);
        String root = "{\"email\":\"x@b.org\",\"authority\":\"SYS_ADMIN\"}";
        HttpResponse<String> refused = server.call("POST", "/api/user?sendActivationMail=false", tenant, root);
        assertThat(refused.statusCode()).isIn(400, 403);
        assertThat(post("/api/user", customer, me.replace("\"phone\":null", "\"phone\":\"1\"")))
                .contains("\"phone\":\"1\"");
    }

    @Test
    void tenantsAreTheSystemAdministrators() {
        String made = post("/api/tenant", sysadmin, "{\"title\":\"T\",\"city\":\"Oslo\"}");
        String id = ApiServer.member(made, "id");
        assertThat(made).contains("\"name\":\"T\",\"region\":\"Global\"", "\"city\":\"Oslo\"", "\"version\":1");
        assertThat(server.call("GET", "/api/tenant/" + id, sysadmin, "").body()).isEqualTo(made);
        assertError(server.call("GET", "/api/tenant/" + id, tenant, ""), 403, 20, FORBIDDEN);
        assertError(server.call("GET", "/api/tenant/" + UUID.randomUUID(), tenant, ""), 403, 20, FORBIDDEN);
        assertError(server.call("POST", "/api/tenant", tenant, "{\"title\":\"T\"}"), 403, 20, FORBIDDEN);
        assertError(
                server.call("POST", "/api/tenant", sysadmin, "{\"title\":\"\"}"),
                400,
                31,
                "Tenant title should be specified!");
        String admin = activated(
                sysadmin,
                "{\"email\":\"t@b.org\",\"authority\":\"TENANT_ADMIN\",\"tenantId\":{\"id\":\"" + id + "\"}}");
        device(admin, "ofT");
        assertThat(post("/api/tenant", sysadmin, made.replace("Oslo", "Bergen")))
                .contains("Bergen", "\"version\":2");
        assertThat(server.call("DELETE", "/api/tenant/" + id, sysadmin, "").body())
                .isEmpty();
        assertError(
                server.call("GET", "/api/tenant/" + id, sysadmin, ""),
                404,
                32,
                "Tenant with id [" + id + "] is not found");
        assertError(server.call("GET", "/api/auth/user", admin, ""), 401, 11, "Token has expired");
    }

    @Test
    void attributesAreSavedAndReadInEachForm() {
        String id = ApiServer.member(device(tenant, "attributes"), "id");
        String base = "/api/plugins/telemetry/";
        assertThat(post(base + id + "/SHARED_SCOPE", tenant, "{\"a\":1,\"c,d\":\"x\"}"))
                .isEmpty();
        assertThat(post(base + "DEVICE/" + id + "/SERVER_SCOPE", tenant, "{\"b\":{\"c\":[1]}}"))
                .isEmpty();
        assertThat(post(base + "DEVICE/" + id + "/attributes/SHARED_SCOPE", tenant, "{\"e\":2.5}"))
                .isEmpty();
        String all = server.call("GET", base + "DEVICE/" + id + "/values/attributes", tenant, "")
                .body();
        assertThat(all).contains("\"key\":\"b\",\"value\":{\"c\":[1]}", "\"key\":\"a\",\"value\":1", "\"value\":2.5");
        assertThat(server.call("GET", base + "DEVICE/" + id + "/values/attributes/SHARED_SCOPE?keys=a,nope", tenant, "")
                        .body())
                .contains("\"key\":\"a\",\"value\":1")
                .doesNotContain("c,d");
        assertThat(server.call("GET", base + "DEVICE/" + id + "/values/attributes/SHARED_SCOPE?key=c,d", tenant, "")
                        .body())
                .contains("\"key\":\"c,d\"")
                .doesNotContain("\"a\"");
        assertThat(server.call("GET", base + "DEVICE/" + id + "/keys/attributes/SERVER_SCOPE", tenant, "")
                        .body())
                .isEqualTo("[\"active\",\"b\"]");
        assertThat(server.call("GET", base + "DEVICE/" + id + "/keys/attributes", tenant, "")
                        .body())
                .isEqualTo("[\"active\",\"b\",\"a\",\"c,d\",\"e\"]");
        assertText(
                server.call("POST", base + id + "/CLIENT_SCOPE", tenant, "{\"a\":1}"),
                400,
                "Invalid scope: CLIENT_SCOPE");
        assertText(
                server.call("POST", base + id + "/SHARED_SCOPE", tenant, "{}"),
                400,
                "No attributes data found in request body!");
        assertText(server.call("POST", base + id + "/SHARED_SCOPE", tenant, "{broken"), 400, "Invalid JSON");
        assertThat(server.call("POST", base + id + "/NO_SCOPE", tenant, "{\"a\":1}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(ApiServer.member(
                        server.call("POST", base + id + "/NO_SCOPE", tenant, "{\"a\":1}")
                                .body(),
                        "errorCode"))
                .isEqualTo("31");
        assertThat(server.call("GET", base + "NO_TYPE/" + id + "/values/attributes", tenant, "")
                        .statusCode())
                .isEqualTo(400);
        assertError(
                server.call("GET", base + "DEVICE/nope/values/attributes", tenant, ""),
                400,
                31,
                "Invalid UUID string: nope");
    }

    private static void assertText(HttpResponse<String> response, int status, String text) {
        assertThat(response.body()).isEqualTo(text);
        assertThat(response.statusCode()).isEqualTo(status);
    }

    @Test
    void valuesOfOthersAreRefusedInBareText() {
        String id = ApiServer.member(device(tenant, "bare"), "id");
        String foreign = ApiServer.member(device(otherTenant, "bare2"), "id");
        for (String tail : new String[] {
            "/values/attributes",
            "/keys/timeseries",
            "/values/timeseries",
            "/values/timeseries?keys=a&startTs=1&endTs=2"
        }) {
            String path = "/api/plugins/telemetry/DEVICE/";
            assertText(
                    server.call("GET", path + foreign + tail, tenant, ""),
                    404,
                    "Device with requested id wasn't found!");
            assertText(server.call("GET", path + id + tail, customer, ""), 403, FORBIDDEN);
            assertText(
                    server.call("GET", path + id + tail, sysadmin, ""),
                    403,
                    "System administrator is not allowed to perform this operation!");
        }
        assertText(
                server.call("POST", "/api/plugins/telemetry/" + foreign + "/SHARED_SCOPE", tenant, "{\"a\":1}"),
                404,
                "Device with requested id wasn't found!");
    }

    @Test
    void timeSeriesAreReadAsLatestAndAsHistory() {
        String id = ApiServer.member(device(tenant, "series"), "id");
        long number = server.number(id);
        for (int i = 0; i < 5; i++) {
            server.points.put(number, new Reading("a", new Value.Whole(i), 1000 + i));
        }
        server.points.put(number, new Reading("on", new Value.Flag(true), 7));
        String path = "/api/plugins/telemetry/DEVICE/" + id;
        assertThat(server.call("GET", path + "/keys/timeseries", tenant, "").body())
                .isEqualTo("[\"a\",\"on\"]");
        assertThat(server.call("GET", path + "/values/timeseries", tenant, "").body())
                .isEqualTo("{\"a\":[{\"ts\":1004,\"value\":\"4\"}],\"on\":[{\"ts\":7,\"value\":\"true\"}]}");
        assertThat(server.call("GET", path + "/values/timeseries?keys=on,no&useStrictDataTypes=true", tenant, "")
                        .body())
                .startsWith("{\"on\":[{\"ts\":7,\"value\":true}],\"no\":[{\"ts\":")
                .endsWith(",\"value\":null}]}");
        String range = "keys=a,no&startTs=1001&endTs=1004";
        assertThat(server.call("GET", path + "/values/timeseries?" + range, tenant, "")
                        .body())
                .isEqualTo(
                        "{\"a\":[{\"ts\":1003,\"value\":\"3\"},{\"ts\":1002,\"value\":\"2\"},{\"ts\":1001,\"value\":\"1\"}]}");
        assertThat(server.call("GET", path + "/values/timeseries/history?orderBy=ASC&limit=1&" + range, tenant, "")
                        .body())
                .isEqualTo("{\"a\":[{\"ts\":1001,\"value\":\"1\"}]}");
        for (String bad : new String[] {"agg=avg", "orderBy=x", "limit=x", "limit=0", "useStrictDataTypes=x"}) {
            HttpResponse<String> response =
                    server.call("GET", path + "/values/timeseries?" + bad + "&" + range, tenant, "");
            assertThat(response.statusCode()).as(bad).isEqualTo(400);
            assertThat(ApiServer.member(response.body(), "errorCode")).isEqualTo("31");
        }
        assertThat(server.call("GET", path + "/values/timeseries?agg=COUNT&interval=1000&" + range, tenant, "")
                        .body())
                .isEqualTo("{\"a\":[{\"ts\":1002,\"value\":\"3\"}]}");
    }

    @Test
    void theServerSaysWhatItIs() {
        assertThat(server.call("GET", "/api/system/info", customer, "").body())
                .isEqualTo("{\"version\":\"4.3.0\",\"artifact\":\"application\",\"name\":\"Signalbox\",\"type\":\"CE\","
                        + "\"signalboxVersion\":\"0.0.0-test\"}");
        assertThat(server.call("GET", "/api/noauth/userPasswordPolicy", "", "").body())
                .startsWith("{\"minimumLength\":6,\"maximumLength\":72,\"minimumUppercaseLetters\":null");
    }

    /** All that came until the server closed, or {@code isClosed} false after five seconds of silence. */
    private record Answer(String text, boolean isClosed) {}

    private static Answer raw(String request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port)) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write(request.getBytes(UTF_8));
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            return new Answer(new String(in.readAllBytes(), UTF_8), true);
        } catch (IOException e) {
            return new Answer(e.toString(), false);
        }
    }
}
