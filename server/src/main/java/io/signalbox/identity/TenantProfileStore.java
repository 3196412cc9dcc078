package io.signalbox.identity;

import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import java.util.List;
import java.util.Optional;

/**
 * Tenant profiles on disk. Every call blocks until it is read or committed: virtual or platform threads only. Fails with {@link
 * io.signalbox.ops.Rejected} {@code BAD_REQUEST} where a name is taken or a profile is needed, and with {@code
 * STORE_UNAVAILABLE} when the store does.
 */
public interface TenantProfileStore {
    Optional<TenantProfile> profile(TenantProfileId id);

    /** The default, which is stored now if there is none. */
    TenantProfile defaultProfile(TenantProfile ifNone);

    Listed<TenantProfile> profiles(PageLink link);

    TenantProfile insert(TenantProfile profile);

    /** Of all tenants. */
    List<TenantProfile> all();

    /** Tenants that have it, those for whom nobody named one with the default. */
    List<TenantId> tenantsOf(TenantProfileId id);

    /** Replaces all of it but {@code isDefault}. */
    TenantProfile update(TenantProfile profile);

    void delete(TenantProfileId id);

    TenantProfile makeDefault(TenantProfileId id);
}
