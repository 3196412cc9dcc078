package io.signalbox.api;

import static io.signalbox.ops.ErrorCode.AUTHENTICATION;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.INTERNAL;
import static io.signalbox.ops.ErrorCode.NOT_ACCEPTABLE;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.NOT_IMPLEMENTED;
import static io.signalbox.ops.ErrorCode.TOO_MANY_REQUESTS;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.identity.Authority;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is said about each call, in the order of {@link Routes}; then the calls that have a faster path than the router. A
 * route without an entry here, or an entry without a route, fails a test.
 *
 * <p>Loaded when somebody first asks for the description of the API.
 */
final class Descriptions {
    private static final Set<Authority> TENANT_AND_CUSTOMER =
            EnumSet.of(Authority.TENANT_ADMIN, Authority.CUSTOMER_USER);
    private static final String NO_DEVICE = "There is no such device, or the caller does not see it";
    private static final String NO_CUSTOMER = "There is no such customer, or the caller does not see it";
    private static final String NO_USER = "There is no such user, or the caller does not see them";
    private static final String NO_TENANT = "There is no such tenant, or the caller does not see it";
    private static final String CHANGED = "The version is not the one that is stored";
    private static final String KEYS = "Names, with commas between them; all when absent";

    /** What variables of paths mean; each that a path has must be here. */
    static final Map<String, Variable> VARIABLES = Map.of(
            "deviceId", new Variable(Kind.UUID, List.of(), "Identifier of the device"),
            "customerId", new Variable(Kind.UUID, List.of(), "Identifier of the customer"),
            "userId", new Variable(Kind.UUID, List.of(), "Identifier of the user"),
            "tenantId", new Variable(Kind.UUID, List.of(), "Identifier of the tenant"),
            "rpcId", new Variable(Kind.UUID, List.of(), "Identifier of the command"),
            "entityType", new Variable(Kind.TEXT, List.of("DEVICE"), "Kind of the entity"),
            "entityId", new Variable(Kind.UUID, List.of(), "Identifier of the entity"),
            "scope",
                    new Variable(
                            Kind.TEXT,
                            List.of("SERVER_SCOPE", "SHARED_SCOPE", "CLIENT_SCOPE"),
                            "Attributes of the server's side only, shared with the device, or set by the device"),
            "deviceToken", new Variable(Kind.TEXT, List.of(), "Access token of the device"),
            "requestId", new Variable(Kind.WHOLE, List.of(), "Request id of the command, as the device got it"));

    private final List<Description> all = new ArrayList<>();
    private final Map<String, String> tags = new LinkedHashMap<>();

    /** @param values empty: any */
    record Variable(Kind kind, List<String> values, String meaning) {}

    /** Calls that belong together. */
    private final class Section {
        private final String tag;

        Section(String tag, String about) {
            this.tag = tag;
            tags.put(tag, about);
        }

        Description call(HttpMethod method, String path, String name, String summary) {
            Description description = new Description(method, path, name, tag, summary);
            all.add(description);
            return description;
        }
    }

    Descriptions() {
        commands();
        persistentCommands();
        auth();
        devices();
        telemetry();
        customers();
        users();
        tenants();
        statistics();
        audit();
        system();
        deviceApi();
    }

    List<Description> all() {
        return List.copyOf(all);
    }

    /** What belongs together, with a sentence about it, in the order of the page. */
    Map<String, String> tags() {
        return new LinkedHashMap<>(tags);
    }

