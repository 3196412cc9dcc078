package io.signalbox.api;

/** What the server says about itself (REST API §15). */
final class SystemResource {
    /** The version of the reference whose API we speak: clients look at it. */
    private static final String COMPATIBLE_VERSION = "4.3.0";

    private final String version;

    SystemResource(String version) {
        this.version = version;
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
