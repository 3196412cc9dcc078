package io.signalbox.api;

import static io.signalbox.api.Route.ALL;
import static io.signalbox.api.Route.TENANT;
import static io.vertx.core.http.HttpMethod.GET;

import io.signalbox.api.Shape.Kind;
import io.signalbox.identity.Usage;
import io.signalbox.identity.UsageStore;
import java.time.InstantSource;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** What clients ask for when somebody has logged in: limits, counts, the server's clock (REST API §15). */
final class ClientResource implements Resource {
    /** That a chart asks for at most. */
    private static final long DATAPOINTS_MAX = 50_000;

    /** Nothing of these is limited or counted here. */
    private static final List<String> UNCOUNTED = List.of(
            "dashboards",
            "maxDashboards",
            "edges",
            "maxEdges",
            "transportMessages",
            "maxTransportMessages",
            "jsExecutions",
            "tbelExecutions",
            "maxJsExecutions",
            "maxTbelExecutions",
            "emails",
            "maxEmails",
            "sms",
            "maxSms");

    private final UsageStore usages;
    private final boolean userTokenAccess;
    private final InstantSource clock;

    ClientResource(UsageStore usages, boolean userTokenAccess, InstantSource clock) {
        this.usages = usages;
        this.userTokenAccess = userTokenAccess;
        this.clock = clock;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/usage", TENANT, this::usage);
        table.json(GET, "/api/system/params", ALL, this::params);
        table.json(GET, "/api/dashboard/serverTime", ALL, _ -> Response.json(json -> json.writeNumber(clock.millis())));
        table.json(
                GET,
                "/api/dashboard/maxDatapointsLimit",
                ALL,
                _ -> Response.json(json -> json.writeNumber(DATAPOINTS_MAX)));
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = all.section("Server", "What the server says about itself");
        section.call(GET, "/api/usage", "usage", "Counts what the tenant has")
                .notes("A limit of 0 is none; what is not counted here is 0, too.")
                .answers(Shapes.USAGE);
        section.call(GET, "/api/system/params", "systemParams", "Reads what clients are to show")
                .answers(Shapes.SYSTEM_PARAMS);
        section.call(GET, "/api/dashboard/serverTime", "serverTime", "Reads the server's clock")
                .notes("Epoch milliseconds.")
                .answersJson(Kind.WHOLE, "1763733600000");
        section.call(
                        GET,
                        "/api/dashboard/maxDatapointsLimit",
                        "maxDatapointsLimit",
                        "Reads how many points a chart asks for at most")
                .answersJson(Kind.WHOLE, "50000");
    }

    private Response usage(Exchange exchange) {
        Usage usage = usages.usage(OwnedResource.tenant(exchange.caller()));
        return Response.json(json -> {
            json.writeStartObject();
            write(json, "devices", "maxDevices", usage.devices());
            write(json, "assets", "maxAssets", usage.assets());
            write(json, "customers", "maxCustomers", usage.customers());
            write(json, "users", "maxUsers", usage.users());
            UNCOUNTED.forEach(name -> json.writeNumberProperty(name, 0));
            json.writeBooleanProperty("smsEnabled", false);
            json.writeNumberProperty("alarms", 0);
            json.writeNumberProperty("maxAlarms", 0);
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, String name, String max, Usage.Count count) {
        json.writeNumberProperty(name, count.present());
        json.writeNumberProperty(max, count.max());
    }

    private Response params(Exchange exchange) {
        return Response.json(json -> {
            json.writeStartObject();
            json.writeBooleanProperty("userTokenAccessEnabled", userTokenAccess);
            json.writeArrayPropertyStart("allowedDashboardIds");
            json.writeEndArray();
            json.writeBooleanProperty("edgesSupportEnabled", false);
            json.writeBooleanProperty("hasRepository", false);
            json.writeBooleanProperty("tbelEnabled", false);
            json.writeBooleanProperty("persistDeviceStateToTelemetry", false);
            json.writeObjectPropertyStart("userSettings");
            json.writeArrayPropertyStart("openedMenuSections");
            json.writeEndArray();
            json.writeEndObject();
            json.writeNumberProperty("maxDatapointsLimit", DATAPOINTS_MAX);
            json.writeNumberProperty("maxResourceSize", 0);
            json.writeBooleanProperty("mobileQrEnabled", false);
            json.writeNumberProperty("maxDebugModeDurationMinutes", 0);
            json.writeNumberProperty("maxArgumentsPerCF", 0);
            json.writeEndObject();
        });
    }
}