    private void auth() {
        Section auth = new Section("Login", "Tokens for users, and their first password");
        auth.call(POST, "/api/auth/login", "login", "Logs in")
                .takes(Shapes.LOGIN)
                .answers(Shapes.TOKENS)
                .fails(AUTHENTICATION, "The name or the password is wrong, or the body has other members");
        auth.call(POST, "/api/auth/token", "refreshToken", "Gives new tokens for a refresh token")
                .takes(Shapes.REFRESH)
                .answers(Shapes.TOKENS)
                .fails(AUTHENTICATION, "The refresh token is wrong or has expired");
        auth.call(POST, "/api/auth/logout", "logout", "Makes the tokens of this login worthless");
        auth.call(GET, "/api/auth/user", "currentUser", "Reads the caller").answers(Shapes.USER);
        auth.call(GET, "/api/noauth/activate", "followActivationLink", "Leads a browser to where the password is set")
                .requiredQuery("activateToken", Kind.TEXT, "<activateToken>", "From the activation link")
                .status(303)
                .fails(409, "Nobody has this link");
        auth.call(POST, "/api/noauth/activate", "activateUser", "Sets a user's first password, and logs in")
                .takes(Shapes.ACTIVATE)
                .answers(Shapes.TOKENS)
                .fails(BAD_REQUEST, "The link is unknown or old, or the password is too short or too long");
        auth.call(GET, "/api/noauth/userPasswordPolicy", "passwordPolicy", "Reads what passwords must be like")
                .answers(Shapes.PASSWORD_POLICY);
    }

    private void users() {
        Section users = new Section("Users", "Who logs in");
        users.call(POST, "/api/user", "saveUser", "Makes or changes a user")
                .notes(
                        "Without an id a new one. There is no mail yet: say sendActivationMail=false, and read the link.")
                .query("sendActivationMail", Kind.FLAG, "false", "true when absent")
                .takes(Shapes.USER, """
                        {"email":"<newEmail>","authority":"CUSTOMER_USER","customerId":{"entityType":"CUSTOMER","id":"<customerId>"}}""")
                .answers(Shapes.USER)
                .fails(NOT_FOUND, NO_USER)
                .fails(VERSION_CONFLICT, CHANGED)
                .fails(INTERNAL, "The user was not made: a mail was wanted");
        users.call(GET, "/api/user/:userId", "readUser", "Reads a user")
                .answers(Shapes.USER)
                .fails(NOT_FOUND, NO_USER);
        users.call(DELETE, "/api/user/:userId", "deleteUser", "Deletes a user").fails(NOT_FOUND, NO_USER);
        users.call(
                        GET,
                        "/api/user/:userId/activationLink",
                        "activationLink",
                        "Reads the link that sets the first password")
                .answersText("text/plain", "http://127.0.0.1:8080/api/noauth/activate?activateToken=<activateToken>")
                .fails(BAD_REQUEST, "The user is active already")
                .fails(NOT_FOUND, NO_USER);
    }

    private void tenants() {
        Section tenants = new Section("Tenants", "Who owns devices, customers and users");
        tenants.call(POST, "/api/tenant", "saveTenant", "Makes or changes a tenant")
                .takes(Shapes.TENANT, "{\"title\":\"Acme\",\"country\":\"Germany\"}")
                .answers(Shapes.TENANT)
                .fails(NOT_FOUND, NO_TENANT)
                .fails(VERSION_CONFLICT, CHANGED);
        tenants.call(GET, "/api/tenant/:tenantId", "readTenant", "Reads a tenant")
                .answers(Shapes.TENANT)
                .fails(NOT_FOUND, NO_TENANT);
        tenants.call(DELETE, "/api/tenant/:tenantId", "deleteTenant", "Deletes a tenant and all it owns")
                .fails(NOT_FOUND, NO_TENANT);
    }

