package io.signalbox.api;

import io.signalbox.api.EntityQueries.Matches;
import io.signalbox.api.EntityQueries.Query;
import io.signalbox.device.Device;
import io.signalbox.payload.JsonBytes;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What sockets ask of entities, asked once (REST API §12). */
final class EntityQueryResource {
    private final EntityQueries entities;

    EntityQueryResource(EntityQueries entities) {
        this.entities = entities;
    }

    Response find(Exchange exchange) {
        Query query = EntityQueries.parse(Json.read(exchange.bytes()));
        Matches matches = entities.find(exchange.caller(), query);
        List<String> found = new ArrayList<>();
        for (Device device : matches.page()) {
            JsonBytes out = new JsonBytes(256);
            WsJson.entity(out, device, entities.values(device, query.keys()).values(), List.of());
            found.add(out.toString());
        }
        return new Response(200, "application/json", Buffer.buffer(WsJson.page(found, matches)), Map.of());
    }

    Response count(Exchange exchange) {
        long count = entities.count(exchange.caller(), EntityQueries.parse(Json.read(exchange.bytes())));
        return Response.json(json -> json.writeNumber(count));
    }
}
