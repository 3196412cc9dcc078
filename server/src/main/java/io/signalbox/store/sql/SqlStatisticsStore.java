package io.signalbox.store.sql;

import io.signalbox.device.DeviceId;
import io.signalbox.rpc.RpcFigures.Kind;
import io.signalbox.rpc.StatisticsStore;
import io.signalbox.rpc.Tally;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Counts of commands in core.db. The key begins with the hour, so that a question reads just the hours that it is about. */
public final class SqlStatisticsStore implements StatisticsStore {
    /** Rows that one question looks at. */
    static final int ROWS_MAX = 200_000;

    private static final String WHERE = " WHERE hour = ? AND tenant = ? AND device = ?";

    /** Numbers of devices are never given twice, those of tenants are: a row counts for a tenant that still has its device. */
    private static final String ROWS =
            "SELECT s.device, d.id, s.method, s.is_persistent, s.counts FROM rpc_statistics s"
                    + " JOIN device d ON d.number = s.device AND d.tenant = s.tenant WHERE s.hour = ? AND s.tenant = ?";

    private static final String OF_CUSTOMER = " AND d.customer = (SELECT number FROM customer WHERE id = ?)";

    private final CoreWriter writer;
    private final CoreReaders readers;

    /** @param readers for reads that take long */
    SqlStatisticsStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public CompletionStage<Void> add(List<Counted> counted) {
        return writer.writeLater(sql -> {
                    Map<Long, Optional<Long>> tenants = new HashMap<>();
                    for (Counted each : counted) {
                        tenants.computeIfAbsent(each.key().device(), device -> tenant(sql, device))
                                .ifPresent(tenant -> add(sql, tenant, each.key(), each.tally()));
                    }
                    return counted.size();
                })
                .thenAccept(_ -> {});
    }

    private static Optional<Long> tenant(Sql sql, long device) {
        return sql.first("SELECT tenant FROM device WHERE number = ?", row -> row.number("tenant"), device);
    }

    private static void add(Sql sql, long tenant, Key key, Tally tally) {
        Optional<Tally> before = before(sql, tenant, key);
        if (before.isEmpty() && !key.method().equals(OTHER) && hasManyMethods(sql, tenant, key)) {
            add(sql, tenant, new Key(key.hour(), key.device(), OTHER, key.kind()), tally);
            return;
        }
        Tally sum = before.orElseGet(Tally::new);
        sum.add(tally);
        sql.update(
                "INSERT INTO rpc_statistics (hour, tenant, device, method, is_persistent, counts)"
                        + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hour, tenant, device, method, is_persistent)"
                        + " DO UPDATE SET counts = excluded.counts",
                key.hour(),
                tenant,
                key.device(),
                key.method(),
                key.kind() == Kind.PERSISTENT,
                TallyText.of(sum));
    }

    private static Optional<Tally> before(Sql sql, long tenant, Key key) {
        return sql.first(
                "SELECT counts FROM rpc_statistics" + WHERE + " AND method = ? AND is_persistent = ?",
                row -> TallyText.parse(row.text("counts")),
                key.hour(),
                tenant,
                key.device(),
                key.method(),
                key.kind() == Kind.PERSISTENT);
    }

    private static boolean hasManyMethods(Sql sql, long tenant, Key key) {
        long rows = sql.first(
                        "SELECT COUNT(*) AS n FROM rpc_statistics" + WHERE,
                        row -> row.number("n"),
                        key.hour(),
                        tenant,
                        key.device())
                .orElseThrow();
        return rows >= METHODS_MAX;
    }

    @Override
    public void read(Query query, Consumer<Found> each) {
        readers.read(sql -> {
            Tenants.number(sql, query.tenant()).ifPresent(tenant -> read(sql, tenant, query, each));
            return true;
        });
    }

    private static void read(Sql sql, long tenant, Query query, Consumer<Found> each) {
        int[] rows = {0};
        for (long hour = query.fromHour(); hour < query.toHour(); hour++) {
            long of = hour;
            String where = ROWS;
            List<Object> parameters = new ArrayList<>(List.of(hour, tenant));
            if (query.device().isPresent()) {
                where += " AND s.device = ?";
                parameters.add(query.device().get());
            }
            if (query.customer().isPresent()) {
                where += OF_CUSTOMER;
                parameters.add(query.customer().get().uuid());
            }
            sql.each(
                    where,
                    row -> {
                        if (++rows[0] > ROWS_MAX) {
                            throw Refusals.badRequest("There is more than " + ROWS_MAX
                                    + " counts to look at. Narrow the time, or name a device");
                        }
                        Key key = new Key(
                                of,
                                row.number("device"),
                                row.text("method"),
                                row.flag("is_persistent") ? Kind.PERSISTENT : Kind.LIGHTWEIGHT);
                        boolean isWanted =
                                query.method().map(key.method()::equals).orElse(true)
                                        && query.kind().map(key.kind()::equals).orElse(true);
                        if (isWanted) {
                            DeviceId id = new DeviceId(row.uuid("id"));
                            each.accept(new Found(key, id, TallyText.parse(row.text("counts"))));
                        }
                        return true;
                    },
                    parameters.toArray());
        }
    }

    @Override
    public CompletionStage<Integer> purge(long beforeHour, int atOnceMax) {
        return writer.writeLater(sql -> sql.update(
                "DELETE FROM rpc_statistics WHERE (hour, tenant, device, method, is_persistent) IN"
                        + " (SELECT hour, tenant, device, method, is_persistent FROM rpc_statistics WHERE hour < ? LIMIT ?)",
                beforeHour,
                atOnceMax));
    }
}
