package io.signalbox.device;

import java.util.UUID;

/** Identity of an entity of any kind on the wire. */
public record EntityId(EntityType type, UUID uuid) {
    @Override
    public String toString() {
        return type + " " + uuid;
    }
}
