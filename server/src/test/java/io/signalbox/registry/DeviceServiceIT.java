package io.signalbox.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Tenant;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.store.sql.CoreStore;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceServiceIT {
    private static final long NOW = 1_754_000_000_000L;

    @TempDir
    Path folder;

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final List<Long> purged = new CopyOnWriteArrayList<>();
    private final Semaphore asked = new Semaphore(0);
    private volatile CompletableFuture<Void> purge = CompletableFuture.completedFuture(null);
    private CoreStore core;
    private DeviceDirectory directory;
    private DeviceService service;
    private TenantId tenant;
    private TenantId other;

    @BeforeEach
    void open() {
        core = CoreStore.open(folder, new SimpleMeterRegistry());
        directory = new DeviceDirectory(core.devices(), 100);
        service = service();
        tenant = tenant("A");
        other = tenant("B");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void createdDeviceHasDefaultsAndARandomToken() {
        Device device = create("D");

        assertThat(device.createdTime()).isEqualTo(NOW);
        assertThat(device.version()).isEqualTo(1);
        assertThat(device.type()).isEqualTo("default");
        assertThat(device.deviceData())
                .isEqualTo(
                        "{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"}}");
        assertThat(service.device(tenant, device.id())).isEqualTo(device);
        DeviceCredentials credentials = service.credentials(tenant, device.id());
        assertThat(credentials.type()).isEqualTo(DeviceCredentials.Type.ACCESS_TOKEN);
        assertThat(credentials.credentialsId()).matches("[A-Za-z0-9]{20}");
        assertThat(service.credentials(tenant, create("E").id()).credentialsId())
                .isNotEqualTo(credentials.credentialsId());
        DeviceProfile profile = service.defaultProfile(tenant);
        assertThat(profile.name()).isEqualTo("default");
        assertThat(profile.description()).isEqualTo("Default device profile");
        assertThat(profile.isDefault()).isTrue();
        assertThat(device.profile()).isEqualTo(profile.id());
    }

    @Test
    void tokenMayBeGiven() {
        Device device = service.create(tenant, named("D"), Optional.of("MY TOKEN"));

        assertThat(service.credentials(tenant, device.id()).credentialsId()).isEqualTo("MY TOKEN");
        assertThat(directory
                        .authenticate("MY TOKEN")
                        .toCompletableFuture()
                        .orTimeout(10, TimeUnit.SECONDS)
                        .join())
                .contains(device);
        badRequest(
                () -> service.create(other, named("D"), Optional.of("MY TOKEN")),
                "Device credentials are already assigned to another device!");
        badRequest(
                () -> service.create(tenant, named("E"), Optional.of("a\nb")),
                "credentialsId must not contain control characters!");
    }

    @Test
    void otherCredentialsEndTheOldOnes() {
        Device device = service.create(tenant, named("D"), Optional.of("OLD"));
        directory.authenticate("OLD").toCompletableFuture().join();
        DeviceCredentials old = service.credentials(tenant, device.id());

        DeviceCredentials saved = service.updateCredentials(
                tenant,
                device.id(),
                old.id(),
                new NewCredentials.MqttBasic(Optional.empty(), Optional.of("kim"), Optional.of("p"), "{}"),
                Optional.of(1L));

        assertThat(saved.type()).isEqualTo(DeviceCredentials.Type.MQTT_BASIC);
        assertThat(saved.credentialsId()).isEqualTo("kim");
        assertThat(saved.version()).isEqualTo(2);
        assertThat(heard).containsExactly("other credentials D");
        assertThat(directory.cachedByToken("OLD")).isNull();
        assertThat(directory.authenticate("OLD").toCompletableFuture().join()).isEmpty();
        NewCredentials token = new NewCredentials.AccessToken("NEW");
        badRequest(
                () -> service.updateCredentials(tenant, device.id(), UUID.randomUUID(), token, Optional.empty()),
                "Unable to update non-existent device credentials!");
        service.create(tenant, named("E"), Optional.of("NEW"));
        badRequest(
                () -> service.updateCredentials(tenant, device.id(), old.id(), token, Optional.empty()),
                "Device credentials are already assigned to another device!");
    }

    @Test
    void aTakenNameIsMadeUniqueWhenAskedFor() {
        create("D");
        NameConflict counted = new NameConflict(true, "-", true);
        assertThat(unique("D", counted)).isEqualTo("D-1");
        assertThat(unique("D", counted)).isEqualTo("D-2");
        assertThat(unique("D", new NameConflict(true, "_", false))).matches("D_[A-Za-z0-9]{6}");
        assertThat(unique("free", counted)).isEqualTo("free");
    }

    private String unique(String name, NameConflict conflict) {
        return service.create(tenant, named(name), service.accessToken(Optional.empty()), conflict)
                .name();
    }

    @Test
    void devicesForAnybodyBelongToOneCustomer() {
        Device first = service.assignToPublic(tenant, create("D").id());
        Device second = service.assignToPublic(tenant, create("E").id());

        assertThat(second.customer()).isEqualTo(first.customer());
        assertThat(service.customer(tenant, first.customer().orElseThrow()).isPublic())
                .isTrue();
    }

    @Test
    void aRenamedProfileIsTheTypeOfItsDevices() {
        Device device = service.create(tenant, typed("D", "pump"), Optional.of("T"));
        directory.authenticate("T").toCompletableFuture().join();
        DeviceProfileService profiles = new DeviceProfileService(
                core.deviceProfiles(), directory, InstantSource.fixed(Instant.ofEpochMilli(NOW)));
        DeviceProfileFields fields = new DeviceProfileFields("fan", "", false, DeviceProfile.Settings.STANDARD);

        profiles.update(tenant, device.profile(), fields, Optional.of(1L));

        assertThat(directory.cached(device.id())).isNull();
        assertThat(directory
                        .find(device.id())
                        .toCompletableFuture()
                        .join()
                        .orElseThrow()
                        .type())
                .isEqualTo("fan");
        badRequest(
                () -> profiles.delete(tenant, device.profile()),
                "The device profile referenced by the devices cannot be deleted!");
        badRequest(
                () -> profiles.delete(tenant, service.defaultProfile(tenant).id()),
                "Deletion of Default Device Profile is prohibited!");
        badRequest(() -> profiles.create(tenant, fields), "Device profile with such name already exists!");
        profiles.makeDefault(tenant, device.profile());
        assertThat(service.defaultProfile(tenant).id()).isEqualTo(device.profile());
    }

    @Test
    void typeNamesAProfileThatIsFoundOrMade() {
        Device first = service.create(tenant, typed("D", "pump"), Optional.empty());
        Device second = service.create(tenant, typed("E", "pump"), Optional.empty());

        assertThat(first.type()).isEqualTo("pump");
        assertThat(second.profile()).isEqualTo(first.profile());
        assertThat(service.create(other, typed("D", "pump"), Optional.empty()).profile())
                .isNotEqualTo(first.profile());
        Device third = service.create(
                tenant,
                fields("F", Optional.of("x"), Optional.of(first.profile()), Optional.empty()),
                Optional.empty());
        assertThat(third.type()).isEqualTo("pump");
    }

    @Test
    void profileMustBeTheTenants() {
        badRequest(
                () -> service.create(
                        tenant,
                        fields(
                                "D",
                                Optional.empty(),
                                Optional.of(new DeviceProfileId(UUID.randomUUID())),
                                Optional.empty()),
                        Optional.empty()),
                "Device is referencing non existing device profile!");
        DeviceProfileId foreign = service.defaultProfile(other).id();
        badRequest(
                () -> service.create(
                        tenant,
                        fields("D", Optional.empty(), Optional.of(foreign), Optional.empty()),
                        Optional.empty()),
                "Device can`t be referencing to device profile from different tenant!");
    }

    @Test
    void customerMustBeTheTenants() {
        CustomerId foreign = service.createCustomer(other, titled("Acme")).id();

        badRequest(
                () -> service.create(tenant, assignedTo("D", new CustomerId(UUID.randomUUID())), Optional.empty()),
                "Can't assign device to non-existent customer!");
        badRequest(
                () -> service.create(tenant, assignedTo("D", foreign), Optional.empty()),
                "Can't assign device to customer from different tenant!");
        CustomerId own = service.createCustomer(tenant, titled("Acme")).id();
        assertThat(service.create(tenant, assignedTo("D", own), Optional.empty())
                        .customer())
                .contains(own);
    }

    @Test
    void namesAreChecked() {
        badRequest(() -> create(""), "Device name should be specified!");
        badRequest(() -> create("  "), "Device name should be specified!");
        badRequest(() -> create("x".repeat(256)), "Validation error: name length must be equal or less than 255");
        badRequest(() -> create("<script>alert(1)</script>"), "Validation error: name is malformed");
        assertThat(create("x".repeat(255)).name()).hasSize(255);
        assertThat(create("3 < 4 > 2").name()).isEqualTo("3 < 4 > 2");
        badRequest(() -> create("3 < 4 > 2"), "Device with such name already exists!");
    }

    @Test
    void updateReplacesAllAndIsTold() {
        Device device = service.create(tenant, typed("D", "pump"), Optional.empty());
        find(device);

        Device updated = service.update(tenant, device.id(), named("D2"), Optional.of(1L));

        assertThat(updated.name()).isEqualTo("D2");
        assertThat(updated.type()).isEqualTo("default");
        assertThat(updated.version()).isEqualTo(2);
        assertThat(updated.number()).isEqualTo(device.number());
        assertThat(service.device(tenant, device.id())).isEqualTo(updated);
        assertThat(directory.cached(device.id())).isEqualTo(updated);
        assertThat(heard).containsExactly("changed D2 v2");
    }

    @Test
    void updateOfAnOldVersionConflictsAndWithoutVersionOverwrites() {
        Device device = create("D");
        service.update(tenant, device.id(), named("D2"), Optional.of(1L));

        rejected(
                () -> service.update(tenant, device.id(), named("D3"), Optional.of(1L)),
                ErrorCode.VERSION_CONFLICT,
                "Device was already changed by someone else");
        assertThat(service.update(tenant, device.id(), named("D4"), Optional.empty())
                        .version())
                .isEqualTo(3);
    }

    @Test
    void updatesWithoutVersionDoNotDisturbEachOther() throws Exception {
        Device device = create("D");
        List<Future<Device>> updates = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 5; i++) {
                updates.add(threads.submit(() -> service.update(tenant, device.id(), named("D"), Optional.empty())));
            }
        }
        for (Future<Device> update : updates) {
            assertThat(update.get().version()).isGreaterThan(1);
        }
        assertThat(service.device(tenant, device.id()).version()).isEqualTo(6);
    }

    @Test
    void devicesOfAnotherTenantAreAsMissing() {
        Device device = create("D");
        String text = "Device with id [" + device.id() + "] is not found";

        notFound(() -> service.device(other, device.id()), text);
        notFound(() -> service.credentials(other, device.id()), text);
        notFound(() -> service.update(other, device.id(), named("E"), Optional.empty()), text);
        notFound(() -> service.delete(other, device.id()), text);
        notFound(() -> service.unassign(other, device.id()), text);
        CustomerId customer = service.createCustomer(other, titled("Acme")).id();
        notFound(() -> service.assign(other, device.id(), customer), text);
        assertThat(service.devices(other, 0, 10)).isEmpty();
        assertThat(service.devices(tenant, 0, 10)).containsExactly(device);
        DeviceId unknown = new DeviceId(UUID.randomUUID());
        notFound(() -> service.device(tenant, unknown), "Device with id [" + unknown + "] is not found");
    }

    @Test
    void deviceIsAssignedAndUnassigned() {
        Device device = create("D");
        CustomerId customer = service.createCustomer(tenant, titled("Acme")).id();

        assertThat(service.assign(tenant, device.id(), customer).customer()).contains(customer);
        assertThat(service.unassign(tenant, device.id()).customer()).isEmpty();

        badRequest(() -> service.unassign(tenant, device.id()), "Device isn't assigned to any customer!");
        CustomerId foreign = service.createCustomer(other, titled("Acme")).id();
        rejected(
                () -> service.assign(tenant, device.id(), foreign),
                ErrorCode.PERMISSION_DENIED,
                "You don't have permission to perform this operation!");
        assertThat(heard).containsExactly("changed D v2", "changed D v3");
    }

    @Test
    void deletedDeviceIsToldAndItsPointsPurged() {
        Device device = create("D");
        find(device);

        service.delete(tenant, device.id());

        assertThat(directory.cached(device.id())).isNull();
        assertThat(heard).containsExactly("deleted D v1");
        awaitPurges();
        assertThat(purged).containsExactly(device.number());
        assertThat(core.devices().tombstones(10)).isEmpty();
        notFound(() -> service.delete(tenant, device.id()), "Device with id [" + device.id() + "] is not found");
    }

    @Test
    void purgeThatFailedIsResumedAtTheNextStart() {
        List<Long> numbers = new ArrayList<>();
        purge = CompletableFuture.failedFuture(new Rejected(ErrorCode.STORE_UNAVAILABLE, "no disk"));
        for (int i = 0; i < 40; i++) {
            Device device = create("D" + i);
            numbers.add(device.number());
            service.delete(tenant, device.id());
        }
        assertThat(service.resumePurges()
                        .toCompletableFuture()
                        .handle((done, failure) -> failure)
                        .join())
                .isNotNull();
        assertThat(core.devices().tombstones(100)).isEqualTo(numbers);

        core.close();
        purge = CompletableFuture.completedFuture(null);
        purged.clear();
        core = CoreStore.open(folder, new SimpleMeterRegistry());
        service = service();
        awaitPurges();

        assertThat(purged).containsExactlyElementsOf(numbers);
        assertThat(core.devices().tombstones(100)).isEmpty();
    }

    @Test
    void purgesComeInBoundedNumbers() throws InterruptedException {
        int atOnce = 16;
        for (int i = 0; i < 2 * atOnce + 1; i++) {
            core.devices().delete(create("D" + i).id());
        }
        purge = new CompletableFuture<>();
        CompletionStage<Void> done = service.resumePurges();

        asked.acquire(atOnce);
        assertThat(purged).hasSize(atOnce);
        purge.complete(null);
        done.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(purged).hasSize(2 * atOnce + 1);
        assertThat(core.devices().tombstones(1)).isEmpty();
    }

    @Test
    void customersAreKeptApartByTenant() {
        Customer customer = service.createCustomer(tenant, titled("Acme"));

        assertThat(customer.createdTime()).isEqualTo(NOW);
        assertThat(service.customer(tenant, customer.id())).isEqualTo(customer);
        rejected(
                () -> service.customer(other, customer.id()),
                ErrorCode.PERMISSION_DENIED,
                "You don't have permission to perform this operation!");
        CustomerId unknown = new CustomerId(UUID.randomUUID());
        notFound(() -> service.customer(tenant, unknown), "Customer with id [" + unknown + "] is not found");
        rejected(
                () -> service.deleteCustomer(other, customer.id()),
                ErrorCode.PERMISSION_DENIED,
                "You don't have permission to perform this operation!");
    }

    @Test
    void customersAreChecked() {
        badRequest(() -> service.createCustomer(tenant, titled(" ")), "Customer title should be specified!");
        badRequest(
                () -> service.createCustomer(tenant, titled("Public")),
                "'Public' title for customer is system reserved!");
        badRequest(
                () -> service.createCustomer(tenant, mailed("Acme", "nobody")),
                "Invalid email address format 'nobody'!");
        badRequest(
                () -> service.createCustomer(tenant, titled("x".repeat(256))),
                "Validation error: title length must be equal or less than 255");
        service.createCustomer(tenant, mailed("Acme", "a.b+c@example.org"));
        badRequest(() -> service.createCustomer(tenant, titled("Acme")), "Customer with such title already exists!");
    }

    @Test
    void customerUpdateMindsTheVersion() {
        Customer customer = service.createCustomer(tenant, titled("Acme"));

        assertThat(service.updateCustomer(tenant, customer.id(), titled("Bcme"), Optional.of(1L))
                        .version())
                .isEqualTo(2);
        rejected(
                () -> service.updateCustomer(tenant, customer.id(), titled("Ccme"), Optional.of(1L)),
                ErrorCode.VERSION_CONFLICT,
                "Customer was already changed by someone else");
        assertThat(service.updateCustomer(tenant, customer.id(), titled("Dcme"), Optional.empty())
                        .title())
                .isEqualTo("Dcme");
    }

    @Test
    void devicesOfADeletedCustomerAreToldToBeFree() {
        CustomerId customer = service.createCustomer(tenant, titled("Acme")).id();
        Device device = service.create(tenant, assignedTo("D", customer), Optional.empty());
        find(device);

        service.deleteCustomer(tenant, customer);

        assertThat(directory.cached(device.id()))
                .isEqualTo(service.device(tenant, device.id()))
                .extracting(Device::customer)
                .isEqualTo(Optional.empty());
        assertThat(heard).containsExactly("changed D v2");
    }

    @Test
    void everythingOfATenantIsDeletedAndTold() {
        Device first = create("D");
        Device second = create("E");
        Device foreign = service.create(other, named("D"), Optional.empty());
        find(first);

        service.deleteAllOf(tenant);

        assertThat(directory.cached(first.id())).isNull();
        assertThat(heard).containsExactly("deleted D v1", "deleted E v1");
        awaitPurges();
        assertThat(purged).containsExactly(first.number(), second.number());
        assertThat(service.device(other, foreign.id())).isEqualTo(foreign);
    }

    private DeviceService service() {
        DeviceListener listener = new DeviceListener() {
            @Override
            public void deleted(Device device) {
                heard.add("deleted " + device.name() + " v" + device.version());
            }

            @Override
            public void changed(Device device) {
                heard.add("changed " + device.name() + " v" + device.version());
            }

            @Override
            public void credentialsChanged(Device device) {
                heard.add("other credentials " + device.name());
            }
        };
        return new DeviceService(
                core.devices(),
                directory,
                listener,
                this::purge,
                InstantSource.fixed(Instant.ofEpochMilli(NOW)),
                new Random(1));
    }

    private CompletionStage<Void> purge(long number) {
        purged.add(number);
        asked.release();
        return purge;
    }

    private void awaitPurges() {
        service.resumePurges()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    /** Gets the device into the directory. */
    private void find(Device device) {
        assertThat(directory
                        .find(device.id())
                        .toCompletableFuture()
                        .orTimeout(10, TimeUnit.SECONDS)
                        .join())
                .contains(device);
    }

    private TenantId tenant(String title) {
        Tenant made = new Tenant(new TenantId(Uuids.next(NOW)), NOW, title, "{}", Optional.empty(), 1);
        return core.identities().insertTenant(made).id();
    }

    private Device create(String name) {
        return service.create(tenant, named(name), Optional.empty());
    }

    private static DeviceFields named(String name) {
        return fields(name, Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static DeviceFields typed(String name, String type) {
        return fields(name, Optional.of(type), Optional.empty(), Optional.empty());
    }

    private static DeviceFields assignedTo(String name, CustomerId customer) {
        return fields(name, Optional.empty(), Optional.empty(), Optional.of(customer));
    }

    private static DeviceFields fields(
            String name, Optional<String> type, Optional<DeviceProfileId> profile, Optional<CustomerId> customer) {
        return new DeviceFields(name, type, Optional.empty(), profile, customer, Optional.empty(), Optional.empty());
    }

    private static CustomerFields titled(String title) {
        return new CustomerFields(title, Optional.empty(), "{}", Optional.empty());
    }

    private static CustomerFields mailed(String title, String email) {
        return new CustomerFields(title, Optional.of(email), "{}", Optional.empty());
    }

    private static void badRequest(ThrowingCallable call, String text) {
        rejected(call, ErrorCode.BAD_REQUEST, text);
    }

    private static void notFound(ThrowingCallable call, String text) {
        rejected(call, ErrorCode.NOT_FOUND, text);
    }

    private static void rejected(ThrowingCallable call, ErrorCode code, String text) {
        assertThatExceptionOfType(Rejected.class).isThrownBy(call).satisfies(rejected -> {
            assertThat(rejected.text()).isEqualTo(text);
            assertThat(rejected.code()).isEqualTo(code);
        });
    }
}
