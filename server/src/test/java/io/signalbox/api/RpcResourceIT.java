package io.signalbox.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.device.UserId;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcStatus;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Server-side RPC §7, and what goes beyond it. */
class RpcResourceIT {
    private static final String ALL = "/api/rpc/persistent";
    private static final String FORBIDDEN = "You don't have permission to perform this operation!";
    private static final long CREATED = 1_753_999_990_000L;
    private static final String STATES =
            "[QUEUED, SENT, DELIVERED, TIMEOUT, SUCCESSFUL, FAILED, EXPIRED, CANCELLED, SUPERSEDED, DELETED]";

    private static ApiServer server;
    private static String sysadmin;
    private static String tenant;
    private static String customer;
    private static String otherTenant;
    private static String customerId;

    @BeforeAll
    static void start(@TempDir Path folder) {
        server = new ApiServer(folder);
        sysadmin = server.login("sysadmin@thingsboard.org", "sysadmin");
        tenant = server.login("tenant@thingsboard.org", "tenant");
        customer = server.login("customer@thingsboard.org", "customer");
        customerId = ApiServer.member(get("/api/auth/user", customer), "customerId");
        String made = post("/api/tenant", sysadmin, "{\"title\":\"Other\"}");
        otherTenant = administrator(ApiServer.member(made, "id"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String administrator(String tenantId) {
        String user =
                "{\"email\":\"other@b.org\",\"authority\":\"TENANT_ADMIN\",\"tenantId\":{\"entityType\":\"TENANT\",\"id\":\""
                        + tenantId + "\"}}";
        String id = ApiServer.member(post("/api/user?sendActivationMail=false", sysadmin, user), "id");
        String link = get("/api/user/" + id + "/activationLink", sysadmin);
        String activation =
                "{\"activateToken\":\"" + link.substring(link.indexOf('=') + 1) + "\",\"password\":\"secret1\"}";
        return ApiServer.member(post("/api/noauth/activate?sendActivationMail=false", "", activation), "token");
    }

    private static String get(String path, String token) {
        return ok(server.call("GET", path, token, ""));
    }

    private static String post(String path, String token, String body) {
        return ok(server.call("POST", path, token, body));
    }

    private static String ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private static void assertError(HttpResponse<String> response, int status, int code, String message) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        Body body = Body.of(Json.read(response.body()));
        assertThat(body.text("message")).contains(message);
        assertThat(body.whole("status")).contains((long) status);
        assertThat(body.whole("errorCode")).contains((long) code);
        assertThat(body.hasOnly(Set.of("status", "message", "errorCode", "timestamp")))
                .isTrue();
    }

    private static void assertBare(HttpResponse<String> response, int status, String text) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).isEqualTo(text);
        assertThat(response.headers().firstValue("content-type")).contains("text/plain;charset=UTF-8");
    }

    private static String missing(Object id) {
        return "Rpc with id [" + id + "] is not found";
    }

    private static Device device(String by) {
        String made = post("/api/device", by, "{\"name\":\"" + UUID.randomUUID() + "\"}");
        return server.device(ApiServer.member(made, "id"));
    }

    private static Device deviceOfCustomer() {
        Device device = device(tenant);
        post("/api/customer/" + customerId + "/device/" + device.id(), tenant, "");
        return device;
    }

    /** A command in the making, two-way and queued. */
    private static final class Draft {
        private final UUID id = UUID.randomUUID();
        private final Device device;
        private long createdTime = CREATED;
        private long expirationTime = CREATED + 10_000;
        private boolean oneWay;
        private String method = "setGpio";
        private OptionalInt retries = OptionalInt.empty();
        private Optional<String> additionalInfo = Optional.empty();
        private Optional<String> idempotencyKey = Optional.empty();
        private String caller = "tenant@thingsboard.org";
        private RpcStatus status = RpcStatus.QUEUED;
        private int attempts;
        private Optional<String> response = Optional.empty();
        private final List<HistoryEntry> history = new ArrayList<>();

