package io.signalbox.device;

import java.util.UUID;

/** Identity of a tenant profile on the wire. */
public record TenantProfileId(UUID uuid) {
    /**
     * Reads the canonical text form.
     *
     * @throws IllegalArgumentException {@code Invalid UUID string: …}
     */
    public static TenantProfileId parse(String text) {
        return new TenantProfileId(Uuids.parse(text));
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
