package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceProfile;
import io.signalbox.registry.DeviceProfileFields;
import io.signalbox.registry.DeviceProfileService;
import io.signalbox.registry.DeviceService;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.core.JsonGenerator;

/** Device profiles (REST API §8). Callers have a tenant. What a profile says of transports and alarms is kept as given. */
final class DeviceProfileResource implements Resource {
    private static final String NO_PROFILE = "There is no such profile";
    private static final String DEVICE_PROFILE = "DEVICE_PROFILE";

    /** Members that are kept for clients; nothing here looks at them. */
    private static final List<String> EXTRAS = List.of(
            "image",
            "defaultRuleChainId",
            "defaultDashboardId",
            "defaultQueueName",
            "firmwareId",
            "softwareId",
            "defaultEdgeRuleChainId");

    private final DeviceProfileService profiles;
    private final DeviceService devices;
    private final ChangeAudit audit;

    DeviceProfileResource(DeviceProfileService profiles, DeviceService devices, ChangeAudit audit) {
        this.profiles = profiles;
        this.devices = devices;
        this.audit = audit;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/deviceProfiles", TENANT, this::all);
        table.json(GET, "/api/deviceProfileInfos", TENANT_AND_CUSTOMER, this::infos);
        table.json(GET, "/api/deviceProfileInfos/list", TENANT, this::infosByIds);
        table.json(GET, "/api/deviceProfile/names", TENANT_AND_CUSTOMER, this::names);
        table.json(GET, "/api/deviceProfileInfo/default", TENANT_AND_CUSTOMER, this::defaultInfo);
        table.json(GET, "/api/deviceProfileInfo/:deviceProfileId", TENANT_AND_CUSTOMER, this::info);
        table.json(GET, "/api/deviceProfile/:deviceProfileId", TENANT, this::read);
        table.json(POST, "/api/deviceProfile", TENANT, this::save);
        table.raw(POST, "/api/deviceProfile/:deviceProfileId/default", TENANT, this::makeDefault);
        table.json(DELETE, "/api/deviceProfile/:deviceProfileId", TENANT, this::delete);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section =
                all.section("Device profiles", "Kinds of devices, and what is said of all of a kind");
        section.call(GET, "/api/deviceProfiles", "deviceProfiles", "Lists the profiles of the tenant")
                .answersPage(Shapes.DEVICE_PROFILE)
                .fails(BAD_REQUEST, "There is no such page or order");
        section.call(GET, "/api/deviceProfileInfos", "deviceProfileInfos", "Lists the profiles of the tenant in short")
                .query("transportType", Kind.TEXT, "", "Of this transport only")
                .answersPage(Shapes.DEVICE_PROFILE_INFO)
                .fails(BAD_REQUEST, "There is no such page, order or transport");
        section.call(GET, "/api/deviceProfileInfos/list", "deviceProfileInfosByIds", "Reads some profiles in short")
                .notes("Those that the caller does not see are left out.")
                .requiredQuery("deviceProfileIds", Kind.TEXT, "<deviceProfileId>", "Identifiers, with commas")
                .answersList(Shapes.DEVICE_PROFILE_INFO);
        section.call(GET, "/api/deviceProfile/names", "deviceProfileNames", "Lists the names of all profiles")
                .query("activeOnly", Kind.FLAG, "", "Only of those that devices have")
                .answersList(Shapes.ENTITY_NAME);
        section.call(
                        GET,
                        "/api/deviceProfileInfo/default",
                        "defaultDeviceProfileInfo",
                        "Reads the default profile in short")
                .answers(Shapes.DEVICE_PROFILE_INFO);
        section.call(GET, "/api/deviceProfileInfo/:deviceProfileId", "deviceProfileInfo", "Reads a profile in short")
                .answers(Shapes.DEVICE_PROFILE_INFO)
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(GET, "/api/deviceProfile/:deviceProfileId", "readDeviceProfile", "Reads a profile")
                .answers(Shapes.DEVICE_PROFILE)
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(POST, "/api/deviceProfile", "saveDeviceProfile", "Makes or changes a profile")
                .notes("Without an id a new one. A save replaces all of it.")
                .takes(
                        Shapes.DEVICE_PROFILE,
                        "{\"name\":\"<newName>\",\"type\":\"DEFAULT\",\"transportType\":\"DEFAULT\",\"provisionType\":\"DISABLED\","
                                + "\"profileData\":{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"}}}")
                .answers(Shapes.DEVICE_PROFILE)
                .fails(BAD_REQUEST, "The name or the key is missing or taken, or devices hold it to another transport")
                .fails(NOT_FOUND, NO_PROFILE)
                .fails(VERSION_CONFLICT, CHANGED);
        section.call(
                        POST,
                        "/api/deviceProfile/:deviceProfileId/default",
                        "makeDeviceProfileDefault",
                        "Makes a profile the default")
                .answers(Shapes.DEVICE_PROFILE)
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(DELETE, "/api/deviceProfile/:deviceProfileId", "deleteDeviceProfile", "Deletes a profile")
                .fails(BAD_REQUEST, "It is the default, or devices have it")
                .fails(NOT_FOUND, NO_PROFILE);
    }

    private Response all(Exchange exchange) {
        return Paging.list(
                exchange,
                link -> profiles.profiles(tenant(exchange), Optional.empty(), link),
                DeviceProfileResource::write);
    }

    private Response infos(Exchange exchange) {
        Optional<DeviceProfile.Transport> transport = exchange.query("transportType")
                .filter(text -> !text.isEmpty())
                .map(text -> Body.word(DeviceProfile.Transport.class, "transportType", text));
        return Paging.list(
                exchange,
                link -> profiles.profiles(tenant(exchange), transport, link),
                DeviceProfileResource::writeInfo);
    }

    private Response infosByIds(Exchange exchange) {
        return Response.list(
                profiles.profiles(
                        tenant(exchange),
                        exchange.uuids("deviceProfileIds").stream()
                                .map(DeviceProfileId::new)
                                .toList()),
                DeviceProfileResource::writeInfo);
    }

    private Response names(Exchange exchange) {
        return Response.list(profiles.names(tenant(exchange), exchange.flag("activeOnly", false)), (json, profile) -> {
            json.writeStartObject();
            Json.writeId(json, "id", "DEVICE_PROFILE", profile.id().uuid());
            json.writeStringProperty("name", profile.name());
            json.writeEndObject();
        });
    }

    private Response defaultInfo(Exchange exchange) {
        DeviceProfile profile = devices.defaultProfile(tenant(exchange));
        return Response.json(json -> writeInfo(json, profile));
    }

    private Response info(Exchange exchange) {
        DeviceProfile profile = profiles.profile(tenant(exchange), id(exchange));
        return Response.json(json -> writeInfo(json, profile));
    }

    private Response read(Exchange exchange) {
        return json(profiles.profile(tenant(exchange), id(exchange)));
    }

    private Response save(Exchange exchange) {
        Body body = exchange.body();
        DeviceProfileFields fields = new DeviceProfileFields(
                body.text("name").orElse(""),
                body.text("description").orElse(""),
                body.flag("default").orElse(false),
                settings(body));
        Optional<DeviceProfileId> id = body.id("id").map(DeviceProfileId::new);
        AuditAction action = id.isPresent() ? AuditAction.UPDATED : AuditAction.ADDED;
        return json(changed(
                exchange,
                action,
                id,
                () -> id.isEmpty()
                        ? profiles.create(tenant(exchange), fields)
                        : profiles.update(tenant(exchange), id.get(), fields, body.whole("version"))));
    }

    private DeviceProfile changed(
            Exchange exchange, AuditAction action, Optional<DeviceProfileId> id, Supplier<DeviceProfile> change) {
        return audit.of(exchange, action, DEVICE_PROFILE, id.map(DeviceProfileId::uuid))
                .committed(
                        DeviceProfile.class,
                        saved -> ChangeAudit.Done.entity(saved.id().uuid(), saved.name(), json -> write(json, saved)),
                        change);
    }

    private static DeviceProfile.Settings settings(Body body) {
        Node data = body.value("profileData").orElseThrow(() -> bad("Validation error: profileData must not be null"));
        DeviceProfile.Transport transport = body.text("transportType")
                .map(text -> Body.word(DeviceProfile.Transport.class, "transportType", text))
                .orElse(DeviceProfile.Transport.DEFAULT);
        DeviceProfile.Provision provision = body.text("provisionType")
                .map(text -> Body.word(DeviceProfile.Provision.class, "provisionType", text))
                .orElse(DeviceProfile.Provision.DISABLED);
        if (!body.text("type").orElse("DEFAULT").equals("DEFAULT")) {
            throw bad("Invalid request body: 'type' must be DEFAULT");
        }
        refuseOther(Body.of(data), "transportConfiguration", transport.name());
        refuseOther(Body.of(data), "provisionConfiguration", provision.name());
        return new DeviceProfile.Settings(
                transport,
                provision,
                body.text("provisionDeviceKey").filter(key -> !key.isEmpty()),
                Json.text(data::write),
                Json.text(json -> {
                    json.writeStartObject();
                    for (String name : EXTRAS) {
                        body.value(name).ifPresent(value -> {
                            json.writeName(name);
                            value.write(json);
                        });
                    }
                    json.writeEndObject();
                }));
    }

    /** What is said of a transport must be said of that of the profile. */
    private static void refuseOther(Body data, String member, String type) {
        data.value(member)
                .flatMap(configuration -> Body.of(configuration).text("type"))
                .filter(given -> !given.equals(type))
                .ifPresent(given -> {
                    throw bad("Invalid request body: 'profileData." + member + ".type' must be " + type + ": " + given);
                });
    }

    private Response makeDefault(Exchange exchange) {
        return json(changed(
                exchange,
                AuditAction.UPDATED,
                Optional.of(id(exchange)),
                () -> profiles.makeDefault(tenant(exchange), id(exchange))));
    }

    private Response delete(Exchange exchange) {
        DeviceProfileId id = id(exchange);
        return audit.of(exchange, AuditAction.DELETED, DEVICE_PROFILE, id.uuid())
                .committed(Integer.class, _ -> ChangeAudit.Done.named(id.uuid(), ""), () -> {
                    profiles.delete(tenant(exchange), id);
                    return Response.empty();
                });
    }

    private static TenantId tenant(Exchange exchange) {
        return DeviceResource.tenant(exchange.caller());
    }

    private static DeviceProfileId id(Exchange exchange) {
        return new DeviceProfileId(exchange.uuid("deviceProfileId"));
    }

    private static Response json(DeviceProfile profile) {
        return Response.json(json -> write(json, profile));
    }

    private static void write(JsonGenerator json, DeviceProfile profile) {
        DeviceProfile.Settings settings = profile.settings();
        json.writeStartObject();
        Json.writeId(json, "id", "DEVICE_PROFILE", profile.id().uuid());
        json.writeNumberProperty("createdTime", profile.createdTime());
        Json.writeId(json, "tenantId", "TENANT", profile.tenant().uuid());
        json.writeStringProperty("name", profile.name());
        json.writeStringProperty("description", profile.description());
        json.writeBooleanProperty("default", profile.isDefault());
        json.writeStringProperty("type", "DEFAULT");
        json.writeStringProperty("transportType", settings.transport().name());
        json.writeStringProperty("provisionType", settings.provision().name());
        json.writeName("profileData");
        json.writeRawValue(settings.data());
        Json.writeText(json, "provisionDeviceKey", settings.provisionKey());
        Map<String, Node> extras = extras(profile);
        EXTRAS.forEach(name -> writeExtra(json, extras, name));
        json.writeNullProperty("externalId");
        json.writeNumberProperty("version", profile.version());
        json.writeEndObject();
    }

    private static void writeInfo(JsonGenerator json, DeviceProfile profile) {
        Map<String, Node> extras = extras(profile);
        json.writeStartObject();
        Json.writeId(json, "id", "DEVICE_PROFILE", profile.id().uuid());
        Json.writeId(json, "tenantId", "TENANT", profile.tenant().uuid());
        json.writeStringProperty("name", profile.name());
        writeExtra(json, extras, "image");
        writeExtra(json, extras, "defaultDashboardId");
        json.writeStringProperty("type", "DEFAULT");
        json.writeStringProperty("transportType", profile.settings().transport().name());
        json.writeEndObject();
    }

    private static Map<String, Node> extras(DeviceProfile profile) {
        return Json.read(profile.settings().extras()) instanceof Node.Members(Map<String, Node> members)
                ? members
                : Map.of();
    }

    private static void writeExtra(JsonGenerator json, Map<String, Node> extras, String name) {
        json.writeName(name);
        extras.getOrDefault(name, new Node.Null()).write(json);
    }

    private static Rejected bad(String text) {
        return new Rejected(BAD_REQUEST, text);
    }
}
