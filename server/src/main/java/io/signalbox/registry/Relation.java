package io.signalbox.registry;

import io.signalbox.device.EntityId;
import java.util.Optional;

/**
 * That one entity stands in some relation to another of the same tenant, as a building contains a device.
 *
 * @param type           any word of the client's
 * @param additionalInfo JSON text; empty when the wire says {@code null}
 * @param version        1 after creation, one more with each save
 */
public record Relation(
        EntityId from, EntityId to, String type, Group group, Optional<String> additionalInfo, long version) {

    /** For whom it counts; {@code COMMON} are those that people make. */
    public enum Group {
        COMMON,
        DASHBOARD,
        RULE_CHAIN,
        RULE_NODE,
        EDGE,
        EDGE_AUTO_ASSIGN_RULE_CHAIN
    }

    /** From which end one looks. */
    public enum Direction {
        FROM,
        TO
    }

    /** The end to which somebody comes who goes in this direction. */
    public EntityId end(Direction direction) {
        return direction == Direction.FROM ? to : from;
    }
}
