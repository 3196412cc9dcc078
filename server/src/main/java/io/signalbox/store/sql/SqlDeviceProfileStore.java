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
        return readers.read(sql -> DeviceProfiles.TABLE.profile(sql, id.uuid()));
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
        return readers.read(sql -> DeviceProfiles.TABLE.names(sql, tenant, activeOnly));
    }

    @Override
    public DeviceProfile add(DeviceProfile profile) {
        return writer.write(sql -> {
            refuseTaken(sql, profile);
            DeviceProfiles.TABLE.refuseSecondDefault(sql, profile);
            DeviceProfiles.insert(sql, profile);
            return DeviceProfiles.TABLE.require(sql, profile.id().uuid());
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
            return DeviceProfiles.TABLE.saved(sql, profile.id().uuid(), updated);
        });
    }

    @Override
    public void delete(DeviceProfileId id) {
        writer.write(sql -> DeviceProfiles.TABLE.delete(sql, id.uuid()));
    }

    @Override
    public DeviceProfile makeDefault(DeviceProfileId id) {
        return writer.write(sql -> DeviceProfiles.TABLE.makeDefault(sql, id.uuid()));
    }

    private static void refuseTaken(Sql sql, DeviceProfile profile) {
        DeviceProfiles.TABLE.refuseTakenName(sql, profile);
        if (profile.settings().provisionKey().isPresent()
                && sql.exists(
                        "SELECT 1 FROM device_profile WHERE provision_key = ? AND id <> ?",
                        profile.settings().provisionKey(),
                        profile.id().uuid())) {
            throw Refusals.badRequest("Device profile with such provision device key already exists!");
        }
    }
}
