package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.ALL;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.events.Event;
import io.signalbox.events.EventKind;
import io.signalbox.events.EventQuery;
import io.signalbox.events.EventStore;
import io.signalbox.identity.Access;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceService;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** Events of devices (REST API §13). */
final class EventResource implements Resource {
    private static final String DEVICE = "DEVICE";

    /** Who writes events: one server has all devices. */
    private static final String SERVER = "signalbox";

    private final DeviceService devices;
    private final EventStore events;

    EventResource(DeviceService devices, EventStore events) {
        this.devices = devices;
        this.events = events;
    }

    @Override
    public void routes(RouteTable table) {
        String entity = "/api/events/:entityType/:entityId";
        table.json(GET, entity, ALL, exchange -> list(exchange, EventKind.LC_EVENT, Optional.empty()));
        table.json(GET, entity + "/:eventType", ALL, exchange -> list(exchange, kind(exchange), Optional.empty()));
        table.json(POST, entity, ALL, this::filtered);
        table.json(POST, entity + "/clear", ALL, this::clear);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = all.section("Events", "What went wrong with devices");
        String entity = "/api/events/:entityType/:entityId";
        String filter = "{\"eventType\":\"ERROR\",\"method\":\"telemetry\",\"errorStr\":\"JSON\"}";
        paged(section.call(GET, entity, "lifecycleEvents", "Lists events of the kind LC_EVENT"));
        paged(section.call(GET, entity + "/:eventType", "events", "Lists events of a kind"))
                .notes(
                        "A device has events of the kind ERROR: messages that were no JSON, or not what was expected. The"
                                + " newest 1,000 are kept, for some days.");
        paged(section.call(POST, entity, "filteredEvents", "Lists events that fit a filter"))
                .takesJson(Kind.OBJECT, filter);
        timed(section.call(POST, entity + "/clear", "clearEvents", "Deletes events that fit a filter"))
                .takesJson(Kind.OBJECT, filter)
                .fails(BAD_REQUEST, "There is no such kind")
                .fails(NOT_FOUND, NO_DEVICE);
    }

    private static Description paged(Description call) {
        return timed(call)
                .requiredQuery("tenantId", Kind.UUID, "<tenantId>", "The caller's")
                .requiredQuery("pageSize", Kind.WHOLE, "10", "Events of a page")
                .requiredQuery("page", Kind.WHOLE, "0", "Number of the page, from 0")
                .query("textSearch", Kind.TEXT, "", "In the error")
                .query("sortProperty", Kind.TEXT, "", "createdTime, ts or id")
                .query("sortOrder", Kind.TEXT, "", "ASC (when absent) or DESC")
                .answersJson(Kind.OBJECT, "{\"data\":[],\"totalPages\":0,\"totalElements\":0,\"hasNext\":false}")
                .fails(BAD_REQUEST, "There is no such kind, page or order")
                .fails(NOT_FOUND, NO_DEVICE);
    }

    private static Description timed(Description call) {
        return call.query("startTime", Kind.WHOLE, "", "At or after, epoch milliseconds")
                .query("endTime", Kind.WHOLE, "", "At or before");
    }

    private Response filtered(Exchange exchange) {
        Body filter = exchange.body();
        return list(exchange, kind(filter.text("eventType").orElse("")), Optional.of(filter));
    }

    private Response list(Exchange exchange, EventKind kind, Optional<Body> filter) {
        Device device = allowed(exchange, Access.Operation.READ);
        Body.uuid(exchange.required("tenantId", "String"));
        Paging paging = Paging.of(exchange);
        String search = paging.textSearch().orElse("").toLowerCase(Locale.ROOT);
        List<Event> found = fitting(exchange, device, kind, filter).stream()
                .filter(event -> event.error().toLowerCase(Locale.ROOT).contains(search))
                .sorted(order(paging))
                .toList();
        List<Event> page = found.stream()
                .skip((long) paging.page() * paging.pageSize())
                .limit(paging.pageSize())
                .toList();
        return paging.answer(page, found.size(), (json, event) -> write(json, device, event));
    }

    private List<Event> fitting(Exchange exchange, Device device, EventKind kind, Optional<Body> filter) {
        return kind == EventKind.ERROR && isOfServer(filter) ? events.find(query(exchange, device, filter)) : List.of();
    }

    private Response clear(Exchange exchange) {
        Body filter = exchange.body();
        EventKind kind = kind(filter.text("eventType").orElse(""));
        Device device = allowed(exchange, Access.Operation.WRITE);
        if (kind == EventKind.ERROR && isOfServer(Optional.of(filter))) {
            events.clear(query(exchange, device, Optional.of(filter)));
        }
        return Response.empty();
    }

    private static boolean isOfServer(Optional<Body> filter) {
        return filter.flatMap(body -> body.text("server")).stream().allMatch(SERVER::contains);
    }

    private static EventQuery query(Exchange exchange, Device device, Optional<Body> filter) {
        return new EventQuery(
                device.number(),
                exchange.whole("startTime").orElse(0L),
                exchange.whole("endTime").orElse(Long.MAX_VALUE),
                filter.flatMap(body -> body.text("method")).orElse(""),
                filter.flatMap(body -> body.text("errorStr")).orElse(""));
    }

    private static Comparator<Event> order(Paging paging) {
        Comparator<Event> order = switch (paging.sortProperty().orElse("createdTime")) {
            case "createdTime", "ts" -> Comparator.comparingLong(Event::time).thenComparing(Event::id);
            case "id" -> Comparator.comparing(Event::id);
            default -> throw new Rejected(BAD_REQUEST, "Invalid sort property");
        };
        return paging.ascending() ? order : order.reversed();
    }

    private Device allowed(Exchange exchange, Access.Operation operation) {
        String type = exchange.path("entityType");
        if (!type.equals(DEVICE)) {
            throw new Rejected(BAD_REQUEST, "EntityType '" + type + "' is not supported!");
        }
        DeviceId id = new DeviceId(exchange.uuid("entityId"));
        Optional<Device> device = devices.find(id);
        Access.device(exchange.caller(), operation, device).orReject("Device", id);
        return device.orElseThrow();
    }

    private static EventKind kind(Exchange exchange) {
        return kind(exchange.path("eventType"));
    }

    private static EventKind kind(String name) {
        return EventKind.named(name)
                .orElseThrow(() -> new Rejected(BAD_REQUEST, "Event type: '" + name + "' is not supported!"));
    }

    private static void write(JsonGenerator json, Device device, Event event) {
        json.writeStartObject();
        json.writeObjectPropertyStart("id");
        json.writeStringProperty("id", event.id().toString());
        json.writeEndObject();
        json.writeNumberProperty("createdTime", event.time());
        Json.writeId(json, "tenantId", "TENANT", device.tenant().uuid());
        json.writeStringProperty("type", EventKind.ERROR.name());
        json.writeStringProperty("uid", event.id().toString());
        Json.writeId(json, "entityId", DEVICE, device.id().uuid());
        json.writeObjectPropertyStart("body");
        json.writeStringProperty("server", SERVER);
        json.writeStringProperty("method", event.method());
        json.writeStringProperty("error", event.error());
        json.writeEndObject();
        json.writeEndObject();
    }
}
