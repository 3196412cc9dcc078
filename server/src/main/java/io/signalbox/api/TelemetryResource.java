package io.signalbox.api;

import static io.signalbox.api.Descriptions.KEYS;
import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.ALL;
import static io.signalbox.ops.ErrorCode.NOT_IMPLEMENTED;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.LenientJson;
import io.signalbox.payload.MalformedPayload;
import io.signalbox.payload.PayloadJson;
import io.signalbox.payload.Reading;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.TelemetryService;
import io.vertx.core.buffer.Buffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Attributes and time series of devices (telemetry API part A).
 *
 * <p>Refusals that concern the device or the values are bare text, those that concern the URL the usual error object.
 */
final class TelemetryResource implements Resource {
    private static final int LIMIT_DEFAULT = 100;
    /** A call holds its points in memory. */
    private static final int POINTS_MAX = 200_000;

    private static final String TYPE = "Device";
    private static final Set<String> AGGREGATIONS = Set.of("NONE", "MIN", "MAX", "AVG", "SUM", "COUNT");
    private static final Set<String> OTHER_TYPES = Set.of(
            "ASSET", "CUSTOMER", "TENANT", "USER", "ENTITY_VIEW", "DASHBOARD", "EDGE", "RULE_CHAIN", "DEVICE_PROFILE");

    private final TelemetryService telemetry;
    private final DeviceDirectory devices;
    private final InstantSource clock;

    TelemetryResource(TelemetryService telemetry, DeviceDirectory devices, InstantSource clock) {
        this.telemetry = telemetry;
        this.devices = devices;
        this.clock = clock;
    }

    @Override
    public void routes(RouteTable table) {
        // bodies are read as they are, whatever their content type
        String entity = "/api/plugins/telemetry/:entityType/:entityId";
        table.raw(GET, entity + "/keys/timeseries", ALL, this::timeseriesKeys);
        table.raw(GET, entity + "/values/timeseries", ALL, this::timeseries);
        table.raw(GET, entity + "/values/timeseries/history", ALL, this::history);
        table.raw(GET, entity + "/keys/attributes", ALL, this::attributeKeys);
        table.raw(GET, entity + "/keys/attributes/:scope", ALL, this::attributeKeys);
        table.raw(GET, entity + "/values/attributes", ALL, this::attributes);
        table.raw(GET, entity + "/values/attributes/:scope", ALL, this::attributes);
        table.raw(POST, "/api/plugins/telemetry/:entityId/:scope", ALL, this::saveAttributes);
        table.raw(POST, entity + "/:scope", ALL, this::saveAttributes);
        table.raw(POST, entity + "/attributes/:scope", ALL, this::saveAttributes);
    }

