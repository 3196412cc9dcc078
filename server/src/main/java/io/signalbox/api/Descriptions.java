package io.signalbox.api;

import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.IDEMPOTENCY_KEY_TAKEN;
import static io.signalbox.ops.ErrorCode.NOT_ACCEPTABLE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is said about all calls, in the order of the page: the commands, which have a faster path than the router, then what
 * each {@link Resource} says of its own, then the HTTP device API. A route without a description, or a description without
 * a route, fails a test.
 *
 * <p>Loaded when somebody first asks for the description of the API.
 */
final class Descriptions {
    static final String NO_DEVICE = "There is no such device, or the caller does not see it";
    static final String NO_ENTITY = "There is no such entity, or the caller does not see it";
    static final String NO_ASSET = "There is no such asset, or the caller does not see it";
    static final String NO_CUSTOMER = "There is no such customer, or the caller does not see it";
    static final String NO_USER = "There is no such user, or the caller does not see them";
    static final String NO_TENANT = "There is no such tenant, or the caller does not see it";
    static final String CHANGED = "The version is not the one that is stored";
    static final String KEYS = "Names, with commas between them; all when absent";

    /** What variables of paths mean; each that a path has must be here. */
    static final Map<String, Variable> VARIABLES = Map.ofEntries(
            id("deviceId", "Identifier of the device"),
            id("deviceProfileId", "Identifier of the device profile"),
            id("assetId", "Identifier of the asset"),
            id("assetProfileId", "Identifier of the asset profile"),
            id("customerId", "Identifier of the customer"),
            id("userId", "Identifier of the user"),
            id("tenantId", "Identifier of the tenant"),
            id("tenantProfileId", "Identifier of the tenant profile"),
            id("rpcId", "Identifier of the command"),
            id("entityId", "Identifier of the entity"),
            variable("relationType", Kind.TEXT, List.of(), "Type of the relation, exactly"),
            variable("paths", Kind.TEXT, List.of(), "Names of members, with commas"),
            variable("ttl", Kind.WHOLE, List.of(), "Seconds that it is kept; 0 is for ever"),
            id("loginId", "Identifier of the login"),
            id("apiKeyId", "Identifier of the API key"),
            variable("enabled", Kind.FLAG, List.of(), "Whether it is let in"),
            variable("settingsKey", Kind.TEXT, List.of("general", "mail"), "Which settings"),
            variable(
                    "entityType",
                    Kind.TEXT,
                    List.of("DEVICE", "ASSET", "CUSTOMER", "TENANT", "USER", "DEVICE_PROFILE", "ASSET_PROFILE"),
                    "Kind of the entity"),
            variable(
                    "eventType",
                    Kind.TEXT,
                    List.of("ERROR", "LC_EVENT", "STATS"),
                    "Kind of events; devices have ERROR only"),
            variable(
                    "scope",
                    Kind.TEXT,
                    List.of("SERVER_SCOPE", "SHARED_SCOPE", "CLIENT_SCOPE"),
                    "Attributes of the server's side only, shared with the device, or set by the device"),
            variable("deviceName", Kind.TEXT, List.of(), "Name of the device"),
            variable("deviceToken", Kind.TEXT, List.of(), "Access token of the device"),
            variable("requestId", Kind.WHOLE, List.of(), "Request id of the command, as the device got it"));

    private final List<Description> all = new ArrayList<>();
    private final Map<String, String> tags = new LinkedHashMap<>();

    /** @param values empty: any */
    record Variable(Kind kind, List<String> values, String meaning) {}

    private static Map.Entry<String, Variable> id(String name, String meaning) {
        return variable(name, Kind.UUID, List.of(), meaning);
    }

    private static Map.Entry<String, Variable> variable(String name, Kind kind, List<String> values, String meaning) {
        return Map.entry(name, new Variable(kind, values, meaning));
    }

    /** Calls that stand together on the page. */
    final class Section {
        private final String tag;

        private Section(String tag) {
            this.tag = tag;
        }

        /** @param path as in the table of routes */
        Description call(HttpMethod method, String path, String name, String summary) {
            Description description = new Description(method, path, name, tag, summary);
            all.add(description);
            return description;
        }
    }

    Descriptions(List<Resource> resources) {
        commands();
        resources.forEach(resource -> resource.describe(this));
        deviceApi();
    }

    /** Begins a section, or goes on with the one that has this name. */
    Section section(String tag, String about) {
        tags.putIfAbsent(tag, about);
        return new Section(tag);
    }

    List<Description> all() {
        return List.copyOf(all);
    }

    /** What belongs together, with a sentence about it, in the order of the page. */
    Map<String, String> tags() {
        return new LinkedHashMap<>(tags);
    }

    /** {@link RpcRoutes}. */
    private void commands() {
        Section commands = section("Commands", "What somebody wants a device to do");
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
                                        + " exact-timeout the timeout is kept to the millisecond, up to 90 days; a timeout of 0"
                                        + " then means one attempt, now or never: it ends with that attempt, and at once"
                                        + " when no session can take it. A persistent command answers {\"rpcId\":\"…\"} as"
                                        + " soon as it is on disk. With an Idempotency-Key, repeating the call within a day"
                                        + " runs nothing again and gets the same answer, or the outcome unknown when that"
                                        + " was lost with the server, and answer-not-kept when it had more than 16,384"
                                        + " bytes; what was never sent may be repeated.")
                        .fails(404, NO_DEVICE)
                        .fails(IDEMPOTENCY_KEY_TAKEN, "The Idempotency-Key stands for another request");
                if (isOld) {
                    call.fails(408, "In its time the device did not confirm what was sent, or did not answer")
                            .fails(409, "The device was not connected in that time");
                } else {
                    call.fails(504, "The device was not connected, did not confirm or did not answer in time");
                }
            }
        }
    }

    /** The HTTP device API, which stands in {@code transport/http}. */
    private void deviceApi() {
        String device = "/api/v1/:deviceToken/";
        String nobody = "No device has this access token";
        Section calls = section(
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
