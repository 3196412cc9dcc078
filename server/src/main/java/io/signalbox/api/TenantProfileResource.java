package io.signalbox.api;

import static io.signalbox.api.Route.SYSTEM;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.TenantProfileId;
import io.signalbox.identity.TenantProfile;
import io.signalbox.identity.TenantProfiles;
import io.signalbox.ops.Rejected;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** Tenant profiles (REST API §11). The system administrator's. */
final class TenantProfileResource implements Resource {
    private static final String NO_PROFILE = "There is no such profile";

    /** What a profile must name, though it is not heeded: clients copy the default one. */
    private static final List<String> POSITIVE = List.of(
            "maxDataPointsPerRollingArg", "maxRelatedEntitiesToReturnPerCfArgument", "maxRelationLevelPerCfArgument");

    private final TenantProfiles profiles;
    private final TenantRates rates;

    TenantProfileResource(TenantProfiles profiles, TenantRates rates) {
        this.profiles = profiles;
        this.rates = rates;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/tenantProfiles", SYSTEM, this::all);
        table.json(GET, "/api/tenantProfiles/list", SYSTEM, this::byIds);
        table.json(GET, "/api/tenantProfileInfos", SYSTEM, this::infos);
        table.json(GET, "/api/tenantProfileInfo/default", SYSTEM, this::defaultInfo);
        table.json(GET, "/api/tenantProfileInfo/:tenantProfileId", SYSTEM, this::info);
        table.json(GET, "/api/tenantProfile/:tenantProfileId", SYSTEM, this::read);
        table.json(POST, "/api/tenantProfile", SYSTEM, this::save);
        table.raw(POST, "/api/tenantProfile/:tenantProfileId/default", SYSTEM, this::makeDefault);
        table.json(DELETE, "/api/tenantProfile/:tenantProfileId", SYSTEM, this::delete);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = all.section("Tenant profiles", "What tenants may have");
        section.call(GET, "/api/tenantProfiles", "tenantProfiles", "Lists profiles")
                .answersPage(Shapes.TENANT_PROFILE)
                .fails(BAD_REQUEST, "There is no such page or order");
        section.call(GET, "/api/tenantProfiles/list", "tenantProfilesByIds", "Reads some profiles")
                .requiredQuery("ids", Kind.TEXT, "<tenantProfileId>", "Identifiers, with commas")
                .answersList(Shapes.TENANT_PROFILE);
        section.call(GET, "/api/tenantProfileInfos", "tenantProfileInfos", "Lists profiles in short")
                .answersPage(Shapes.TENANT_PROFILE_INFO)
                .fails(BAD_REQUEST, "There is no such page or order");
        section.call(
                        GET,
                        "/api/tenantProfileInfo/default",
                        "defaultTenantProfileInfo",
                        "Reads the default profile in short")
                .answers(Shapes.TENANT_PROFILE_INFO);
        section.call(GET, "/api/tenantProfileInfo/:tenantProfileId", "tenantProfileInfo", "Reads a profile in short")
                .answers(Shapes.TENANT_PROFILE_INFO)
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(GET, "/api/tenantProfile/:tenantProfileId", "readTenantProfile", "Reads a profile")
                .answers(Shapes.TENANT_PROFILE)
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(POST, "/api/tenantProfile", "saveTenantProfile", "Makes or changes a profile")
                .notes(
                        "Heeded of profileData.configuration are maxDevices, maxAssets, maxCustomers, maxUsers and rpcTtlDays, where 0 is"
                                + " no limit, and tenantServerRestLimitsConfiguration and customerServerRestLimitsConfiguration,"
                                + " like 100:1,2000:60: so many calls in so many seconds. The rest is kept as given.")
                .takes(
                        Shapes.TENANT_PROFILE,
                        "{\"name\":\"<newName>\",\"profileData\":{\"configuration\":{\"type\":\"DEFAULT\",\"maxDevices\":100,"
                                + "\"maxDataPointsPerRollingArg\":1000,\"maxRelatedEntitiesToReturnPerCfArgument\":100,"
                                + "\"maxRelationLevelPerCfArgument\":10}}}")
                .answers(Shapes.TENANT_PROFILE)
                .fails(BAD_REQUEST, "The name is missing or taken, or a limit is no number")
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(
                        POST,
                        "/api/tenantProfile/:tenantProfileId/default",
                        "makeTenantProfileDefault",
                        "Makes a profile that of the tenants for whom nobody named one")
                .answers(Shapes.TENANT_PROFILE)
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(DELETE, "/api/tenantProfile/:tenantProfileId", "deleteTenantProfile", "Deletes a profile")
                .fails(BAD_REQUEST, "It is the default, or tenants have it")
                .fails(NOT_FOUND, NO_PROFILE);
    }

