package io.signalbox.api;

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
import io.signalbox.payload.Value;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Erase;
import io.signalbox.telemetry.HistoryQuery;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.TelemetryService;
import io.signalbox.telemetry.TelemetryStore;
import io.vertx.core.buffer.Buffer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Attributes and time series of devices (telemetry API part A).
 *
 * <p>Refusals that concern the device or the values are bare text, those that concern the URL the usual error object.
 */
final class TelemetryResource {
    private static final String MILLISECONDS = "MILLISECONDS";

    /** Seconds; a hundred years. */
    private static final long TTL_MAX = 100L * 366 * 24 * 60 * 60;

    /** A tag, as in the fields of entities. */
    private static final Pattern MARKUP = Pattern.compile("<[A-Za-z/!?]");

    private static final String TYPE = "Device";
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

    Response timeseriesKeys(Exchange exchange) {
        DeviceId id = id(exchange);
        return bare(() -> onDevice(
                exchange.caller(),
                Access.Operation.READ_TELEMETRY,
                id,
                device -> keys(Stages.await(telemetry.latest(device)).value())));
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
                return json(PayloadJson.timeseries(
                        Stages.await(telemetry.latest(device)).value(), strictTypes));
            }
            List<Reading> found = Stages.await(telemetry.latest(device, keys)).value();
            return json(PayloadJson.latest(keys, found, clock.millis(), strictTypes));
        }));
    }

    Response history(Exchange exchange) {
        DeviceId id = id(exchange);
        exchange.required("startTs", "Long");
        exchange.required("endTs", "Long");
        long startTs = exchange.whole("startTs").orElseThrow();
        long endTs = exchange.whole("endTs").orElseThrow();
        long limit = exchange.whole("limit").orElse((long) HistoryQuery.LIMIT_DEFAULT);
        if (limit < 1 || limit > TelemetryStore.POINTS_MAX) {
            throw bad("Parameter 'limit' must be from 1 to " + TelemetryStore.POINTS_MAX + ": " + limit);
        }
        boolean ascending =
                oneOf(exchange, "orderBy", "DESC", Set.of("ASC", "DESC")).equals("ASC");
        Aggregation aggregation = oneOf(exchange, "agg", Aggregation.NONE, Aggregation.values());
        long interval = exchange.whole("interval").orElse(0L);
        Optional<Buckets.Width.Calendar> calendar = calendar(exchange);
        boolean strictTypes = exchange.flag("useStrictDataTypes", false);
        List<String> keys = keysWanted(exchange);
        return bare(() -> {
            boolean isRaw = aggregation == Aggregation.NONE || (interval == 0 && calendar.isEmpty());
            HistoryQuery query = isRaw
                    ? HistoryQuery.raw(keys, startTs, endTs, (int) limit, ascending)
                    : calendar.map(width -> HistoryQuery.calendar(keys, startTs, endTs, aggregation, width))
                            .orElseGet(() -> HistoryQuery.fixed(keys, startTs, endTs, aggregation, interval));
            return onDevice(
                    exchange.caller(),
                    Access.Operation.READ_TELEMETRY,
                    id,
                    device -> json(PayloadJson.timeseries(
                            Stages.await(telemetry.history(device, query)).value(), strictTypes)));
        });
    }

    private static Optional<Buckets.Width.Calendar> calendar(Exchange exchange) {
        String type = exchange.query("intervalType").orElse(MILLISECONDS);
        String zone = exchange.query("timeZone").orElse("");
        if (type.equals(MILLISECONDS)) {
            return Optional.empty();
        }
        Buckets.Unit unit = oneOf(exchange, "intervalType", Buckets.Unit.WEEK, Buckets.Unit.values());
        try {
            return Optional.of(
                    new Buckets.Width.Calendar(unit, zone.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(zone)));
        } catch (DateTimeException e) {
            throw bad("Parameter 'timeZone' must name a time zone: " + zone);
        }
    }

    /** The body is checked before the device. */
    Response saveTimeseries(Exchange exchange) {
        DeviceId id = id(exchange);
        long ttl = ttl(exchange);
        return bare(() -> {
            long now = clock.millis();
            List<Reading> values = LenientJson.restTelemetry(exchange.bytes(), now);
            values.forEach(value -> refuseMarkup("key", value.key()));
            long expiresAt = ttl == 0
                    ? TelemetryStore.NEVER
                    : now + Duration.ofSeconds(ttl).toMillis();
            return onDevice(exchange.caller(), Access.Operation.WRITE_TELEMETRY, id, device -> {
                Stages.await(telemetry.save(device, values, expiresAt));
                return Response.empty();
            });
        });
    }

    /** Seconds; 0: for ever. */
    private static long ttl(Exchange exchange) {
        String text = exchange.pathOr("ttl", "0");
        try {
            long ttl = Long.parseLong(text);
            if (ttl >= 0 && ttl <= TTL_MAX) {
                return ttl;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw bad("The time to live must be from 0 to " + TTL_MAX + " seconds: " + text);
    }

    Response deleteTimeseries(Exchange exchange) {
        DeviceId id = id(exchange);
        boolean isAll = exchange.flag("deleteAllDataForKeys", false);
        Optional<Long> startTs = exchange.whole("startTs");
        Optional<Long> endTs = exchange.whole("endTs");
        boolean latest = exchange.flag("deleteLatest", true);
        boolean rewrite = exchange.flag("rewriteLatestIfDeleted", false);
        List<String> keys = keysWanted(exchange);
        return bare(() -> {
            refuseNone(keys);
            if (!isAll && (startTs.isEmpty() || endTs.isEmpty())) {
                throw bad("When deleteAllDataForKeys is false, start and end timestamp values shouldn't be empty");
            }
            Erase erase = isAll
                    ? new Erase(keys, 0, clock.millis() + 1, latest, rewrite)
                    : new Erase(keys, startTs.orElseThrow(), endTs.orElseThrow(), latest, rewrite);
            return onDevice(exchange.caller(), Access.Operation.WRITE_TELEMETRY, id, device -> {
                Stages.await(telemetry.erase(device, erase));
                return Response.empty();
            });
        });
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
            values.forEach(TelemetryResource::refuseMarkup);
            return onDevice(exchange.caller(), Access.Operation.WRITE_ATTRIBUTES, id, device -> {
                Stages.await(telemetry.saveAttributes(device, scope, values));
                return Response.empty();
            });
        });
    }

    Response deleteAttributes(Exchange exchange) {
        DeviceId id = id(exchange);
        Scope scope = scope(exchange.path("scope"));
        List<String> keys = keysWanted(exchange);
        return bare(() -> {
            refuseNone(keys);
            return onDevice(exchange.caller(), Access.Operation.WRITE_ATTRIBUTES, id, device -> {
                Stages.await(telemetry.deleteAttributes(device, scope, keys));
                return Response.empty();
            });
        });
    }

    private static void refuseNone(List<String> keys) {
        if (keys.isEmpty()) {
            throw bad("Empty keys: []");
        }
    }

    private static void refuseMarkup(Reading attribute) {
        refuseMarkup("key", attribute.key());
        if (attribute.value() instanceof Value.Text(String text)) {
            refuseMarkup("value", text);
        }
    }

    private static void refuseMarkup(String name, String text) {
        if (MARKUP.matcher(text).find()) {
            throw bad("Validation error: " + name + " is malformed");
        }
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

    private static <E extends Enum<E>> E oneOf(Exchange exchange, String name, E absent, E[] allowed) {
        Optional<String> value = exchange.query(name);
        if (value.isEmpty()) {
            return absent;
        }
        for (E each : allowed) {
            if (each.name().equals(value.get())) {
                return each;
            }
        }
        throw bad("Parameter '" + name + "' must be one of " + Arrays.toString(allowed) + ": " + value.get());
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
