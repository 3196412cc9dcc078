package io.signalbox.device;

import java.util.UUID;

/** Identity of a customer on the wire. */
public record CustomerId(UUID uuid) {
    /**
     * Reads the canonical text form.
     *
     * @throws IllegalArgumentException {@code Invalid UUID string: …}
     */
    public static CustomerId parse(String text) {
        return new CustomerId(Uuids.parse(text));
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
