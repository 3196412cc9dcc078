package io.signalbox.api;

import static io.signalbox.ops.ErrorCode.BAD_REQUEST;

import io.signalbox.device.AssetProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.registry.AssetProfile;
import io.signalbox.registry.AssetProfileFields;
import io.signalbox.registry.AssetProfileService;
import io.signalbox.registry.AssetService;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** Asset profiles (REST API §12), in all as device profiles are. */
final class AssetProfileResource extends ProfileResource<AssetProfile, AssetProfileId> {
    private static final Extras EXTRAS = new Extras(
            List.of("image", "defaultRuleChainId", "defaultDashboardId", "defaultQueueName", "defaultEdgeRuleChainId"));

    private final AssetProfileService profiles;

    AssetProfileResource(AssetProfileService profiles, AssetService assets, ChangeAudit audit) {
        super(
                new ProfileKind(
                        "assetProfile",
                        "ASSET_PROFILE",
                        "Asset profiles",
                        "Kinds of assets",
                        "assets",
                        Shapes.ASSET_PROFILE,
                        Shapes.ASSET_PROFILE_INFO),
                profiles,
                AssetProfileId::new,
                assets::defaultProfile,
                AssetProfile.class,
                audit);
        this.profiles = profiles;
    }

    @Override
    void describeSave(Description call) {
        call.takes(Shapes.ASSET_PROFILE, "{\"name\":\"<newName>\",\"description\":\"Where people work\"}")
                .fails(BAD_REQUEST, "The name is missing or taken");
    }

    @Override
    Listed<AssetProfile> list(TenantId tenant, PageLink link) {
        return profiles.profiles(tenant, link);
    }

    @Override
    AssetProfile save(TenantId tenant, Body body) {
        AssetProfileFields fields = new AssetProfileFields(
                body.text("name").orElse(""),
                body.text("description").orElse(""),
                body.flag("default").orElse(false),
                EXTRAS.read(body));
        Optional<AssetProfileId> id = body.id("id").map(AssetProfileId::new);
        return id.isEmpty()
                ? profiles.create(tenant, fields)
                : profiles.update(tenant, id.get(), fields, body.whole("version"));
    }

    @Override
    void write(JsonGenerator json, AssetProfile profile) {
        json.writeStartObject();
        Json.writeId(json, "id", "ASSET_PROFILE", profile.id().uuid());
        json.writeNumberProperty("createdTime", profile.createdTime());
        Json.writeId(json, "tenantId", "TENANT", profile.tenant().uuid());
        json.writeStringProperty("name", profile.name());
        json.writeStringProperty("description", profile.description());
        json.writeBooleanProperty("default", profile.isDefault());
        EXTRAS.write(json, profile.extras());
        json.writeNullProperty("externalId");
        json.writeNumberProperty("version", profile.version());
        json.writeEndObject();
    }

    @Override
    void writeInfo(JsonGenerator json, AssetProfile profile) {
        json.writeStartObject();
        Json.writeId(json, "id", "ASSET_PROFILE", profile.id().uuid());
        Json.writeId(json, "tenantId", "TENANT", profile.tenant().uuid());
        json.writeStringProperty("name", profile.name());
        Extras.write(json, profile.extras(), List.of("image", "defaultDashboardId"));
        json.writeEndObject();
    }
}
