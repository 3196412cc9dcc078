package io.signalbox.store.sql;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.registry.DeviceProfile;
import io.signalbox.registry.DeviceProfileStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Device profiles in core.db. */
public final class SqlDeviceProfileStore implements DeviceProfileStore {
    private static final String TYPE = "Device profile";

    private static final RowList<DeviceProfile> PROFILES = new RowList<>(
            DeviceProfiles.SELECT,
            "device_profile p",
            "p.number",
            Map.of(
                    "id", "p.number",
                    "createdTime", "p.created_time",
                    "name", "p.name",
                    "type", "p.number", // there is one
                    "transportType", "p.transport",
                    "description", "p.description",
                    "isDefault", "p.is_default",
                    "default", "p.is_default"),
            DeviceProfiles::read);

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlDeviceProfileStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public Optional<DeviceProfile> profile(DeviceProfileId id) {
        return readers.read(sql -> profile(sql, id));
    }

    @Override
    public Listed<DeviceProfile> profiles(TenantId tenant, Optional<DeviceProfile.Transport> transport, PageLink link) {
        return readers.read(sql -> PROFILES.read(
                sql,
                new Conditions()
                        .and("p.tenant = (SELECT number FROM tenant WHERE id = ?)", tenant.uuid())
                        .andIf(transport.map(DeviceProfile.Transport::name), "p.transport = ?")
                        .search(link.search(), "p.search_text"),
                link));
    }

    @Override
    public List<DeviceProfile> names(TenantId tenant, boolean activeOnly) {
        String active = activeOnly ? "AND EXISTS (SELECT 1 FROM device d WHERE d.profile = p.number) " : "";
        return readers.read(sql -> sql.list(
                DeviceProfiles.SELECT + "WHERE t.id = ? " + active + "ORDER BY p.name",
                DeviceProfiles::read,
                tenant.uuid()));
    }

    @Override
    public DeviceProfile add(DeviceProfile profile) {
        return writer.write(sql -> {
            refuseTaken(sql, profile);
            if (profile.isDefault()
                    && sql.exists(
                            "SELECT 1 FROM device_profile WHERE tenant = ? AND is_default",
                            Tenants.require(sql, profile.tenant()))) {
                throw Refusals.badRequest("Another default device profile is present in scope of current tenant!");
            }
            DeviceProfiles.insert(sql, profile);
            return profile(sql, profile.id()).orElseThrow();
        });
    }

    @Override
    public DeviceProfile update(DeviceProfile profile) {
        return writer.write(sql -> {
            refuseTaken(sql, profile);
            DeviceProfile.Settings settings = profile.settings();
            if (sql.exists(
                    "SELECT 1 FROM device_profile p JOIN device d ON d.profile = p.number"
                            + " WHERE p.id = ? AND p.transport <> ?",
                    profile.id().uuid(),
                    settings.transport().name())) {
                throw Refusals.badRequest("Can't change device profile transport type because devices referenced it!");
            }
            int updated = sql.update(
                    "UPDATE device_profile SET name = ?, search_text = ?, description = ?, transport = ?, provision = ?,"
                            + " provision_key = ?, data = ?, extras = ?, version = version + 1"
                            + " WHERE id = ? AND version = ?",
                    profile.name(),
                    SearchText.of(profile.name()),
                    profile.description(),
                    settings.transport().name(),
                    settings.provision().name(),
                    settings.provisionKey(),
                    settings.data(),
                    settings.extras(),
                    profile.id().uuid(),
                    profile.version());
            Optional<DeviceProfile> saved = profile(sql, profile.id());
            if (updated == 0) {
                throw saved.isPresent() ? Refusals.conflict(TYPE) : Refusals.notFound(TYPE, profile.id());
            }
            return saved.orElseThrow();
        });
    }

    @Override
    public void delete(DeviceProfileId id) {
        writer.write(sql -> {
            DeviceProfile profile = profile(sql, id).orElseThrow(() -> Refusals.notFound(TYPE, id));
            if (profile.isDefault()) {
                throw Refusals.badRequest("Deletion of Default Device Profile is prohibited!");
            }
            if (sql.exists(
                    "SELECT 1 FROM device_profile p JOIN device d ON d.profile = p.number WHERE p.id = ?", id.uuid())) {
                throw Refusals.badRequest("The device profile referenced by the devices cannot be deleted!");
            }
            return sql.update("DELETE FROM device_profile WHERE id = ?", id.uuid());
        });
    }

    @Override
    public DeviceProfile makeDefault(DeviceProfileId id) {
        return writer.write(sql -> {
            DeviceProfile profile = profile(sql, id).orElseThrow(() -> Refusals.notFound(TYPE, id));
            if (!profile.isDefault()) {
                sql.update(
                        "UPDATE device_profile SET is_default = ?, version = version + 1 WHERE tenant = ? AND is_default",
                        false,
                        Tenants.require(sql, profile.tenant()));
                sql.update(
                        "UPDATE device_profile SET is_default = ?, version = version + 1 WHERE id = ?",
                        true,
                        id.uuid());
            }
            return profile(sql, id).orElseThrow();
        });
    }

    private static Optional<DeviceProfile> profile(Sql sql, DeviceProfileId id) {
        return sql.first(DeviceProfiles.SELECT + "WHERE p.id = ?", DeviceProfiles::read, id.uuid());
    }

    private static void refuseTaken(Sql sql, DeviceProfile profile) {
        if (sql.exists(
                "SELECT 1 FROM device_profile WHERE tenant = ? AND name = ? AND id <> ?",
                Tenants.require(sql, profile.tenant()),
                profile.name(),
                profile.id().uuid())) {
            throw Refusals.badRequest("Device profile with such name already exists!");
        }
        if (profile.settings().provisionKey().isPresent()
                && sql.exists(
                        "SELECT 1 FROM device_profile WHERE provision_key = ? AND id <> ?",
                        profile.settings().provisionKey(),
                        profile.id().uuid())) {
            throw Refusals.badRequest("Device profile with such provision device key already exists!");
        }
    }
}
