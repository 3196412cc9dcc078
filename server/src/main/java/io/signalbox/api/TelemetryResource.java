package io.signalbox.api;

import static io.signalbox.api.Descriptions.KEYS;
import static io.signalbox.api.Descriptions.NO_ENTITY;
import static io.signalbox.api.Route.ALL;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.HasValues;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.LenientJson;
import io.signalbox.payload.MalformedPayload;
import io.signalbox.payload.PayloadJson;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;

/**
 * Attributes and time series of devices and other entities (telemetry API part A).
 *
 * <p>Refusals that concern the device or the values are bare text, those that concern the URL the usual error object.
 */
final class TelemetryResource implements Resource {
    private static final String MILLISECONDS = "MILLISECONDS";

    /** Seconds; a hundred years. */
    private static final long TTL_MAX = 100L * 366 * 24 * 60 * 60;

    /** A tag, as in the fields of entities. */
    private static final Pattern MARKUP = Pattern.compile("<[A-Za-z/!?]");

    /** Kinds that clients know and of which there is none here. */
    private static final Set<String> OTHER_TYPES = Set.of("ENTITY_VIEW", "DASHBOARD", "EDGE", "RULE_CHAIN");

    private final TelemetryService telemetry;
    private final Entities entities;
    private final ChangeAudit audit;
    private final InstantSource clock;

    TelemetryResource(TelemetryService telemetry, Entities entities, ChangeAudit audit, InstantSource clock) {
        this.telemetry = telemetry;
        this.entities = entities;
        this.audit = audit;
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
        table.raw(DELETE, "/api/plugins/telemetry/:entityId/:scope", ALL, this::deleteAttributes);
        table.raw(DELETE, entity + "/:scope", ALL, this::deleteAttributes);
        table.raw(POST, entity + "/timeseries/:scope", ALL, this::saveTimeseries);
        table.raw(POST, entity + "/timeseries/:scope/:ttl", ALL, this::saveTimeseries);
        table.raw(DELETE, entity + "/timeseries/delete", ALL, this::deleteTimeseries);
    }

    @Override
    public void describe(Descriptions all) {
        String entity = "/api/plugins/telemetry/:entityType/:entityId";
        String points = "{\"temperature\":[{\"ts\":1763733600000,\"value\":\"21.5\"}]}";
        Descriptions.Section values = all.section(
                "Telemetry and attributes",
                "What devices report, and what they are to know; also of entities of other kinds");
        values.call(GET, entity + "/keys/timeseries", "timeseriesKeys", "Lists the keys of an entity's telemetry")
                .answersJson(Kind.LIST, "[\"temperature\"]")
                .fails(404, NO_ENTITY);
        values.call(GET, entity + "/values/timeseries", "timeseries", "Reads the latest values of telemetry")
                .notes("With startTs and endTs the same as .../history.")
                .query("keys", Kind.TEXT, "temperature", KEYS)
                .query("useStrictDataTypes", Kind.FLAG, "", "Values as they were sent, not as text")
                .answersListsByKey(Shapes.POINT, points)
                .fails(404, NO_ENTITY);
        values.call(GET, entity + "/values/timeseries/history", "timeseriesHistory", "Reads telemetry of a time")
                .query("keys", Kind.TEXT, "temperature", KEYS)
                .requiredQuery("startTs", Kind.WHOLE, "0", "From here on, epoch milliseconds")
                .requiredQuery("endTs", Kind.WHOLE, "4102444800000", "Before this, epoch milliseconds")
                .query("limit", Kind.WHOLE, "10", "Raw points of each key; 100 when absent")
                .query("orderBy", Kind.TEXT, "", "DESC (when absent) or ASC, of raw points; others are ascending")
                .query(
                        "agg",
                        Kind.TEXT,
                        "",
                        "NONE (when absent), MIN, MAX, AVG, SUM or COUNT: one point for each interval")
                .query("interval", Kind.WHOLE, "", "Length of an interval in milliseconds; at most 700 of them fit")
                .query("intervalType", Kind.TEXT, "", "MILLISECONDS (when absent), WEEK, WEEK_ISO, MONTH or QUARTER")
                .query("timeZone", Kind.TEXT, "", "Where weeks, months and quarters begin; the server's when absent")
                .query("useStrictDataTypes", Kind.FLAG, "", "Values as they were sent, not as text")
                .answersListsByKey(Shapes.POINT, points)
                .fails(400, "Too many intervals, or too many points")
                .fails(404, NO_ENTITY);
        saveTimeseries(values, entity + "/timeseries/:scope", "saveTimeseries");
        saveTimeseries(values, entity + "/timeseries/:scope/:ttl", "saveTimeseriesWithTtl");
        values.call(DELETE, entity + "/timeseries/delete", "deleteTimeseries", "Deletes telemetry of some keys")
                .query("keys", Kind.TEXT, "humidity", KEYS)
                .query("deleteAllDataForKeys", Kind.FLAG, "true", "All until now; else the range is needed")
                .query("startTs", Kind.WHOLE, "", "From here on, epoch milliseconds")
                .query("endTs", Kind.WHOLE, "", "Before this, epoch milliseconds")
                .query("deleteLatest", Kind.FLAG, "", "Whether a latest value in the range goes, too; true when absent")
                .query(
                        "rewriteLatestIfDeleted",
                        Kind.FLAG,
                        "",
                        "Whether the newest point left is the latest value then")
                .fails(400, "No keys, or no range")
                .fails(404, NO_ENTITY);
        values.call(GET, entity + "/keys/attributes", "attributeKeys", "Lists the keys of an entity's attributes")
                .answersJson(Kind.LIST, "[\"targetTemperature\"]")
                .fails(404, NO_ENTITY);
        values.call(GET, entity + "/keys/attributes/:scope", "attributeKeysOfScope", "Lists the keys of one scope")
                .answersJson(Kind.LIST, "[\"targetTemperature\"]")
                .fails(404, NO_ENTITY);
        values.call(GET, entity + "/values/attributes", "attributes", "Reads an entity's attributes")
                .query("keys", Kind.TEXT, "targetTemperature", KEYS)
                .answersList(Shapes.ATTRIBUTE)
                .fails(404, NO_ENTITY);
        values.call(GET, entity + "/values/attributes/:scope", "attributesOfScope", "Reads the attributes of one scope")
                .query("keys", Kind.TEXT, "targetTemperature", KEYS)
                .answersList(Shapes.ATTRIBUTE)
                .fails(404, NO_ENTITY);
        saveAttributes(values, "/api/plugins/telemetry/:entityId/:scope", "saveDeviceAttributes");
        saveAttributes(values, entity + "/:scope", "saveAttributes");
        saveAttributes(values, entity + "/attributes/:scope", "saveAttributesOfScope");
        deleteAttributes(values, "/api/plugins/telemetry/:entityId/:scope", "deleteDeviceAttributes");
        deleteAttributes(values, entity + "/:scope", "deleteAttributes");
    }

