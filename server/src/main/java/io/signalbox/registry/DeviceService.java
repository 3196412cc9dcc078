package io.signalbox.registry;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * Devices and customers of tenants, as the REST API manages them. Calls block until they are read or committed: virtual threads.
 *
 * <p>Every call names the tenant it is made for. A device of another tenant is as missing; a customer of another tenant is
 * forbidden (REST API §2). All fail with {@link Rejected}: {@code BAD_REQUEST} for what the specification refuses,
 * {@code NOT_FOUND}, {@code VERSION_CONFLICT}, and as {@link DeviceStore} does.
 */
public final class DeviceService {
    private static final String DEFAULT_PROFILE_DESCRIPTION = "Default device profile";

    private static final int TOKEN_CHARS = 20;

    private final DeviceStore store;
    private final DeviceDirectory directory;
    private final DeviceListener listener;
    private final Purges purges;
    private final ProfileChoice<DeviceProfile, DeviceProfileId> profiles;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * @param listener hears of each deletion and change after the directory knows it
     * @param purge    removes the points of a deleted device by its number; may be asked again for the same
     * @param random   makes access tokens: unpredictable, and safe for many threads
     */
    public DeviceService(
            DeviceStore store,
            DeviceDirectory directory,
            DeviceListener listener,
            LongFunction<CompletionStage<Void>> purge,
            InstantSource clock,
            RandomGenerator random) {
        this.store = store;
        this.directory = directory;
        this.listener = listener;
        this.purges = new Purges(store, purge);
        this.profiles = new ProfileChoice<>("device", store, this::newProfile);
        this.clock = clock;
        this.random = random;
    }

    /** Of whatever tenant. */
    public Optional<Device> find(DeviceId id) {
        return store.device(id);
    }

    public Device device(TenantId tenant, DeviceId id) {
        return store.device(id)
                .filter(device -> device.tenant().equals(tenant))
                .orElseThrow(() -> Changes.notFound("Device", id));
    }

    /** The tenant's device with exactly this name. */
    public Optional<Device> deviceIfAny(TenantId tenant, String name) {
        return store.deviceByName(tenant, name);
    }

    /** @throws Rejected {@code NOT_FOUND}: the tenant has no device with exactly this name */
    public Device deviceByName(TenantId tenant, String name) {
        return deviceIfAny(tenant, name)
                .orElseThrow(() -> new Rejected(ErrorCode.NOT_FOUND, "Requested item wasn't found!"));
    }

    /** The tenant's devices with greater numbers, by number, at most {@code limit}. */
    public List<Device> devices(TenantId tenant, long afterNumber, int limit) {
        return store.devicesOf(tenant, afterNumber, limit);
    }

    public DeviceCredentials credentials(TenantId tenant, DeviceId id) {
        device(tenant, id);
        return store.credentials(id).orElseThrow(() -> Changes.notFound("Device", id));
    }

    /** @param accessToken what the device will show to get in; empty, or an empty text: one of 20 random characters */
    public Device create(TenantId tenant, DeviceFields fields, Optional<String> accessToken) {
        return create(tenant, fields, accessToken(accessToken), NameConflict.REFUSED);
    }

    /** As {@link #create(TenantId, DeviceFields, Optional)}, with any credentials. */
    public Device create(TenantId tenant, DeviceFields fields, NewCredentials credentials, NameConflict nameConflict) {
        check(tenant, fields);
        String name = nameConflict.free(
                fields.name(), taken -> store.deviceByName(tenant, taken).isPresent(), random);
        Checks.text("name", name);
        long now = clock.millis();
        DeviceProfile profile = profiles.choose(tenant, fields.profile(), fields.type());
        Device device = new Device(
                0,
                new DeviceId(Uuids.next(now)),
                now,
                tenant,
                fields.customer(),
                name,
                profile.name(),
                fields.label(),
                profile.id(),
                fields.deviceData(profile),
                fields.additionalInfo(),
                1);
        return store.insert(
                device,
                new DeviceCredentials(
                        Uuids.next(now),
                        now,
                        device.id(),
                        credentials.type(),
                        credentials.id(),
                        credentials.value(),
                        1));
    }

    /** @param given empty, or an empty text: one of 20 random characters */
    public NewCredentials accessToken(Optional<String> given) {
        return new NewCredentials.AccessToken(
                given.filter(token -> !token.isEmpty()).orElseGet(() -> RandomText.of(random, TOKEN_CHARS)));
    }

