package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetInfo;
import io.signalbox.registry.AssetProfile;
import io.signalbox.registry.AssetProfileStore;
import io.signalbox.registry.OwnedQuery;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlAssetStoreIT {
    private final TestDatabase databases;

    @TempDir
    private Path folder;

    private Fixture core;
    private TenantId tenant;

    SqlAssetStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        tenant = core.tenant("A");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void whatIsStoredIsReadBackAsItWas() {
        CustomerId customer = core.customer(tenant, "Acme");
        Asset fresh = core.newAsset(tenant, "Halle “7” \u0000");
        Asset given = new Asset(
                fresh.id(),
                fresh.createdTime(),
                tenant,
                Optional.of(customer),
                fresh.name(),
                fresh.type(),
                Optional.of("Süd"),
                fresh.profile(),
                Optional.of("{\"x\":[1,2.50]}"),
                1);

        assertThat(store().insert(given)).isEqualTo(given);

        core.reopen();
        assertThat(store().asset(given.id())).contains(given);
        assertThat(store().named(tenant, given.name())).contains(given);
        assertThat(store().info(given.id())).contains(new AssetInfo(given, Optional.of("Acme")));
        assertThat(store().types(tenant)).containsExactly("default");
    }

    @Test
    void aNameIsFreeOncePerTenant() {
        Asset first = core.asset(tenant, "a");
        core.asset(core.tenant("B"), "a");

        refused(() -> core.asset(tenant, "a"), ErrorCode.BAD_REQUEST, "Asset with such name already exists!");
        store().update(first);
        refused(() -> store().update(first), ErrorCode.VERSION_CONFLICT, "Asset was already changed by someone else");
        assertThat(store().delete(first.id())).isTrue();
        assertThat(store().delete(first.id())).isFalse();
        refused(() -> store().update(first), ErrorCode.NOT_FOUND, "Asset with id [" + first.id() + "] is not found");
    }

    @Test
    void listsAreSearchedSortedAndPaged() {
        CustomerId customer = core.customer(tenant, "Müller");
        Asset b = core.asset(tenant, "b Halle");
        Asset a = store().update(assigned(core.asset(tenant, "a HALLE"), customer));
        core.asset(tenant, "c");

        assertThat(names(store().list(query(Optional.empty(), false, link("halle", "name")))))
                .containsExactly(a.name(), b.name());
        assertThat(names(store().list(query(Optional.of(customer), false, link("", "name")))))
                .containsExactly(a.name());
        Listed<AssetInfo> wide = store().infos(query(Optional.empty(), true, link("MÜLL", "customerTitle")));
        assertThat(wide.items()).containsExactly(new AssetInfo(a, Optional.of("Müller")));
        assertThat(store().list(query(Optional.empty(), false, new PageLink(1, 1, Optional.empty(), Optional.empty()))))
                .isEqualTo(new Listed<>(List.of(a), 3));
        refused(
                () -> store().list(query(Optional.empty(), false, link("", "search_text"))),
                ErrorCode.BAD_REQUEST,
                "Invalid sort property");
    }

    @Test
    void aCustomerThatGoesLeavesItsAssetsToTheTenant() {
        CustomerId customer = core.customer(tenant, "Acme");
        Asset asset = store().update(assigned(core.asset(tenant, "a"), customer));

        core.devices().deleteCustomer(customer);

        Asset left = store().asset(asset.id()).orElseThrow();
        assertThat(left.customer()).isEmpty();
        assertThat(left.version()).isEqualTo(asset.version() + 1);
    }

    @Test
    void aTenantThatGoesTakesItsAssetsAlong() {
        Asset asset = core.asset(tenant, "a");
        Asset other = core.asset(core.tenant("B"), "a");

        assertThat(core.identities().deleteTenant(tenant)).isTrue();

        assertThat(store().asset(asset.id())).isEmpty();
        assertThat(store().profile(asset.profile())).isEmpty();
        assertThat(store().asset(other.id())).contains(other);
    }

    @Test
    void aProfileIsUniqueByNameAndStaysWhileAssetsHaveIt() {
        AssetProfileStore profiles = core.store().assetProfiles();
        Asset asset = core.asset(tenant, "a");
        AssetProfile hall = profiles.add(profile("Hall"));

        refused(
                () -> profiles.add(profile("Hall")),
                ErrorCode.BAD_REQUEST,
                "Asset profile with such name already exists!");
        refused(
                () -> profiles.delete(asset.profile()),
                ErrorCode.BAD_REQUEST,
                "Deletion of Default Asset Profile is prohibited!");
        assertThat(profiles.names(tenant, true)).extracting(AssetProfile::name).containsExactly("default");
        AssetProfile standard = profiles.makeDefault(hall.id());
        assertThat(standard.isDefault()).isTrue();
        refused(
                () -> profiles.delete(asset.profile()),
                ErrorCode.BAD_REQUEST,
                "The asset profile referenced by the assets cannot be deleted!");
        store().delete(asset.id());
        profiles.delete(asset.profile());
        assertThat(profiles.profiles(tenant, link("", "name")).items()).containsExactly(standard);
    }

    private SqlAssetStore store() {
        return core.store().assets();
    }

    private AssetProfile profile(String name) {
        return new AssetProfile(
                new AssetProfileId(Uuids.next(Fixture.NOW)), Fixture.NOW, tenant, name, "", false, "{}", 1);
    }

    private static Asset assigned(Asset asset, CustomerId customer) {
        return new Asset(
                asset.id(),
                asset.createdTime(),
                asset.tenant(),
                Optional.of(customer),
                asset.name(),
                asset.type(),
                asset.label(),
                asset.profile(),
                asset.additionalInfo(),
                asset.version());
    }

    private OwnedQuery query(Optional<CustomerId> customer, boolean isWide, PageLink link) {
        return new OwnedQuery(tenant, customer, Optional.empty(), Optional.empty(), Optional.empty(), isWide, link);
    }

    private static PageLink link(String search, String sort) {
        return new PageLink(
                10, 0, Optional.of(search).filter(text -> !text.isEmpty()), Optional.of(new PageLink.Sort(sort, true)));
    }

    private static List<String> names(Listed<Asset> listed) {
        return listed.items().stream().map(Asset::name).toList();
    }

    private static void refused(Runnable call, ErrorCode code, String text) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(Rejected.class, refusal -> {
            assertThat(refusal.code()).isEqualTo(code);
            assertThat(refusal.text()).isEqualTo(text);
        });
    }
}
