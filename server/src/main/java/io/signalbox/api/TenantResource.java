package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_TENANT;
import static io.signalbox.api.Route.ADMINS;
import static io.signalbox.api.Route.SYSTEM;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import io.signalbox.identity.Listings;
import io.signalbox.identity.SaveTenant;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.TenantProfile;
import io.signalbox.identity.TenantProfiles;
import io.signalbox.identity.Tenants;
import tools.jackson.core.JsonGenerator;

/** Tenants (REST API §11). */
final class TenantResource implements Resource {
    private static final String TENANT = "TENANT";

    private final Tenants tenants;
    private final Listings listings;
    private final TenantProfiles profiles;
    private final TenantRates rates;
    private final ChangeAudit audit;

    TenantResource(Tenants tenants, Listings listings, TenantProfiles profiles, TenantRates rates, ChangeAudit audit) {
        this.tenants = tenants;
        this.listings = listings;
        this.profiles = profiles;
        this.rates = rates;
        this.audit = audit;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/tenants", SYSTEM, this::all);
        table.json(GET, "/api/tenantInfos", SYSTEM, this::infos);
        table.json(GET, "/api/tenants/list", ADMINS, this::byIds);
        table.json(GET, "/api/tenant/info/:tenantId", ADMINS, this::info);
        table.json(POST, "/api/tenant", SYSTEM, this::save);
        table.json(GET, "/api/tenant/:tenantId", ADMINS, this::read);
        table.json(DELETE, "/api/tenant/:tenantId", ADMINS, this::delete);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section tenants = all.section("Tenants", "Who owns devices, customers and users");
        tenants.call(GET, "/api/tenants", "tenants", "Lists tenants")
                .answersPage(Shapes.TENANT)
                .fails(BAD_REQUEST, "There is no such page or order");
        tenants.call(GET, "/api/tenantInfos", "tenantInfos", "Lists tenants, with more about each")
                .answersPage(Shapes.TENANT_INFO)
                .fails(BAD_REQUEST, "There is no such page or order");
        tenants.call(GET, "/api/tenants/list", "tenantsByIds", "Reads some tenants")
                .notes("Those that the caller does not see are left out.")
                .requiredQuery("tenantIds", Kind.TEXT, "<tenantId>", "Identifiers, with commas")
                .answersList(Shapes.TENANT);
        tenants.call(GET, "/api/tenant/info/:tenantId", "readTenantInfo", "Reads a tenant, with more about it")
                .answers(Shapes.TENANT_INFO)
                .fails(NOT_FOUND, NO_TENANT);
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

    private Response all(Exchange exchange) {
        return Paging.list(exchange, link -> listings.tenants(exchange.caller(), link), this::write);
    }

    private Response infos(Exchange exchange) {
        return Paging.list(exchange, link -> listings.tenants(exchange.caller(), link), this::writeInfo);
    }

    private Response byIds(Exchange exchange) {
        return Response.list(
                listings.tenants(
                        exchange.caller(),
                        exchange.uuids("tenantIds").stream().map(TenantId::new).toList()),
                this::write);
    }

    Response read(Exchange exchange) {
        return json(tenants.read(exchange.caller(), new TenantId(exchange.uuid("tenantId"))));
    }

    private Response info(Exchange exchange) {
        Tenant tenant = tenants.read(exchange.caller(), new TenantId(exchange.uuid("tenantId")));
        return Response.json(json -> writeInfo(json, tenant));
    }

    Response save(Exchange exchange) {
        Body body = exchange.body();
        SaveTenant wish = new SaveTenant(
                body.id("id").map(TenantId::new),
                body.text("title").orElse(""),
                body.text("email").filter(email -> !email.isEmpty()),
                Contact.read(body),
                body.object("additionalInfo"),
                body.id("tenantProfileId").map(TenantProfileId::new),
                body.whole("version"));
        AuditAction action = wish.id().isPresent() ? AuditAction.UPDATED : AuditAction.ADDED;
        return json(audit.of(exchange, action, TENANT, wish.id().map(TenantId::uuid))
                .behind(
                        saved -> ChangeAudit.Done.entity(saved.id().uuid(), saved.title(), json -> write(json, saved)),
                        () -> {
                            Tenant saved = tenants.save(exchange.caller(), wish);
                            rates.refresh();
                            return saved;
                        }));
    }

    Response delete(Exchange exchange) {
        TenantId id = new TenantId(exchange.uuid("tenantId"));
        return audit.of(exchange, AuditAction.DELETED, TENANT, id.uuid())
                .behind(_ -> ChangeAudit.Done.named(id.uuid(), ""), () -> {
                    tenants.delete(exchange.caller(), id);
                    return Response.empty();
                });
    }

    private Response json(Tenant tenant) {
        return Response.json(json -> write(json, tenant));
    }

    private void write(JsonGenerator json, Tenant tenant) {
        json.writeStartObject();
        writeMembers(json, tenant, profiles.of(tenant));
        json.writeEndObject();
    }

    private void writeInfo(JsonGenerator json, Tenant tenant) {
        TenantProfile profile = profiles.of(tenant);
        json.writeStartObject();
        writeMembers(json, tenant, profile);
        json.writeStringProperty("tenantProfileName", profile.name());
        json.writeEndObject();
    }

    private static void writeMembers(JsonGenerator json, Tenant tenant, TenantProfile profile) {
        Json.writeId(json, "id", "TENANT", tenant.id().uuid());
        json.writeNumberProperty("createdTime", tenant.createdTime());
        json.writeStringProperty("title", tenant.title());
        json.writeStringProperty("name", tenant.title());
        json.writeStringProperty("region", "Global");
        Json.writeId(json, "tenantProfileId", "TENANT_PROFILE", profile.id().uuid());
        Contact.write(json, tenant.contact());
        json.writeNumberProperty("version", tenant.version());
        Json.writeRaw(json, "additionalInfo", tenant.additionalInfo());
    }
}
