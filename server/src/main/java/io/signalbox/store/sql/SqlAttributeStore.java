package io.signalbox.store.sql;

import io.signalbox.device.NumberedEntity;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Receipt;
import io.signalbox.telemetry.AttributeStore;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Attributes, one row each. A save for a device or entity that is gone is refused with {@code NOT_FOUND}. */
public final class SqlAttributeStore implements AttributeStore {
    /** The table with the attributes of devices, and that of other entities. */
    private enum Table {
        DEVICES("attributes", "device"),
        ENTITIES("entity_attributes", "entity");

        private final String ofScope;
        private final String ofKey;
        private final String snapshot;
        private final String delete;
        private final String put;

        /** @param owner column of whose they are */
        Table(String table, String owner) {
            String columns = "SELECT key, long_value, double_value, text_value, flag_value, json_value, last_update_ts"
                    + " FROM " + table + " WHERE " + owner + " = ? AND scope = ?";
            this.ofScope = columns + " ORDER BY key";
            this.ofKey = columns + " AND key = ?";
            // one statement, and so one state of the file; who has no attributes gets a row, too
            this.snapshot = "SELECT c.number, a.scope, a.key, a.long_value, a.double_value, a.text_value,"
                    + " a.flag_value, a.json_value, a.last_update_ts FROM attribute_commit c LEFT JOIN " + table
                    + " a ON a." + owner + " = ? ORDER BY a.scope, a.key";
            this.delete = "DELETE FROM " + table + " WHERE " + owner + " = ? AND scope = ? AND key = ?";
            this.put = "INSERT INTO " + table + " (" + owner + ", scope, key, last_update_ts,"
                    + " long_value, double_value, text_value, flag_value, json_value)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    + " ON CONFLICT (" + owner + ", scope, key) DO UPDATE SET last_update_ts = excluded.last_update_ts,"
                    + " long_value = excluded.long_value, double_value = excluded.double_value,"
                    + " text_value = excluded.text_value, flag_value = excluded.flag_value,"
                    + " json_value = excluded.json_value";
        }

        static Table of(long number) {
            return number < NumberedEntity.FIRST ? DEVICES : ENTITIES;
        }

        /** What stands in the column of whose they are. */
        static long row(long number) {
            return of(number) == DEVICES ? number : EntityRows.row(number);
        }
    }

    /** What a waiting attribute holds beside its texts. */
    private static final int BYTES_EACH = 100;

    private final CoreWriter writer;
    private final CoreReaders readers;

    private final Feed feed;

    /** @param feed hears of each commit */
    SqlAttributeStore(CoreWriter writer, CoreReaders readers, Feed feed) {
        this.writer = writer;
        this.readers = readers;
        this.feed = feed;
    }

    @Override
    public boolean save(long device, Scope scope, List<Reading> attributes, Receipt receipt) {
        long bytes = 0;
        for (Reading attribute : attributes) {
            bytes += bytes(attribute);
        }
        return writer.offer(
                WorkQueue.DEVICES,
                bytes,
                new CoreWriter.Post<>(
                        false,
                        sql -> write(sql, device, scope, attributes),
                        receipt.loop(),
                        commit -> {
                            feed.attributes(device, commit, scope, attributes, List.of());
                            receipt.stored();
                        },
                        receipt::refused));
    }

    private record Deleted(long commit, List<String> keys) {}

    @Override
    public CompletionStage<List<String>> delete(long device, Scope scope, List<String> keys) {
        return writer.writeLater(sql -> remove(sql, device, scope, keys)).thenApply(deleted -> {
            if (!deleted.keys().isEmpty()) {
                feed.attributes(device, deleted.commit(), scope, List.of(), deleted.keys());
            }
            return deleted.keys();
        });
    }

    private static Deleted remove(Sql sql, long device, Scope scope, List<String> keys) {
        List<String> gone = keys.stream()
                .distinct()
                .filter(key -> sql.update(Table.of(device).delete, Table.row(device), code(scope), key) > 0)
                .toList();
        noteTimeout(sql, device, scope, gone);
        return new Deleted(nextCommit(sql), gone);
    }

    private static void noteTimeout(Sql sql, long device, Scope scope, List<String> keys) {
        if (Table.of(device) == Table.DEVICES
                && scope == Scope.SERVER_SCOPE
                && keys.contains(SqlPresenceStore.INACTIVITY_TIMEOUT)) {
            SqlPresenceStore.timeoutChanged(sql, device);
        }
    }

    static long nextCommit(Sql sql) {
        return sql.first(
                        "UPDATE attribute_commit SET number = number + 1 RETURNING number", row -> row.number("number"))
                .orElseThrow();
    }

