package io.signalbox.api;

import static io.signalbox.ops.ErrorCode.BAD_REQUEST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceProfile;
import io.signalbox.registry.DeviceProfileFields;
import io.signalbox.registry.DeviceProfileService;
import io.signalbox.registry.DeviceService;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** Device profiles (REST API §8). What a profile says of transports and alarms is kept as given. */
final class DeviceProfileResource extends ProfileResource<DeviceProfile, DeviceProfileId> {
    private static final Extras EXTRAS = new Extras(List.of(
            "image",
            "defaultRuleChainId",
            "defaultDashboardId",
            "defaultQueueName",
            "firmwareId",
            "softwareId",
            "defaultEdgeRuleChainId"));

    private final DeviceProfileService profiles;

    DeviceProfileResource(DeviceProfileService profiles, DeviceService devices, ChangeAudit audit) {
        super(
                new ProfileKind(
                        "deviceProfile",
                        "DEVICE_PROFILE",
                        "Device profiles",
                        "Kinds of devices, and what is said of all of a kind",
                        "devices",
                        Shapes.DEVICE_PROFILE,
                        Shapes.DEVICE_PROFILE_INFO),
                profiles,
                DeviceProfileId::new,
                devices::defaultProfile,
                DeviceProfile.class,
                audit);
        this.profiles = profiles;
    }

    @Override
    void describeInfos(Description call) {
        call.query("transportType", Kind.TEXT, "", "Of this transport only");
    }

    @Override
    void describeSave(Description call) {
        call.takes(
                        Shapes.DEVICE_PROFILE,
                        "{\"name\":\"<newName>\",\"type\":\"DEFAULT\",\"transportType\":\"DEFAULT\",\"provisionType\":\"DISABLED\","
                                + "\"profileData\":{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"}}}")
                .fails(BAD_REQUEST, "The name or the key is missing or taken, or devices hold it to another transport");
    }

    @Override
    Listed<DeviceProfile> list(TenantId tenant, PageLink link) {
        return profiles.profiles(tenant, Optional.empty(), link);
    }

    @Override
    Response infos(Exchange exchange) {
        Optional<DeviceProfile.Transport> transport = exchange.query("transportType")
                .filter(text -> !text.isEmpty())
                .map(text -> Body.word(DeviceProfile.Transport.class, "transportType", text));
        return Paging.list(exchange, link -> profiles.profiles(tenant(exchange), transport, link), this::writeInfo);
    }

    @Override
    DeviceProfile save(TenantId tenant, Body body) {
        DeviceProfileFields fields = new DeviceProfileFields(
                body.text("name").orElse(""),
                body.text("description").orElse(""),
                body.flag("default").orElse(false),
                settings(body));
        Optional<DeviceProfileId> id = body.id("id").map(DeviceProfileId::new);
        return id.isEmpty()
                ? profiles.create(tenant, fields)
                : profiles.update(tenant, id.get(), fields, body.whole("version"));
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
                EXTRAS.read(body));
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

    @Override
    void write(JsonGenerator json, DeviceProfile profile) {
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
        EXTRAS.write(json, settings.extras());
        json.writeNullProperty("externalId");
        json.writeNumberProperty("version", profile.version());
        json.writeEndObject();
    }

    @Override
    void writeInfo(JsonGenerator json, DeviceProfile profile) {
        json.writeStartObject();
        Json.writeId(json, "id", "DEVICE_PROFILE", profile.id().uuid());
        Json.writeId(json, "tenantId", "TENANT", profile.tenant().uuid());
        json.writeStringProperty("name", profile.name());
        Extras.write(json, profile.settings().extras(), List.of("image", "defaultDashboardId"));
        json.writeStringProperty("type", "DEFAULT");
        json.writeStringProperty("transportType", profile.settings().transport().name());
        json.writeEndObject();
    }

    private static Rejected bad(String text) {
        return new Rejected(BAD_REQUEST, text);
    }
}