        Draft(Device device) {
            this.device = device;
            history.add(new HistoryEntry(CREATED, Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, ""));
        }

        Draft status(RpcStatus to) {
            status = to;
            return this;
        }

        Draft sent(long at) {
            attempts++;
            history.add(new HistoryEntry(at, Cause.ATTEMPT, status, attempts, 3, ""));
            return this;
        }

        UUID add() {
            server.commands.add(
                    new RpcOrder(
                            id,
                            device.tenant(),
                            device.number(),
                            device.id(),
                            createdTime,
                            expirationTime,
                            oneWay,
                            method,
                            "{\"pin\":7,\"text\":\"é\"}".getBytes(UTF_8),
                            retries,
                            additionalInfo,
                            RetryPolicy.STANDARD,
                            false,
                            Optional.of(true),
                            Optional.empty(),
                            false,
                            idempotencyKey,
                            new UserId(UUID.randomUUID()),
                            caller,
                            RpcOrder.Origin.UNKNOWN),
                    new RpcProgress(
                            status, !status.isFinal(oneWay), attempts == 0 ? 0 : 41, attempts, 0, response, history));
            return id;
        }
    }

    private static UUID queued(Device device) {
        return new Draft(device).add();
    }

    @Test
    void aRecordIsAsClientsKnowIt() {
        Device device = device(tenant);
        Draft draft = new Draft(device).sent(CREATED + 1).status(RpcStatus.SUCCESSFUL);
        draft.retries = OptionalInt.of(3);
        draft.response = Optional.of("{\"ok\":1.10}");
        draft.additionalInfo = Optional.of("{\"requestedBy\":\"night job\"}");
        UUID id = draft.add();
        String target = "\"tenantId\":{\"entityType\":\"TENANT\",\"id\":\"" + device.tenant() + "\"},"
                + "\"deviceId\":{\"entityType\":\"DEVICE\",\"id\":\"" + device.id() + "\"}";
        assertThat(get(ALL + "/" + id, tenant))
                .isEqualTo("{\"id\":{\"entityType\":\"RPC\",\"id\":\"" + id + "\"},\"createdTime\":1753999990000,"
                        + target + ",\"expirationTime\":1754000000000,\"request\":{\"id\":\"" + id + "\"," + target
                        + ",\"oneway\":false,\"expirationTime\":1754000000000,\"body\":{\"method\":\"setGpio\","
                        + "\"params\":\"{\\\"pin\\\":7,\\\"text\\\":\\\"é\\\"}\"},\"persisted\":true,\"retries\":3},"
                        + "\"response\":{\"ok\":1.10},\"status\":\"SUCCESSFUL\","
                        + "\"additionalInfo\":{\"requestedBy\":\"night job\"}}");
    }

    @Test
    void whatACallerDidNotGiveIsNull() {
        Draft draft = new Draft(device(tenant));
        draft.oneWay = true;
        assertThat(get(ALL + "/" + draft.add(), tenant))
                .contains("\"oneway\":true", "\"retries\":null}", "\"response\":null", "\"status\":\"QUEUED\"")
                .endsWith("\"additionalInfo\":null}");
    }

    @ParameterizedTest
    @CsvSource({
        "QUEUED, QUEUED",
        "SENT, SENT",
        "DELIVERED, DELIVERED",
        "TIMEOUT, TIMEOUT",
        "SUCCESSFUL, SUCCESSFUL",
        "FAILED, FAILED",
        "EXPIRED, EXPIRED",
        "CANCELLED, FAILED",
        "SUPERSEDED, FAILED"
    })
    void statesOfOurOwnShowAsFailed(RpcStatus status, String shown) {
        Draft draft = new Draft(device(tenant)).status(status);
        draft.response = Optional.of("{\"error\":\"why\"}");
        assertThat(get(ALL + "/" + draft.add(), tenant))
                .contains("\"response\":{\"error\":\"why\"},\"status\":\"" + shown + "\"");
    }