    @Override
    public void describe(Descriptions all) {
        String entity = "/api/plugins/telemetry/:entityType/:entityId";
        String points = "{\"temperature\":[{\"ts\":1763733600000,\"value\":\"21.5\"}]}";
        Descriptions.Section values =
                all.section("Telemetry and attributes", "What devices report, and what they are to know");
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

    private static void saveAttributes(Descriptions.Section values, String path, String name) {
        values.call(POST, path, name, "Sets attributes of a device")
                .notes("The device hears of those of SHARED_SCOPE. CLIENT_SCOPE is the device's own.")
                .takesJson(Kind.OBJECT, "{\"targetTemperature\":21.5}")
                .fails(400, "The body is no JSON object, or the scope is CLIENT_SCOPE")
                .fails(404, NO_DEVICE);
    }

    Response timeseriesKeys(Exchange exchange) {
        DeviceId id = id(exchange);
        return bare(() -> onDevice(
                exchange.caller(),
                Access.Operation.READ_TELEMETRY,
                id,
                device -> keys(Stages.await(telemetry.latest(device)))));
    }

    /** The latest values, or history when the range is given. */
    Response timeseries(Exchange exchange) {
        if (exchange.query("startTs").isPresent() && exchange.query("endTs").isPresent()) {
            return history(exchange);
        }
        DeviceId id = id(exchange);
        boolean strictTypes = exchange.flag("useStrictDataTypes", false);
        List<String> keys = keysWanted(exchange);
        return bare(() -> onDevice(exchange.caller(), Access.Operation.READ_TELEMETRY, id, device -> {
            if (keys.isEmpty()) {
                return json(PayloadJson.timeseries(Stages.await(telemetry.latest(device)), strictTypes));
            }
            List<Reading> found = Stages.await(telemetry.latest(device, keys));
            return json(PayloadJson.latest(keys, found, clock.millis(), strictTypes));
        }));
    }

    Response history(Exchange exchange) {
        DeviceId id = id(exchange);
        exchange.required("startTs", "Long");
        exchange.required("endTs", "Long");
        long startTs = exchange.whole("startTs").orElseThrow();
        long endTs = exchange.whole("endTs").orElseThrow();
        long limit = exchange.whole("limit").orElse((long) LIMIT_DEFAULT);
        if (limit < 1 || limit > POINTS_MAX) {
            throw bad("Parameter 'limit' must be from 1 to " + POINTS_MAX + ": " + limit);
        }
        boolean ascending =
                oneOf(exchange, "orderBy", "DESC", Set.of("ASC", "DESC")).equals("ASC");
        boolean aggregated = !oneOf(exchange, "agg", "NONE", AGGREGATIONS).equals("NONE")
                && (exchange.whole("interval").orElse(0L) != 0
                        || exchange.query("intervalType").isPresent());
        if (aggregated) {
            throw new Rejected(ErrorCode.NOT_IMPLEMENTED, "Aggregation is not implemented yet");
        }
        boolean strictTypes = exchange.flag("useStrictDataTypes", false);
        List<String> keys = keysWanted(exchange);
        return bare(() -> onDevice(exchange.caller(), Access.Operation.READ_TELEMETRY, id, device -> {
            List<Reading> points = new ArrayList<>();
            for (String key : keys) {
                points.addAll(Stages.await(telemetry.history(device, key, startTs, endTs, (int) limit, ascending)));
                if (points.size() > POINTS_MAX) {
                    throw bad("More than " + POINTS_MAX + " points. Please reduce the limit, the keys or the range.");
                }
            }
            return json(PayloadJson.timeseries(points, strictTypes));
        }));
    }

    Response attributeKeys(Exchange exchange) {
        DeviceId id = id(exchange);
        List<Scope> scopes = scopes(exchange);
        return bare(() -> onDevice(
                exchange.caller(),
                Access.Operation.READ_ATTRIBUTES,
                id,
                device -> keys(attributes(device, scopes, List.of()))));
    }

    Response attributes(Exchange exchange) {
        DeviceId id = id(exchange);
        List<Scope> scopes = scopes(exchange);
        List<String> keys = keysWanted(exchange);
        return bare(() -> onDevice(
                exchange.caller(),
                Access.Operation.READ_ATTRIBUTES,
                id,
                device -> json(PayloadJson.attributesList(attributes(device, scopes, keys)))));
    }

    private List<Reading> attributes(Device device, List<Scope> scopes, List<String> keys) {
        List<Reading> found = new ArrayList<>();
        for (Scope scope : scopes) {
            found.addAll(Stages.await(
                    keys.isEmpty() ? telemetry.attributes(device, scope) : telemetry.attributes(device, scope, keys)));
        }
        return found;
    }

    /** The body is checked before the device. */
    Response saveAttributes(Exchange exchange) {
        DeviceId id = id(exchange);
        Scope scope = scope(exchange.path("scope"));
        if (scope == Scope.CLIENT_SCOPE) {
            return Response.text(400, "Invalid scope: " + scope);
        }
        return bare(() -> {
            List<Reading> values = LenientJson.restAttributes(exchange.bytes(), clock.millis());
            return onDevice(exchange.caller(), Access.Operation.WRITE_ATTRIBUTES, id, device -> {
                Stages.await(telemetry.saveAttributes(device, scope, values));
                return Response.empty();
            });
        });
    }

    private Response onDevice(
            Caller caller, Access.Operation operation, DeviceId id, Function<Device, Response> answer) {
        Optional<Device> device = Stages.await(devices.find(id));
        Access.Verdict verdict = Access.device(caller, operation, device);
        return verdict == Access.Verdict.ALLOWED
                ? answer.apply(device.orElseThrow())
                : Response.text(verdict.code().httpStatus(), verdict.text(TYPE));
    }

    /** Words refusals as these calls do; a failed store has no words. */
    private static Response bare(Supplier<Response> answer) {
        try {
            return answer.get();
        } catch (MalformedPayload e) {
            return Response.text(400, e.text());
        } catch (Rejected e) {
            return switch (e.code()) {
                case INTERNAL, STORE_UNAVAILABLE -> Response.empty(e.code().httpStatus());
                default -> Response.text(e.code().httpStatus(), e.text());
            };
        }
    }

    private static DeviceId id(Exchange exchange) {
        String type = exchange.pathOr("entityType", "DEVICE");
        DeviceId id = new DeviceId(exchange.uuid("entityId"));
        if (OTHER_TYPES.contains(type)) {
            throw new Rejected(ErrorCode.NOT_IMPLEMENTED, "Telemetry of this type is not implemented yet: " + type);
        }
        if (!type.equals("DEVICE")) {
            throw bad("EntityType '" + type + "' is not supported!");
        }
        return id;
    }

    /** The scope in the path; without one all, in the order of the reference. */
    private static List<Scope> scopes(Exchange exchange) {
        String scope = exchange.pathOr("scope", "");
        return scope.isEmpty()
                ? List.of(Scope.CLIENT_SCOPE, Scope.SERVER_SCOPE, Scope.SHARED_SCOPE)
                : List.of(scope(scope));
    }

    private static Scope scope(String text) {
        try {
            return Scope.valueOf(text);
        } catch (IllegalArgumentException e) {
            throw bad("Scope '" + text + "' is not supported!");
        }
    }

    /** {@code key=a&key=b,c} names each key by itself and wins over {@code keys=a,b}. */
    private static List<String> keysWanted(Exchange exchange) {
        List<String> single = exchange.queries("key");
        List<String> keys = single.isEmpty()
                ? exchange.queries("keys").stream()
                        .flatMap(list -> Arrays.stream(list.split(",", -1)))
                        .toList()
                : single;
        return keys.stream().filter(key -> !key.isEmpty()).distinct().toList();
    }

    private static String oneOf(Exchange exchange, String name, String absent, Set<String> allowed) {
        String value = exchange.query(name).orElse(absent);
        if (!allowed.contains(value)) {
            throw bad("Parameter '" + name + "' must be one of " + allowed + ": " + value);
        }
        return value;
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }

    private static Response keys(List<Reading> readings) {
        return Response.json(json -> {
            json.writeStartArray();
            readings.forEach(reading -> json.writeString(reading.key()));
            json.writeEndArray();
        });
    }

    private static Response json(byte[] body) {
        return new Response(200, "application/json", Buffer.buffer(body), Map.of());
    }
}
