package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.TenantProfile;
import io.signalbox.identity.TenantProfileStore;
import io.signalbox.identity.Usage;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class TenantLimitsIT {
    private final TestDatabase databases;

    @TempDir
    private Path folder;

    private Fixture core;
    private TenantProfileStore profiles;

    TenantLimitsIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        profiles = core.store().tenantProfiles();
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void aTenantHasAsManyThingsAsItsProfileAllows() {
        TenantProfile small = profiles.insert(profile("Small", false, new TenantProfile.Limits(2, 1, 1, 0, 0)));
        TenantId tenant = tenant(Optional.of(small.id()));
        TenantId other = tenant(Optional.empty());
        core.device(tenant, "a");
        core.device(tenant, "b");
        core.customer(tenant, "A");
        core.asset(tenant, "a");

        refused(() -> core.device(tenant, "c"), "Devices limit reached", Map.of("entityType", "DEVICE", "limit", 2L));
        refused(
                () -> core.customer(tenant, "B"),
                "Customers limit reached",
                Map.of("entityType", "CUSTOMER", "limit", 1L));
        refused(() -> core.asset(tenant, "b"), "Assets limit reached", Map.of("entityType", "ASSET", "limit", 1L));
        assertThat(core.store().usages().usage(tenant))
                .isEqualTo(new Usage(
                        new Usage.Count(2, 2), new Usage.Count(1, 1), new Usage.Count(1, 1), new Usage.Count(0, 0)));
        core.device(other, "a2");
        core.device(other, "b2");
        core.device(other, "c2");
    }

    @Test
    void theDefaultProfileIsOfTenantsForWhomNobodyNamedOne() {
        TenantProfile first = profiles.defaultProfile(profile("Default", true, TenantProfile.Limits.NONE));
        TenantId tenant = tenant(Optional.empty());
        core.device(tenant, "a");
        TenantProfile small = profiles.insert(profile("Small", false, new TenantProfile.Limits(1, 0, 0, 0, 0)));

        assertThat(profiles.makeDefault(small.id()).isDefault()).isTrue();

        assertThat(profiles.profile(first.id()).orElseThrow().isDefault()).isFalse();
        refused(() -> core.device(tenant, "b"), "Devices limit reached", Map.of("entityType", "DEVICE", "limit", 1L));
        assertThatThrownBy(() -> profiles.delete(small.id()))
                .hasMessage("Deletion of Default Tenant Profile is prohibited!");
        profiles.delete(first.id());
        assertThat(profiles.profile(first.id())).isEmpty();
    }

    @Test
    void aProfileThatTenantsHaveStays() {
        TenantProfile small = profiles.insert(profile("Small", false, TenantProfile.Limits.NONE));
        tenant(Optional.of(small.id()));

        assertThatThrownBy(() -> profiles.delete(small.id()))
                .hasMessage("The tenant profile referenced by the tenants cannot be deleted!");
        assertThatThrownBy(() -> profiles.insert(profile("Small", false, TenantProfile.Limits.NONE)))
                .hasMessage("Tenant profile with such name already exists!");
    }

    private static void refused(ThrowingCallable call, String text, Map<String, Object> members) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Rejected.class, refusal -> {
            assertThat(refusal.code()).isEqualTo(ErrorCode.ENTITIES_LIMIT_EXCEEDED);
            assertThat(refusal.text()).isEqualTo(text);
            assertThat(refusal.members()).isEqualTo(members);
        });
    }

    private TenantId tenant(Optional<TenantProfileId> profile) {
        TenantId id = core.tenant("T" + Uuids.next(Fixture.NOW));
        Tenant tenant = core.identities().tenant(id).orElseThrow();
        core.identities()
                .updateTenant(new Tenant(
                        id, tenant.createdTime(), tenant.title(), "{}", Optional.empty(), profile, tenant.version()));
        return id;
    }

    private static TenantProfile profile(String name, boolean isDefault, TenantProfile.Limits limits) {
        TenantProfileId id = new TenantProfileId(Uuids.next(Fixture.NOW));
        return new TenantProfile(id, Fixture.NOW, name, "", isDefault, false, "{}", limits);
    }
}
