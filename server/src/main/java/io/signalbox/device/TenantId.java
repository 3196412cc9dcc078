package io.signalbox.device;

import java.util.UUID;

/** Identity of a tenant on the wire. */
public record TenantId(UUID uuid) {
    /**
     * Reads the canonical text form.
     *
     * @throws IllegalArgumentException {@code Invalid UUID string: …}
     */
    public static TenantId parse(String text) {
        return new TenantId(Uuids.parse(text));
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
