package io.signalbox.store.sql;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.audit.AuditEntries;
import io.signalbox.config.AuditRpc;
import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Tenant;
import io.signalbox.ops.Health;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetProfile;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceProfile;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;

/** A store of the test, and short words for what tests put into it. */
final class Fixture implements AutoCloseable {
    static final long NOW = 1_754_000_000_000L;

    private static final int WRITES_MAX = 10_000;

    private final Database database;
    private final RpcLimits limits;
    private final Health health = new Health(InstantSource.system());
    private CoreStore store;

    Fixture(Path folder) {
        this(folder, RpcLimits.STANDARD);
    }

    Fixture(Path folder, RpcLimits limits) {
        this(CoreStore.file(folder), limits);
    }

    Fixture(Database database) {
        this(database, RpcLimits.STANDARD);
    }

    /** Its clock stands still at {@link #NOW}. */
    Fixture(Database database, RpcLimits limits) {
        this.database = database;
        this.limits = limits;
        this.store = open();
    }

    private CoreStore open() {
        return CoreStore.open(
                database,
                WRITES_MAX,
                limits,
                new AuditEntries(AuditRpc.ALL, Set.of("pin"), 100),
                InstantSource.fixed(Instant.ofEpochMilli(NOW)),
                health,
                new SimpleMeterRegistry());
    }

    /** A connection of its own, for what the store has no words for. */
    Sql sql() {
        return database.openWriter();
    }

    Health health() {
        return health;
    }

    CoreStore store() {
        return store;
    }

    SqlDeviceStore devices() {
        return store.devices();
    }

    SqlIdentityStore identities() {
        return store.identities();
    }

    void reopen() {
        store.close();
        store = open();
    }

    @Override
    public void close() {
        store.close();
    }

    /** A stored tenant with its default profile. */
    TenantId tenant(String title) {
        Tenant tenant = new Tenant(new TenantId(Uuids.next(NOW)), NOW, title, "{}", Optional.empty(), 0);
        identities().insertTenant(tenant);
        devices()
                .insertProfile(new DeviceProfile(
                        new DeviceProfileId(Uuids.next(NOW)),
                        NOW,
                        tenant.id(),
                        "default",
                        "Default device profile",
                        true));
        return tenant.id();
    }

    CustomerId customer(TenantId tenant, String title) {
        return devices().insertCustomer(newCustomer(tenant, title)).id();
    }

    Device device(TenantId tenant, String name) {
        return insert(newDevice(tenant, name), name + "-token");
    }

    Asset asset(TenantId tenant, String name) {
        return store.assets().insert(newAsset(tenant, name));
    }

    /** Of the tenant's default profile, which is made when it is missing. */
    Asset newAsset(TenantId tenant, String name) {
        AssetProfile profile = store.assets()
                .insertProfile(new AssetProfile(
                        new AssetProfileId(Uuids.next(NOW)), NOW, tenant, "default", "", true, "{}", 1));
        return new Asset(
                new AssetId(Uuids.next(NOW)),
                NOW,
                tenant,
                Optional.empty(),
                name,
                profile.name(),
                Optional.empty(),
                profile.id(),
                Optional.empty(),
                0);
    }

    Device insert(Device device, String token) {
        return devices().insert(device, accessToken(device.id(), token));
    }

    Device newDevice(TenantId tenant, String name) {
        DeviceProfile profile = devices().defaultProfile(tenant).orElseThrow();
        return new Device(
                0,
                new DeviceId(Uuids.next(NOW)),
                NOW,
                tenant,
                Optional.empty(),
                name,
                profile.name(),
                Optional.empty(),
                profile.id(),
                "{}",
                Optional.empty(),
                0);
    }

    static Customer newCustomer(TenantId tenant, String title) {
        return new Customer(new CustomerId(Uuids.next(NOW)), NOW, tenant, title, "{}", Optional.empty(), 0);
    }

    static DeviceCredentials accessToken(DeviceId device, String token) {
        return new DeviceCredentials(
                Uuids.next(NOW), NOW, device, DeviceCredentials.Type.ACCESS_TOKEN, token, Optional.empty(), 0);
    }
}
