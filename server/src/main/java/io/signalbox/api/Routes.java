package io.signalbox.api;

import io.signalbox.audit.AuditStore;
import io.signalbox.config.RateLimit;
import io.signalbox.device.AssetId;
import io.signalbox.device.DeviceId;
import io.signalbox.events.EventStore;
import io.signalbox.identity.ApiKeys;
import io.signalbox.identity.Credentials;
import io.signalbox.identity.Listings;
import io.signalbox.identity.Logins;
import io.signalbox.identity.Mails;
import io.signalbox.identity.SystemSettings;
import io.signalbox.identity.TenantProfiles;
import io.signalbox.identity.Tenants;
import io.signalbox.identity.UsageStore;
import io.signalbox.identity.UserSettingsStore;
import io.signalbox.identity.Users;
import io.signalbox.query.EntityStore;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetInfo;
import io.signalbox.registry.AssetProfileService;
import io.signalbox.registry.AssetService;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceLists;
import io.signalbox.registry.DeviceProfileService;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.OwnedLists;
import io.signalbox.registry.Relations;
import io.signalbox.rpc.PersistentRpcs;
import io.signalbox.rpc.RpcSettingsService;
import io.signalbox.rpc.StatisticsStore;
import io.signalbox.telemetry.TelemetryService;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What the router serves: each feature adds its {@link Resource}s, in the order in which they are described. */
public final class Routes {
    private final List<Resource> resources = new ArrayList<>();
    private final RouteTable table = new RouteTable();

    private final ChangeAudit audit;

    /**
     * @param version our own, beside the one that we are compatible with
     * @param audit   gets the changes that callers make
     */
    public Routes(String version, ChangeAudit audit) {
        this.audit = audit;
        add(new SystemResource(version));
        new DocsResource(this, version).routes(table);
    }

    /** What callers read and change of persistent commands; sending them has a faster path. */
    public void commands(PersistentRpcs persistent, DeviceDirectory directory) {
        add(new RpcResource(persistent, directory));
    }

    public void rpcSettings(DeviceService devices, RpcSettingsService settings) {
        add(new RpcSettingsResource(devices, settings));
    }

    public void users(
            Logins logins,
            Users users,
            Credentials credentials,
            SystemSettings settings,
            Tenants tenants,
            TenantProfiles profiles,
            TenantRates rates,
            Listings listings) {
        add(new AuthResource(logins, users, credentials, settings));
        add(new UserResource(users, logins, credentials, audit));
        add(new UserListResource(listings));
        add(new TenantResource(tenants, listings, profiles, rates, audit));
        add(new TenantProfileResource(profiles, rates));
    }

    public void apiKeys(ApiKeys keys) {
        add(new ApiKeyResource(keys));
    }

    public void settings(SystemSettings settings, Logins logins, Mails mails) {
        add(new AdminResource(settings, logins, mails));
    }

    public void devices(DeviceService devices, DeviceLists lists, DeviceProfileService profiles, Users users) {
        add(new DeviceResource(devices, audit));
        add(new OwnedListResource<>(
                DeviceResource.KIND, lists, DeviceId::new, devices, DeviceJson::write, DeviceJson::write));
        add(new CredentialsResource(devices, audit));
        add(new DeviceProfileResource(profiles, devices, audit));
        add(new CustomerResource(devices, lists, users, audit));
    }

    public void assets(
            AssetService assets,
            OwnedLists<Asset, AssetInfo, AssetId> lists,
            AssetProfileService profiles,
            DeviceService customers) {
        add(new AssetResource(assets, customers, audit));
        add(new OwnedListResource<>(
                AssetResource.KIND, lists, AssetId::new, customers, AssetJson::write, AssetJson::write));
        add(new AssetProfileResource(profiles, assets, audit));
    }

    public void queries(EntityStore entities, TelemetryService telemetry) {
        add(new EntityQueryResource(new EntityQueries(entities, telemetry)));
    }

    public void telemetry(TelemetryService telemetry, Entities entities, InstantSource clock) {
        add(new TelemetryResource(telemetry, entities, audit, clock));
    }

    public void relations(Relations relations, Entities entities) {
        add(new RelationResource(relations, entities, audit));
    }

    /** @param userTokenAccess whether administrators may act as users */
    public void clients(UsageStore usages, UserSettingsStore settings, boolean userTokenAccess, InstantSource clock) {
        add(new ClientResource(usages, userTokenAccess, clock));
        add(new UserSettingsResource(settings));
    }

    public void statistics(StatisticsStore store, DeviceDirectory directory, InstantSource clock) {
        add(new StatisticsResource(store, directory, clock));
    }

    public void audit(AuditStore store) {
        add(new AuditResource(store));
    }

    public void imports(DeviceService devices, TelemetryService telemetry, InstantSource clock) {
        add(new DeviceImportResource(devices, telemetry, audit, clock));
    }

    /** @param guesses wrong secrets that a user may give, and that may be given for a device */
    public void claims(
            DeviceService devices,
            TelemetryService telemetry,
            RateLimit guesses,
            InstantSource clock,
            LongSupplier nanoTime) {
        add(new ClaimResource(devices, telemetry, audit, guesses, clock, nanoTime));
    }

    public void events(DeviceService devices, EventStore events) {
        add(new EventResource(devices, events));
    }

    /** Adds a page of the server itself, outside {@code /api}, for anybody. It is made on a virtual thread and may block. */
    public void plain(String path, Supplier<Page> page) {
        table.plain(path, page);
    }

    private void add(Resource resource) {
        resources.add(resource);
        resource.routes(table);
    }

    List<Resource> resources() {
        return List.copyOf(resources);
    }

    List<Route> table() {
        return table.sorted();
    }
}
