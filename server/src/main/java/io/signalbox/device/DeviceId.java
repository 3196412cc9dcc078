package io.signalbox.device;

import java.util.UUID;

/** Identity of a device on the wire. */
public record DeviceId(UUID uuid) {
    /**
     * Reads the canonical text form.
     *
     * @throws IllegalArgumentException {@code Invalid UUID string: …}
     */
    public static DeviceId parse(String text) {
        return new DeviceId(Uuids.parse(text));
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
