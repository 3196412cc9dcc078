package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.device.AssetId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.Relation;
import io.signalbox.registry.Relation.Direction;
import io.signalbox.registry.Relation.Group;
import io.signalbox.registry.RelationStore;
import io.signalbox.registry.Relations;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlRelationStoreIT {
    private final TestDatabase databases;

    @TempDir
    private Path folder;

    private Fixture core;
    private TenantId tenant;
    private EntityId site;
    private EntityId hall;
    private Device pump;

    SqlRelationStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        tenant = core.tenant("A");
        site = asset("site");
        hall = asset("hall");
        pump = core.device(tenant, "pump");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void aRelationIsStoredOnceAndReplacedByTheNext() {
        Relation first = save(site, hall, "Contains", Optional.of("{\"x\":[1.50,\"\u0000\"]}"));
        assertThat(first.version()).isEqualTo(1);

        Relation second = save(site, hall, "Contains", Optional.empty());

        core.reopen();
        assertThat(second.version()).isEqualTo(2);
        assertThat(store().find(site, hall, "Contains", Group.COMMON)).contains(second);
        assertThat(store().find(hall, site, "Contains", Group.COMMON)).isEmpty();
        assertThat(store().find(site, hall, "contains", Group.COMMON)).isEmpty();
        assertThat(store().find(site, hall, "Contains", Group.EDGE)).isEmpty();
        assertThat(store().delete(site, hall, "Contains", Group.COMMON)).contains(second);
        assertThat(store().delete(site, hall, "Contains", Group.COMMON)).isEmpty();
    }

    @Test
    void theyAreListedFromEitherEnd() {
        Relation contains = save(site, hall, "Contains", Optional.empty());
        Relation manages = save(site, device(pump), "Manages", Optional.empty());

        assertThat(store().list(site, Direction.FROM, Optional.empty(), Group.COMMON))
                .containsExactly(contains, manages);
        assertThat(store().list(site, Direction.FROM, Optional.of("Manages"), Group.COMMON))
                .containsExactly(manages);
        assertThat(store().list(hall, Direction.TO, Optional.empty(), Group.COMMON))
                .containsExactly(contains);
        assertThat(store().list(site, Direction.TO, Optional.empty(), Group.COMMON))
                .isEmpty();
        assertThat(store().list(
                                new EntityId(EntityType.DEVICE, hall.uuid()),
                                Direction.TO,
                                Optional.empty(),
                                Group.COMMON))
                .isEmpty();
        assertThat(store().deleteAllOf(hall, Group.COMMON)).isEqualTo(1);
        assertThat(store().list(site, Direction.FROM, Optional.empty(), Group.COMMON))
                .containsExactly(manages);
    }

    @Test
    void anEndThatIsGoneIsRefused() {
        EntityId nobody = new EntityId(EntityType.CUSTOMER, UUID.randomUUID());
        assertThatThrownBy(() -> save(site, nobody, "x", Optional.empty()))
                .isInstanceOfSatisfying(
                        Rejected.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
                .hasMessage("Customer with id [" + nobody.uuid() + "] is not found");
        assertThatThrownBy(() -> save(nobody, site, "x", Optional.empty())).isInstanceOf(Rejected.class);
    }

    @Test
    void relationsGoWithEitherEnd() {
        CustomerId customer = core.customer(tenant, "Acme");
        EntityId ofCustomer = new EntityId(EntityType.CUSTOMER, customer.uuid());
        Relation kept = save(site, ofCustomer, "x", Optional.empty());
        save(site, hall, "x", Optional.empty());
        save(hall, ofCustomer, "x", Optional.empty());
        save(device(pump), site, "x", Optional.empty());

        core.store().assets().delete(new AssetId(hall.uuid()));
        core.devices().delete(pump.id());

        assertThat(store().list(site, Direction.FROM, Optional.empty(), Group.COMMON))
                .containsExactly(kept);
        assertThat(store().list(site, Direction.TO, Optional.empty(), Group.COMMON))
                .isEmpty();
        core.devices().deleteCustomer(customer);
        assertThat(store().list(site, Direction.FROM, Optional.empty(), Group.COMMON))
                .isEmpty();
    }

    @Test
    void aTenantTakesItsRelationsAlong() {
        save(site, device(pump), "x", Optional.empty());
        assertThat(core.identities().deleteTenant(tenant)).isTrue();
        assertThat(store().list(site, Direction.FROM, Optional.empty(), Group.COMMON))
                .isEmpty();
    }

    @Test
    void aWalkGoesLevelByLevelAndEndsInCircles() {
        Relation first = save(site, hall, "Contains", Optional.empty());
        Relation second = save(hall, device(pump), "Contains", Optional.empty());
        Relation back = save(device(pump), site, "Feeds", Optional.empty());

        assertThat(walk(Direction.FROM, 1, false)).containsExactly(first);
        assertThat(walk(Direction.FROM, 2, false)).containsExactly(first, second);
        assertThat(walk(Direction.FROM, 9, false)).containsExactlyInAnyOrder(first, second, back);
        assertThat(walk(Direction.TO, 1, false)).containsExactly(back);
        assertThat(walk(Direction.FROM, 2, true)).containsExactly(second);
        assertThat(walk(
                        Direction.FROM,
                        2,
                        false,
                        new Relations.Filter(Optional.of("Contains"), Set.of(EntityType.DEVICE))))
                .containsExactly(second);
        assertThat(walk(Direction.FROM, 9, false, new Relations.Filter(Optional.of("Feeds"), Set.of())))
                .containsExactly(back);
    }

    private List<Relation> walk(Direction direction, int levels, boolean last, Relations.Filter... filters) {
        return new Relations(store())
                .walk(new Relations.Walk(site, direction, Group.COMMON, levels, last, List.of(filters)));
    }

    private RelationStore store() {
        return core.store().relations();
    }

    private Relation save(EntityId from, EntityId to, String type, Optional<String> info) {
        return store().save(tenant, new Relation(from, to, type, Group.COMMON, info, 0));
    }

    private EntityId asset(String name) {
        return new EntityId(EntityType.ASSET, core.asset(tenant, name).id().uuid());
    }

    private static EntityId device(Device device) {
        return new EntityId(EntityType.DEVICE, device.id().uuid());
    }
}
