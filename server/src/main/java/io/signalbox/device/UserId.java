package io.signalbox.device;

import java.util.UUID;

/** Identity of a user on the wire. */
public record UserId(UUID uuid) {
    /**
     * Reads the canonical text form.
     *
     * @throws IllegalArgumentException {@code Invalid UUID string: …}
     */
    public static UserId parse(String text) {
        return new UserId(Uuids.parse(text));
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
