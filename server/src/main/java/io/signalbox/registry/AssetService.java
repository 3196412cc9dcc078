package io.signalbox.registry;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * Assets of tenants, as the REST API manages them (§12). Calls block until they are read or committed: virtual threads.
 *
 * <p>Every call names the tenant it is made for; an asset of another one is as missing. All fail as {@link DeviceService} does.
 */
public final class AssetService {
    private static final String TYPE = "Asset";
    private static final String DEFAULT_PROFILE_DESCRIPTION = "Default asset profile";

    private final AssetStore store;
    private final DeviceService customers;
    private final ProfileChoice<AssetProfile, AssetProfileId> profiles;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * @param customers keeps those who assets are assigned to
     * @param random    makes names unique; safe for many threads
     */
    public AssetService(AssetStore store, DeviceService customers, InstantSource clock, RandomGenerator random) {
        this.store = store;
        this.customers = customers;
        this.profiles = new ProfileChoice<>("asset", store, this::newProfile);
        this.clock = clock;
        this.random = random;
    }

    public Asset asset(TenantId tenant, AssetId id) {
        return store.asset(id)
                .filter(asset -> asset.tenant().equals(tenant))
                .orElseThrow(() -> Changes.notFound(TYPE, id));
    }

    public Asset create(TenantId tenant, AssetFields fields, NameConflict nameConflict) {
        check(tenant, fields);
        String name = nameConflict.free(fields.name(), taken -> store.hasName(tenant, taken), random);
        Checks.text("name", name);
        long now = clock.millis();
        AssetProfile profile = profiles.choose(tenant, fields.profile(), fields.type());
        return store.insert(new Asset(
                new AssetId(Uuids.next(now)),
                now,
                tenant,
                fields.customer(),
                name,
                profile.name(),
                fields.label(),
                profile.id(),
                fields.additionalInfo(),
                1));
    }

    /** @param version what the caller saw last; empty: overwrite whatever is there */
    public Asset update(TenantId tenant, AssetId id, AssetFields fields, Optional<Long> version) {
        asset(tenant, id);
        check(tenant, fields);
        AssetProfile profile = profiles.choose(tenant, fields.profile(), fields.type());
        return change(
                tenant,
                id,
                version,
                asset -> new Asset(
                        id,
                        asset.createdTime(),
                        tenant,
                        fields.customer(),
                        fields.name(),
                        profile.name(),
                        fields.label(),
                        profile.id(),
                        fields.additionalInfo(),
                        asset.version()));
    }

    public Asset assign(TenantId tenant, AssetId id, CustomerId customer) {
        customers.customer(tenant, customer);
        return change(tenant, id, Optional.empty(), asset -> asset.assigned(Optional.of(customer)));
    }

    /** Assigns the asset to the customer of whom anybody may see what it has; that customer is made when it is missing. */
    public Asset assignToPublic(TenantId tenant, AssetId id) {
        asset(tenant, id);
        CustomerId customer = customers.publicCustomer(tenant).id();
        return change(tenant, id, Optional.empty(), asset -> asset.assigned(Optional.of(customer)));
    }

    public Asset unassign(TenantId tenant, AssetId id) {
        return change(tenant, id, Optional.empty(), asset -> {
            if (asset.customer().isEmpty()) {
                throw Checks.badRequest("Asset isn't assigned to any customer!");
            }
            return asset.assigned(Optional.empty());
        });
    }

    public void delete(TenantId tenant, AssetId id) {
        asset(tenant, id);
        if (!store.delete(id)) {
            throw Changes.notFound(TYPE, id);
        }
    }

    /** The tenant's default profile, made now if there is none. */
    public AssetProfile defaultProfile(TenantId tenant) {
        return profiles.defaultOf(tenant);
    }

    private Asset change(TenantId tenant, AssetId id, Optional<Long> version, UnaryOperator<Asset> change) {
        return Changes.retrying(version, () -> {
            Asset asset = asset(tenant, id);
            Changes.refuseOld(TYPE, version, asset.version());
            return store.update(change.apply(asset));
        });
    }

    private void check(TenantId tenant, AssetFields fields) {
        Checks.text("name", fields.name());
        Checks.text("type", fields.type());
        Checks.text("label", fields.label());
        if (fields.name().isBlank()) {
            throw Checks.badRequest("Asset name should be specified!");
        }
        fields.customer().ifPresent(id -> customers.checkOwner(tenant, "asset", id));
    }

    private AssetProfile newProfile(TenantId tenant, String name, boolean isDefault) {
        long now = clock.millis();
        return new AssetProfile(
                new AssetProfileId(Uuids.next(now)),
                now,
                tenant,
                name,
                DEFAULT_PROFILE_DESCRIPTION,
                isDefault,
                "{}",
                1);
    }
}
