package io.signalbox.device;

import java.util.UUID;

/** Identity of a device profile on the wire. */
public record DeviceProfileId(UUID uuid) {
    /**
     * Reads the canonical text form.
     *
     * @throws IllegalArgumentException {@code Invalid UUID string: …}
     */
    public static DeviceProfileId parse(String text) {
        return new DeviceProfileId(Uuids.parse(text));
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