    private static void saveTimeseries(Descriptions.Section values, String path, String name) {
        values.call(POST, path, name, "Keeps telemetry for an entity")
                .notes(
                        "An object, a list of them, or {\"ts\":…,\"values\":{…}}. With 200 it is on disk. The scope may be any"
                                + " text; the time to live is in seconds, 0 for ever.")
                .takesJson(Kind.ANY, "{\"temperature\":21.5}")
                .fails(400, "The body is no such JSON")
                .fails(404, NO_ENTITY);
    }

    private static void deleteAttributes(Descriptions.Section values, String path, String name) {
        values.call(DELETE, path, name, "Deletes attributes of an entity")
                .notes("A device hears of those of SHARED_SCOPE.")
                .query("keys", Kind.TEXT, "humidity", KEYS)
                .fails(400, "No keys")
                .fails(404, NO_ENTITY);
    }

    private static void saveAttributes(Descriptions.Section values, String path, String name) {
        values.call(POST, path, name, "Sets attributes of an entity")
                .notes("A device hears of those of SHARED_SCOPE. CLIENT_SCOPE is the device's own.")
                .takesJson(Kind.OBJECT, "{\"targetTemperature\":21.5}")
                .fails(400, "The body is no JSON object, or the scope is CLIENT_SCOPE")
                .fails(404, NO_ENTITY);
    }

    Response timeseriesKeys(Exchange exchange) {
        EntityId id = id(exchange);
        return bare(() -> onEntity(
                exchange.caller(),
                Access.Operation.READ_TELEMETRY,
                id,
                entity -> keys(Stages.await(telemetry.latest(entity.values())).value())));
    }

    /** The latest values, or history when the range is given. */
    Response timeseries(Exchange exchange) {
        if (exchange.query("startTs").isPresent() && exchange.query("endTs").isPresent()) {
            return history(exchange);
        }
        EntityId id = id(exchange);
        boolean strictTypes = exchange.flag("useStrictDataTypes", false);
        List<String> keys = keysWanted(exchange);
        return bare(() -> onEntity(exchange.caller(), Access.Operation.READ_TELEMETRY, id, entity -> {
            if (keys.isEmpty()) {
                return json(PayloadJson.timeseries(
                        Stages.await(telemetry.latest(entity.values())).value(), strictTypes));
            }
            List<Reading> found =
                    Stages.await(telemetry.latest(entity.values(), keys)).value();
            return json(PayloadJson.latest(keys, found, clock.millis(), strictTypes));
        }));
    }

