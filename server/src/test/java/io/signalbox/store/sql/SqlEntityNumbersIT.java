package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.AssetId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.NumberedEntity;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Authority;
import io.signalbox.identity.User;
import io.signalbox.identity.UserCredentials;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.registry.Asset;
import io.signalbox.registry.DeviceProfile;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlEntityNumbersIT {
    private static final List<Reading> VALUES = List.of(
            new Reading("a", new Value.Whole(1), 7),
            new Reading("b", new Value.Text("\u0000é"), 7),
            new Reading("c", new Value.Json("{\"x\":1.50}"), 7));

    private final TestDatabase databases;
    private final RecordingLoop loop = new RecordingLoop();

    @TempDir
    private Path folder;

    private Fixture core;
    private TenantId tenant;

    SqlEntityNumbersIT(TestDatabase databases) {
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
    void anEntityKeepsItsNumberAndItsValues() throws InterruptedException {
        EntityId asset = asset();
        assertThat(find(asset)).isEqualTo(NumberedEntity.NONE);
        assertThat(read(NumberedEntity.NONE)).isEmpty();

        NumberedEntity number = require(asset);
        save(number);

        core.reopen();
        assertThat(require(asset)).isEqualTo(number);
        assertThat(find(asset)).isEqualTo(number);
        assertThat(read(number)).isEqualTo(VALUES);
        assertThat(core.store()
                        .attributes(new Feed())
                        .snapshot(number.number())
                        .toCompletableFuture()
                        .join()
                        .value()
                        .get(Scope.SERVER_SCOPE))
                .isEqualTo(VALUES);
        assertThat(core.store()
                        .attributes(new Feed())
                        .delete(number.number(), Scope.SERVER_SCOPE, List.of("a", "zz", "c"))
                        .toCompletableFuture()
                        .join())
                .containsExactly("a", "c");
        assertThat(read(number)).containsExactly(VALUES.get(1));
    }

    @Test
    void whatDoesNotExistGetsNoNumber() {
        EntityId asset = asset();
        assertThat(numbers(new EntityId(EntityType.ASSET, UUID.randomUUID()))).isEmpty();
        assertThat(numbers(new EntityId(EntityType.CUSTOMER, asset.uuid()))).isEmpty();
    }

    @Test
    void valuesGoWithTheirEntity() throws InterruptedException {
        EntityId asset = asset();
        NumberedEntity first = require(asset);
        save(first);

        assertThat(core.store().assets().delete(new AssetId(asset.uuid()))).isTrue();

        assertThat(read(first)).isEmpty();
        assertThat(numbers(asset)).isEmpty();
        assertThat(core.devices().tombstones(9)).containsExactly(first.number());
        save(first);
        assertThat(loop.heard()).endsWith("save NOT_FOUND");
        assertThat(require(asset()).number()).isGreaterThan(first.number());
    }

    @Test
    void aCustomerTakesTheValuesOfItsUsersAlong() {
        CustomerId customer = core.customer(tenant, "Acme");
        NumberedEntity user = require(user(Optional.of(customer)));
        NumberedEntity other = require(user(Optional.empty()));
        NumberedEntity own = require(new EntityId(EntityType.CUSTOMER, customer.uuid()));

        core.devices().deleteCustomer(customer);

        assertThat(core.devices().tombstones(9))
                .containsExactlyInAnyOrder(user.number(), own.number())
                .doesNotContain(other.number());
    }

    @Test
    void usersAndProfilesTakeTheirValuesAlong() {
        EntityId user = user(Optional.empty());
        DeviceProfile profile = core.store()
                .deviceProfiles()
                .add(new DeviceProfile(
                        new DeviceProfileId(Uuids.next(Fixture.NOW)), Fixture.NOW, tenant, "p", "", false));
        NumberedEntity ofUser = require(user);
        NumberedEntity ofProfile = require(new EntityId(EntityType.DEVICE_PROFILE, profile.uuid()));

        core.identities().deleteUser(new UserId(user.uuid()));
        core.store().deviceProfiles().delete(profile.id());

        assertThat(core.devices().tombstones(9)).containsExactly(ofUser.number(), ofProfile.number());
    }

    @Test
    void aTenantTakesAllItsValuesAlong() {
        NumberedEntity asset = require(asset());
        NumberedEntity own = require(new EntityId(EntityType.TENANT, tenant.uuid()));
        NumberedEntity user = require(user(Optional.empty()));
        TenantId other = core.tenant("B");
        NumberedEntity kept = require(new EntityId(EntityType.TENANT, other.uuid()));

        core.identities().deleteTenant(tenant);

        assertThat(core.devices().tombstones(9)).containsExactlyInAnyOrder(asset.number(), own.number(), user.number());
        assertThat(find(new EntityId(EntityType.TENANT, other.uuid()))).isEqualTo(kept);
    }

    private EntityId asset() {
        Asset asset = core.asset(tenant, "asset " + UUID.randomUUID());
        return new EntityId(EntityType.ASSET, asset.id().uuid());
    }

    private EntityId user(Optional<CustomerId> customer) {
        User user = new User(
                new UserId(Uuids.next(Fixture.NOW)),
                Fixture.NOW,
                UUID.randomUUID() + "@example.org",
                customer.isPresent() ? Authority.CUSTOMER_USER : Authority.TENANT_ADMIN,
                Optional.of(tenant),
                customer,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1);
        core.identities()
                .insertUser(user, new UserCredentials(user.id(), true, Optional.of("hash"), Optional.empty(), 0));
        return new EntityId(EntityType.USER, user.id().uuid());
    }

    private NumberedEntity find(EntityId entity) {
        return core.store().entityNumbers().find(entity).toCompletableFuture().join();
    }

    private Optional<NumberedEntity> numbers(EntityId entity) {
        return core.store()
                .entityNumbers()
                .require(entity)
                .toCompletableFuture()
                .join();
    }

    private NumberedEntity require(EntityId entity) {
        return numbers(entity).orElseThrow();
    }

    private void save(NumberedEntity entity) throws InterruptedException {
        assertThat(core.store()
                        .attributes(new Feed())
                        .save(entity.number(), Scope.SERVER_SCOPE, VALUES, loop.receipt("save")))
                .isTrue();
        loop.runNext();
    }

    private List<Reading> read(NumberedEntity entity) {
        return core.store()
                .attributes(new Feed())
                .read(entity.number(), Scope.SERVER_SCOPE)
                .toCompletableFuture()
                .join();
    }
}
