package io.signalbox.store.sql.points;

import io.signalbox.store.sql.Sql;
import io.signalbox.telemetry.Erase;
import java.util.List;

/** Deletions of readings, within the transaction of their commit: nobody sees half of one. Writer thread only; blocks. */
final class PostgresErasures {
    private static final String NEWEST = "UPDATE series s SET ts = p.ts, kind = p.kind, long_value = p.long_value,"
            + " double_value = p.double_value, bytes_value = p.bytes_value FROM (SELECT " + PostgresRows.VALUE
            + " FROM point WHERE device = ? AND number = ? ORDER BY ts DESC LIMIT 1) p"
            + " WHERE s.device = ? AND s.number = ?";

    private PostgresErasures() {}

    private record Series(long number, long ts, boolean hasLatest) {}

    /** @param rowsMax what one statement deletes, so that none takes long; there are as many as it needs */
    static void erase(Sql sql, long device, Erase erase, int rowsMax) {
        Span range = new Span(erase.startTs(), erase.endTs());
        if (range.isEmpty()) {
            return;
        }
        byte[][] keys = erase.keys().stream().distinct().map(Wtf8::encode).toArray(byte[][]::new);
        List<Series> all = sql.list(
                "SELECT number, ts, kind FROM series WHERE device = ? AND key = ANY (?)",
                row -> new Series(row.number("number"), row.number("ts"), row.number("kind") != PostgresRows.NONE),
                device,
                keys);
        for (Series series : all) {
            int gone;
            do {
                gone = sql.update(
                        "DELETE FROM point WHERE device = ? AND number = ? AND ts IN (SELECT ts FROM point"
                                + " WHERE device = ? AND number = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT ?)",
                        device,
                        series.number(),
                        device,
                        series.number(),
                        range.startTs(),
                        range.endTs(),
                        rowsMax);
            } while (gone == rowsMax);
            if (erase.latest() && series.hasLatest() && range.has(series.ts())) {
                takeLatest(sql, device, series.number(), erase.rewriteLatest());
            }
        }
    }

    private static void takeLatest(Sql sql, long device, long number, boolean isRewritten) {
        boolean isThere = isRewritten && sql.update(NEWEST, device, number, device, number) > 0;
        if (!isThere) {
            sql.update(
                    "UPDATE series SET ts = ?, kind = " + PostgresRows.NONE
                            + ", long_value = NULL, double_value = NULL, bytes_value = NULL"
                            + " WHERE device = ? AND number = ?",
                    Long.MIN_VALUE,
                    device,
                    number);
        }
    }
}