    /**
     * Gives the device other credentials, and ends its connections.
     *
     * @param id      of the credentials that the device has
     * @param version what the caller saw last; empty: overwrite whatever is there
     */
    public DeviceCredentials updateCredentials(
            TenantId tenant, DeviceId device, UUID id, NewCredentials credentials, Optional<Long> version) {
        Device owner = device(tenant, device);
        DeviceCredentials old = store.credentials(device)
                .filter(present -> present.id().equals(id))
                .orElseThrow(() -> Checks.badRequest("Unable to update non-existent device credentials!"));
        DeviceCredentials saved = store.updateCredentials(new DeviceCredentials(
                id,
                old.createdTime(),
                device,
                credentials.type(),
                credentials.id(),
                credentials.value(),
                version.orElse(old.version())));
        directory.removed(device);
        listener.credentialsChanged(owner);
        return saved;
    }

    /** @param version what the caller saw last; empty: overwrite whatever is there */
    public Device update(TenantId tenant, DeviceId id, DeviceFields fields, Optional<Long> version) {
        device(tenant, id);
        check(tenant, fields);
        DeviceProfile profile = profiles.choose(tenant, fields.profile(), fields.type());
        return change(
                tenant,
                id,
                version,
                device -> new Device(
                        device.number(),
                        id,
                        device.createdTime(),
                        tenant,
                        fields.customer(),
                        fields.name(),
                        profile.name(),
                        fields.label(),
                        profile.id(),
                        fields.deviceData(profile),
                        fields.additionalInfo(),
                        device.version()));
    }

    public Device assign(TenantId tenant, DeviceId id, CustomerId customer) {
        customer(tenant, customer);
        return change(tenant, id, Optional.empty(), device -> assigned(device, Optional.of(customer)));
    }

    /** Assigns the device to the customer whose devices anybody may see, which is made when it is missing. */
    public Device assignToPublic(TenantId tenant, DeviceId id) {
        device(tenant, id);
        Customer customer = publicCustomer(tenant);
        return change(tenant, id, Optional.empty(), device -> assigned(device, Optional.of(customer.id())));
    }

    /**
     * Gives the device to a customer that showed its secret.
     *
     * @param claimingData JSON text of the server attribute by which it may be claimed
     * @throws Rejected {@code VERSION_CONFLICT}: somebody else has it by now, or it is not claimable any more
     */
    public Device claim(Device device, CustomerId customer, String claimingData) {
        Device saved = store.claim(device, customer, claimingData);
        announce(saved);
        return saved;
    }

    /** Takes the device from this customer; refused with {@code BAD_REQUEST} when another has it by now. */
    public Device unassign(TenantId tenant, DeviceId id, CustomerId from) {
        return change(tenant, id, Optional.empty(), device -> {
            if (!device.customer().equals(Optional.of(from))) {
                throw new Rejected(ErrorCode.BAD_REQUEST, "Device is assigned to another customer by now");
            }
            return assigned(device, Optional.empty());
        });
    }

    public Device unassign(TenantId tenant, DeviceId id) {
        return change(tenant, id, Optional.empty(), device -> {
            if (device.customer().isEmpty()) {
                throw Checks.badRequest("Device isn't assigned to any customer!");
            }
            return assigned(device, Optional.empty());
        });
    }

    /** Removes the device with its credentials and attributes; its points follow. */
    public void delete(TenantId tenant, DeviceId id) {
        Device device = device(tenant, id);
        if (!store.delete(id)) {
            throw Changes.notFound("Device", id);
        }
        forget(List.of(device));
    }

    /** Of whatever tenant. */
    public Optional<Customer> findCustomer(CustomerId id) {
        return store.customer(id);
    }

    public Customer customer(TenantId tenant, CustomerId id) {
        Customer customer = store.customer(id).orElseThrow(() -> Changes.notFound("Customer", id));
        if (!customer.tenant().equals(tenant)) {
            throw new Rejected(ErrorCode.PERMISSION_DENIED, "You don't have permission to perform this operation!");
        }
        return customer;
    }

    /** The customer of whom anybody may see what it has; made when it is missing. */
    Customer publicCustomer(TenantId tenant) {
        long now = clock.millis();
        return store.publicCustomer(new Customer(
                new CustomerId(Uuids.next(now)),
                now,
                tenant,
                Customer.PUBLIC,
                "{}",
                Optional.of("{\"isPublic\":true}"),
                1));
    }

