package io.signalbox.store.sql;

import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Receipt;
import io.signalbox.telemetry.AttributeStore;
import io.signalbox.telemetry.Scope;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Attributes, one row each. A save for a device that is gone is refused with {@code NOT_FOUND}. */
public final class SqlAttributeStore implements AttributeStore {
    private static final String COLUMNS =
            "SELECT key, long_value, double_value, text_value, flag_value, json_value, last_update_ts FROM attributes";

    /** What a waiting attribute holds beside its texts. */
    private static final int BYTES_EACH = 100;

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlAttributeStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public boolean save(long device, Scope scope, List<Reading> attributes, Receipt receipt) {
        long bytes = 0;
        for (Reading attribute : attributes) {
            bytes += bytes(attribute);
        }
        return writer.offer(bytes, sql -> write(sql, device, scope, attributes), receipt);
    }

    @Override
    public CompletionStage<List<Reading>> read(long device, Scope scope) {
        return readers.readLater(sql -> sql.list(
                COLUMNS + " WHERE device = ? AND scope = ? ORDER BY key",
                SqlAttributeStore::read,
                device,
                code(scope)));
    }

    @Override
    public CompletionStage<List<Reading>> read(long device, Scope scope, List<String> keys) {
        return readers.readLater(sql -> keys.stream()
                .distinct()
                .map(key -> sql.first(
                        COLUMNS + " WHERE device = ? AND scope = ? AND key = ?",
                        SqlAttributeStore::read,
                        device,
                        code(scope),
                        key))
                .flatMap(Optional::stream)
                .toList());
    }

    private static void write(Sql sql, long device, Scope scope, List<Reading> attributes) {
        Devices.require(sql, device);
        sql.batch(
                "INSERT INTO attributes (device, scope, key, last_update_ts,"
                        + " long_value, double_value, text_value, flag_value, json_value)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (device, scope, key) DO UPDATE SET last_update_ts = excluded.last_update_ts,"
                        + " long_value = excluded.long_value, double_value = excluded.double_value,"
                        + " text_value = excluded.text_value, flag_value = excluded.flag_value,"
                        + " json_value = excluded.json_value",
                attributes.stream()
                        .map(attribute -> columns(device, scope, attribute))
                        .toList());
    }

    private static Object[] columns(long device, Scope scope, Reading attribute) {
        Object[] row = {
            device,
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

    private static Reading read(Row row) {
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

    private static long bytes(Reading attribute) {
        long text = switch (attribute.value()) {
            case Value.Text(String value) -> value.length();
            case Value.Json(String json) -> json.length();
            case Value.Whole _, Value.Decimal _, Value.Flag _ -> 0;
        };
        return BYTES_EACH + 2L * attribute.key().length() + 2 * text;
    }
}
