package io.signalbox.store.sql;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.registry.DeviceProfile;

/** Rows of device profiles. */
final class DeviceProfiles {
    /** Selects what {@link #read} reads; conditions follow. */
    static final String SELECT = "SELECT p.id, p.created_time, t.id AS tenant_id, p.name, p.description, p.is_default,"
            + " p.transport, p.provision, p.provision_key, p.data, p.extras, p.version"
            + " FROM device_profile p JOIN tenant t ON t.number = p.tenant ";

    static final ProfileTable<DeviceProfile> TABLE = new ProfileTable<>(
            new ProfileTable.Words("device", "Device profile", "device_profile", "device"),
            SELECT,
            DeviceProfiles::read);

    private DeviceProfiles() {}

    static DeviceProfile read(Row row) {
        return new DeviceProfile(
                new DeviceProfileId(row.uuid("id")),
                row.number("created_time"),
                new TenantId(row.uuid("tenant_id")),
                row.text("name"),
                row.text("description"),
                row.flag("is_default"),
                new DeviceProfile.Settings(
                        DeviceProfile.Transport.valueOf(row.text("transport")),
                        DeviceProfile.Provision.valueOf(row.text("provision")),
                        row.textIfAny("provision_key"),
                        row.text("data"),
                        row.text("extras")),
                row.number("version"));
    }

    static void insert(Sql sql, DeviceProfile profile) {
        DeviceProfile.Settings settings = profile.settings();
        sql.update(
                "INSERT INTO device_profile (id, created_time, tenant, name, search_text, description, is_default,"
                        + " transport, provision, provision_key, data, extras, version)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                profile.id().uuid(),
                profile.createdTime(),
                Tenants.require(sql, profile.tenant()),
                profile.name(),
                SearchText.of(profile.name()),
                profile.description(),
                profile.isDefault(),
                settings.transport().name(),
                settings.provision().name(),
                settings.provisionKey(),
                settings.data(),
                settings.extras());
    }
}
