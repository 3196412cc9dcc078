package io.signalbox.registry;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Device profiles of tenants, as the REST API manages them (§8). Calls block until they are read or committed: virtual threads.
 * Every call names the tenant it is made for; a profile of another one is forbidden. All fail with {@link Rejected}, as {@link
 * DeviceProfileStore} does.
 */
public final class DeviceProfileService {
    private static final String TYPE = "Device profile";

    private final DeviceProfileStore store;
    private final DeviceDirectory directory;
    private final InstantSource clock;

    public DeviceProfileService(DeviceProfileStore store, DeviceDirectory directory, InstantSource clock) {
        this.store = store;
        this.directory = directory;
        this.clock = clock;
    }

    public DeviceProfile profile(TenantId tenant, DeviceProfileId id) {
        DeviceProfile profile = store.profile(id)
                .orElseThrow(() -> new Rejected(ErrorCode.NOT_FOUND, TYPE + " with id [" + id + "] is not found"));
        if (!profile.tenant().equals(tenant)) {
            throw new Rejected(ErrorCode.PERMISSION_DENIED, "You don't have permission to perform this operation!");
        }
        return profile;
    }

    /** Those of the tenant that have these identifiers. */
    public List<DeviceProfile> profiles(TenantId tenant, List<DeviceProfileId> ids) {
        return ids.stream()
                .distinct()
                .flatMap(id -> store.profile(id).stream())
                .filter(profile -> profile.tenant().equals(tenant))
                .toList();
    }

    public Listed<DeviceProfile> profiles(TenantId tenant, Optional<DeviceProfile.Transport> transport, PageLink link) {
        return store.profiles(tenant, transport, link);
    }

    public List<DeviceProfile> names(TenantId tenant, boolean activeOnly) {
        return store.names(tenant, activeOnly);
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
        DeviceProfile old = profile(tenant, id);
        check(fields);
        if (fields.isDefault() && !old.isDefault()) {
            throw Checks.badRequest("Another default device profile is present in scope of current tenant!");
        }
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

    public void delete(TenantId tenant, DeviceProfileId id) {
        profile(tenant, id);
        store.delete(id);
    }

    public DeviceProfile makeDefault(TenantId tenant, DeviceProfileId id) {
        profile(tenant, id);
        return store.makeDefault(id);
    }

    private static void check(DeviceProfileFields fields) {
        Checks.text("name", fields.name());
        Checks.text("provisionDeviceKey", fields.settings().provisionKey());
        if (fields.name().isBlank()) {
            throw Checks.badRequest("Device profile name should be specified!");
        }
    }
}
