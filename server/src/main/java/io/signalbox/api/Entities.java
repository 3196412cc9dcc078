package io.signalbox.api;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
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
import io.signalbox.registry.AssetStore;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceStore;
import io.signalbox.telemetry.EntityNumbers;
import java.util.Optional;
import java.util.function.Function;

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

    /** Blocks. */
    Access.Verdict verdict(Caller caller, Access.Operation operation, EntityId entity) {
        return switch (entity.type()) {
            case DEVICE -> Access.device(caller, operation, Stages.await(directory.find(new DeviceId(entity.uuid()))));
            case ASSET -> Access.device(caller, operation, assets.asset(new AssetId(entity.uuid())));
            case CUSTOMER -> {
                CustomerId id = new CustomerId(entity.uuid());
                yield ifPresent(
                        devices.customer(id), customer -> Access.customer(caller, operation, customer.tenant(), id));
            }
            case TENANT -> {
                TenantId id = new TenantId(entity.uuid());
                Access.Verdict verdict = Access.tenant(caller, operation, id);
                yield verdict == Access.Verdict.ALLOWED ? ifPresent(identities.tenant(id), _ -> verdict) : verdict;
            }
            case USER ->
                ifPresent(identities.user(new UserId(entity.uuid())), user -> Access.user(caller, operation, user));
            case DEVICE_PROFILE ->
                ifPresent(
                        devices.profile(new DeviceProfileId(entity.uuid())),
                        profile -> Access.profile(caller, operation, profile.tenant()));
            case ASSET_PROFILE ->
                ifPresent(
                        assets.profile(new AssetProfileId(entity.uuid())),
                        profile -> Access.profile(caller, operation, profile.tenant()));
        };
    }

    private static <T> Access.Verdict ifPresent(Optional<T> entity, Function<T, Access.Verdict> verdict) {
        return entity.map(verdict).orElse(Access.Verdict.MISSING);
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
