package io.signalbox.registry;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import java.util.List;
import java.util.Optional;

/**
 * Devices, their credentials and profiles, and customers, on disk. Every call blocks until it is read or committed: virtual
 * or platform threads only. Fails with {@link io.signalbox.ops.Rejected} where a method says so, and with
 * {@code STORE_UNAVAILABLE} when the store does.
 */
public interface DeviceStore extends ProfileLookup<DeviceProfile, DeviceProfileId> {
    Optional<Device> device(DeviceId id);

    /** The device of this tenant with exactly this name. */
    Optional<Device> deviceByName(TenantId tenant, String name);

    /** The device whose credentials are an access token with this text. */
    Optional<Device> deviceByAccessToken(String token);

    Optional<DeviceCredentials> credentials(DeviceId id);

    /**
     * Replaces what a device shows to get in, while its version still is {@code credentials.version()}.
     *
     * @return the credentials with their new version
     * @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}, or {@code BAD_REQUEST}: another device has them
     */
    DeviceCredentials updateCredentials(DeviceCredentials credentials);

    /**
     * Stores a new device with its credentials in one transaction and gives it a number.
     *
     * @param device {@link Device#number} is ignored
     * @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}: {@code Device with such name already exists!}, or
     *     {@code Device credentials are already assigned to another device!}
     */
    Device insert(Device device, DeviceCredentials credentials);

    /**
     * Replaces the writable columns of a device whose version is still {@code device.version()}.
     *
     * @return the device with its new version
     * @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}, or the name is taken
     */
    Device update(Device device);

    /**
     * Assigns a device that is nobody's to the customer, while its server attribute {@code claimingData} still is this JSON text.
     *
     * @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}: it is somebody's, or is not claimable any more
     */
    Device claim(Device device, CustomerId customer, String claimingData);

    /** Removes the device, its credentials and attributes; its number stays as a tombstone until {@link #purged}. False: there was none. */
    boolean delete(DeviceId id);

    /** Numbers of deleted devices whose points may still be on disk, at most {@code limit}. */
    List<Long> tombstones(int limit);

    /** The points of this deleted device are gone. */
    void purged(long number);

    List<Device> devicesOf(TenantId tenant, long afterNumber, int limit);

    Optional<Customer> customer(CustomerId id);

    /** @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}: {@code Customer with such title already exists!} */
    Customer insertCustomer(Customer customer);

    /** Stores the customer, or returns the one of its tenant that has its title already. */
    Customer publicCustomer(Customer customer);

    /** @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}, or the title is taken */
    Customer updateCustomer(Customer customer);

    /**
     * Removes the customer with its users and unassigns its devices and assets; returns those devices as they are now. Many devices take
     * several transactions, the customer goes with the last: repeat it after a failure.
     */
    List<Device> deleteCustomer(CustomerId id);

    /**
     * Removes all customers, profiles, assets and devices of the tenant (devices leave tombstones); returns the devices that were there.
     * Many devices take several transactions: repeat it after a failure.
     */
    List<Device> deleteAllOf(TenantId tenant);
}
