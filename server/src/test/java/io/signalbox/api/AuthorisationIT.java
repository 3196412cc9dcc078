package io.signalbox.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.device.UserId;
import io.signalbox.identity.Authority;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcStatus;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Both gates of each route, with each role: the first from the table of routes, the second from {@link Gates}. A route that
 * is added is tried without a word here; a new kind of object needs a line in {@link Gates} and one in {@link #foreign}.
 */
class AuthorisationIT {
    private static final Pattern VARIABLE = Pattern.compile(":(\\w+)");
    private static final String PASSWORD = "a-secret-of-tests";

    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static Map<Authority, String> tokens;
    private static Map<Gates, String> foreign;

    @BeforeAll
    static void start() {
        server = new ApiServer(folder);
        String sysadmin = server.login("sysadmin@thingsboard.org", "sysadmin");
        String tenant = server.login("tenant@thingsboard.org", "tenant");
        String customer = server.login("customer@thingsboard.org", "customer");
        tokens = Map.of(
                Authority.SYS_ADMIN, sysadmin, Authority.TENANT_ADMIN, tenant, Authority.CUSTOMER_USER, customer);
        foreign = foreign(sysadmin);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** One object of each kind in another tenant. */
    private static Map<Gates, String> foreign(String sysadmin) {
        String tenant = id(post("/api/tenant", sysadmin, "{\"title\":\"Foreign\"}"));
        String user = id(post(
                "/api/user?sendActivationMail=false",
                sysadmin,
                "{\"email\":\"foreign@example.org\",\"authority\":\"TENANT_ADMIN\",\"tenantId\":{\"id\":\"" + tenant
                        + "\"}}"));
        String link = server.call("GET", "/api/user/" + user + "/activationLink", sysadmin, "")
                .body();
        String activateToken = link.substring(link.indexOf('=') + 1);
        String admin = ApiServer.member(
                post(
                        "/api/noauth/activate?sendActivationMail=false",
                        "",
                        "{\"activateToken\":\"" + activateToken + "\",\"password\":\"" + PASSWORD + "\"}"),
                "token");
        String customer = id(post("/api/customer", admin, "{\"title\":\"Foreign\"}"));
        String made = post("/api/device", admin, "{\"name\":\"Foreign\"}");
        String device = id(made);
        String asset = post("/api/asset", admin, "{\"name\":\"Foreign\"}");
        String key = id(post(
                "/api/apiKey",
                admin,
                "{\"userId\":{\"id\":\"" + user + "\"},\"description\":\"Foreign\",\"enabled\":true}"));
        Node.Items logins = (Node.Items)
                Json.read(server.call("GET", "/api/auth/logins", admin, "").body());
        String login = Body.of(logins.items().getFirst()).text("id").orElseThrow();
        Map<Gates, String> all = new EnumMap<>(Gates.class);
        all.put(Gates.TENANT, tenant);
        all.put(Gates.USER, user);
        all.put(Gates.CUSTOMER, customer);
        all.put(Gates.DEVICE, device);
        all.put(Gates.ENTITY, device);
        all.put(Gates.DEVICE_PROFILE, ApiServer.member(made, "deviceProfileId"));
        all.put(Gates.ASSET, id(asset));
        all.put(Gates.ASSET_PROFILE, ApiServer.member(asset, "assetProfileId"));
        all.put(Gates.API_KEY, key);
        all.put(Gates.LOGIN, login);
        all.put(Gates.COMMAND, command(server.device(device)));
        return all;
    }

    private static String command(Device device) {
        UUID id = UUID.randomUUID();
        server.commands.add(
                new RpcOrder(
                        id,
                        device.tenant(),
                        device.number(),
                        device.id(),
                        1,
                        Long.MAX_VALUE / 2,
                        false,
                        "foreign",
                        "{}".getBytes(UTF_8),
                        OptionalInt.empty(),
                        Optional.empty(),
                        RetryPolicy.STANDARD,
                        false,
                        Optional.of(true),
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        new UserId(UUID.randomUUID()),
                        "foreign@example.org",
                        RpcOrder.Origin.UNKNOWN),
                new RpcProgress(
                        RpcStatus.QUEUED,
                        true,
                        0,
                        0,
                        0,
                        Optional.empty(),
                        List.of(new HistoryEntry(1, Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, ""))));
        return id.toString();
    }

    private static String post(String path, String token, String body) {
        HttpResponse<String> answer = server.call("POST", path, token, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private static String token(Authority role) {
        return Objects.requireNonNull(tokens.get(role));
    }

    private static String id(String json) {
        return ApiServer.member(json, "id");
    }

    record Line(Route route) {
        @Override
        public String toString() {
            return route.method() + " " + route.path();
        }
    }

    static Stream<Line> lines() {
        return server.routes.table().stream()
                .filter(route -> route.isApi() && !route.isOpen())
                .map(Line::new);
    }

    @ParameterizedTest
    @MethodSource("lines")
    void nobodyGetsInWithoutAToken(Line line) {
        assertError(call(line.route, "", Map.of()), 401, 10);
    }

    @ParameterizedTest
    @MethodSource("lines")
    void aRoleThatIsNotInTheTableIsRefused(Line line) {
        for (Authority role : Authority.values()) {
            if (!line.route.roles().contains(role)) {
                assertError(call(line.route, token(role), Map.of()), 403, 20);
            }
        }
    }

    /** The administrator of the tenant gets exactly what the table says, others no more than that. */
    @ParameterizedTest
    @MethodSource("lines")
    void aForeignOrMissingObjectIsOutOfReach(Line line) {
        for (Gates gate : Gates.ofPath(line.route.path())) {
            for (Authority role : line.route.roles()) {
                if (role == Authority.SYS_ADMIN && isOfSystem(gate)) {
                    continue;
                }
                String what = role + " " + gate;
                HttpResponse<String> other = call(line.route, token(role), Map.of(gate.variable(), foreign.get(gate)));
                HttpResponse<String> missing = call(
                        line.route,
                        token(role),
                        Map.of(gate.variable(), UUID.randomUUID().toString()));
                assertThat(other.body()).as(what).doesNotContain("Foreign").doesNotContain("foreign@");
                if (role == Authority.TENANT_ADMIN && takesNoBody(line.route)) {
                    assertThat(other.statusCode()).as(what + other.body()).isEqualTo(gate.foreignStatus());
                    assertThat(missing.statusCode())
                            .as(what + missing.body())
                            .isEqualTo(gate == Gates.TENANT ? gate.foreignStatus() : 404);
                } else {
                    assertThat(other.statusCode()).as(what + other.body()).isIn(400, 403, 404);
                    assertThat(missing.statusCode()).as(what + missing.body()).isIn(400, 403, 404);
                }
            }
        }
    }

    /** To the system administrator no tenant is foreign, nor what administers it. */
    private static boolean isOfSystem(Gates gate) {
        return gate == Gates.TENANT || gate == Gates.USER || gate == Gates.API_KEY;
    }

    /** Bodies may be looked at before objects. */
    private static boolean takesNoBody(Route route) {
        return List.of("GET", "DELETE").contains(route.method().name());
    }

    /** A variable that does not name an object gets a value that fits all of them; so does an object that is not asked for. */
    private static HttpResponse<String> call(Route route, String token, Map<String, String> variables) {
        List<String> unknown = new ArrayList<>();
        String path = VARIABLE.matcher(route.path()).replaceAll(found -> {
            String name = found.group(1);
            if (variables.containsKey(name)) {
                return variables.get(name);
            }
            if (Gates.of(name).isPresent() || Gates.isOfNoTenant(name)) {
                return UUID.randomUUID().toString();
            }
            Descriptions.Variable variable = Objects.requireNonNull(Descriptions.VARIABLES.get(name), name);
            return switch (variable.kind()) {
                case WHOLE -> "1";
                case FLAG -> "true";
                case TEXT ->
                    variable.values().isEmpty() ? "x" : variable.values().getFirst();
                default -> {
                    unknown.add(name);
                    yield "x";
                }
            };
        });
        assertThat(unknown).as("objects without a kind in Gates").isEmpty();
        String query = "?pageSize=1&page=0&startTs=0&endTs=1&keys=a&deviceName=x&assetName=x&email=a@b.org";
        return server.call(route.method().name(), path + query, token, takesNoBody(route) ? "" : "{}");
    }

    private static void assertError(HttpResponse<String> answer, int status, int code) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(ApiServer.member(answer.body(), "errorCode")).isEqualTo(Integer.toString(code));
    }
}