    Response history(Exchange exchange) {
        EntityId id = id(exchange);
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
            return onEntity(
                    exchange.caller(),
                    Access.Operation.READ_TELEMETRY,
                    id,
                    entity -> json(PayloadJson.timeseries(
                            Stages.await(telemetry.history(entity.values(), query))
                                    .value(),
                            strictTypes)));
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
        EntityId id = id(exchange);
        long ttl = ttl(exchange);
        return bare(() -> {
            long now = clock.millis();
            List<Reading> values = LenientJson.restTelemetry(exchange.bytes(), now);
            values.forEach(value -> refuseMarkup("key", value.key()));
            long expiresAt = ttl == 0
                    ? TelemetryStore.NEVER
                    : now + Duration.ofSeconds(ttl).toMillis();
            return onEntity(
                    exchange.caller(),
                    Access.Operation.WRITE_TELEMETRY,
                    id,
                    entity -> audit.of(
                                    exchange,
                                    AuditAction.TIMESERIES_UPDATED,
                                    id.type().name(),
                                    id.uuid())
                            .behind(_ -> saved(entity, values), () -> {
                                Stages.await(telemetry.save(entity.values(), values, expiresAt));
                                return Response.empty();
                            }));
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
        EntityId id = id(exchange);
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
            return onEntity(
                    exchange.caller(),
                    Access.Operation.WRITE_TELEMETRY,
                    id,
                    entity -> audit.of(
                                    exchange,
                                    AuditAction.TIMESERIES_DELETED,
                                    id.type().name(),
                                    id.uuid())
                            .behind(_ -> erased(entity, erase), () -> {
                                Stages.await(telemetry.erase(entity.values(), erase));
                                return Response.empty();
                            }));
        });
    }

    Response attributeKeys(Exchange exchange) {
        EntityId id = id(exchange);
        List<Scope> scopes = scopes(exchange);
        return bare(() -> onEntity(
                exchange.caller(),
                Access.Operation.READ_ATTRIBUTES,
                id,
                entity -> keys(attributes(entity.values(), scopes, List.of()))));
    }

    Response attributes(Exchange exchange) {
        EntityId id = id(exchange);
        List<Scope> scopes = scopes(exchange);
        List<String> keys = keysWanted(exchange);
        return bare(() -> onEntity(exchange.caller(), Access.Operation.READ_ATTRIBUTES, id, entity -> {
            List<Reading> found = attributes(entity.values(), scopes, keys);
            audit.read(exchange, AuditAction.ATTRIBUTES_READ, id.type().name(), read(entity, scopes, keys));
            return json(PayloadJson.attributesList(found));
        }));
    }

    private List<Reading> attributes(HasValues entity, List<Scope> scopes, List<String> keys) {
        List<Reading> found = new ArrayList<>();
        for (Scope scope : scopes) {
            found.addAll(Stages.await(
                    keys.isEmpty() ? telemetry.attributes(entity, scope) : telemetry.attributes(entity, scope, keys)));
        }
        return found;
    }

    /** The body is checked before the device. */
    Response saveAttributes(Exchange exchange) {
        EntityId id = id(exchange);
        Scope scope = scope(exchange.path("scope"));
        if (scope == Scope.CLIENT_SCOPE) {
            return Response.text(400, "Invalid scope: " + scope);
        }
        return bare(() -> {
            List<Reading> values = LenientJson.restAttributes(exchange.bytes(), clock.millis());
            values.forEach(TelemetryResource::refuseMarkup);
            return onEntity(
                    exchange.caller(),
                    Access.Operation.WRITE_ATTRIBUTES,
                    id,
                    entity -> audit.of(
                                    exchange,
                                    AuditAction.ATTRIBUTES_UPDATED,
                                    id.type().name(),
                                    id.uuid())
                            .committed(Object.class, _ -> saved(entity, scope, values), () -> {
                                Stages.await(telemetry.saveAttributes(entity.values(), scope, values));
                                return Response.empty();
                            }));
        });
    }

