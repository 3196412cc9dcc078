package io.signalbox.store.sql;

import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.NumberedEntity;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;

/** What core.db knows of entities of all kinds, beside the table of each kind. */
final class EntityRows {
    /** For {@link #forget}, by the customer's identifier. */
    static final String USERS_OF_CUSTOMER =
            "SELECT u.id FROM users u JOIN customer c ON c.number = u.customer WHERE c.id = ?";

    private static final String OF_ENTITY = "SELECT number FROM entity_number WHERE id = ? AND type = ?";

    private EntityRows() {}

    static Optional<NumberedEntity> find(Sql sql, EntityId entity) {
        return sql.first(
                OF_ENTITY,
                row -> new NumberedEntity(NumberedEntity.FIRST + row.number("number")),
                entity.uuid(),
                entity.type().name());
    }

    /** Gives the entity its number if it has none; empty: there is no such entity. */
    static Optional<NumberedEntity> require(Sql sql, EntityId entity) {
        if (entity.type() == EntityType.DEVICE) {
            throw new IllegalArgumentException("devices have numbers of their own: " + entity);
        }
        sql.update(
                "INSERT INTO entity_number (id, type, tenant) SELECT e.id, ?, " + tenantColumn(entity.type()) + " FROM "
                        + table(entity.type()) + " e WHERE e.id = ? ON CONFLICT (id) DO NOTHING",
                entity.type().name(),
                entity.uuid());
        return find(sql, entity);
    }

    /** @throws io.signalbox.ops.Rejected {@code NOT_FOUND}: none has this number any more */
    static void require(Sql sql, long number) {
        if (!sql.exists("SELECT 1 FROM entity_number WHERE number = ?", row(number))) {
            throw new Rejected(ErrorCode.NOT_FOUND, "Requested item wasn't found!");
        }
    }

    /** @throws Rejected {@code NOT_FOUND}: it is gone */
    static void requireExists(Sql sql, EntityId entity) {
        if (!sql.exists("SELECT 1 FROM " + table(entity.type()) + " WHERE id = ?", entity.uuid())) {
            throw Refusals.notFound(entity.type().title(), entity.uuid());
        }
    }

    /** In the table of its kind. */
    private static String tenantColumn(EntityType type) {
        return type == EntityType.TENANT ? "e.number" : "e.tenant";
    }

    private static String table(EntityType type) {
        return switch (type) {
            case DEVICE -> "device";
            case ASSET -> "asset";
            case CUSTOMER -> "customer";
            case TENANT -> "tenant";
            case USER -> "users";
            case DEVICE_PROFILE -> "device_profile";
            case ASSET_PROFILE -> "asset_profile";
        };
    }

    /** The row of {@link NumberedEntity#number}. */
    static long row(long number) {
        return number - NumberedEntity.FIRST;
    }

    /**
     * Removes what there is of entities that are about to go, other than devices; call it in the transaction that deletes them. The points follow, as
     * those of devices do.
     *
     * @param ids a query for their identifiers, one column; a constant
     */
    static void forget(Sql sql, String ids, Object... parameters) {
        forgetRelations(sql, ids, parameters);
        forgetWhere(sql, "id IN (" + ids + ")", parameters);
    }

    /** As {@link #forget}, of all of a tenant, and of the tenant itself. */
    static void forgetAllOf(Sql sql, long tenant) {
        sql.update("DELETE FROM relation WHERE tenant = ?", tenant);
        forgetWhere(sql, "tenant = ?", tenant);
    }

    /** Removes the relations of a device that is about to go. */
    static void forgetDevice(Sql sql, long number) {
        forgetRelations(sql, "SELECT id FROM device WHERE number = ?", number);
    }

    /** Removes at most {@link Devices#SLICE} relations of the tenant; returns how many. */
    static int removeRelationsSliceOf(Sql sql, long tenant) {
        return sql.update(
                "DELETE FROM relation WHERE number IN"
                        + " (SELECT number FROM relation WHERE tenant = ? ORDER BY number LIMIT ?)",
                tenant,
                Devices.SLICE);
    }

    private static void forgetRelations(Sql sql, String ids, Object... parameters) {
        sql.update("DELETE FROM relation WHERE from_id IN (" + ids + ")", parameters);
        sql.update("DELETE FROM relation WHERE to_id IN (" + ids + ")", parameters);
    }

    private static void forgetWhere(Sql sql, String condition, Object... parameters) {
        sql.update(
                "INSERT INTO device_tombstone (device) SELECT number + " + NumberedEntity.FIRST
                        + " FROM entity_number WHERE " + condition,
                parameters);
        sql.update("DELETE FROM entity_number WHERE " + condition, parameters);
    }
}
