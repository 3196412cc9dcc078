package io.signalbox.store.sql;

import io.signalbox.config.PostgresUrl;
import io.signalbox.device.TenantId;
import io.signalbox.query.EntityQuery;
import io.signalbox.query.EntityQuery.Comparison;
import io.signalbox.query.EntityQuery.Condition;
import io.signalbox.query.EntityQuery.Filter;
import io.signalbox.query.EntityQuery.KeyFilter;
import io.signalbox.query.EntityQuery.Numeral;
import io.signalbox.query.EntityQuery.Sort;
import io.signalbox.query.EntityStore;
import io.signalbox.query.SeriesValues;
import io.signalbox.query.ValueKey;
import io.signalbox.query.ValueKey.Source;
import io.signalbox.query.Visible;
import io.signalbox.testing.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What queries cost among so many devices of one tenant, each with ten server attributes; on a file, and on a PostgreSQL that it
 * starts.
 *
 * <pre>
 * EntityQueryBench FOLDER DEVICES
 * </pre>
 */
public final class EntityQueryBench {
    private static final int ATTRIBUTES = 10;
    private static final int RUNS = 40;
    private static final int WARM_UP = 20;

    private EntityQueryBench() {}

    public static void main(String[] args) throws Exception {
        int devices = Integer.parseInt(args[1]);
        Path folder = Files.createDirectories(Path.of(args[0]));
        measure(CoreStore.file(folder), "sqlite", devices);
        try (PostgresServer server = PostgresServer.open()) {
            PostgresUrl url = server.newSchema();
            measure(new Database.Postgres(url, folder.toString()), "postgres", devices);
        }
    }

    private static void measure(Database database, String name, int devices) {
        try (Fixture core = new Fixture(database)) {
            TenantId tenant = core.tenant("Bench");
            fill(core, database.dialect(), devices);
            EntityStore store = core.store().entities();
            Visible visible = new Visible(tenant, Optional.empty());
            queries().forEach((what, query) -> {
                long[] nanos = new long[RUNS];
                for (int run = -WARM_UP; run < RUNS; run++) {
                    long started = System.nanoTime();
                    store.find(visible, query, SeriesValues.NONE);
                    if (run >= 0) {
                        nanos[run] = System.nanoTime() - started;
                    }
                }
                Arrays.sort(nanos);
                System.out.printf(
                        "%s devices=%d %s: median %.1f ms, p95 %.1f ms%n",
                        name, devices, what, nanos[RUNS / 2] / 1e6, nanos[RUNS * 95 / 100] / 1e6);
            });
        }
    }

    private static Map<String, EntityQuery> queries() {
        KeyFilter server = new KeyFilter(
                new ValueKey(Source.SERVER_ATTRIBUTE, "k3"),
                new Condition.Numeric(Comparison.LESS, new Numeral.Whole(50)));
        KeyFilter any = new KeyFilter(new ValueKey(Source.ATTRIBUTE, "k3"), server.condition());
        Optional<Sort> byName = Optional.of(new Sort(new ValueKey(Source.ENTITY_FIELD, "name"), false));
        Optional<Sort> byValue = Optional.of(new Sort(new ValueKey(Source.SERVER_ATTRIBUTE, "k5"), true));
        Map<String, EntityQuery> queries = new LinkedHashMap<>();
        queries.put("no filter", query("", Optional.empty()));
        queries.put("text search", query("device 1", Optional.empty()));
        queries.put("one filter of a scope", query("", Optional.empty(), server));
        queries.put("one filter of any scope", query("", Optional.empty(), any));
        queries.put("one filter, by name", query("", byName, server));
        queries.put("one filter, by another attribute", query("", byValue, server));
        return queries;
    }

    private static EntityQuery query(String search, Optional<Sort> sort, KeyFilter... filters) {
        return new EntityQuery(new Filter.Any(List.of(), ""), search, sort, List.of(filters), false, 10, 0);
    }

    private static void fill(Fixture core, Dialect dialect, int devices) {
        String id = switch (dialect) {
            case SQLITE -> "unhex(printf('%032x', i))";
            case POSTGRES -> "decode(lpad(to_hex(i), 32, '0'), 'hex')";
        };
        try (Sql sql = core.sql()) {
            sql.inTransaction(() -> {
                sql.update(
                        "INSERT INTO device (id, created_time, tenant, name, search_text, profile, device_data, version)"
                                + " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                                + " SELECT " + id + ", i, t.number, 'Device ' || i, 'device ' || i, p.number,"
                                + " '{\"configuration\":{\"type\":\"DEFAULT\"}}', 1 FROM n, tenant t"
                                + " JOIN device_profile p ON p.tenant = t.number",
                        devices);
                for (int key = 0; key < ATTRIBUTES; key++) {
                    sql.update(
                            "INSERT INTO attributes (device, scope, key, long_value, last_update_ts)"
                                    + " SELECT number, 2, ?, (number * 7919) % 100, 1 FROM device",
                            "k" + key);
                }
                return 0;
            });
            if (dialect == Dialect.POSTGRES) {
                sql.execute("ANALYZE"); // as it does by itself before long
            }
        }
    }
}