    Response deleteAttributes(Exchange exchange) {
        EntityId id = id(exchange);
        Scope scope = scope(exchange.path("scope"));
        List<String> keys = keysWanted(exchange);
        return bare(() -> {
            refuseNone(keys);
            return onEntity(
                    exchange.caller(),
                    Access.Operation.WRITE_ATTRIBUTES,
                    id,
                    entity -> audit.of(
                                    exchange,
                                    AuditAction.ATTRIBUTES_DELETED,
                                    id.type().name(),
                                    id.uuid())
                            .committed(Object.class, _ -> deleted(entity, scope, keys), () -> {
                                Stages.await(telemetry.deleteAttributes(entity.values(), scope, keys));
                                return Response.empty();
                            }));
        });
    }

    // ------------------------------------------------------------------------------------------ for the audit log

    /** Values are text there, whatever they are. */
    private static ChangeAudit.Done saved(Subject entity, Scope scope, List<Reading> values) {
        return about(entity, json -> {
            json.writeStringProperty("scope", scope.name());
            json.writeObjectPropertyStart("attributes");
            values.forEach(value -> json.writeStringProperty(value.key(), PayloadJson.text(value.value())));
            json.writeEndObject();
        });
    }

    private static ChangeAudit.Done saved(Subject entity, List<Reading> values) {
        Map<Long, List<Reading>> byTime =
                values.stream().collect(Collectors.groupingBy(Reading::ts, LinkedHashMap::new, Collectors.toList()));
        return about(entity, json -> {
            json.writeArrayPropertyStart("timeseries");
            byTime.forEach((ts, readings) -> {
                json.writeStartObject();
                json.writeNumberProperty("ts", ts);
                json.writeObjectPropertyStart("values");
                readings.forEach(value -> json.writeStringProperty(value.key(), PayloadJson.text(value.value())));
                json.writeEndObject();
                json.writeEndObject();
            });
            json.writeEndArray();
        });
    }

    private static ChangeAudit.Done deleted(Subject entity, Scope scope, List<String> keys) {
        return about(entity, json -> {
            json.writeStringProperty("scope", scope.name());
            writeList(json, "attributes", keys);
        });
    }

    private static ChangeAudit.Done read(Subject entity, List<Scope> scopes, List<String> keys) {
        return about(entity, json -> {
            writeList(json, "scopes", scopes.stream().map(Scope::name).toList());
            writeList(json, "attributes", keys);
        });
    }

    private static ChangeAudit.Done erased(Subject entity, Erase erase) {
        return about(entity, json -> {
            writeList(json, "timeseries", erase.keys());
            json.writeNumberProperty("startTs", erase.startTs());
            json.writeNumberProperty("endTs", erase.endTs());
        });
    }

    private static void writeList(JsonGenerator json, String name, List<String> texts) {
        json.writeArrayPropertyStart(name);
        texts.forEach(json::writeString);
        json.writeEndArray();
    }

    private static ChangeAudit.Done about(Subject entity, Consumer<JsonGenerator> what) {
        return new ChangeAudit.Done(entity.id().uuid(), entity.name(), json -> {
            json.writeStringProperty("entityId", entity.id().uuid().toString());
            what.accept(json);
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

    static void refuseMarkup(String name, String text) {
        if (MARKUP.matcher(text).find()) {
            throw bad("Validation error: " + name + " is malformed");
        }
    }

    /** Whose values a call is about. */
    private record Subject(EntityId id, String name, HasValues values) {}

    private Response onEntity(
            Caller caller, Access.Operation operation, EntityId id, Function<Subject, Response> answer) {
        Entities.Found found = entities.find(caller, operation, id);
        if (found.verdict() != Access.Verdict.ALLOWED) {
            return refused(found.verdict(), id);
        }
        return switch (operation) {
            case WRITE_ATTRIBUTES, WRITE_TELEMETRY ->
                entities.toWrite(id)
                        .map(values -> answer.apply(new Subject(id, found.name(), values)))
                        .orElseGet(() -> refused(Access.Verdict.MISSING, id));
            default -> answer.apply(new Subject(id, found.name(), entities.toRead(id)));
        };
    }

    private static Response refused(Access.Verdict verdict, EntityId id) {
        return Response.text(verdict.code().httpStatus(), verdict.text(id.type().title()));
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

    private static EntityId id(Exchange exchange) {
        String type = exchange.pathOr("entityType", EntityType.DEVICE.name());
        UUID id = exchange.uuid("entityId");
        if (OTHER_TYPES.contains(type)) {
            throw new Rejected(ErrorCode.NOT_IMPLEMENTED, "Telemetry of this type is not implemented yet: " + type);
        }
        try {
            return new EntityId(EntityType.valueOf(type), id);
        } catch (IllegalArgumentException e) {
            throw bad("EntityType '" + type + "' is not supported!");
        }
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