    private void customers() {
        Section customers = new Section("Customers", "Parts of a tenant that devices are assigned to");
        customers
                .call(POST, "/api/customer", "saveCustomer", "Makes or changes a customer")
                .takes(Shapes.CUSTOMER, "{\"title\":\"<newName>\",\"country\":\"Germany\"}")
                .answers(Shapes.CUSTOMER)
                .fails(BAD_REQUEST, "The title is missing or taken")
                .fails(NOT_FOUND, NO_CUSTOMER)
                .fails(VERSION_CONFLICT, CHANGED);
        customers
                .call(GET, "/api/customer/:customerId", "readCustomer", "Reads a customer")
                .answers(Shapes.CUSTOMER)
                .fails(NOT_FOUND, NO_CUSTOMER);
        customers
                .call(GET, "/api/customer/:customerId/shortInfo", "customerInfo", "Reads a customer's title in JSON")
                .answers(Shapes.CUSTOMER_INFO)
                .fails(NOT_FOUND, NO_CUSTOMER);
        customers
                .call(GET, "/api/customer/:customerId/title", "customerTitle", "Reads a customer's title as text")
                .answersText("application/text", "Building 7")
                .fails(NOT_FOUND, NO_CUSTOMER);
        customers
                .call(DELETE, "/api/customer/:customerId", "deleteCustomer", "Deletes a customer and its users")
                .notes("Its devices stay, and belong to the tenant only.")
                .fails(NOT_FOUND, NO_CUSTOMER);
    }

    private void devices() {
        Section devices = new Section("Devices", "What is commanded and reports");
        for (String path : List.of("/api/tenant/device", "/api/tenant/devices")) {
            boolean isOne = path.endsWith("device");
            devices.call(GET, path, isOne ? "deviceByName" : "devicesByName", "Reads the device with a name")
                    .notes("Lists of devices are not there yet.")
                    .requiredQuery("deviceName", Kind.TEXT, "<deviceName>", "The name, exactly")
                    .answers(Shapes.DEVICE)
                    .fails(NOT_FOUND, NO_DEVICE)
                    .fails(NOT_IMPLEMENTED, "Without a name");
        }
        devices.call(POST, "/api/device", "saveDevice", "Makes or changes a device")
                .notes("Without an id a new one.")
                .query("accessToken", Kind.TEXT, "<newToken>", "Of a new device; when absent one is made up")
                .takes(Shapes.DEVICE, "{\"name\":\"<newName>\",\"type\":\"default\"}")
                .answers(Shapes.DEVICE)
                .fails(BAD_REQUEST, "The name is missing or taken, or the access token is taken")
                .fails(NOT_FOUND, NO_DEVICE)
                .fails(VERSION_CONFLICT, CHANGED);
        devices.call(GET, "/api/device/:deviceId", "readDevice", "Reads a device")
                .answers(Shapes.DEVICE)
                .fails(NOT_FOUND, NO_DEVICE);
        devices.call(DELETE, "/api/device/:deviceId", "deleteDevice", "Deletes a device and its values")
                .notes("Its connections end, and its access token is worthless at once.")
                .fails(NOT_FOUND, NO_DEVICE);
        devices.call(GET, "/api/device/:deviceId/credentials", "deviceCredentials", "Reads how a device logs in")
                .answers(Shapes.DEVICE_CREDENTIALS)
                .fails(NOT_FOUND, NO_DEVICE);
        devices.call(
                        POST,
                        "/api/customer/:customerId/device/:deviceId",
                        "assignDevice",
                        "Assigns a device to a customer")
                .answers(Shapes.DEVICE)
                .fails(NOT_FOUND, "There is no such device or customer");
        devices.call(DELETE, "/api/customer/device/:deviceId", "unassignDevice", "Takes a device from its customer")
                .answers(Shapes.DEVICE)
                .fails(BAD_REQUEST, "It has no customer")
                .fails(NOT_FOUND, NO_DEVICE);
    }

