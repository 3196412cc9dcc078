package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_TENANT;
import static io.signalbox.api.Route.ADMINS;
import static io.signalbox.api.Route.SYSTEM;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.device.TenantId;
import io.signalbox.identity.SaveTenant;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.Tenants;
import java.util.UUID;

/** Tenants (REST API §11). */
final class TenantResource implements Resource {
    /** There is one tenant profile, {@code Default}, and it limits nothing. */
    private static final UUID DEFAULT_PROFILE = UUID.fromString("13814000-1dd2-11b2-8080-000000000001");

    private final Tenants tenants;

    TenantResource(Tenants tenants) {
        this.tenants = tenants;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/tenant", SYSTEM, this::save);
        table.json(GET, "/api/tenant/:tenantId", ADMINS, this::read);
        table.json(DELETE, "/api/tenant/:tenantId", ADMINS, this::delete);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section tenants = all.section("Tenants", "Who owns devices, customers and users");
        tenants.call(POST, "/api/tenant", "saveTenant", "Makes or changes a tenant")
                .takes(Shapes.TENANT, "{\"title\":\"Acme\",\"country\":\"Germany\"}")
                .answers(Shapes.TENANT)
                .fails(NOT_FOUND, NO_TENANT)
                .fails(VERSION_CONFLICT, CHANGED);
        tenants.call(GET, "/api/tenant/:tenantId", "readTenant", "Reads a tenant")
                .answers(Shapes.TENANT)
                .fails(NOT_FOUND, NO_TENANT);
        tenants.call(DELETE, "/api/tenant/:tenantId", "deleteTenant", "Deletes a tenant and all it owns")
                .fails(NOT_FOUND, NO_TENANT);
    }

    Response read(Exchange exchange) {
        return json(tenants.read(exchange.caller(), new TenantId(exchange.uuid("tenantId"))));
    }

    Response save(Exchange exchange) {
        Body body = exchange.body();
        return json(tenants.save(
                exchange.caller(),
                new SaveTenant(
                        body.id("id").map(TenantId::new),
                        body.text("title").orElse(""),
                        body.text("email").filter(email -> !email.isEmpty()),
                        Contact.read(body),
                        body.object("additionalInfo"),
                        body.whole("version"))));
    }

    Response delete(Exchange exchange) {
        tenants.delete(exchange.caller(), new TenantId(exchange.uuid("tenantId")));
        return Response.empty();
    }

    private static Response json(Tenant tenant) {
        return Response.json(json -> {
            json.writeStartObject();
            Json.writeId(json, "id", "TENANT", tenant.id().uuid());
            json.writeNumberProperty("createdTime", tenant.createdTime());
            json.writeStringProperty("title", tenant.title());
            json.writeStringProperty("name", tenant.title());
            json.writeStringProperty("region", "Global");
            Json.writeId(json, "tenantProfileId", "TENANT_PROFILE", DEFAULT_PROFILE);
            Contact.write(json, tenant.contact());
            json.writeNumberProperty("version", tenant.version());
            Json.writeRaw(json, "additionalInfo", tenant.additionalInfo());
            json.writeEndObject();
        });
    }
}