    @ParameterizedTest
    @CsvSource({"GET, ''", "GET, /history", "POST, /cancel", "DELETE, ''"})
    void whoMayNotSeeACommand(String method, String tail) {
        Device device = device(tenant);
        UUID id = queued(device);
        String path = ALL + "/" + id + tail;
        assertError(server.call(method, path, otherTenant, ""), 403, 20, FORBIDDEN);
        assertError(server.call(method, path, sysadmin, ""), 403, 20, FORBIDDEN);
        assertError(server.call(method, path, customer, ""), 403, 20, FORBIDDEN);
        assertError(server.call(method, path, "", ""), 401, 10, "Authentication failed");
        assertError(server.call(method, ALL + "/x" + tail, tenant, ""), 400, 31, "Invalid UUID string: x");
        UUID none = UUID.randomUUID();
        assertError(server.call(method, ALL + "/" + none + tail, tenant, ""), 404, 32, missing(none));
        ok(server.call("DELETE", ALL + "/" + id, tenant, ""));
        assertError(server.call(method, path, tenant, ""), 404, 32, missing(id));
    }

    @Test
    void aCustomerSeesCommandsWhileItHasTheDevice() {
        Device device = deviceOfCustomer();
        UUID id = queued(device);
        assertThat(get(ALL + "/" + id, customer)).isEqualTo(get(ALL + "/" + id, tenant));
        get(ALL + "/" + id + "/history", customer);
        assertError(server.call("DELETE", ALL + "/" + id, customer, ""), 403, 20, FORBIDDEN);
        ok(server.call("DELETE", "/api/customer/device/" + device.id(), tenant, ""));
        assertError(server.call("GET", ALL + "/" + id, customer, ""), 403, 20, FORBIDDEN);
        assertError(server.call("POST", ALL + "/" + id + "/cancel", customer, ""), 403, 20, FORBIDDEN);
    }

    @Test
    void commandsOutliveTheirDeviceForItsTenantOnly() {
        Device device = deviceOfCustomer();
        UUID id = queued(device);
        ok(server.call("DELETE", "/api/device/" + device.id(), tenant, ""));
        assertThat(get(ALL + "/" + id, tenant)).contains(device.id().toString());
        assertError(server.call("GET", ALL + "/" + id, customer, ""), 403, 20, FORBIDDEN);
    }

    @Test
    void theWordIsNoCommand() {
        assertError(server.call("GET", ALL + "/device", tenant, ""), 400, 31, "Invalid UUID string: device");
        assertError(
                server.call("GET", ALL + "/device/history?pageSize=1&page=0", tenant, ""),
                400,
                31,
                "Invalid UUID string: history");
        assertError(
                server.call("PUT", ALL + "/" + UUID.randomUUID(), tenant, ""),
                405,
                31,
                "Request method 'PUT' is not supported");
    }

    private static String listing(Device device, String query) {
        return ALL + "/device/" + device.id() + "?" + query;
    }

    /** The ids in {@code data}, in order. */
    private static List<String> ids(String body) {
        if (Body.of(Json.read(body)).value("data").orElseThrow() instanceof Node.Items(List<Node> items)) {
            return items.stream()
                    .map(item -> Body.of(item).id("id").orElseThrow().toString())
                    .toList();
        }
        throw new AssertionError(body);
    }