    /**
     * Refuses whom nothing of the tenant can be assigned to.
     *
     * @param thing what is to be assigned, in lower case
     */
    void checkOwner(TenantId tenant, String thing, CustomerId id) {
        Customer customer = store.customer(id)
                .orElseThrow(() -> Checks.badRequest("Can't assign " + thing + " to non-existent customer!"));
        if (!customer.tenant().equals(tenant)) {
            throw Checks.badRequest("Can't assign " + thing + " to customer from different tenant!");
        }
    }

    public Customer createCustomer(TenantId tenant, CustomerFields fields) {
        check(fields);
        long now = clock.millis();
        return store.insertCustomer(new Customer(
                new CustomerId(Uuids.next(now)),
                now,
                tenant,
                fields.title(),
                fields.contact(),
                fields.additionalInfo(),
                1));
    }

    /** @param version what the caller saw last; empty: overwrite whatever is there */
    public Customer updateCustomer(TenantId tenant, CustomerId id, CustomerFields fields, Optional<Long> version) {
        customer(tenant, id);
        check(fields);
        return Changes.retrying(version, () -> {
            Customer customer = customer(tenant, id);
            Changes.refuseOld("Customer", version, customer.version());
            return store.updateCustomer(new Customer(
                    id,
                    customer.createdTime(),
                    tenant,
                    fields.title(),
                    fields.contact(),
                    fields.additionalInfo(),
                    customer.version()));
        });
    }

    /** Removes the customer with its users, and unassigns its devices. */
    public void deleteCustomer(TenantId tenant, CustomerId id) {
        customer(tenant, id);
        store.deleteCustomer(id).forEach(this::announce);
    }

    /** @throws Rejected {@code NOT_FOUND}, or {@code PERMISSION_DENIED}: another tenant's */
    public DeviceProfile deviceProfile(TenantId tenant, DeviceProfileId id) {
        return profiles.existing(tenant, id);
    }

    /** The tenant's default profile, made now if there is none. */
    public DeviceProfile defaultProfile(TenantId tenant) {
        return profiles.defaultOf(tenant);
    }

    /** Removes all devices, customers and profiles of the tenant. May be repeated after a failure. */
    public void deleteAllOf(TenantId tenant) {
        forget(store.deleteAllOf(tenant));
    }

    /**
     * Removes the points of devices that were deleted earlier, a few at a time; call it once at start. Any thread; does not
     * block.
     *
     * @return ends when none is left, or exceptionally at the first failure, which a later deletion or start makes good
     */
    public CompletionStage<Void> resumePurges() {
        return purges.start();
    }

    private Device change(TenantId tenant, DeviceId id, Optional<Long> version, UnaryOperator<Device> change) {
        Device saved = Changes.retrying(version, () -> {
            Device device = device(tenant, id);
            Changes.refuseOld("Device", version, device.version());
            return store.update(change.apply(device));
        });
        announce(saved);
        return saved;
    }

    private void announce(Device device) {
        directory.changed(device);
        listener.changed(device);
    }

    private void forget(List<Device> deleted) {
        for (Device device : deleted) {
            directory.removed(device.id());
            listener.deleted(device);
        }
        var _ = purges.start();
    }

    private void check(TenantId tenant, DeviceFields fields) {
        Checks.text("name", fields.name());
        Checks.text("type", fields.type());
        Checks.text("label", fields.label());
        if (fields.name().isBlank()) {
            throw Checks.badRequest("Device name should be specified!");
        }
        fields.customer().ifPresent(id -> checkOwner(tenant, "device", id));
    }

    private static void check(CustomerFields fields) {
        Checks.text("title", fields.title());
        if (fields.title().isBlank()) {
            throw Checks.badRequest("Customer title should be specified!");
        }
        if (fields.title().equals(Customer.PUBLIC)) {
            throw Checks.badRequest("'Public' title for customer is system reserved!");
        }
        fields.email().filter(email -> !email.isEmpty()).ifPresent(Checks::email);
    }

    private DeviceProfile newProfile(TenantId tenant, String name, boolean isDefault) {
        long now = clock.millis();
        return new DeviceProfile(
                new DeviceProfileId(Uuids.next(now)), now, tenant, name, DEFAULT_PROFILE_DESCRIPTION, isDefault);
    }

    private static Device assigned(Device device, Optional<CustomerId> customer) {
        return new Device(
                device.number(),
                device.id(),
                device.createdTime(),
                device.tenant(),
                customer,
                device.name(),
                device.type(),
                device.label(),
                device.profile(),
                device.deviceData(),
                device.additionalInfo(),
                device.version());
    }
}
