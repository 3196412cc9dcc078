package io.signalbox.api;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Uuids;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetInfo;
import tools.jackson.core.JsonGenerator;

/** Assets as the REST API writes them (§12). */
final class AssetJson {
    private AssetJson() {}

    static void write(JsonGenerator json, Asset asset) {
        json.writeStartObject();
        writeMembers(json, asset);
        json.writeEndObject();
    }

    static void write(JsonGenerator json, AssetInfo info) {
        json.writeStartObject();
        writeMembers(json, info.asset());
        Json.writeText(json, "customerTitle", info.customerTitle());
        json.writeBooleanProperty("customerIsPublic", info.isCustomerPublic());
        json.writeStringProperty("assetProfileName", info.asset().type());
        json.writeEndObject();
    }

    private static void writeMembers(JsonGenerator json, Asset asset) {
        Json.writeId(json, "id", "ASSET", asset.id().uuid());
        json.writeNumberProperty("createdTime", asset.createdTime());
        Json.writeId(json, "tenantId", "TENANT", asset.tenant().uuid());
        Json.writeId(
                json,
                "customerId",
                "CUSTOMER",
                asset.customer().map(CustomerId::uuid).orElse(Uuids.NULL));
        json.writeStringProperty("name", asset.name());
        json.writeStringProperty("type", asset.type());
        Json.writeText(json, "label", asset.label());
        Json.writeId(json, "assetProfileId", "ASSET_PROFILE", asset.profile().uuid());
        json.writeNullProperty("externalId");
        json.writeNumberProperty("version", asset.version());
        Json.writeRaw(json, "additionalInfo", asset.additionalInfo());
    }
}