    private void telemetry() {
        String entity = "/api/plugins/telemetry/:entityType/:entityId";
        String points = "{\"temperature\":[{\"ts\":1763733600000,\"value\":\"21.5\"}]}";
        Section values = new Section("Telemetry and attributes", "What devices report, and what they are to know");
        values.call(GET, entity + "/keys/timeseries", "timeseriesKeys", "Lists the keys of a device's telemetry")
                .answersJson(Kind.LIST, "[\"temperature\"]")
                .fails(404, NO_DEVICE);
        values.call(GET, entity + "/values/timeseries", "timeseries", "Reads the latest values of telemetry")
                .notes("With startTs and endTs the same as .../history.")
                .query("keys", Kind.TEXT, "temperature", KEYS)
                .query("useStrictDataTypes", Kind.FLAG, "", "Values as they were sent, not as text")
                .answersListsByKey(Shapes.POINT, points)
                .fails(404, NO_DEVICE);
        values.call(GET, entity + "/values/timeseries/history", "timeseriesHistory", "Reads telemetry of a time")
                .query("keys", Kind.TEXT, "temperature", KEYS)
                .requiredQuery("startTs", Kind.WHOLE, "0", "From here on, epoch milliseconds")
                .requiredQuery("endTs", Kind.WHOLE, "4102444800000", "Before this, epoch milliseconds")
                .query("limit", Kind.WHOLE, "10", "Points of each key; 100 when absent")
                .query("orderBy", Kind.TEXT, "", "DESC (when absent) or ASC")
                .query("agg", Kind.TEXT, "", "NONE; others are not there yet")
                .query("useStrictDataTypes", Kind.FLAG, "", "Values as they were sent, not as text")
                .answersListsByKey(Shapes.POINT, points)
                .fails(404, NO_DEVICE)
                .fails(NOT_IMPLEMENTED, "Aggregation is not there yet");
        values.call(GET, entity + "/keys/attributes", "attributeKeys", "Lists the keys of a device's attributes")
                .answersJson(Kind.LIST, "[\"targetTemperature\"]")
                .fails(404, NO_DEVICE);
        values.call(GET, entity + "/keys/attributes/:scope", "attributeKeysOfScope", "Lists the keys of one scope")
                .answersJson(Kind.LIST, "[\"targetTemperature\"]")
                .fails(404, NO_DEVICE);
        values.call(GET, entity + "/values/attributes", "attributes", "Reads a device's attributes")
                .query("keys", Kind.TEXT, "targetTemperature", KEYS)
                .answersList(Shapes.ATTRIBUTE)
                .fails(404, NO_DEVICE);
        values.call(GET, entity + "/values/attributes/:scope", "attributesOfScope", "Reads the attributes of one scope")
                .query("keys", Kind.TEXT, "targetTemperature", KEYS)
                .answersList(Shapes.ATTRIBUTE)
                .fails(404, NO_DEVICE);
        saveAttributes(values, "/api/plugins/telemetry/:entityId/:scope", "saveDeviceAttributes");
        saveAttributes(values, entity + "/:scope", "saveAttributes");
        saveAttributes(values, entity + "/attributes/:scope", "saveAttributesOfScope");
    }

    private static void saveAttributes(Section values, String path, String name) {
        values.call(POST, path, name, "Sets attributes of a device")
                .notes("The device hears of those of SHARED_SCOPE. CLIENT_SCOPE is the device's own.")
                .takesJson(Kind.OBJECT, "{\"targetTemperature\":21.5}")
                .fails(400, "The body is no JSON object, or the scope is CLIENT_SCOPE")
                .fails(404, NO_DEVICE);
    }

    private void system() {
        new Section("Server", "What the server says about itself")
                .call(GET, "/api/system/info", "systemInfo", "Reads versions")
                .answers(Shapes.SYSTEM_INFO);
    }

