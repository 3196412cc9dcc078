package io.signalbox.api;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.HasValues;
import io.signalbox.device.NumberedEntity;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.identity.IdentityStore;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetStore;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceStore;
import io.signalbox.registry.Profile;
import io.signalbox.telemetry.EntityNumbers;
import java.util.Optional;

/** Entities of all kinds, for calls that take any: whether a caller may do something with one, and its values. Virtual threads. */
public final class Entities {
    private final DeviceDirectory directory;
    private final DeviceStore devices;
    private final AssetStore assets;
    private final IdentityStore identities;
    private final EntityNumbers numbers;

    public Entities(
            DeviceDirectory directory,
            DeviceStore devices,
            AssetStore assets,
            IdentityStore identities,
            EntityNumbers numbers) {
        this.directory = directory;
        this.devices = devices;
        this.assets = assets;
        this.identities = identities;
        this.numbers = numbers;
    }

    /**
     * What an identifier names.
     *
     * @param name what people call it; empty unless the verdict is that it may be
     */
    record Found(Access.Verdict verdict, String name) {
        static final Found MISSING = new Found(Access.Verdict.MISSING, "");

        static Found of(Access.Verdict verdict, String name) {
            return new Found(verdict, verdict == Access.Verdict.ALLOWED ? name : "");
        }
    }

    /** Blocks. */
    Found find(Caller caller, Access.Operation operation, EntityId entity) {
        return switch (entity.type()) {
            case DEVICE -> {
                Optional<Device> device = Stages.await(directory.find(new DeviceId(entity.uuid())));
                yield Found.of(
                        Access.device(caller, operation, device),
                        device.map(Device::name).orElse(""));
            }
            case ASSET -> {
                Optional<Asset> asset = assets.asset(new AssetId(entity.uuid()));
                yield Found.of(
                        Access.device(caller, operation, asset),
                        asset.map(Asset::name).orElse(""));
            }
            case CUSTOMER -> {
                CustomerId id = new CustomerId(entity.uuid());
                yield devices.customer(id)
                        .map(customer ->
                                Found.of(Access.customer(caller, operation, customer.tenant(), id), customer.title()))
                        .orElse(Found.MISSING);
            }
            case TENANT -> {
                TenantId id = new TenantId(entity.uuid());
                Access.Verdict verdict = Access.tenant(caller, operation, id);
                yield verdict == Access.Verdict.ALLOWED
                        ? identities
                                .tenant(id)
                                .map(tenant -> Found.of(verdict, tenant.title()))
                                .orElse(Found.MISSING)
                        : Found.of(verdict, "");
            }
            case USER ->
                identities
                        .user(new UserId(entity.uuid()))
                        .map(user -> Found.of(Access.user(caller, operation, user), user.email()))
                        .orElse(Found.MISSING);
            case DEVICE_PROFILE -> profile(caller, operation, devices.profile(new DeviceProfileId(entity.uuid())));
            case ASSET_PROFILE -> profile(caller, operation, assets.profile(new AssetProfileId(entity.uuid())));
        };
    }

    private static Found profile(Caller caller, Access.Operation operation, Optional<? extends Profile<?>> profile) {
        return profile.map(found -> Found.of(Access.profile(caller, operation, found.tenant()), found.name()))
                .orElse(Found.MISSING);
    }

    /** To read its values, also when it has none. Blocks. */
    HasValues toRead(EntityId entity) {
        return entity.type() == EntityType.DEVICE
                ? device(entity).orElse(NumberedEntity.NONE)
                : Stages.await(numbers.find(entity));
    }

    /** To write or follow its values; empty: it is gone. Blocks. */
    Optional<HasValues> toWrite(EntityId entity) {
        return entity.type() == EntityType.DEVICE
                ? device(entity)
                : Stages.await(numbers.require(entity)).map(found -> found);
    }

    private Optional<HasValues> device(EntityId entity) {
        return Stages.await(directory.find(new DeviceId(entity.uuid()))).map(found -> found);
    }
}
