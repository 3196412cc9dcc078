package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceProfile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlDeviceStoreIT {
    private final TestDatabase databases;

    @TempDir
    Path folder;

    private Fixture core;
    private SqlDeviceStore devices;
    private TenantId tenant;

    SqlDeviceStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        devices = core.devices();
        tenant = core.tenant("A");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void deviceComesBackAsItWasGiven() {
        CustomerId customer = core.customer(tenant, "Acme");
        DeviceProfile profile = devices.insertProfile(profile("pump"));
        Device given = new Device(
                0,
                new DeviceId(Uuids.next(Fixture.NOW)),
                Fixture.NOW,
                tenant,
                Optional.of(customer),
                "P-1 ä",
                "pump",
                Optional.of("in the cellar"),
                profile.id(),
                "{\"configuration\":{\"type\":\"DEFAULT\"}}",
                Optional.of("{\"gateway\":true}"),
                0);
        DeviceCredentials credentials = Fixture.accessToken(given.id(), "secret");

        Device inserted = devices.insert(given, credentials);

        assertThat(inserted.number()).isPositive();
        assertThat(inserted.version()).isEqualTo(1);
        assertThat(inserted)
                .usingRecursiveComparison()
                .ignoringFields("number", "version")
                .isEqualTo(given);
        core.reopen();
        assertThat(core.devices().device(given.id())).contains(inserted);
        assertThat(core.devices().deviceByAccessToken("secret")).contains(inserted);
        assertThat(core.devices().credentials(given.id()))
                .contains(new DeviceCredentials(
                        credentials.id(),
                        Fixture.NOW,
                        given.id(),
                        DeviceCredentials.Type.ACCESS_TOKEN,
                        "secret",
                        Optional.empty(),
                        1));
    }

    @Test
    void whatIsUnknownIsEmpty() {
        assertThat(devices.device(new DeviceId(UUID.randomUUID()))).isEmpty();
        assertThat(devices.deviceByAccessToken("nobody's")).isEmpty();
        assertThat(devices.credentials(new DeviceId(UUID.randomUUID()))).isEmpty();
        assertThat(devices.customer(new CustomerId(UUID.randomUUID()))).isEmpty();
        assertThat(devices.profile(new DeviceProfileId(UUID.randomUUID()))).isEmpty();
        assertThat(devices.profile(tenant, "nothing")).isEmpty();
        assertThat(devices.delete(new DeviceId(UUID.randomUUID()))).isFalse();
        assertThat(devices.devicesOf(tenant, 0, 10)).isEmpty();
    }

    @Test
    void lookupsThatDoNotWaitFindTheSame() {
        Device device = core.device(tenant, "D");

        assertThat(devices.find(device.id()).toCompletableFuture().join()).contains(device);
        assertThat(devices.findByAccessToken("D-token").toCompletableFuture().join())
                .contains(device);
        assertThat(devices.findByAccessToken("x").toCompletableFuture().join()).isEmpty();
    }

    @Test
    void nameIsTakenInItsTenantOnly() {
        core.device(tenant, "D");

        rejected(
                () -> core.insert(core.newDevice(tenant, "D"), "other"),
                ErrorCode.BAD_REQUEST,
                "Device with such name already exists!");
        assertThat(core.insert(core.newDevice(core.tenant("B"), "D"), "other").name())
                .isEqualTo("D");
    }

    @Test
    void tokenIsTakenOnTheWholeServer() {
        core.device(tenant, "D");

        rejected(
                () -> core.insert(core.newDevice(core.tenant("B"), "E"), "D-token"),
                ErrorCode.BAD_REQUEST,
                "Device credentials are already assigned to another device!");
        assertThat(devices.devicesOf(tenant, 0, 10)).hasSize(1);
    }

    @Test
    void insertWantsProfileAndCustomerOfTheTenant() {
        TenantId other = core.tenant("B");
        CustomerId foreign = core.customer(other, "Acme");
        Device device = core.newDevice(tenant, "D");

        rejected(
                () -> core.insert(with(device, Optional.of(foreign), "D", 0), "t"),
                ErrorCode.BAD_REQUEST,
                "Can't assign device to non-existent customer!");
        rejected(
                () -> core.insert(
                        new Device(
                                0,
                                device.id(),
                                0,
                                tenant,
                                Optional.empty(),
                                "D",
                                "default",
                                Optional.empty(),
                                core.newDevice(other, "D").profile(),
                                "{}",
                                Optional.empty(),
                                0),
                        "t"),
                ErrorCode.BAD_REQUEST,
                "Device is referencing non existing device profile!");
    }

    @Test
    void updateReplacesAndCountsTheVersion() {
        CustomerId customer = core.customer(tenant, "Acme");
        Device device = core.device(tenant, "D");

        Device updated = devices.update(with(device, Optional.of(customer), "D2", 1));

        assertThat(updated).isEqualTo(with(device, Optional.of(customer), "D2", 2));
        assertThat(devices.device(device.id())).contains(updated);
        assertThat(devices.deviceByAccessToken("D-token")).contains(updated);
    }

    @Test
    void updateOfAnOldVersionIsRefused() {
        Device device = core.device(tenant, "D");
        devices.update(with(device, Optional.empty(), "D2", 1));

        rejected(
                () -> devices.update(with(device, Optional.empty(), "D3", 1)),
                ErrorCode.VERSION_CONFLICT,
                "Device was already changed by someone else");
        assertThat(devices.device(device.id()).orElseThrow().name()).isEqualTo("D2");
    }

    @Test
    void updateCannotTakeANameOrReviveADevice() {
        Device device = core.device(tenant, "D");
        core.device(tenant, "E");

        rejected(
                () -> devices.update(with(device, Optional.empty(), "E", 1)),
                ErrorCode.BAD_REQUEST,
                "Device with such name already exists!");
        devices.delete(device.id());
        rejected(
                () -> devices.update(with(device, Optional.empty(), "F", 1)),
                ErrorCode.NOT_FOUND,
                "Device with id [" + device.id() + "] is not found");
    }

    @Test
    void deletionLeavesATombstoneAndFreesNameAndToken() {
        Device device = core.device(tenant, "D");

        assertThat(devices.delete(device.id())).isTrue();

        assertThat(devices.delete(device.id())).isFalse();
        assertThat(devices.device(device.id())).isEmpty();
        assertThat(devices.deviceByAccessToken("D-token")).isEmpty();
        assertThat(devices.credentials(device.id())).isEmpty();
        assertThat(devices.tombstones(10)).containsExactly(device.number());
        core.reopen();
        assertThat(core.devices().tombstones(10)).containsExactly(device.number());
        core.devices().purged(device.number());
        assertThat(core.devices().tombstones(10)).isEmpty();
        assertThat(core.device(tenant, "D").id()).isNotEqualTo(device.id());
    }

    @Test
    void numbersAreNotReused() {
        Device first = core.device(tenant, "D");
        devices.delete(first.id());
        devices.purged(first.number());
        core.reopen();

        assertThat(core.device(tenant, "D").number()).isGreaterThan(first.number());
    }

    @Test
    void tombstonesComeInBoundedNumbers() {
        for (int i = 0; i < 3; i++) {
            devices.delete(core.device(tenant, "D").id());
        }
        assertThat(devices.tombstones(2)).hasSize(2);
    }

    @Test
    void devicesOfATenantComeInPagesByNumber() {
        List<Device> mine = new ArrayList<>();
        TenantId other = core.tenant("B");
        for (int i = 0; i < 5; i++) {
            mine.add(core.device(tenant, "D" + i));
            core.device(other, "E" + i);
        }

        assertThat(devices.devicesOf(tenant, 0, 2)).isEqualTo(mine.subList(0, 2));
        assertThat(devices.devicesOf(tenant, mine.get(1).number(), 10)).isEqualTo(mine.subList(2, 5));
    }

    @Test
    void profileIsInsertedOnce() {
        DeviceProfile first = devices.insertProfile(profile("pump"));

        assertThat(devices.insertProfile(profile("pump"))).isEqualTo(first);
        assertThat(devices.profile(tenant, "pump")).contains(first);
        assertThat(devices.profile(first.id())).contains(first);
        assertThat(devices.defaultProfile(tenant).orElseThrow().name()).isEqualTo("default");
        assertThat(devices.defaultProfile(new TenantId(UUID.randomUUID()))).isEmpty();
    }

    @Test
    void customerIsKeptAndItsTitleIsTakenInItsTenantOnly() {
        Customer inserted = devices.insertCustomer(Fixture.newCustomer(tenant, "Acme"));
        Customer second = devices.insertCustomer(Fixture.newCustomer(tenant, "Bcme"));

        assertThat(devices.customer(inserted.id())).contains(inserted);
        assertThat(inserted.version()).isEqualTo(1);
        rejected(
                () -> devices.insertCustomer(Fixture.newCustomer(tenant, "Acme")),
                ErrorCode.BAD_REQUEST,
                "Customer with such title already exists!");
        rejected(
                () -> devices.updateCustomer(with(second, "Acme", 1)),
                ErrorCode.BAD_REQUEST,
                "Customer with such title already exists!");
        assertThat(core.customer(core.tenant("B"), "Acme")).isNotNull();
    }

    @Test
    void customerUpdateMindsTheVersion() {
        Customer customer = devices.insertCustomer(Fixture.newCustomer(tenant, "Acme"));

        Customer updated = devices.updateCustomer(with(customer, "Acme 2", 1));

        assertThat(updated).isEqualTo(with(customer, "Acme 2", 2));
        rejected(
                () -> devices.updateCustomer(with(customer, "Acme 3", 1)),
                ErrorCode.VERSION_CONFLICT,
                "Customer was already changed by someone else");
        assertThat(devices.customer(customer.id())).contains(updated);
    }

    @Test
    void deletedCustomerLeavesItsDevices() {
        CustomerId customer = core.customer(tenant, "Acme");
        Device assigned = core.insert(with(core.newDevice(tenant, "D"), Optional.of(customer), "D", 0), "t");
        Device free = core.device(tenant, "E");

        List<Device> unassigned = devices.deleteCustomer(customer);

        assertThat(unassigned).containsExactly(with(assigned, Optional.empty(), "D", 2));
        assertThat(devices.device(assigned.id())).contains(unassigned.getFirst());
        assertThat(devices.device(free.id())).contains(free);
        assertThat(devices.customer(customer)).isEmpty();
        assertThat(devices.deleteCustomer(customer)).isEmpty();
    }

    @Test
    void everythingOfATenantGoesInSlicesAndNothingOfAnother() {
        TenantId other = core.tenant("B");
        Device foreign = core.device(other, "D");
        CustomerId foreignCustomer = core.customer(other, "Acme");
        CustomerId customer = core.customer(tenant, "Acme");
        int number = Devices.SLICE + 1;
        for (int i = 0; i < number; i++) {
            core.insert(with(core.newDevice(tenant, "D" + i), Optional.of(customer), "D" + i, 0), "t" + i);
        }

        List<Device> removed = devices.deleteAllOf(tenant);

        assertThat(removed).hasSize(number);
        assertThat(devices.devicesOf(tenant, 0, 10)).isEmpty();
        assertThat(devices.customer(customer)).isEmpty();
        assertThat(devices.defaultProfile(tenant)).isEmpty();
        assertThat(devices.tombstones(number + 10))
                .containsExactlyElementsOf(removed.stream().map(Device::number).toList());
        assertThat(devices.device(foreign.id())).contains(foreign);
        assertThat(devices.customer(foreignCustomer)).isPresent();
        assertThat(devices.defaultProfile(other)).isPresent();
        assertThat(devices.deleteAllOf(tenant)).isEmpty();
    }

    private DeviceProfile profile(String name) {
        return new DeviceProfile(
                new DeviceProfileId(Uuids.next(Fixture.NOW)), Fixture.NOW, tenant, name, "for tests", false);
    }

    private static Device with(Device device, Optional<CustomerId> customer, String name, long version) {
        return new Device(
                device.number(),
                device.id(),
                device.createdTime(),
                device.tenant(),
                customer,
                name,
                device.type(),
                device.label(),
                device.profile(),
                device.deviceData(),
                device.additionalInfo(),
                version);
    }

    private static Customer with(Customer customer, String title, long version) {
        return new Customer(
                customer.id(),
                customer.createdTime(),
                customer.tenant(),
                title,
                customer.contact(),
                customer.additionalInfo(),
                version);
    }

    private static void rejected(ThrowingCallable call, ErrorCode code, String text) {
        assertThatExceptionOfType(Rejected.class).isThrownBy(call).satisfies(rejected -> {
            assertThat(rejected.text()).isEqualTo(text);
            assertThat(rejected.code()).isEqualTo(code);
        });
    }
}
