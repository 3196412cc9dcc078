package io.signalbox.api;

import io.signalbox.config.RateLimit;
import io.signalbox.device.TenantId;
import io.signalbox.identity.TenantProfile;
import io.signalbox.identity.TenantProfiles;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many calls tenants may make: as their profiles say, else as the server's settings say (REST API §4.2). Limits are in
 * memory, and read again when a profile or the profile of a tenant changes.
 */
public final class TenantRates implements CallLimits.OfTenants {
    private static final String OF_TENANT = "tenantServerRestLimitsConfiguration";
    private static final String OF_CUSTOMER = "customerServerRestLimitsConfiguration";

    private final TenantProfiles profiles;
    private final Rates standard;
    private final ReentrantLock refreshing = new ReentrantLock();

    /** Of tenants whose profile says something. */
    private volatile Map<TenantId, Rates> own = Map.of();

    private record Rates(RateLimit tenant, RateLimit customer) {}

    /**
     * @param tenant   of tenants whose profile says nothing
     * @param customer the same, of each customer
     */
    public TenantRates(TenantProfiles profiles, RateLimit tenant, RateLimit customer) {
        this.profiles = profiles;
        this.standard = new Rates(tenant, customer);
    }

    @Override
    public RateLimit tenant(TenantId tenant) {
        return own.getOrDefault(tenant, standard).tenant();
    }

    @Override
    public RateLimit customer(TenantId tenant) {
        return own.getOrDefault(tenant, standard).customer();
    }

    /** Reads the profiles again: what was committed before counts from now on. Virtual or platform threads; blocks. */
    public void refresh() {
        refreshing.lock();
        try {
            Map<TenantId, Rates> read = new HashMap<>();
            for (TenantProfile profile : profiles.all()) {
                Rates rates = rates(profile);
                if (!rates.equals(standard)) {
                    profiles.tenantsOf(profile).forEach(tenant -> read.put(tenant, rates));
                }
            }
            own = Map.copyOf(read);
        } finally {
            refreshing.unlock();
        }
    }

    private Rates rates(TenantProfile profile) {
        Body configuration = Body.of(Json.read(profile.data()))
                .value("configuration")
                .map(Body::of)
                .orElseThrow();
        RateLimit tenant = limit(configuration, OF_TENANT);
        RateLimit customer = limit(configuration, OF_CUSTOMER);
        return new Rates(
                tenant.isNone() ? standard.tenant() : tenant, customer.isNone() ? standard.customer() : customer);
    }

    /** @throws Rejected {@code BAD_REQUEST}: a limit of {@code configuration} is none */
    static void check(Body configuration) {
        List.of(OF_TENANT, OF_CUSTOMER).forEach(name -> limit(configuration, name));
    }

    private static RateLimit limit(Body configuration, String name) {
        String text = configuration.text(name).orElse("");
        try {
            return RateLimit.parse(text);
        } catch (IllegalArgumentException e) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST, "Validation error: " + name + " must be like 100:1,2000:60: " + text);
        }
    }
}
