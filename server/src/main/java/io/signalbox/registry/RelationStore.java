package io.signalbox.registry;

import io.signalbox.device.EntityId;
import io.signalbox.device.TenantId;
import java.util.List;
import java.util.Optional;

/**
 * Relations on disk; those of an entity go in the commit that deletes it. Every call blocks until it is read or committed:
 * virtual or platform threads only. Fails with {@link io.signalbox.ops.Rejected} where a method says so, and with {@code
 * STORE_UNAVAILABLE} when the store does.
 */
public interface RelationStore {
    /** Relations that one entity has in one direction at most. */
    int OF_ENTITY_MAX = 10_000;

    /**
     * Stores the relation, or replaces the one with the same ends, type and group.
     *
     * @return the relation with its new version
     * @throws io.signalbox.ops.Rejected {@code NOT_FOUND}: an end is gone, or {@code BAD_REQUEST}: an end has too many
     */
    Relation save(TenantId tenant, Relation relation);

    Optional<Relation> find(EntityId from, EntityId to, String type, Relation.Group group);

    /** Returns the one that was there. */
    Optional<Relation> delete(EntityId from, EntityId to, String type, Relation.Group group);

    /** Removes all of the group that the entity has, in both directions; returns how many. */
    int deleteAllOf(EntityId entity, Relation.Group group);

    /**
     * Relations of one entity, oldest first.
     *
     * @param type empty: of any
     */
    List<Relation> list(EntityId entity, Relation.Direction direction, Optional<String> type, Relation.Group group);
}