    private Response all(Exchange exchange) {
        return Paging.list(exchange, profiles::profiles, TenantProfileResource::write);
    }

    private Response byIds(Exchange exchange) {
        return Response.list(
                profiles.profiles(
                        exchange.uuids("ids").stream().map(TenantProfileId::new).toList()),
                TenantProfileResource::write);
    }

    private Response infos(Exchange exchange) {
        return Paging.list(exchange, profiles::profiles, TenantProfileResource::writeInfo);
    }

    private Response defaultInfo(Exchange exchange) {
        TenantProfile profile = profiles.defaultProfile();
        return Response.json(json -> writeInfo(json, profile));
    }

    private Response info(Exchange exchange) {
        TenantProfile profile = profiles.profile(id(exchange));
        return Response.json(json -> writeInfo(json, profile));
    }

    private Response read(Exchange exchange) {
        return json(profiles.profile(id(exchange)));
    }

    private Response save(Exchange exchange) {
        Body body = exchange.body();
        Node data = body.value("profileData")
                .orElseThrow(() -> new Rejected(BAD_REQUEST, "Validation error: profileData must not be null"));
        Body configuration = Body.of(Body.of(data)
                .value("configuration")
                .orElseThrow(() -> new Rejected(BAD_REQUEST, "Validation error: configuration must not be null")));
        List<String> missing = POSITIVE.stream()
                .filter(name -> configuration.whole(name).orElse(0L) <= 0)
                .map(name -> name + " must be greater than 0")
                .toList();
        if (!missing.isEmpty()) {
            throw new Rejected(BAD_REQUEST, "Validation error: " + String.join(", ", missing));
        }
        TenantRates.check(configuration);
        TenantProfile saved = profiles.save(
                body.id("id").map(TenantProfileId::new),
                body.text("name").orElse(""),
                body.text("description").orElse(""),
                body.flag("isolatedTbRuleEngine").orElse(false),
                Json.text(data::write),
                new TenantProfile.Limits(
                        limit(configuration, "maxDevices"),
                        limit(configuration, "maxAssets"),
                        limit(configuration, "maxCustomers"),
                        limit(configuration, "maxUsers"),
                        limit(configuration, "rpcTtlDays")));
        rates.refresh();
        return json(saved);
    }

    private static long limit(Body configuration, String name) {
        long limit = configuration.whole(name).orElse(0L);
        if (limit < 0 || limit > Integer.MAX_VALUE) {
            throw new Rejected(BAD_REQUEST, "Validation error: " + name + " must be from 0 to " + Integer.MAX_VALUE);
        }
        return limit;
    }

    private Response makeDefault(Exchange exchange) {
        TenantProfile made = profiles.makeDefault(id(exchange));
        rates.refresh();
        return json(made);
    }

    private Response delete(Exchange exchange) {
        profiles.delete(id(exchange));
        return Response.empty();
    }

    private static TenantProfileId id(Exchange exchange) {
        return new TenantProfileId(exchange.uuid("tenantProfileId"));
    }

    private static Response json(TenantProfile profile) {
        return Response.json(json -> write(json, profile));
    }

    private static void write(JsonGenerator json, TenantProfile profile) {
        json.writeStartObject();
        Json.writeId(json, "id", "TENANT_PROFILE", profile.id().uuid());
        json.writeNumberProperty("createdTime", profile.createdTime());
        json.writeStringProperty("name", profile.name());
        json.writeStringProperty("description", profile.description());
        json.writeBooleanProperty("default", profile.isDefault());
        json.writeBooleanProperty("isolatedTbRuleEngine", profile.isIsolated());
        json.writeName("profileData");
        json.writeRawValue(profile.data());
        json.writeEndObject();
    }

    private static void writeInfo(JsonGenerator json, TenantProfile profile) {
        json.writeStartObject();
        Json.writeId(json, "id", "TENANT_PROFILE", profile.id().uuid());
        json.writeStringProperty("name", profile.name());
        json.writeEndObject();
    }
}