    /** {@link RpcRoutes}. */
    private void commands() {
        Section commands = new Section("Commands", "What somebody wants a device to do");
        for (String path : List.of("/api/rpc/", "/api/plugins/rpc/")) {
            boolean isOld = path.contains("plugins");
            String suffix = isOld ? "V1" : "";
            String body = "{\"method\":\"setTemperature\",\"params\":{\"celsius\":21.5},\"timeout\":5000}";
            Description oneWay = commands.call(
                            POST,
                            path + "oneway/:deviceId",
                            "sendCommand" + suffix,
                            "Sends a command, done when the device has it")
                    .takes(Shapes.COMMAND, body);
            Description twoWay = commands.call(
                            POST,
                            path + "twoway/:deviceId",
                            "askDevice" + suffix,
                            "Sends a command, and gives the device's reply")
                    .takes(Shapes.COMMAND, body)
                    .answersJson(Kind.ANY, "{\"celsius\":21.5}")
                    .fails(NOT_ACCEPTABLE, "The reply is no JSON");
            for (Description call : List.of(oneWay, twoWay)) {
                call.by(TENANT_AND_CUSTOMER)
                        .notes(
                                "A command ends in time: with 200, or with a status that says that nothing came. Then the header"
                                        + " Signalbox-Rpc-Outcome says how far the command got, and Signalbox-Rpc-Id what it is called."
                                        + " With Accept: application/problem+json the body says it, too. With Prefer:"
                                        + " exact-timeout the timeout is kept to the millisecond, up to 90 days. A persistent"
                                        + " command answers {\"rpcId\":\"…\"} as soon as it is on disk; with an"
                                        + " Idempotency-Key, repeating the call within a day changes nothing.")
                        .fails(404, NO_DEVICE)
                        .fails(
                                NOT_IMPLEMENTED,
                                "There is an Idempotency-Key, and the command is not persistent: not there yet");
                if (isOld) {
                    call.fails(408, "In its time the device did not confirm what was sent, or did not answer")
                            .fails(409, "The device was not connected in that time");
                } else {
                    call.fails(504, "The device was not connected, did not confirm or did not answer in time");
                }
            }
        }
    }

    private void persistentCommands() {
        Section stored = new Section("Persistent commands", "Commands that are on disk, and what became of them");
        String all = "/api/rpc/persistent";
        String missing = "There is no such command";
        stored.call(GET, all, "searchCommands", "Finds commands of the tenant, newest first")
                .notes(
                        "Pages neither skip nor repeat while commands change. Customer users see those of their devices.")
                .query("deviceId", Kind.UUID, "<deviceId>", "Of one device")
                .query("deviceProfileId", Kind.UUID, "", "Of all devices of a kind")
                .query("method", Kind.TEXT, "", "Exactly")
                .query("status", Kind.TEXT, "", "States, with commas")
                .query("startTime", Kind.WHOLE, "", "Accepted at or after, epoch milliseconds")
                .query("endTime", Kind.WHOLE, "", "Accepted before")
                .query("caller", Kind.TEXT, "", "E-mail address of who called")
                .query("text", Kind.TEXT, "", "Start of the method, or an identifier")
                .query("idempotencyKey", Kind.TEXT, "", "Of the call that made it")
                .query("includeDeleted", Kind.FLAG, "", "Also what is left of deleted ones")
                .query("pageSize", Kind.WHOLE, "10", "At most 1,000; 50 when absent")
                .query("cursor", Kind.TEXT, "", "The nextCursor of the page before")
                .answersJson(Kind.OBJECT, "{\"data\":[],\"nextCursor\":null}");
        stored.call(GET, all + "/device/:deviceId", "commandsOfDevice", "Lists the commands of a device")
                .query("rpcStatus", Kind.TEXT, "", "One state")
                .answersPage(Shapes.RPC)
                .fails(404, NO_DEVICE);
        stored.call(GET, all + "/:rpcId", "readCommand", "Reads a command")
                .answers(Shapes.RPC)
                .fails(NOT_FOUND, missing);
        stored.call(DELETE, all + "/:rpcId", "deleteCommand", "Erases a command but for its history")
                .notes("An open one is not sent any more; what was sent may have run.")
                .fails(NOT_FOUND, missing);
        stored.call(GET, all + "/:rpcId/history", "commandHistory", "Reads how a command came to its state")
                .query("includeDeleted", Kind.FLAG, "", "Also of a deleted one")
                .answers(Shapes.RPC_HISTORY)
                .fails(NOT_FOUND, missing);
        String stream =
                "Server-sent events, one for each entry of the history: first those that are there, then each as it is"
                        + " committed. An id is the number of the command and that of the entry, counted from 1; with the"
                        + " header Last-Event-ID the stream goes on behind it. Every 15 seconds there is a comment. The"
                        + " stream ends with the time of the token.";
        String transition =
                "id: 7-1\nevent: transition\ndata: {\"rpcId\":\"…\",\"deviceId\":\"…\",\"ts\":1753999990000,"
                        + "\"cause\":\"accepted\",\"status\":\"QUEUED\",\"attempt\":0,\"generation\":0,\"open\":true}\n\n";
        stored.call(GET, all + "/:rpcId/events", "followCommand", "Follows a command until it ends")
                .by(TENANT_AND_CUSTOMER)
                .notes(stream + " The last event is end, or gone when the command was deleted.")
                .answersText("text/event-stream", transition)
                .fails(NOT_FOUND, missing)
                .fails(TOO_MANY_REQUESTS, "Too many streams");
        stored.call(GET, all + "/device/:deviceId/events", "followDevice", "Follows all commands of a device")
                .by(TENANT_AND_CUSTOMER)
                .notes(stream
                        + " A new stream begins with the open commands. One that goes on looks at the newest 1,000:"
                        + " the event gap says that changes of older ones may be missing, and entries of the second"
                        + " before the last may come again under the same id. The event gone says that the device was"
                        + " deleted.")
                .answersText("text/event-stream", transition)
                .fails(404, NO_DEVICE)
                .fails(TOO_MANY_REQUESTS, "Too many streams");
        stored.call(POST, all + "/:rpcId/cancel", "cancelCommand", "Takes a command back that was not sent")
                .answers(Shapes.RPC)
                .fails(NOT_FOUND, missing)
                .fails(409, "It was sent already, and the device may run it; or it had ended");
    }

