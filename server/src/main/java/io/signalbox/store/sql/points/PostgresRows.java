package io.signalbox.store.sql.points;

import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.store.sql.Row;
import io.signalbox.store.sql.Sql;
import io.signalbox.telemetry.TelemetryStore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Readings as rows of the tables {@code point} and {@code series}: many in one statement, each column an array. One thread. */
final class PostgresRows {
    /** What {@link #read} reads. */
    static final String VALUE = "ts, kind, long_value, double_value, bytes_value";

    /** The series has no latest value; its time is the earliest there is. */
    static final int NONE = 0;

    private static final int WHOLE = 1;
    private static final int DECIMAL = 2;
    private static final int TEXT = 3;
    private static final int FLAG = 4;
    private static final int JSON = 5;

    /** With an unpaired surrogate: aggregations pass over it. */
    private static final int BROKEN_TEXT = 6;

    private static final String ROWS = " FROM unnest(?, ?, ?, ?, ?, ?, ?) AS r (device, number, ts, kind, long_value,"
            + " double_value, bytes_value)";

    private static final String PUT_POINTS =
            "INSERT INTO point (device, number, " + VALUE + ", expires) SELECT r.device,"
                    + " r.number, r.ts, r.kind, r.long_value, r.double_value, r.bytes_value, r.expires"
                    + " FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS r (device, number, ts, kind, long_value, double_value,"
                    + " bytes_value, expires)"
                    + " ON CONFLICT (device, number, ts) DO UPDATE SET kind = excluded.kind, long_value = excluded.long_value,"
                    + " double_value = excluded.double_value, bytes_value = excluded.bytes_value, expires = excluded.expires";

    private static final String PUT_LATEST = "UPDATE series s SET ts = r.ts, kind = r.kind, long_value = r.long_value,"
            + " double_value = r.double_value, bytes_value = r.bytes_value" + ROWS
            + " WHERE s.device = r.device AND s.number = r.number AND s.ts <= r.ts";

    private static final String PUT_SERIES = "INSERT INTO series (device, number, " + VALUE + ", key) SELECT r.device,"
            + " r.number, r.ts, r.kind, r.long_value, r.double_value, r.bytes_value, r.key"
            + " FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS r (device, number, ts, kind, long_value, double_value,"
            + " bytes_value, key)";

    private final Long[] devices;
    private final Long[] numbers;
    private final Long[] times;
    private final Long[] kinds;
    private final @Nullable Long[] longs;
    private final @Nullable Double[] doubles;
    private final byte[][] bytes;

    private PostgresRows(int size) {
        devices = new Long[size];
        numbers = new Long[size];
        times = new Long[size];
        kinds = new Long[size];
        longs = new Long[size];
        doubles = new Double[size];
        bytes = new byte[size][];
    }

    /** A reading whose key has a number; {@code expiresAt} 0: it stays. */
    record Numbered(long device, long number, Reading reading, long expiresAt) {}

    private static PostgresRows of(List<Numbered> readings) {
        PostgresRows rows = new PostgresRows(readings.size());
        for (int i = 0; i < readings.size(); i++) {
            rows.set(i, readings.get(i));
        }
        return rows;
    }

    /** @param readings no two of one series and time */
    static void putPoints(Sql sql, List<Numbered> readings) {
        PostgresRows rows = of(readings);
        Long[] expires = readings.stream()
                .map(row -> row.expiresAt() == TelemetryStore.NEVER ? null : row.expiresAt())
                .toArray(Long[]::new);
        sql.update(
                PUT_POINTS,
                rows.devices,
                rows.numbers,
                rows.times,
                rows.kinds,
                rows.longs,
                rows.doubles,
                rows.bytes,
                expires);
    }

    /** Where there is none that is newer; no two are of one series. */
    static void putLatest(Sql sql, List<Numbered> readings) {
        PostgresRows rows = of(readings);
        sql.update(
                PUT_LATEST, rows.devices, rows.numbers, rows.times, rows.kinds, rows.longs, rows.doubles, rows.bytes);
    }

    /** New series, with the newest reading of each. */
    static void putSeries(Sql sql, List<Numbered> readings) {
        PostgresRows rows = of(readings);
        byte[][] keys = new byte[readings.size()][];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = Wtf8.encode(readings.get(i).reading().key());
        }
        sql.update(
                PUT_SERIES,
                rows.devices,
                rows.numbers,
                rows.times,
                rows.kinds,
                rows.longs,
                rows.doubles,
                rows.bytes,
                keys);
    }

    private void set(int i, Numbered row) {
        devices[i] = row.device();
        numbers[i] = row.number();
        times[i] = row.reading().ts();
        switch (row.reading().value()) {
            case Value.Whole(long n) -> {
                kinds[i] = (long) WHOLE;
                longs[i] = n;
            }
            case Value.Decimal(double n) -> {
                kinds[i] = (long) DECIMAL;
                doubles[i] = n;
            }
            case Value.Text(String text) -> {
                kinds[i] = (long) (Wtf8.isPlain(text) ? TEXT : BROKEN_TEXT);
                bytes[i] = Wtf8.encode(text);
            }
            case Value.Flag(boolean flag) -> {
                kinds[i] = (long) FLAG;
                longs[i] = flag ? 1L : 0L;
            }
            case Value.Json(String text) -> {
                kinds[i] = (long) JSON;
                bytes[i] = Wtf8.encode(text);
            }
        }
    }

    static Reading read(String key, Row row) {
        int kind = (int) row.number("kind");
        Value value = switch (kind) {
            case WHOLE -> new Value.Whole(row.number("long_value"));
            case DECIMAL -> new Value.Decimal(row.decimal("double_value"));
            case TEXT, BROKEN_TEXT -> new Value.Text(Wtf8.decode(row.bytes("bytes_value")));
            case FLAG -> new Value.Flag(row.number("long_value") == 1);
            case JSON -> new Value.Json(Wtf8.decode(row.bytes("bytes_value")));
            default -> throw new IllegalStateException("unknown kind of a stored value: " + kind);
        };
        return new Reading(key, value, row.number("ts"));
    }
}
