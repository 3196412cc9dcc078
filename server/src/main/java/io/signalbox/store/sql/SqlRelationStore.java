package io.signalbox.store.sql;

import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Relation;
import io.signalbox.registry.RelationStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Relations in core.db. */
public final class SqlRelationStore implements RelationStore {
    private static final String SELECT =
            "SELECT from_id, from_type, to_id, to_type, type, type_group, additional_info, version FROM relation ";

    private static final String ONE =
            "WHERE from_id = ? AND from_type = ? AND to_id = ? AND to_type = ? AND type = ?" + " AND type_group = ?";

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlRelationStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public Relation save(TenantId tenant, Relation relation) {
        return writer.write(sql -> {
            EntityRows.requireExists(sql, relation.from());
            EntityRows.requireExists(sql, relation.to());
            int updated = sql.update(
                    "UPDATE relation SET additional_info = ?, version = version + 1 " + ONE,
                    withKey(relation, relation.additionalInfo()));
            if (updated == 0) {
                refuseTooMany(sql, relation, Relation.Direction.FROM);
                refuseTooMany(sql, relation, Relation.Direction.TO);
                sql.update(
                        "INSERT INTO relation (from_id, from_type, to_id, to_type, type, type_group, additional_info,"
                                + " tenant, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
                        relation.from().uuid(),
                        relation.from().type().name(),
                        relation.to().uuid(),
                        relation.to().type().name(),
                        relation.type(),
                        relation.group().name(),
                        relation.additionalInfo(),
                        Tenants.require(sql, tenant));
            }
            return find(sql, relation).orElseThrow();
        });
    }

    private static void refuseTooMany(Sql sql, Relation relation, Relation.Direction direction) {
        EntityId entity = direction == Relation.Direction.FROM ? relation.from() : relation.to();
        long count = sql.first(
                        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM relation WHERE " + column(direction)
                                + " = ? LIMIT ?) AS these",
                        row -> row.number("n"),
                        entity.uuid(),
                        OF_ENTITY_MAX)
                .orElseThrow();
        if (count >= OF_ENTITY_MAX) {
            throw Refusals.badRequest(
                    "An entity can't have more than " + OF_ENTITY_MAX + " relations in one direction!");
        }
    }

    @Override
    public Optional<Relation> find(EntityId from, EntityId to, String type, Relation.Group group) {
        return readers.read(sql -> find(sql, key(from, to, type, group)));
    }

    @Override
    public Optional<Relation> delete(EntityId from, EntityId to, String type, Relation.Group group) {
        Relation key = key(from, to, type, group);
        return writer.write(sql -> {
            Optional<Relation> present = find(sql, key);
            sql.update("DELETE FROM relation " + ONE, withKey(key));
            return present;
        });
    }

    @Override
    public int deleteAllOf(EntityId entity, Relation.Group group) {
        return writer.write(sql -> sql.update(
                "DELETE FROM relation WHERE ((from_id = ? AND from_type = ?) OR (to_id = ? AND to_type = ?))"
                        + " AND type_group = ?",
                entity.uuid(),
                entity.type().name(),
                entity.uuid(),
                entity.type().name(),
                group.name()));
    }

    @Override
    public List<Relation> list(
            EntityId entity, Relation.Direction direction, Optional<String> type, Relation.Group group) {
        Conditions where = new Conditions()
                .and(column(direction) + " = ?", entity.uuid())
                .and(
                        direction == Relation.Direction.FROM ? "from_type = ?" : "to_type = ?",
                        entity.type().name())
                .and("type_group = ?", group.name())
                .andIf(type, "type = ?");
        return readers.read(sql -> sql.list(
                SELECT + where.text() + " ORDER BY number LIMIT ?",
                SqlRelationStore::read,
                where.parameters(OF_ENTITY_MAX)));
    }

    private static String column(Relation.Direction direction) {
        return direction == Relation.Direction.FROM ? "from_id" : "to_id";
    }

    private static Relation key(EntityId from, EntityId to, String type, Relation.Group group) {
        return new Relation(from, to, type, group, Optional.empty(), 0);
    }

    private static Optional<Relation> find(Sql sql, Relation key) {
        return sql.first(SELECT + ONE, SqlRelationStore::read, withKey(key));
    }

    /** The parameters of {@link #ONE}, behind others. */
    private static Object[] withKey(Relation relation, Object... before) {
        List<Object> all = new ArrayList<>(List.of(before));
        all.addAll(List.of(
                relation.from().uuid(),
                relation.from().type().name(),
                relation.to().uuid(),
                relation.to().type().name(),
                relation.type(),
                relation.group().name()));
        return all.toArray();
    }

    private static Relation read(Row row) {
        return new Relation(
                new EntityId(EntityType.valueOf(row.text("from_type")), row.uuid("from_id")),
                new EntityId(EntityType.valueOf(row.text("to_type")), row.uuid("to_id")),
                row.text("type"),
                Relation.Group.valueOf(row.text("type_group")),
                row.textIfAny("additional_info"),
                row.number("version"));
    }
}