    private record OfSnapshot(long commit, Optional<Scope> scope, Optional<Reading> attribute) {}

    @Override
    public CompletionStage<Snapshot<Map<Scope, List<Reading>>>> snapshot(long device) {
        return readers.readLater(sql -> {
            List<OfSnapshot> rows =
                    sql.list(Table.of(device).snapshot, SqlAttributeStore::readOfSnapshot, Table.row(device));
            Map<Scope, List<Reading>> byScope = new EnumMap<>(Scope.class);
            for (Scope scope : Scope.values()) {
                byScope.put(scope, new ArrayList<>());
            }
            rows.forEach(row -> row.attribute()
                    .ifPresent(attribute -> Objects.requireNonNull(
                                    byScope.get(row.scope().orElseThrow()))
                            .add(attribute)));
            return new Snapshot<>(byScope, rows.getFirst().commit());
        });
    }

    private static OfSnapshot readOfSnapshot(Row row) {
        long commit = row.number("number");
        return row.has("scope")
                ? new OfSnapshot(commit, Optional.of(scope((int) row.number("scope"))), Optional.of(read(row)))
                : new OfSnapshot(commit, Optional.empty(), Optional.empty());
    }

    @Override
    public CompletionStage<List<Reading>> read(long device, Scope scope) {
        return readers.readLater(
                sql -> sql.list(Table.of(device).ofScope, SqlAttributeStore::read, Table.row(device), code(scope)));
    }

    @Override
    public CompletionStage<List<Reading>> read(long device, Scope scope, List<String> keys) {
        return readers.readLater(sql -> keys.stream()
                .distinct()
                .map(key ->
                        sql.first(Table.of(device).ofKey, SqlAttributeStore::read, Table.row(device), code(scope), key))
                .flatMap(Optional::stream)
                .toList());
    }

    /** Returns the number of the commit. */
    private static long write(Sql sql, long device, Scope scope, List<Reading> attributes) {
        if (Table.of(device) == Table.DEVICES) {
            Devices.require(sql, device);
        } else {
            EntityRows.require(sql, device);
        }
        put(sql, device, scope, attributes);
        noteTimeout(sql, device, scope, attributes.stream().map(Reading::key).toList());
        return nextCommit(sql);
    }

    /** Writes attributes of somebody who is there. The writer's thread. */
    static void put(Sql sql, long device, Scope scope, List<Reading> attributes) {
        sql.batch(
                Table.of(device).put,
                attributes.stream()
                        .map(attribute -> columns(device, scope, attribute))
                        .toList());
    }

    private static Object[] columns(long device, Scope scope, Reading attribute) {
        Object[] row = {
            Table.row(device),
            code(scope),
            attribute.key(),
            attribute.ts(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty()
        };
        switch (attribute.value()) {
            case Value.Whole(long value) -> row[4] = value;
            case Value.Decimal(double value) -> row[5] = value;
            case Value.Text(String value) -> row[6] = value;
            case Value.Flag(boolean value) -> row[7] = value;
            case Value.Json(String text) -> row[8] = text;
        }
        return row;
    }

    static Reading read(Row row) {
        return new Reading(row.text("key"), value(row), row.number("last_update_ts"));
    }

    private static Value value(Row row) {
        if (row.has("long_value")) {
            return new Value.Whole(row.number("long_value"));
        }
        if (row.has("text_value")) {
            return new Value.Text(row.text("text_value"));
        }
        if (row.has("flag_value")) {
            return new Value.Flag(row.flag("flag_value"));
        }
        if (row.has("json_value")) {
            return new Value.Json(row.text("json_value"));
        }
        return new Value.Decimal(row.has("double_value") ? row.decimal("double_value") : Double.NaN);
    }

    private static int code(Scope scope) {
        return switch (scope) {
            case CLIENT_SCOPE -> 1;
            case SERVER_SCOPE -> 2;
            case SHARED_SCOPE -> 3;
        };
    }

    static Scope scope(int code) {
        return switch (code) {
            case 1 -> Scope.CLIENT_SCOPE;
            case 2 -> Scope.SERVER_SCOPE;
            case 3 -> Scope.SHARED_SCOPE;
            default -> throw new IllegalStateException("unknown scope of a stored attribute: " + code);
        };
    }

    private static long bytes(Reading attribute) {
        long text = switch (attribute.value()) {
            case Value.Text(String value) -> value.length();
            case Value.Json(String json) -> json.length();
            case Value.Whole _, Value.Decimal _, Value.Flag _ -> 0;
        };
        return BYTES_EACH + 2L * attribute.key().length() + 2 * text;
    }
}
