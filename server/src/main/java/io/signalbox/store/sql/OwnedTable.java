package io.signalbox.store.sql;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Listed;
import io.signalbox.device.TenantId;
import io.signalbox.registry.OwnedQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The table of devices, or that of assets: what is alike with both, as they have a name, a profile and perhaps a customer. Its
 * alias is {@code d}, those of profile, customer and tenant are {@code p}, {@code c} and {@code t}.
 */
final class OwnedTable {
    private static final String SEARCH = "d.search_text LIKE ? ESCAPE '!'";

    private final String thing;
    private final String table;
    private final String columns;
    private final String from;
    private final String searchWidely;
    private final String ofType;
    private final String ofProfile;
    private final String types;
    private final String takenName;
    private final String profileNumber;

    /**
     * @param thing    as texts name one: {@code device}; also the name of the table
     * @param profiles table of their profiles
     * @param columns  {@code SELECT} with those that a reader reads
     */
    OwnedTable(String thing, String profiles, String columns) {
        this.thing = thing;
        this.table = thing;
        this.columns = columns;
        this.from = " FROM " + table + " d JOIN tenant t ON t.number = d.tenant JOIN " + profiles
                + " p ON p.number = d.profile LEFT JOIN customer c ON c.number = d.customer ";
        this.searchWidely = SEARCH + " OR d.profile IN (SELECT number FROM " + profiles
                + " WHERE tenant = ? AND search_text LIKE ? ESCAPE '!')"
                + " OR d.customer IN (SELECT number FROM customer WHERE tenant = ? AND search_text LIKE ? ESCAPE '!')";
        this.ofType = "d.profile = (SELECT number FROM " + profiles + " WHERE tenant = ? AND name = ?)";
        this.ofProfile = "d.profile = (SELECT number FROM " + profiles + " WHERE id = ?)";
        this.types = "SELECT p.name FROM " + profiles + " p JOIN tenant t ON t.number = p.tenant WHERE t.id = ?"
                + " AND EXISTS (SELECT 1 FROM " + table + " d WHERE d.profile = p.number) ORDER BY p.name";
        this.takenName = "SELECT 1 FROM " + table + " WHERE tenant = ? AND name = ? AND id <> ?";
        this.profileNumber = "SELECT number FROM " + profiles + " WHERE id = ? AND tenant = ?";
    }

    /** Up to the conditions. */
    String select() {
        return columns + from;
    }

    /** As {@link #select}, with more columns. */
    String select(String more) {
        return columns + ", " + more + from;
    }

    <T> RowList<T> list(String select, Function<Row, T> reader) {
        Map<String, String> orders = Map.of(
                "id",
                "d.number",
                "createdTime",
                "d.created_time",
                "name",
                "d.name",
                "label",
                "d.label",
                "type",
                "p.name",
                thing + "ProfileName",
                "p.name",
                "customerTitle",
                "c.title");
        return new RowList<>(select, table + " d", "d.number", orders, reader);
    }

    /** @param more adds conditions of its own */
    <T> Listed<T> read(CoreReaders readers, RowList<T> list, OwnedQuery query, Consumer<Conditions> more) {
        return readers.read(sql -> Tenants.number(sql, query.tenant())
                .map(tenant -> {
                    Conditions where = conditions(tenant, query);
                    more.accept(where);
                    return list.read(sql, where, query.link());
                })
                .orElse(new Listed<>(List.of(), 0)));
    }

    private Conditions conditions(long tenant, OwnedQuery query) {
        Conditions where = new Conditions().and("d.tenant = ?", tenant);
        query.type().ifPresent(type -> where.and(ofType, tenant, type));
        where.andIf(query.profile(), ofProfile);
        where.andIf(query.customer().map(CustomerId::uuid), "d.customer = (SELECT number FROM customer WHERE id = ?)");
        query.link().search().map(SearchText::pattern).ifPresent(pattern -> {
            if (query.isWide()) {
                where.and(searchWidely, pattern, tenant, pattern, tenant, pattern);
            } else {
                where.and(SEARCH, pattern);
            }
        });
        return where;
    }

    List<String> types(Sql sql, TenantId tenant) {
        return sql.list(types, row -> row.text("name"), tenant.uuid());
    }

    void refuseTakenName(Sql sql, long tenant, String name, UUID id) {
        if (sql.exists(takenName, tenant, name, id)) {
            throw Refusals.badRequest(titled() + " with such name already exists!");
        }
    }

    long profileNumber(Sql sql, long tenant, UUID profile) {
        return sql.first(profileNumber, row -> row.number("number"), profile, tenant)
                .orElseThrow(
                        () -> Refusals.badRequest(titled() + " is referencing non existing " + thing + " profile!"));
    }

    Optional<Long> customerNumber(Sql sql, long tenant, Optional<CustomerId> customer) {
        return customer.map(id -> sql.first(
                        "SELECT number FROM customer WHERE id = ? AND tenant = ?",
                        row -> row.number("number"),
                        id.uuid(),
                        tenant)
                .orElseThrow(() -> Refusals.badRequest("Can't assign " + thing + " to non-existent customer!")));
    }

    private String titled() {
        return Character.toUpperCase(thing.charAt(0)) + thing.substring(1);
    }
}
