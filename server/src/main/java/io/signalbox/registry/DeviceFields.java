package io.signalbox.registry;

import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceProfileId;
import java.util.Optional;

/**
 * What clients may write about a device, unchecked. An update replaces all of it.
 *
 * @param name           an empty or blank one is refused
 * @param type           the name of a profile, which is made when it is missing; empty: the default profile
 * @param profile        wins over {@code type}
 * @param customer       who the device is assigned to
 * @param transport      counts while it is for the transport of the profile; empty: the default
 * @param additionalInfo JSON text of an object; empty when the wire says {@code null}
 */
public record DeviceFields(
        String name,
        Optional<String> type,
        Optional<String> label,
        Optional<DeviceProfileId> profile,
        Optional<CustomerId> customer,
        Optional<Transport> transport,
        Optional<String> additionalInfo) {

    /** The settings of a transport: {@code json} is the text of an object whose member {@code type} is {@code type}. */
    public record Transport(String type, String json) {}

    /** JSON text of the object {@code deviceData}. */
    String deviceData(DeviceProfile profile) {
        String type = profile.settings().transport().name();
        String configuration = transport
                .filter(given -> given.type().equals(type))
                .map(Transport::json)
                .orElse("{\"type\":\"" + type + "\"}");
        return "{\"configuration\":{\"type\":\"DEFAULT\"},\"transportConfiguration\":" + configuration + "}";
    }
}
