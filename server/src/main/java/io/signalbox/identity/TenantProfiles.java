package io.signalbox.identity;

import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import io.signalbox.device.Uuids;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Tenant profiles (REST API §11); the system administrator alone gets here. Virtual or platform threads: calls block. Failures
 * are {@link io.signalbox.ops.Rejected}, in the words of the specification.
 */
public final class TenantProfiles {
    private static final String TYPE = "Tenant profile";
    private static final TenantProfileId DEFAULT_ID =
            new TenantProfileId(UUID.fromString("13814000-1dd2-11b2-8080-000000000001"));

    /** No limits. Clients copy it to make others, and expect all members. */
    private static final String STANDARD_DATA = """
            {"configuration":{"type":"DEFAULT","maxDevices":0,"maxAssets":0,"maxCustomers":0,"maxUsers":0,"maxDashboards":0,\
            "maxRuleChains":0,"maxEdges":0,"maxResourcesInBytes":0,"maxOtaPackagesInBytes":0,"maxResourceSize":0,\
            "transportTenantMsgRateLimit":null,"transportTenantTelemetryMsgRateLimit":null,\
            "transportTenantTelemetryDataPointsRateLimit":null,"transportDeviceMsgRateLimit":null,\
            "transportDeviceTelemetryMsgRateLimit":null,"transportDeviceTelemetryDataPointsRateLimit":null,\
            "transportGatewayMsgRateLimit":null,"transportGatewayTelemetryMsgRateLimit":null,\
            "transportGatewayTelemetryDataPointsRateLimit":null,"transportGatewayDeviceMsgRateLimit":null,\
            "transportGatewayDeviceTelemetryMsgRateLimit":null,"transportGatewayDeviceTelemetryDataPointsRateLimit":null,\
            "maxTransportMessages":0,"maxTransportDataPoints":0,"maxREExecutions":0,"maxJSExecutions":0,\
            "maxTbelExecutions":0,"maxDPStorageDays":0,"maxRuleNodeExecutionsPerMessage":0,"maxEmails":0,\
            "smsEnabled":true,"maxSms":0,"maxCreatedAlarms":0,"tenantServerRestLimitsConfiguration":null,\
            "customerServerRestLimitsConfiguration":null,"maxWsSessionsPerTenant":0,"maxWsSessionsPerCustomer":0,\
            "maxWsSessionsPerRegularUser":0,"maxWsSessionsPerPublicUser":0,"wsMsgQueueLimitPerSession":0,\
            "maxWsSubscriptionsPerTenant":0,"maxWsSubscriptionsPerCustomer":0,"maxWsSubscriptionsPerRegularUser":0,\
            "maxWsSubscriptionsPerPublicUser":0,"wsUpdatesPerSessionRateLimit":null,"defaultStorageTtlDays":0,\
            "alarmsTtlDays":0,"rpcTtlDays":0,"queueStatsTtlDays":0,"ruleEngineExceptionsTtlDays":0,"warnThreshold":0,\
            "maxDataPointsPerRollingArg":1000,"maxRelatedEntitiesToReturnPerCfArgument":100,\
            "maxRelationLevelPerCfArgument":10},"queueConfiguration":null}""";

    private final TenantProfileStore store;
    private final InstantSource clock;

    public TenantProfiles(TenantProfileStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    public TenantProfile profile(TenantProfileId id) {
        return store.profile(id).orElseThrow(() -> Access.missing(TYPE, id));
    }

    public TenantProfile defaultProfile() {
        return store.defaultProfile(new TenantProfile(
                DEFAULT_ID,
                clock.millis(),
                "Default",
                "Default tenant profile",
                true,
                false,
                STANDARD_DATA,
                TenantProfile.Limits.NONE));
    }

    /** The one that a tenant has. */
    public TenantProfile of(Tenant tenant) {
        return tenant.profile().isPresent() ? profile(tenant.profile().get()) : defaultProfile();
    }

    public Listed<TenantProfile> profiles(PageLink link) {
        defaultProfile();
        return store.profiles(link);
    }

    /** All that there are; there may be no default yet. */
    public List<TenantProfile> all() {
        return store.all();
    }

    /** Tenants that have it, those for whom nobody named one with the default. */
    public List<TenantId> tenantsOf(TenantProfile profile) {
        return store.tenantsOf(profile.id());
    }

    /** Those that have these identifiers. */
    public List<TenantProfile> profiles(List<TenantProfileId> ids) {
        return ids.stream().distinct().flatMap(id -> store.profile(id).stream()).toList();
    }

    /** @param id empty: a new one */
    public TenantProfile save(
            Optional<TenantProfileId> id,
            String name,
            String description,
            boolean isIsolated,
            String data,
            TenantProfile.Limits limits) {
        if (name.isBlank()) {
            throw Texts.bad("Tenant profile name should be specified!");
        }
        Texts.check("name", name);
        if (id.isEmpty()) {
            long now = clock.millis();
            return store.insert(new TenantProfile(
                    new TenantProfileId(Uuids.next(now)), now, name, description, false, isIsolated, data, limits));
        }
        TenantProfile old = profile(id.get());
        return store.update(new TenantProfile(
                old.id(), old.createdTime(), name, description, old.isDefault(), isIsolated, data, limits));
    }

    public void delete(TenantProfileId id) {
        profile(id);
        store.delete(id);
    }

    public TenantProfile makeDefault(TenantProfileId id) {
        defaultProfile();
        profile(id);
        return store.makeDefault(id);
    }
}
