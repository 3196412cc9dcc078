package io.signalbox.device;

import java.util.UUID;

/** Identity of an asset on the wire. */
public record AssetId(UUID uuid) {
    @Override
    public String toString() {
        return uuid.toString();
    }
}
