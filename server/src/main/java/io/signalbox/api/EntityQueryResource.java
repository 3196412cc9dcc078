package io.signalbox.api;

import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.EntityQueries.Matches;
import io.signalbox.api.EntityQueryJson.Parsed;
import io.signalbox.api.Shape.Kind;
import io.signalbox.payload.JsonBytes;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What sockets ask of entities, asked once (REST API §12). */
final class EntityQueryResource implements Resource {
    private final EntityQueries entities;

    EntityQueryResource(EntityQueries entities) {
        this.entities = entities;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/entitiesQuery/find", TENANT_AND_CUSTOMER, this::find);
        table.json(POST, "/api/entitiesQuery/count", TENANT_AND_CUSTOMER, this::count);
    }

    @Override
    public void describe(Descriptions all) {
        String query =
                "{\"entityFilter\":{\"type\":\"deviceType\",\"deviceTypes\":[\"default\"],\"deviceNameFilter\":\"\"},"
                        + "\"pageLink\":{\"pageSize\":10,\"page\":0},\"entityFields\":[{\"type\":\"ENTITY_FIELD\",\"key\":\"name\"}],"
                        + "\"latestValues\":[{\"type\":\"TIME_SERIES\",\"key\":\"temperature\"}]}";
        String page =
                "{\"data\":[{\"entityId\":{\"entityType\":\"DEVICE\",\"id\":\"784f394c-42b6-435a-983c-b7beff2784f9\"},"
                        + "\"latest\":{\"ENTITY_FIELD\":{\"name\":{\"ts\":1763733600000,\"value\":\"Thermostat\"}}},\"timeseries\":{},"
                        + "\"aggLatest\":{}}],\"totalPages\":1,\"totalElements\":1,\"hasNext\":false}";
        Descriptions.Section queries = all.section("Queries", "Devices by what they are and by their values");
        queries.call(POST, "/api/entitiesQuery/find", "findEntities", "Finds devices, with some of their values")
                .notes("Entities of other types are not found. /api/ws follows the same query.")
                .takesJson(Kind.OBJECT, query)
                .answersJson(Kind.OBJECT, page)
                .fails(
                        BAD_REQUEST,
                        "The query makes no sense, or has to look at the values of more than 100,000 devices");
        queries.call(POST, "/api/entitiesQuery/count", "countEntities", "Counts devices")
                .takesJson(Kind.OBJECT, query)
                .answersJson(Kind.WHOLE, "1")
                .fails(
                        BAD_REQUEST,
                        "The query makes no sense, or has to look at the values of more than 100,000 devices");
    }

    Response find(Exchange exchange) {
        Parsed asked = EntityQueryJson.parse(Json.read(exchange.bytes()));
        Matches matches = entities.find(exchange.caller(), asked.query());
        List<String> found = new ArrayList<>();
        for (EntityValues values : entities.values(exchange.caller(), matches.page(), asked.keys())) {
            JsonBytes out = new JsonBytes(256);
            WsJson.entity(out, values.device(), values.cells(asked.keys()), List.of());
            found.add(out.toString());
        }
        return new Response(200, "application/json", Buffer.buffer(WsJson.page(found, matches)), Map.of());
    }

    Response count(Exchange exchange) {
        Parsed asked = EntityQueryJson.parse(Json.read(exchange.bytes()));
        long count = entities.count(exchange.caller(), asked.query());
        return Response.json(json -> json.writeNumber(count));
    }
}
