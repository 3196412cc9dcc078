package io.signalbox.api;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.Uuids;
import io.signalbox.registry.DeviceInfo;
import tools.jackson.core.JsonGenerator;

/** Devices as the REST API writes them (§5.1). */
final class DeviceJson {
    private DeviceJson() {}

    static void write(JsonGenerator json, Device device) {
        json.writeStartObject();
        writeMembers(json, device);
        json.writeEndObject();
    }

    static void write(JsonGenerator json, DeviceInfo info) {
        json.writeStartObject();
        writeMembers(json, info.device());
        Json.writeText(json, "customerTitle", info.customerTitle());
        json.writeBooleanProperty("customerIsPublic", info.isCustomerPublic());
        json.writeStringProperty("deviceProfileName", info.device().type());
        json.writeBooleanProperty("active", info.isActive());
        json.writeEndObject();
    }

    private static void writeMembers(JsonGenerator json, Device device) {
        Json.writeId(json, "id", "DEVICE", device.id().uuid());
        json.writeNumberProperty("createdTime", device.createdTime());
        Json.writeId(json, "tenantId", "TENANT", device.tenant().uuid());
        Json.writeId(
                json,
                "customerId",
                "CUSTOMER",
                device.customer().map(CustomerId::uuid).orElse(Uuids.NULL));
        json.writeStringProperty("name", device.name());
        json.writeStringProperty("type", device.type());
        Json.writeText(json, "label", device.label());
        Json.writeId(json, "deviceProfileId", "DEVICE_PROFILE", device.profile().uuid());
        json.writeName("deviceData");
        json.writeRawValue(device.deviceData());
        json.writeNullProperty("firmwareId");
        json.writeNullProperty("softwareId");
        json.writeNullProperty("externalId");
        json.writeNumberProperty("version", device.version());
        Json.writeRaw(json, "additionalInfo", device.additionalInfo());
    }
}