    @Test
    void commandsOfADeviceComeInPages() {
        Device device = deviceOfCustomer();
        queued(device(tenant));
        assertThat(get(listing(device, "pageSize=10&page=0"), tenant))
                .isEqualTo("{\"data\":[],\"totalPages\":0,\"totalElements\":0,\"hasNext\":false}");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(queued(device).toString());
        }
        ids.sort(null);
        String first = get(listing(device, "pageSize=2&page=0"), tenant);
        assertThat(ids(first)).isEqualTo(ids.subList(0, 2));
        assertThat(first).endsWith("\"totalPages\":3,\"totalElements\":5,\"hasNext\":true}");
        assertThat(first).contains(get(ALL + "/" + ids.getFirst(), tenant));
        String last = get(listing(device, "pageSize=2&page=2&textSearch=whatever&sortOrder=DESC"), customer);
        assertThat(ids(last)).isEqualTo(ids.subList(4, 5));
        assertThat(last).endsWith("\"totalPages\":3,\"totalElements\":5,\"hasNext\":false}");
        String beyond = get(listing(device, "pageSize=2&page=2147483647"), tenant);
        assertThat(ids(beyond)).isEmpty();
        assertThat(beyond).endsWith("\"totalPages\":3,\"totalElements\":5,\"hasNext\":false}");
        assertThat(ids(get(listing(device, "pageSize=2147483647&page=0"), tenant)))
                .isEqualTo(ids);
        ok(server.call("DELETE", ALL + "/" + ids.getFirst(), tenant, ""));
        assertThat(ids(get(listing(device, "pageSize=9&page=0"), tenant))).isEqualTo(ids.subList(1, 5));
    }

    @Test
    void commandsOfADeviceAreSorted() {
        Device device = device(tenant);
        Draft a = new Draft(device).status(RpcStatus.SENT);
        a.createdTime = 3;
        a.expirationTime = 20;
        Draft b = new Draft(device).status(RpcStatus.EXPIRED);
        b.createdTime = 2;
        b.expirationTime = 30;
        Draft c = new Draft(device).status(RpcStatus.QUEUED);
        c.createdTime = 1;
        c.expirationTime = 10;
        assertThat(List.of(a.add(), b.add(), c.add())).doesNotHaveDuplicates();
        List<String> byId = List.of(a.id.toString(), b.id.toString(), c.id.toString()).stream()
                .sorted()
                .toList();
        assertThat(sorted(device, "sortProperty=createdTime")).isEqualTo(ids(c, b, a));
        assertThat(sorted(device, "sortProperty=createdTime&sortOrder=desc")).isEqualTo(ids(a, b, c));
        assertThat(sorted(device, "sortProperty=expirationTime&sortOrder=ASC")).isEqualTo(ids(c, a, b));
        assertThat(sorted(device, "sortProperty=status&sortOrder=Desc")).isEqualTo(ids(a, c, b));
        assertThat(sorted(device, "sortProperty=id&sortOrder=DESC")).isEqualTo(byId.reversed());
        assertThat(sorted(device, "sortProperty=request")).isEqualTo(byId);
        assertThat(sorted(device, "sortProperty=response")).isEqualTo(byId);
        assertThat(sorted(device, "sortProperty=&sortOrder=")).isEqualTo(byId);
    }

    private static List<String> sorted(Device device, String query) {
        return ids(get(listing(device, "pageSize=10&page=0&" + query), tenant));
    }

    private static List<String> ids(Draft... drafts) {
        return List.of(drafts).stream().map(draft -> draft.id.toString()).toList();
    }

    @Test
    void commandsOfADeviceInOneStatus() {
        Device device = device(tenant);
        Draft queued = new Draft(device);
        Draft failed = new Draft(device).status(RpcStatus.FAILED);
        Draft cancelled = new Draft(device).status(RpcStatus.CANCELLED);
        assertThat(List.of(queued.add(), failed.add(), cancelled.add())).hasSize(3);
        assertThat(sorted(device, "rpcStatus=QUEUED")).isEqualTo(ids(queued));
        assertThat(sorted(device, "rpcStatus=FAILED")).containsExactlyInAnyOrderElementsOf(ids(failed, cancelled));
        assertThat(sorted(device, "rpcStatus=EXPIRED")).isEmpty();
        assertThat(sorted(device, "rpcStatus=")).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "page=0 -> Required request parameter 'pageSize' for method parameter type int is not present",
                "pageSize=10 -> Required request parameter 'page' for method parameter type int is not present",
                "pageSize=0&page=0 -> Incorrect page link page size '0'. Page size must be greater than zero.",
                "pageSize=-5&page=0 -> Incorrect page link page size '-5'. Page size must be greater than zero.",
                "pageSize=1&page=-1 -> Incorrect page link page '-1'. Page must be positive integer.",
                "pageSize=x&page=0 -> Parameter 'pageSize' must be an integer: x",
                "pageSize=1&page= -> Parameter 'page' must be an integer: ",
                "pageSize=2147483648&page=0 -> Parameter 'pageSize' must be an integer: 2147483648",
                "pageSize=1&page=0&sortProperty=a.b -> Invalid sort property",
                "pageSize=1&page=0&sortProperty=colour -> Unknown sort property 'colour'",
                "pageSize=1&page=0&sortProperty=id&sortOrder=up -> Unsupported sort order 'up'! Only 'ASC' or 'DESC' types are allowed.",
                "pageSize=1&page=0&rpcStatus=DELETED -> RpcStatus: DELETED",
                "pageSize=1&page=0&rpcStatus=CANCELLED -> RpcStatus: CANCELLED",
                "pageSize=1&page=0&rpcStatus=gone -> Parameter 'rpcStatus' must be one of " + STATES + ": gone"
            })
    void whatAListCannotBeAskedFor(String query, String message) {
        assertError(
                server.call("GET", ALL + "/device/" + UUID.randomUUID() + "?" + query, tenant, ""),
                400,
                31,
                message.endsWith(":") ? message + " " : message);
    }

    @Test
    void aListIsRefusedInBareText() {
        Device device = device(tenant);
        String query = "pageSize=1&page=0";
        String noDevice = "Device with requested id wasn't found!";
        assertBare(server.call("GET", listing(device, query), otherTenant, ""), 404, noDevice);
        assertBare(server.call("GET", ALL + "/device/" + UUID.randomUUID() + "?" + query, tenant, ""), 404, noDevice);
        assertBare(server.call("GET", listing(device, query), customer, ""), 403, FORBIDDEN);
        assertError(server.call("GET", listing(device, query), sysadmin, ""), 403, 20, FORBIDDEN);
        assertError(server.call("GET", ALL + "/device/x?" + query, tenant, ""), 400, 31, "Invalid UUID string: x");
        ok(server.call("DELETE", "/api/device/" + device.id(), tenant, ""));
        assertBare(server.call("GET", listing(device, query), tenant, ""), 404, noDevice);
    }

    @ParameterizedTest
    @EnumSource(value = RpcStatus.class, names = "DELETED", mode = EnumSource.Mode.EXCLUDE)
    void aCommandIsDeletedInAnyState(RpcStatus status) {
        UUID id = new Draft(device(tenant)).sent(CREATED).status(status).add();
        HttpResponse<String> deleted = server.call("DELETE", ALL + "/" + id, tenant, "");
        assertThat(ok(deleted)).isEmpty();
        assertError(server.call("DELETE", ALL + "/" + id, tenant, ""), 404, 32, missing(id));
    }

    @Test
    void aQueuedCommandIsCancelledOnce() {
        UUID id = queued(deviceOfCustomer());
        String cancelled = post(ALL + "/" + id + "/cancel", customer, "");
        assertThat(cancelled).contains("\"status\":\"FAILED\"").isEqualTo(get(ALL + "/" + id, tenant));
        assertThat(get(ALL + "/" + id + "/history", tenant))
                .contains("\"status\":\"CANCELLED\",\"open\":false")
                .contains("\"cause\":\"cancelled\"", "customer@thingsboard.org");
        assertError(
                server.call("POST", ALL + "/" + id + "/cancel", tenant, ""),
                409,
                35,
                "Rpc with id [" + id + "] has already ended: CANCELLED");
    }

    @Test
    void aCancellationNeedsNoBodyAndTakesAny() {
        UUID id = queued(device(tenant));
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(ALL + "/" + id + "/cancel"))
                .header("X-Authorization", "Bearer " + tenant)
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("please"));
        assertThat(server.send(request).statusCode()).isEqualTo(200);
    }

    @Test
    void whatWasSentCannotBeTakenBack() {
        Device device = device(tenant);
        UUID once = new Draft(device).sent(CREATED + 5).status(RpcStatus.SENT).add();
        assertError(
                server.call("POST", ALL + "/" + once + "/cancel", tenant, ""),
                409,
                35,
                "Rpc with id [" + once + "] was already sent at " + Instant.ofEpochMilli(CREATED + 5)
                        + ", in 1 attempt. The device may run it.");
        Draft again = new Draft(device).sent(CREATED + 5).sent(CREATED + 9);
        again.history.add(new HistoryEntry(CREATED + 12, Cause.ACKNOWLEDGED, RpcStatus.DELIVERED, 2, 3, ""));
        UUID twice = again.status(RpcStatus.DELIVERED).add();
        assertError(
                server.call("POST", ALL + "/" + twice + "/cancel", tenant, ""),
                409,
                35,
                "Rpc with id [" + twice + "] was already sent, in 2 attempts, the last at "
                        + Instant.ofEpochMilli(CREATED + 9) + ". The device may run it.");
        assertThat(get(ALL + "/" + twice, tenant)).contains("\"status\":\"DELIVERED\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUCCESSFUL", "FAILED", "EXPIRED", "SUPERSEDED"})
    void whatEndedCannotBeCancelled(String state) {
        UUID id = new Draft(device(tenant)).status(RpcStatus.valueOf(state)).add();
        assertError(
                server.call("POST", ALL + "/" + id + "/cancel", tenant, ""),
                409,
                35,
                "Rpc with id [" + id + "] has already ended: " + state);
    }

    @Test
    void theHistoryTellsHowItCameToThis() {
        Draft draft = new Draft(device(tenant)).sent(CREATED + 1);
        draft.history.add(new HistoryEntry(CREATED + 2, Cause.WRITTEN, RpcStatus.SENT, 1, 3, ""));
        draft.history.add(new HistoryEntry(CREATED + 3, Cause.ACK_OVERDUE, RpcStatus.TIMEOUT, 1, 3, "10 s \"x\""));
        UUID id = draft.status(RpcStatus.TIMEOUT).add();
        assertThat(get(ALL + "/" + id + "/history", tenant))
                .isEqualTo("{\"id\":{\"entityType\":\"RPC\",\"id\":\"" + id
                        + "\"},\"status\":\"TIMEOUT\",\"open\":true,\"requestId\":41,\"attempts\":1,\"history\":["
                        + "{\"ts\":1753999990000,\"cause\":\"accepted\",\"status\":\"QUEUED\",\"attempt\":0,\"generation\":0},"
                        + "{\"ts\":1753999990001,\"cause\":\"attempt\",\"status\":\"QUEUED\",\"attempt\":1,\"generation\":3},"
                        + "{\"ts\":1753999990002,\"cause\":\"written\",\"status\":\"SENT\",\"attempt\":1,\"generation\":3},"
                        + "{\"ts\":1753999990003,\"cause\":\"ackOverdue\",\"status\":\"TIMEOUT\",\"attempt\":1,\"generation\":3,"
                        + "\"detail\":\"10 s \\\"x\\\"\"}]}");
        assertThat(get(ALL + "/" + queued(device(tenant)) + "/history", tenant))
                .contains("\"status\":\"QUEUED\",\"open\":true,\"requestId\":null,\"attempts\":0");
    }

    @Test
    void theHistoryOfADeletedCommandIsForThoseWhoAskForIt() {
        UUID id = queued(device(tenant));
        ok(server.call("DELETE", ALL + "/" + id, tenant, ""));
        String path = ALL + "/" + id + "/history";
        assertError(server.call("GET", path, tenant, ""), 404, 32, missing(id));
        assertError(server.call("GET", path + "?includeDeleted=false", tenant, ""), 404, 32, missing(id));
        assertError(
                server.call("GET", path + "?includeDeleted=1", tenant, ""),
                400,
                31,
                "Parameter 'includeDeleted' must be true or false: 1");
        assertError(server.call("GET", path + "?includeDeleted=true", otherTenant, ""), 403, 20, FORBIDDEN);
        assertThat(get(path + "?includeDeleted=true", tenant))
                .contains("\"status\":\"DELETED\",\"open\":false", "\"cause\":\"deleted\"")
                .contains("tenant@thingsboard.org");
    }

    /** Searches among the commands with this key alone, and whatever else the query says. */
    private static String search(String key, String query, String token) {
        return get(ALL + "?idempotencyKey=" + key + query, token);
    }

    private static Draft draft(Device device, String key) {
        Draft draft = new Draft(device);
        draft.idempotencyKey = Optional.of(key);
        // a key stands for one request a day: the commands of a search are days apart
        draft.createdTime = CREATED + 200_000_000L * counter++;
        return draft;
    }

    private static long counter;

    @Test
    void aSearchGoesOnWhereItStopped() {
        Device device = device(tenant);
        List<String> newestFirst = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            newestFirst.addFirst(draft(device, "pages").add().toString());
        }
        assertThat(ids(search("pages", "", tenant))).isEqualTo(newestFirst);
        assertThat(search("pages", "", tenant)).endsWith(",\"nextCursor\":null}");
        List<String> found = new ArrayList<>();
        String cursor = "";
        do {
            String page = search("pages", "&pageSize=3&cursor=" + cursor, tenant);
            found.addAll(ids(page));
            // newer ones come in, and what was seen changes: neither moves the pages
            assertThat(draft(device, "pages").add()).isNotNull();
            post(ALL + "/" + found.getLast() + "/cancel", tenant, "");
            cursor = Body.of(Json.read(page)).text("nextCursor").orElse("");
        } while (!cursor.isEmpty());
        assertThat(found).isEqualTo(newestFirst);
    }

    @Test
    void aSearchShowsRecordsWithTheirState() {
        UUID id = draft(device(tenant), "state").status(RpcStatus.SUPERSEDED).add();
        String record = get(ALL + "/" + id, tenant);
        assertThat(record).contains("\"status\":\"FAILED\"");
        assertThat(search("state", "", tenant))
                .isEqualTo("{\"data\":[" + record.substring(0, record.length() - 1)
                        + ",\"state\":\"SUPERSEDED\"}],\"nextCursor\":null}");
    }

    @Test
    void aSearchIsNarrowed() {
        Device one = device(tenant);
        Device two = device(tenant);
        Draft a = draft(one, "narrow").status(RpcStatus.FAILED);
        a.method = "reboot now";
        Draft b = draft(one, "narrow").status(RpcStatus.CANCELLED);
        b.caller = "else@b.org";
        Draft c = draft(two, "narrow").status(RpcStatus.EXPIRED);
        assertThat(List.of(a.add(), b.add(), c.add())).hasSize(3);
        assertThat(narrow("")).isEqualTo(ids(c, b, a));
        assertThat(narrow("&deviceId=" + one.id())).isEqualTo(ids(b, a));
        assertThat(narrow("&deviceProfileId=" + one.profile().uuid())).isEqualTo(ids(c, b, a));
        assertThat(narrow("&deviceProfileId=" + UUID.randomUUID())).isEmpty();
        assertThat(narrow("&method=" + URLEncoder.encode("reboot now", UTF_8))).isEqualTo(ids(a));
        assertThat(narrow("&method=reboot")).isEmpty();
        assertThat(narrow("&status=FAILED")).isEqualTo(ids(a));
        assertThat(narrow("&status=FAILED,CANCELLED")).isEqualTo(ids(b, a));
        assertThat(narrow("&status=" + URLEncoder.encode("QUEUED, EXPIRED", UTF_8)))
                .isEqualTo(ids(c));
        assertThat(narrow("&startTime=" + b.createdTime)).isEqualTo(ids(c, b));
        assertThat(narrow("&endTime=" + b.createdTime)).isEqualTo(ids(a));
        assertThat(narrow("&caller=else@b.org")).isEqualTo(ids(b));
        assertThat(narrow("&text=rebo")).isEqualTo(ids(a));
        assertThat(narrow("&text=" + c.id)).isEqualTo(ids(c));
        assertThat(narrow("&deviceId=&method=&status=&caller=&text=&cursor=")).isEqualTo(ids(c, b, a));
        assertThat(ids(search("narrow", "", otherTenant))).isEmpty();
    }

    private static List<String> narrow(String query) {
        return ids(search("narrow", query, tenant));
    }

    @Test
    void deletedCommandsAreFoundByThoseWhoAskForThem() {
        Draft draft = draft(device(tenant), "deleted");
        ok(server.call("DELETE", ALL + "/" + draft.add(), tenant, ""));
        assertThat(ids(search("deleted", "", tenant))).isEmpty();
        assertThat(ids(search("deleted", "&status=DELETED", tenant))).isEqualTo(ids(draft));
        assertThat(search("deleted", "&includeDeleted=true", tenant))
                .contains("\"params\":null", "\"status\":\"DELETED\"", "\"state\":\"DELETED\"");
    }

    @Test
    void aCustomerFindsCommandsOfItsDevices() {
        Device own = deviceOfCustomer();
        Device other = device(tenant);
        Draft mine = draft(own, "customer");
        Draft others = draft(other, "customer");
        assertThat(List.of(mine.add(), others.add())).hasSize(2);
        assertThat(ids(search("customer", "", tenant))).isEqualTo(ids(others, mine));
        assertThat(ids(search("customer", "", customer))).isEqualTo(ids(mine));
        assertThat(ids(search("customer", "&deviceId=" + own.id(), customer))).isEqualTo(ids(mine));
        assertError(server.call("GET", ALL + "?deviceId=" + other.id(), customer, ""), 403, 20, FORBIDDEN);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "pageSize=0 -> Parameter 'pageSize' must be from 1 to 1000",
                "pageSize=1001 -> Parameter 'pageSize' must be from 1 to 1000",
                "pageSize=-9223372036854775807 -> Parameter 'pageSize' must be from 1 to 1000",
                "pageSize=9223372036854775807 -> Parameter 'pageSize' must be from 1 to 1000",
                "pageSize=many -> Parameter 'pageSize' must be an integer: many",
                "cursor=1 -> Invalid cursor: 1",
                "cursor=AAAAAAAAAAEAAAAB -> Invalid cursor: AAAAAAAAAAEAAAAB",
                "deviceId=x -> Invalid UUID string: x",
                "deviceProfileId=x -> Invalid UUID string: x",
                "status=QUEUED,gone -> Parameter 'status' must be one of " + STATES + ": gone",
                "startTime=today -> Parameter 'startTime' must be an integer: today",
                "endTime=1.5 -> Parameter 'endTime' must be an integer: 1.5",
                "includeDeleted=yes -> Parameter 'includeDeleted' must be true or false: yes"
            })
    void whatASearchCannotBeAskedFor(String query, String message) {
        assertError(server.call("GET", ALL + "?" + query, tenant, ""), 400, 31, message);
    }

    @Test
    void whoMayNotSearch() {
        UUID none = UUID.randomUUID();
        String noDevice = "Device with id [" + none + "] is not found";
        assertError(server.call("GET", ALL + "?deviceId=" + none, tenant, ""), 404, 32, noDevice);
        assertError(server.call("GET", ALL, sysadmin, ""), 403, 20, FORBIDDEN);
        assertError(server.call("GET", ALL, "", ""), 401, 10, "Authentication failed");
    }
}
