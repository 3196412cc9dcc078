package io.signalbox;

import static io.signalbox.TestServer.TestDevice;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.RawMqtt.Message;
import io.signalbox.mail.FakeSmtp;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Does what the OpenAPI document says: runs its examples, and looks whether answers are as it describes them. */
class OpenApiIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("rpc-timeout-min=50ms", "audit-mask=password");

    private static final String PASSWORD = "a-password-of-the-test";
    private static final FakeSmtp mails = new FakeSmtp();
    private static final AtomicInteger names = new AtomicInteger();
    private static final Pattern PLACEHOLDER = Pattern.compile("[<{](\\w+)[>}]");
    private static final HttpClient http = HttpClient.newHttpClient();

    /** One operation of the document. */
    record Call(JsonNode document, String path, String method, JsonNode operation) {
        String name() {
            return operation.at("/operationId").asString();
        }

        boolean isOpen() {
            return operation.at("/security").isEmpty();
        }

        /** The answer of success: its status and what is said of it. */
        Map.Entry<String, JsonNode> success() {
            return operation.at("/responses").properties().iterator().next();
        }

        /** The schema that a reference leads to. */
        JsonNode resolved(JsonNode schema) {
            return schema.has("$ref")
                    ? document.at(schema.at("/$ref").asString().substring(1))
                    : schema;
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    static Stream<Call> calls() {
        JsonNode document = server.anybody().get("/v3/api-docs").json();
        List<Call> calls = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : document.at("/paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                calls.add(new Call(
                        document, path.getKey(), operation.getKey().toUpperCase(Locale.ROOT), operation.getValue()));
            }
        }
        return calls.stream();
    }

    static Stream<Call> callsWithToken() {
        return calls().filter(call -> !call.isOpen());
    }

    @AfterAll
    static void closeMails() throws IOException {
        mails.close();
    }

    // ------------------------------------------------------------------------------------------------ examples

    @ParameterizedTest
    @MethodSource("calls")
    void theExampleWorks(Call call) {
        Example example = new Example(call);
        Rest.Answer answer = example.run();
        assertThat(answer.status())
                .as(answer.body())
                .isEqualTo(Integer.parseInt(call.success().getKey()));
        JsonNode content = call.success().getValue().at("/content");
        if (content.isMissingNode()) {
            assertThat(answer.body()).isEmpty();
            return;
        }
        Map.Entry<String, JsonNode> body = content.properties().iterator().next();
        assertThat(answer.contentType()).startsWith(body.getKey());
        if (body.getKey().equals("application/json")) {
            assertAlike(body.getValue().at("/example"), answer.json(), "");
            assertDescribed(call, call.resolved(body.getValue().at("/schema")), answer.json(), "");
            assertDescribed(
                    call,
                    call.resolved(body.getValue().at("/schema")),
                    body.getValue().at("/example"),
                    "");
        } else {
            assertThat(answer.body()).isNotEmpty();
        }
    }

    /** Whatever the example has the answer has, too, and it is of the same kind. */
    private static void assertAlike(JsonNode example, JsonNode answer, String where) {
        if (example.isNull() || answer.isNull()) {
            return;
        }
        assertThat(answer.getNodeType()).as("kind of " + where).isEqualTo(example.getNodeType());
        for (Map.Entry<String, JsonNode> member : example.properties()) {
            assertThat(answer.has(member.getKey()))
                    .as("answer has " + where + "/" + member.getKey())
                    .isTrue();
            assertAlike(member.getValue(), answer.get(member.getKey()), where + "/" + member.getKey());
        }
        if (example.isArray() && !example.isEmpty()) {
            assertThat(answer.isEmpty()).as("empty: " + where).isFalse();
            assertAlike(example.get(0), answer.get(0), where + "/0");
        }
    }

    /** The answer has nothing of which the schema knows nothing. */
    private static void assertDescribed(Call call, JsonNode schema, JsonNode value, String where) {
        JsonNode members = schema.at("/properties");
        JsonNode items = schema.at("/items");
        if (value.isObject() && members.isObject()) {
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                String below = where + "/" + member.getKey();
                assertThat(members.has(member.getKey()))
                        .as("schema has " + below)
                        .isTrue();
                assertDescribed(call, call.resolved(members.get(member.getKey())), member.getValue(), below);
            }
        } else if (value.isObject() && schema.has("additionalProperties")) {
            for (JsonNode member : value.values()) {
                assertDescribed(call, call.resolved(schema.get("additionalProperties")), member, where + "/*");
            }
        } else if (value.isArray() && items.isObject()) {
            value.values().forEach(item -> assertDescribed(call, call.resolved(items), item, where + "/0"));
        }
    }

    @ParameterizedTest
    @MethodSource("callsWithToken")
    void whatWantsATokenRefusesWhoHasNone(Call call) {
        Rest.Answer answer = new Example(call).send(server.anybody()).join();
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text("/errorCode")).isEqualTo("10");
    }

    // ------------------------------------------------------------------------------------------------ the document

    @Test
    void theDocumentIsWhole() {
        JsonNode document = server.anybody().get("/v3/api-docs").json();
        assertThat(document.at("/openapi").asString()).isEqualTo("3.1.0");
        Set<String> ids = new HashSet<>();
        calls().forEach(call -> {
            assertThat(ids.add(call.name())).as(call.name()).isTrue();
            assertThat(call.operation.at("/summary").asString()).isNotEmpty();
            assertThat(call.operation.at("/description").asString()).contains("Who: ");
            JsonNode body = call.operation.at("/requestBody/content/application~1json");
            assertDescribed(call, call.resolved(body.at("/schema")), body.at("/example"), "");
            List<String> variables = new ArrayList<>();
            for (JsonNode parameter : call.operation.at("/parameters").values()) {
                if (parameter.at("/in").asString().equals("path")) {
                    variables.add("{" + parameter.at("/name").asString() + "}");
                }
            }
            assertThat(variables)
                    .containsExactlyElementsOf(Stream.of(call.path.split("/", -1))
                            .filter(part -> part.startsWith("{"))
                            .toList());
        });
        for (JsonNode reference : document.findValues("$ref")) {
            assertThat(document.at(reference.asString().substring(1)).isObject())
                    .as(reference.asString())
                    .isTrue();
        }
    }

    @Test
    void generatorsOfClientsFindTheirGroup() {
        assertThat(server.anybody().get("/v3/api-docs/thingsboard").body())
                .isEqualTo(server.anybody().get("/v3/api-docs").body());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v3/api-docs",
                "/swagger-ui/",
                "/swagger-ui/start.js",
                "/swagger-ui/swagger-ui-bundle.js",
                "/swagger-ui/swagger-ui.css"
            })
    void whoHasItIsNotSentItAgain(String path) throws IOException, InterruptedException {
        HttpResponse<byte[]> first = get(path, "");
        assertThat(first.statusCode()).isEqualTo(200);
        String tag = first.headers().firstValue("etag").orElseThrow();
        HttpResponse<byte[]> second = get(path, tag);
        assertThat(second.statusCode()).isEqualTo(304);
        assertThat(second.body()).isEmpty();
        assertThat(get(path, "\"another\"").body()).isEqualTo(first.body());
    }

    @Test
    void thePageRunsOnlyScriptsOfTheServer() throws IOException, InterruptedException {
        HttpResponse<byte[]> page = get("/swagger-ui/", "");
        assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'")
                .doesNotContain("unsafe-inline", "unsafe-eval");
        String html = new String(page.body(), StandardCharsets.UTF_8);
        assertThat(html).doesNotContain("<style", "http:", "https:").doesNotContainPattern("<script(?! src=)");
        Matcher files = Pattern.compile("(?:src|href)=\"([\\w.-]+)\"").matcher(html);
        while (files.find()) {
            assertThat(get("/swagger-ui/" + files.group(1), "").statusCode())
                    .as(files.group(1))
                    .isEqualTo(200);
        }
        for (String other : List.of("/swagger-ui", "/swagger-ui.html")) {
            HttpResponse<byte[]> redirect = get(other, "");
            assertThat(redirect.statusCode()).isEqualTo(303);
            assertThat(redirect.headers().firstValue("location")).hasValue("/swagger-ui/");
        }
    }

    private static HttpResponse<byte[]> get(String path, String tag) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + path));
        if (!tag.isEmpty()) {
            request.header("If-None-Match", tag);
        }
        return http.send(request.build(), BodyHandlers.ofByteArray());
    }

    // ------------------------------------------------------------------------------------------------ what examples
    // need

    /** Runs the example of one call, with things of its own in place of {@code <name>} and {@code {name}}. */
    private static final class Example {
        private final Call call;
        private final Map<String, String> filled = new HashMap<>();

        Example(Call call) {
            this.call = call;
        }

        Rest.Answer run() {
            return switch (call.name()) {
                case "sendCommand", "sendCommandV1", "askDevice", "askDeviceV1" -> command();
                case "devicePollsCommand" -> {
                    String id = value("deviceId");
                    CompletableFuture<Rest.Answer> command = server.tenant()
                            .posting(
                                    "/api/rpc/oneway/" + id,
                                    "{\"method\":\"m\",\"params\":{\"celsius\":1},\"timeout\":10000}");
                    Rest.Answer answer = send(server.anybody()).join();
                    command.join();
                    yield answer;
                }
                case "devicePollsAttributes" -> {
                    CompletableFuture<Rest.Answer> poll = send(server.anybody());
                    TestServer.await("the change", () -> {
                        attribute("SHARED_SCOPE");
                        return poll.isDone();
                    });
                    yield poll.join();
                }
                case "usersOfCustomer" -> {
                    value("userId");
                    yield send(server.tenant()).join();
                }
                case "usersOfTenant" -> {
                    server.systemAdministrator().post("/api/user?sendActivationMail=false", """
                                    {"email":"%s@example.org","authority":"TENANT_ADMIN","tenantId":{"id":"%s"}}
                                    """.formatted(
                                    value("newName"), value("tenantId")));
                    yield send(server.systemAdministrator()).join();
                }
                case "devicesOfCustomer", "deviceInfosOfCustomer", "unassignDevice" -> {
                    server.tenant().post("/api/customer/" + value("customerId") + "/device/" + value("deviceId"), "");
                    yield send(server.tenant()).join();
                }
                case "assetsOfCustomer", "assetInfosOfCustomer", "unassignAsset" -> {
                    server.tenant().post("/api/customer/" + value("customerId") + "/asset/" + value("assetId"), "");
                    yield send(server.tenant()).join();
                }
                case "assets", "assetInfos", "assetTypes" -> {
                    value("assetId");
                    yield send(server.tenant()).join();
                }
                case "claimDevice" -> {
                    String id = value("deviceId");
                    server.tenant()
                            .post(
                                    "/api/plugins/telemetry/DEVICE/" + id + "/SERVER_SCOPE",
                                    "{\"claimingData\":{\"secretKey\":\"abc\",\"expirationTime\":9000000000000}}");
                    yield send(server.customer()).join();
                }
                case "relationsFrom", "relationInfosFrom", "relationsFromOfType" -> {
                    filled.put("entityType", "ASSET");
                    filled.put("entityId", value("relatedAssetId"));
                    yield send(server.tenant()).join();
                }
                case "relationsTo", "relationInfosTo", "relationsToOfType" -> {
                    value("relatedAssetId");
                    yield send(server.tenant()).join();
                }
                case "auditLogs" -> {
                    value("rpcId");
                    Rest tenant = server.tenant();
                    TestServer.await(
                            "an entry",
                            () -> !tenant.get("/api/audit/logs?pageSize=1&page=0&actionTypes=RPC_CALL")
                                    .json()
                                    .at("/data")
                                    .isEmpty());
                    yield send(tenant).join();
                }
                case "commandsOfDevice" -> {
                    value("rpcId");
                    yield send(server.tenant()).join();
                }
                case "followCommand" -> {
                    server.tenant().post("/api/rpc/persistent/" + value("rpcId") + "/cancel", "");
                    yield send(server.tenant()).join();
                }
                case "followDevice" -> {
                    value("rpcId");
                    CompletableFuture<Rest.Answer> stream = send(server.tenant());
                    server.awaitMetric("signalbox_rpc_streams", 1);
                    server.tenant().delete("/api/device/" + value("deviceId"));
                    yield stream.join();
                }
                case "logout" -> send(server.customer()).join(); // others are to stay logged in
                case "endLogins", "changePassword" -> send(activeUser()).join();
                case "actAsUser", "passwordResetLink" -> {
                    activeUser();
                    yield send(server.tenant()).join();
                }
                case "apiKeys" -> {
                    apiKey(value("userId"));
                    yield send(server.tenant()).join();
                }
                case "sendActivationMail" -> {
                    server.systemAdministrator().post("/api/admin/settings/mail", fill("""
                                    {"jsonValue":{"mailFrom":"signalbox@example.org","smtpHost":"<smtpHost>","smtpPort":"<smtpPort>"}}"""));
                    yield send(server.tenant()).join();
                }
                case "readDeviceRpcSettings", "readProfileRpcSettings" -> {
                    server.tenant()
                            .putting(fill(call.path), "{\"mask\":[\"password\"]}")
                            .join();
                    yield send(server.tenant()).join();
                }
                default ->
                    send(isForTheSystem()
                                    ? server.systemAdministrator()
                                    : call.isOpen() ? server.anybody() : server.tenant())
                            .join();
            };
        }

        private boolean isForTheSystem() {
            return call.path.matches(
                    "/api/tenant(/info)?(/\\{.*)?|/api/tenants.*|/api/tenantInfos|/api/tenantProfile.*|/api/admin/.*");
        }

        private Rest.Answer command() {
            TestDevice device = new TestDevice(value("deviceId"), value("deviceToken"));
            try (RawMqtt mqtt = server.mqtt(device).subscribed(0, "v1/devices/me/rpc/request/+")) {
                CompletableFuture<Rest.Answer> answer = send(server.tenant());
                Message message = mqtt.message();
                if (call.path.contains("twoway")) {
                    mqtt.answer(message, "{\"celsius\":21.5}");
                }
                return Rest.await(answer);
            }
        }

        CompletableFuture<Rest.Answer> send(Rest caller) {
            StringBuilder url = new StringBuilder(fill(call.path).replace(" ", "%20"));
            char separator = '?';
            for (JsonNode parameter : call.operation.at("/parameters").values()) {
                if (parameter.at("/in").asString().equals("query") && parameter.has("example")) {
                    url.append(separator)
                            .append(parameter.at("/name").asString())
                            .append('=')
                            .append(URLEncoder.encode(
                                    fill(parameter.at("/example").asString()), StandardCharsets.UTF_8));
                    separator = '&';
                }
            }
            JsonNode body = call.operation.at("/requestBody/content/application~1json/example");
            JsonNode plain = call.operation.at("/requestBody/content/text~1plain/example");
            String text = body.isMissingNode() ? plain.asString("") : fill(body.toString());
            return switch (call.method) {
                case "GET" -> caller.getting(url.toString());
                case "POST" -> caller.posting(url.toString(), text);
                case "PUT" -> caller.putting(url.toString(), text);
                case "DELETE" -> CompletableFuture.completedFuture(caller.delete(url.toString()));
                default -> throw new AssertionError(call.method);
            };
        }

        private String fill(String text) {
            return PLACEHOLDER.matcher(text).replaceAll(found -> Matcher.quoteReplacement(value(found.group(1))));
        }

        private String value(String name) {
            String known = filled.get(name);
            if (known == null) {
                known = make(name);
                filled.put(name, known);
            }
            return known;
        }

        private String make(String name) {
            Rest tenant = server.tenant();
            int number = names.incrementAndGet();
            return switch (name) {
                case "entityType" -> "DEVICE";
                case "eventType" -> "ERROR";
                case "scope" -> "SERVER_SCOPE";
                case "ttl" -> "3600";
                case "requestId" -> "17";
                case "newName", "newToken" -> name + number;
                case "newEmail" -> "new" + number + "@example.org";
                case "deviceId", "entityId" -> device();
                case "deviceName" ->
                    tenant.get("/api/device/" + value("deviceId")).text("/name");
                case "deviceToken" -> {
                    value("deviceId");
                    yield value("deviceToken");
                }
                case "customerId" ->
                    tenant.post("/api/customer", "{\"title\":\"Customer " + number + "\"}")
                            .text("/id/id");
                case "tenantProfileId" ->
                    server.systemAdministrator()
                            .post("/api/tenantProfile", """
                                    {"name":"Profile %d","profileData":{"configuration":{"type":"DEFAULT","maxDevices":10000,\
                                    "maxDataPointsPerRollingArg":1,"maxRelatedEntitiesToReturnPerCfArgument":1,\
                                    "maxRelationLevelPerCfArgument":1}}}""".formatted(number))
                            .text("/id/id");
                case "credentialsId" ->
                    tenant.get("/api/device/" + value("deviceId") + "/credentials")
                            .text("/id/id");
                case "deviceProfileId" ->
                    tenant.post(
                                    "/api/deviceProfile",
                                    "{\"name\":\"Profile " + number
                                            + "\",\"profileData\":{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"}}}")
                            .text("/id/id");
                case "assetId" ->
                    tenant.post("/api/asset", "{\"name\":\"Asset " + number + "\",\"type\":\"building\"}")
                            .text("/id/id");
                case "relatedAssetId" -> {
                    tenant.post("/api/relation", fill("""
                            {"from":{"entityType":"ASSET","id":"<assetId>"},"to":{"entityType":"DEVICE","id":"<deviceId>"},\
                            "type":"Contains"}"""));
                    filled.put("entityId", value("deviceId"));
                    yield value("assetId");
                }
                case "relationType" -> "Contains";
                case "paths" -> "openedMenuSections";
                case "assetName" -> tenant.get("/api/asset/" + value("assetId")).text("/name");
                case "assetProfileId" ->
                    tenant.post("/api/assetProfile", "{\"name\":\"Profile " + number + "\"}")
                            .text("/id/id");
                case "customerTitle" ->
                    tenant.get("/api/customer/" + value("customerId")).text("/title");
                case "userId" ->
                    tenant.post("/api/user?sendActivationMail=false", """
                                    {"email":"user%d@example.org","authority":"CUSTOMER_USER","customerId":{"id":"%s"}}
                                    """.formatted(number, value("customerId")))
                            .text("/id/id");
                case "activateToken" -> {
                    String link = tenant.get("/api/user/" + value("userId") + "/activationLink")
                            .body();
                    yield link.substring(link.indexOf('=') + 1);
                }
                case "settingsKey" -> "general";
                case "enabled" -> "true";
                case "ownId" -> tenant.get("/api/auth/user").text("/id/id");
                case "invitedEmail" ->
                    tenant.get("/api/user/" + value("userId")).text("/email");
                case "smtpHost" -> "127.0.0.1";
                case "smtpPort" -> Integer.toString(mails.port());
                case "signingKey" ->
                    server.systemAdministrator().get("/api/admin/jwtSettings").text("/tokenSigningKey");
                case "apiKeyId" -> apiKey(value("ownId"));
                case "publicCustomerId" ->
                    tenant.post(
                                    "/api/customer",
                                    "{\"title\":\"Customer " + number + "\",\"additionalInfo\":{\"isPublic\":true}}")
                            .text("/id/id");
                case "currentPassword" -> PASSWORD;
                case "loginId" -> {
                    value("refreshToken");
                    yield tenant.get("/api/auth/logins").text("/0/id");
                }
                case "resetToken" -> {
                    activeUser();
                    String link = tenant.post("/api/user/" + value("userId") + "/passwordResetLink", "")
                            .body();
                    yield link.substring(link.indexOf('=') + 1);
                }
                case "refreshToken" ->
                    server.anybody()
                            .post(
                                    "/api/auth/login",
                                    "{\"username\":\"tenant@thingsboard.org\",\"password\":\"tenant\"}")
                            .text("/refreshToken");
                case "rpcId" ->
                    tenant.post(
                                    "/api/rpc/twoway/" + value("deviceId"),
                                    "{\"method\":\"setTemperature\",\"params\":{\"celsius\":21.5},\"persistent\":true}")
                            .text("/rpcId");
                case "countedDeviceId" -> {
                    String device = value("deviceId");
                    value("rpcId");
                    String path = "/api/v1/" + value("deviceToken") + "/rpc";
                    Rest.Answer command = server.anybody().get(path + "?timeout=10000");
                    server.anybody().post(path + "/" + command.json().get("id"), "21.5");
                    String statistics = "/api/rpc/statistics?deviceId=" + device;
                    TestServer.await(
                            "statistics",
                            () -> !tenant.get(statistics).json().get("data").isEmpty());
                    yield device;
                }
                case "tenantId" ->
                    server.systemAdministrator()
                            .post("/api/tenant", "{\"title\":\"Tenant " + number + "\"}")
                            .text("/id/id");
                default -> throw new AssertionError("OpenApiIT does not know what to put here: " + name);
            };
        }

        /** Who has a password; takes the place of {@code userId}. */
        private Rest activeUser() {
            String tokens = server.anybody()
                    .post("/api/noauth/activate?sendActivationMail=false", fill("""
                            {"activateToken":"<activateToken>","password":"%s"}""".formatted(PASSWORD)))
                    .text("/token");
            return new Rest(server.httpPort(), tokens);
        }

        private String apiKey(String userId) {
            return server.tenant()
                    .post(
                            "/api/apiKey",
                            "{\"userId\":{\"id\":\"" + userId + "\"},\"description\":\"robot\",\"enabled\":true}")
                    .text("/id/id");
        }

        /** One that has reported something. */
        private String device() {
            TestDevice device = server.device();
            filled.put("deviceId", device.id());
            filled.put("deviceToken", device.token());
            Rest nobody = server.anybody();
            assertThat(nobody.post("/api/v1/" + device.token() + "/telemetry", "{\"temperature\":21.5}")
                            .status())
                    .isEqualTo(200);
            nobody.post("/api/v1/" + device.token() + "/attributes", "{\"serial\":\"A-17\"}");
            attribute("SHARED_SCOPE");
            attribute("SERVER_SCOPE");
            return device.id();
        }

        private void attribute(String scope) {
            assertThat(server.tenant()
                            .post(
                                    "/api/plugins/telemetry/DEVICE/" + value("deviceId") + "/" + scope,
                                    "{\"targetTemperature\":21.5}")
                            .status())
                    .isEqualTo(200);
        }
    }
}
