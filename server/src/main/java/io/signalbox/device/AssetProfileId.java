package io.signalbox.device;

import java.util.UUID;

/** Identity of an asset profile on the wire. */
public record AssetProfileId(UUID uuid) {
    @Override
    public String toString() {
        return uuid.toString();
    }
}
