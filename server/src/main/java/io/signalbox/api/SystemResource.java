package io.signalbox.api;

import static io.signalbox.api.Route.ALL;
import static io.vertx.core.http.HttpMethod.GET;

/** What the server says about itself (REST API §15). */
final class SystemResource implements Resource {
    /** The version of the reference whose API we speak: clients look at it. */
    private static final String COMPATIBLE_VERSION = "4.3.0";

    private final String version;

    SystemResource(String version) {
        this.version = version;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/system/info", ALL, this::info);
    }

    @Override
    public void describe(Descriptions all) {
        all.section("Server", "What the server says about itself")
                .call(GET, "/api/system/info", "systemInfo", "Reads versions")
                .answers(Shapes.SYSTEM_INFO);
    }

    Response info(Exchange exchange) {
        return Response.json(json -> {
            json.writeStartObject();
            json.writeStringProperty("version", COMPATIBLE_VERSION);
            json.writeStringProperty("artifact", "application");
            json.writeStringProperty("name", "Signalbox");
            json.writeStringProperty("type", "CE");
            json.writeStringProperty("signalboxVersion", version);
            json.writeEndObject();
        });
    }
}
