package io.signalbox.registry;

import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.List;

/**
 * Profiles of tenants, as the REST API manages them (§8). Calls block until they are read or committed: virtual threads.
 * Every call names the tenant it is made for; a profile of another one is forbidden. All fail with {@link Rejected}, as {@link
 * ProfileStore} does.
 */
public abstract class ProfileService<P extends Profile<I>, I> {
    private final String type;
    private final ProfileStore<P, I> store;

    /** @param type as sentences begin with it: {@code Device profile} */
    ProfileService(String type, ProfileStore<P, I> store) {
        this.type = type;
        this.store = store;
    }

    public P profile(TenantId tenant, I id) {
        P profile = store.profile(id).orElseThrow(() -> Changes.notFound(type, id));
        if (!profile.tenant().equals(tenant)) {
            throw new Rejected(ErrorCode.PERMISSION_DENIED, "You don't have permission to perform this operation!");
        }
        return profile;
    }

    /** Those of the tenant that have these identifiers. */
    public List<P> profiles(TenantId tenant, List<I> ids) {
        return ids.stream()
                .distinct()
                .flatMap(id -> store.profile(id).stream())
                .filter(profile -> profile.tenant().equals(tenant))
                .toList();
    }

    public List<P> names(TenantId tenant, boolean activeOnly) {
        return store.names(tenant, activeOnly);
    }

    public void delete(TenantId tenant, I id) {
        profile(tenant, id);
        store.delete(id);
    }

    public P makeDefault(TenantId tenant, I id) {
        profile(tenant, id);
        return store.makeDefault(id);
    }

    /** The profile as it is before an update with these. */
    P changing(TenantId tenant, I id, String name, boolean isDefault) {
        P old = profile(tenant, id);
        check(name);
        if (isDefault && !old.isDefault()) {
            throw Checks.badRequest("Another default " + lower() + " is present in scope of current tenant!");
        }
        return old;
    }

    void check(String name) {
        Checks.text("name", name);
        if (name.isBlank()) {
            throw Checks.badRequest(type + " name should be specified!");
        }
    }

    private String lower() {
        return Character.toLowerCase(type.charAt(0)) + type.substring(1);
    }
}
