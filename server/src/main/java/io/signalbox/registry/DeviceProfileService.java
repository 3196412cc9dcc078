package io.signalbox.registry;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import java.time.InstantSource;
import java.util.Optional;

/** Device profiles. All calls fail as {@link DeviceProfileStore} does. */
public final class DeviceProfileService extends ProfileService<DeviceProfile, DeviceProfileId> {
    private final DeviceProfileStore store;
    private final DeviceDirectory directory;
    private final InstantSource clock;

    public DeviceProfileService(DeviceProfileStore store, DeviceDirectory directory, InstantSource clock) {
        super("Device profile", store);
        this.store = store;
        this.directory = directory;
        this.clock = clock;
    }

    public Listed<DeviceProfile> profiles(TenantId tenant, Optional<DeviceProfile.Transport> transport, PageLink link) {
        return store.profiles(tenant, transport, link);
    }

    public DeviceProfile create(TenantId tenant, DeviceProfileFields fields) {
        check(fields);
        long now = clock.millis();
        return store.add(new DeviceProfile(
                new DeviceProfileId(Uuids.next(now)),
                now,
                tenant,
                fields.name(),
                fields.description(),
                fields.isDefault(),
                fields.settings(),
                1));
    }

    /** @param version what the caller saw last; empty: overwrite whatever is there */
    public DeviceProfile update(
            TenantId tenant, DeviceProfileId id, DeviceProfileFields fields, Optional<Long> version) {
        DeviceProfile old = changing(tenant, id, fields.name(), fields.isDefault());
        check(fields);
        DeviceProfile saved = store.update(new DeviceProfile(
                id,
                old.createdTime(),
                tenant,
                fields.name(),
                fields.description(),
                old.isDefault(),
                fields.settings(),
                version.orElse(old.version())));
        if (!saved.name().equals(old.name())) {
            directory.renamed(id);
        }
        return saved;
    }

    private void check(DeviceProfileFields fields) {
        check(fields.name());
        Checks.text("provisionDeviceKey", fields.settings().provisionKey());
    }
}
