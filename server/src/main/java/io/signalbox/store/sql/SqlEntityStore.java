package io.signalbox.store.sql;

import io.signalbox.device.Device;
import io.signalbox.device.Listed;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.query.EntityQuery;
import io.signalbox.query.EntityStore;
import io.signalbox.query.SeriesValues;
import io.signalbox.query.Visible;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Queries about devices and their attributes in core.db, on readers of their own: a long one delays nobody's device. */
public final class SqlEntityStore implements EntityStore {
    private final CoreReaders readers;
    private final Dialect dialect;

    SqlEntityStore(CoreReaders readers, Dialect dialect) {
        this.readers = readers;
        this.dialect = dialect;
    }

    @Override
    public Listed<Device> find(Visible visible, EntityQuery query, SeriesValues series) {
        return read(visible, new Listed<>(List.of(), 0), (sql, tenant) -> {
            checkSize(sql, tenant, visible, query);
            EntitySql statement = new EntitySql(dialect, tenant, visible, query, series);
            long offset = (long) query.page() * query.pageSize();
            List<Long> numbers = sql.listOnce(
                    statement.page(),
                    row -> row.number("number"),
                    statement.parameters((long) query.pageSize(), offset));
            boolean isLast = numbers.size() < query.pageSize() && (!numbers.isEmpty() || offset == 0);
            long total = isLast ? offset + numbers.size() : count(sql, statement);
            return new Listed<>(devices(sql, numbers), total);
        });
    }

    /** In the order of the numbers; those that are gone by now are left out. */
    private List<Device> devices(Sql sql, List<Long> numbers) {
        Map<Long, Device> byNumber = new HashMap<>();
        sql.list(Devices.SELECT + "WHERE d.number" + dialect.inNumbers(), Devices::read, JsonLists.numbers(numbers))
                .forEach(device -> byNumber.put(device.number(), device));
        return numbers.stream()
                .flatMap(number -> Optional.ofNullable(byNumber.get(number)).stream())
                .toList();
    }

    @Override
    public long count(Visible visible, EntityQuery query, SeriesValues series) {
        return read(visible, 0L, (sql, tenant) -> {
            checkSize(sql, tenant, visible, query);
            return count(sql, new EntitySql(dialect, tenant, visible, query, series));
        });
    }

    private static long count(Sql sql, EntitySql statement) {
        return sql.listOnce(statement.count(), row -> row.number("n"), statement.parameters())
                .getFirst();
    }

    @Override
    public List<Long> numbers(Visible visible, EntityQuery query) {
        return read(visible, List.of(), (sql, tenant) -> {
            checkSize(sql, tenant, visible, query);
            EntitySql statement = new EntitySql(dialect, tenant, visible, query, SeriesValues.NONE);
            List<Long> numbers = sql.listOnce(
                    statement.some(), row -> row.number("number"), statement.parameters(LOOKED_AT_MAX + 1L));
            if (numbers.size() > LOOKED_AT_MAX) {
                throw tooMany();
            }
            return numbers;
        });
    }

    /** Refuses a query that would look at the values of too many devices. */
    private void checkSize(Sql sql, long tenant, Visible visible, EntityQuery query) {
        if (query.looksAtValues()) {
            EntityQuery all = new EntityQuery(
                    query.filter(), query.search(), Optional.empty(), List.of(), false, query.pageSize(), query.page());
            EntitySql statement = new EntitySql(dialect, tenant, visible, all, SeriesValues.NONE);
            long found = sql.listOnce(
                            "SELECT COUNT(*) AS n FROM (" + statement.some() + ") found",
                            row -> row.number("n"),
                            statement.parameters(LOOKED_AT_MAX + 1L))
                    .getFirst();
            if (found > LOOKED_AT_MAX) {
                throw tooMany();
            }
        }
    }

    private static Rejected tooMany() {
        return new Rejected(
                ErrorCode.BAD_REQUEST, "More than " + LOOKED_AT_MAX + " devices to look at. Please narrow the filter.");
    }

    private record OfDevice(long commit, Optional<Long> device, Optional<Scope> scope, Optional<Reading> attribute) {}

    /** One statement, and so one state of the tables; a device without attributes gets a row, too, and so does the commit. */
    @Override
    public Snapshot<Map<Long, Map<Scope, Map<String, Reading>>>> attributes(
            Visible visible, List<Long> devices, Set<String> keys) {
        return read(visible, new Snapshot<>(Map.of(), 0), (sql, tenant) -> {
            List<OfDevice> rows = sql.list(
                    "SELECT k.number AS commit_number, d.number AS device, a.scope, a.key, a.long_value, a.double_value,"
                            + " a.text_value, a.flag_value, a.json_value, a.last_update_ts FROM attribute_commit k"
                            + " LEFT JOIN device d ON d.number" + dialect.inNumbers() + " AND d.tenant = ?"
                            + " AND (? OR d.customer = (SELECT number FROM customer WHERE id = ?))"
                            + " LEFT JOIN attributes a ON a.device = d.number AND a.scope IN (1, 2, 3) AND a.key"
                            + dialect.inTexts(),
                    SqlEntityStore::readOfDevice,
                    JsonLists.numbers(devices),
                    tenant,
                    visible.customer().isEmpty(),
                    visible.customer()
                            .map(customer -> customer.uuid())
                            .orElse(visible.tenant().uuid()),
                    JsonLists.texts(dialect, keys));
            Map<Long, Map<Scope, Map<String, Reading>>> found = new HashMap<>();
            rows.forEach(row -> row.device()
                    .ifPresent(device -> put(found.computeIfAbsent(device, _ -> new EnumMap<>(Scope.class)), row)));
            return new Snapshot<>(found, rows.getFirst().commit());
        });
    }

    private static void put(Map<Scope, Map<String, Reading>> attributes, OfDevice row) {
        row.attribute()
                .ifPresent(attribute -> attributes
                        .computeIfAbsent(row.scope().orElseThrow(), _ -> new HashMap<>())
                        .put(attribute.key(), attribute));
    }

    private static OfDevice readOfDevice(Row row) {
        return new OfDevice(
                row.number("commit_number"),
                row.has("device") ? Optional.of(row.number("device")) : Optional.empty(),
                row.has("scope") ? Optional.of(SqlAttributeStore.scope((int) row.number("scope"))) : Optional.empty(),
                row.has("scope") ? Optional.of(SqlAttributeStore.read(row)) : Optional.empty());
    }

    private interface Work<T> {
        T on(Sql sql, long tenant);
    }

    /** @param ofNobody the answer when there is no such tenant */
    private <T> T read(Visible visible, T ofNobody, Work<T> work) {
        Function<Sql, T> read = sql -> Tenants.number(sql, visible.tenant())
                .map(tenant -> work.on(sql, tenant))
                .orElse(ofNobody);
        return readers.readFor(visible.tenant(), read);
    }
}