    private void statistics() {
        new Section("Statistics", "Commands, counted")
                .call(GET, "/api/rpc/statistics", "commandStatistics", "Counts commands that ended")
                .notes(
                        "Commands that a caller waited for and persistent ones, in the hour in which they ended, of devices that"
                                + " are there now; customer users see those of their devices. Times are from acceptance to the"
                                + " end, of commands that reached their aim; a quantile is a time within which that share of"
                                + " them ended, at most 2.5 times what it was, above five minutes six times. Counts follow"
                                + " within seconds and are kept for 31 days; a crash loses those of its last seconds. Of"
                                + " each device 50 methods an hour are counted one by one, the others as (other).")
                .query(
                        "from",
                        Kind.WHOLE,
                        "",
                        "Epoch milliseconds; the hour that it is in counts whole. A day before 'to'")
                .query("to", Kind.WHOLE, "", "Epoch milliseconds, rounded up to hours; now when absent")
                .query(
                        "interval",
                        Kind.WHOLE,
                        "3600000",
                        "Milliseconds of each entry, whole hours; all together when absent")
                .query("groupBy", Kind.TEXT, "method", "device, method or status")
                .query(
                        "groups",
                        Kind.WHOLE,
                        "",
                        "The largest so many one by one, the others as (other): 100 when absent")
                .query("deviceId", Kind.UUID, "<countedDeviceId>", "Of one device")
                .query("method", Kind.TEXT, "", "Exactly")
                .query("kind", Kind.TEXT, "", "lightweight or persistent")
                .answersJson(
                        Kind.OBJECT,
                        "{\"from\":1753999200000,\"to\":1754002800000,\"interval\":3600000,\"data\":[{\"ts\":1753999200000,"
                                + "\"method\":\"setTemperature\",\"commands\":9,\"states\":{\"SUCCESSFUL\":9},"
                                + "\"resent\":1,\"late\":0,\"duplicates\":0,\"millis\":{\"count\":9,\"mean\":41.2,\"max\":103,"
                                + "\"p50\":50.0,\"p95\":104.0,\"p99\":104.0}}]}")
                .fails(404, NO_DEVICE)
                .fails(BAD_REQUEST, "A parameter is out of its range, or there is too much to look at");
    }

