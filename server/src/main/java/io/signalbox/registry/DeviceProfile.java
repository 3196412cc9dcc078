package io.signalbox.registry;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import java.util.Optional;
import java.util.UUID;

/**
 * A kind of device. Each tenant has exactly one with {@code isDefault}.
 *
 * @param createdTime epoch milliseconds
 * @param version     1 after creation, one more with each save
 */
public record DeviceProfile(
        DeviceProfileId id,
        long createdTime,
        TenantId tenant,
        String name,
        String description,
        boolean isDefault,
        Settings settings,
        long version)
        implements Profile<DeviceProfileId> {

    /** A new one, with the settings that all have whose type was only named by a device. */
    public DeviceProfile(
            DeviceProfileId id, long createdTime, TenantId tenant, String name, String description, boolean isDefault) {
        this(id, createdTime, tenant, name, description, isDefault, Settings.STANDARD, 1);
    }

    @Override
    public UUID uuid() {
        return id.uuid();
    }

    /** By which protocol its devices come; {@code DEFAULT} means MQTT or HTTP with the usual topics. */
    public enum Transport {
        DEFAULT,
        MQTT,
        COAP,
        LWM2M,
        SNMP
    }

    /** How devices that nobody has made yet may come. */
    public enum Provision {
        DISABLED,
        ALLOW_CREATE_NEW_DEVICES,
        CHECK_PRE_PROVISIONED_DEVICES,
        X509_CERTIFICATE_CHAIN
    }

    /**
     * What it says of its devices.
     *
     * @param provisionKey what a device shows that wants to be made; unique on the whole server
     * @param data         JSON text of the object {@code profileData}, as the client gave it
     * @param extras       JSON text of an object with the members that are kept for clients
     */
    public record Settings(
            Transport transport, Provision provision, Optional<String> provisionKey, String data, String extras) {
        public static final Settings STANDARD = new Settings(
                Transport.DEFAULT,
                Provision.DISABLED,
                Optional.empty(),
                "{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":{\"type\":\"DEFAULT\"},"
                        + "\"provisionConfiguration\":{\"type\":\"DISABLED\",\"provisionDeviceSecret\":null},\"alarms\":null}",
                "{}");
    }
}