    private void audit() {
        Section audit = new Section("Audit log", "Who did what");
        auditCall(audit, "/api/audit/logs", "auditLogs", "Lists what was done").answersPage(Shapes.AUDIT_LOG);
        for (Description call : List.of(
                auditCall(
                        audit,
                        "/api/audit/logs/entity/:entityType/:entityId",
                        "auditLogsOfEntity",
                        "Lists what was done to one"),
                auditCall(
                        audit,
                        "/api/audit/logs/customer/:customerId",
                        "auditLogsOfCustomer",
                        "Lists what a customer's users did"),
                auditCall(audit, "/api/audit/logs/user/:userId", "auditLogsOfUser", "Lists what a user did"))) {
            call.requiredQuery("pageSize", Kind.WHOLE, "10", "Entries of a page")
                    .requiredQuery("page", Kind.WHOLE, "0", "Number of the page, from 0")
                    .answersJson(Kind.OBJECT, "{\"data\":[],\"totalPages\":0,\"totalElements\":0,\"hasNext\":false}");
        }
    }

    private static Description auditCall(Section audit, String path, String name, String summary) {
        return audit.call(GET, path, name, summary)
                .query("startTime", Kind.WHOLE, "", "At or after, epoch milliseconds")
                .query("endTime", Kind.WHOLE, "", "At or before")
                .query("actionTypes", Kind.TEXT, "", "With commas, like RPC_CALL");
    }

    /** The HTTP device API, which stands in {@code transport/http}. */
    private void deviceApi() {
        String device = "/api/v1/:deviceToken/";
        String nobody = "No device has this access token";
        Section calls = new Section(
                "For devices", "The calls of devices that speak HTTP. The access token in the path is all they need");
        calls.call(POST, device + "telemetry", "deviceTelemetry", "Reports telemetry")
                .notes("An object, a list of them, or {\"ts\":…,\"values\":{…}}. With 200 it is on disk.")
                .takesJson(Kind.ANY, "{\"temperature\":21.5,\"on\":true}")
                .fails(BAD_REQUEST, "The body is no such JSON")
                .fails(401, nobody);
        calls.call(POST, device + "attributes", "deviceSetsAttributes", "Sets client attributes")
                .takesJson(Kind.OBJECT, "{\"serial\":\"A-17\"}")
                .fails(BAD_REQUEST, "The body is no JSON object")
                .fails(401, nobody);
        calls.call(GET, device + "attributes", "deviceReadsAttributes", "Reads attributes")
                .query("clientKeys", Kind.TEXT, "serial", "Client attributes, with commas")
                .query("sharedKeys", Kind.TEXT, "targetTemperature", "Shared attributes, with commas")
                .answers(Shapes.DEVICE_ATTRIBUTES)
                .fails(401, nobody);
        calls.call(GET, device + "attributes/updates", "devicePollsAttributes", "Waits for changed shared attributes")
                .query("timeout", Kind.WHOLE, "10000", "Milliseconds to wait")
                .answersJson(Kind.OBJECT, "{\"targetTemperature\":21.5}")
                .fails(401, nobody)
                .fails(408, "Nothing changed in that time");
        calls.call(GET, device + "rpc", "devicePollsCommand", "Waits for a command")
                .query("timeout", Kind.WHOLE, "10000", "Milliseconds to wait")
                .answers(Shapes.DEVICE_COMMAND)
                .fails(401, nobody)
                .fails(408, "No command came in that time");
        calls.call(POST, device + "rpc/:requestId", "deviceAnswersCommand", "Answers a command")
                .takesJson(Kind.ANY, "{\"celsius\":21.5}")
                .fails(BAD_REQUEST, "The request id is no number")
                .fails(401, nobody);
    }
}
