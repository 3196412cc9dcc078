package io.signalbox.store.sql;

import io.signalbox.device.DeviceId;
import io.signalbox.payload.Reading;
import io.signalbox.query.EntityQuery;
import io.signalbox.query.EntityQuery.Filter;
import io.signalbox.query.EntityQuery.KeyFilter;
import io.signalbox.query.SeriesValues;
import io.signalbox.query.ValueKey;
import io.signalbox.query.Visible;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The statement of one query about devices: tables, conditions and order, with their parameters. Only what the query looks at is
 * joined. For one thread.
 */
final class EntitySql {
    private static final String NEWEST_SCOPE =
            " = (SELECT b.scope FROM attributes b WHERE b.device = d.number AND b.scope IN (1, 2, 3) AND b.key = ?"
                    + " ORDER BY b.last_update_ts DESC, b.scope DESC LIMIT 1)";

    private final Dialect dialect;
    private final SeriesValues series;
    private final StringBuilder joins = new StringBuilder();
    private final List<Object> joinParameters = new ArrayList<>();
    private final Map<ValueKey, EntityTerm> terms = new HashMap<>();
    private final Conditions where = new Conditions();
    private final String order;

    /** @param tenant its number */
    EntitySql(Dialect dialect, long tenant, Visible visible, EntityQuery query, SeriesValues series) {
        this.dialect = dialect;
        this.series = series;
        where.and("d.tenant = ?", tenant);
        visible.customer()
                .ifPresent(customer ->
                        where.and("d.customer = (SELECT number FROM customer WHERE id = ?)", customer.uuid()));
        filter(tenant, query.filter());
        if (!query.search().isEmpty()) {
            where.and("d.search_text LIKE ? ESCAPE '!'", SearchText.pattern(query.search()));
        }
        List<Object> compared = new ArrayList<>();
        List<String> conditions = new ArrayList<>();
        for (KeyFilter each : query.filters()) {
            conditions.add("(" + term(each.key()).fits(each.condition(), compared) + ")");
        }
        if (!conditions.isEmpty()) {
            where.and(String.join(query.anyFits() ? " OR " : " AND ", conditions), compared.toArray());
        }
        String direction = query.sort().map(EntityQuery.Sort::descending).orElse(false) ? " DESC" : "";
        order = " ORDER BY "
                + query.sort().map(sort -> term(sort.key())).stream()
                        .flatMap(term -> term.order().stream())
                        .map(part -> part + direction + ", ")
                        .collect(Collectors.joining())
                + "d.number";
    }

    private void filter(long tenant, Filter filter) {
        switch (filter) {
            case Filter.Nothing() -> where.and(EntityTerm.NEVER);
            case Filter.Listed(List<DeviceId> ids) ->
                where.and(
                        "d.id" + dialect.inIds(),
                        JsonLists.ids(ids.stream().map(DeviceId::uuid).toList()));
            case Filter.Any(List<String> types, String prefix) -> {
                if (!types.isEmpty()) {
                    where.and(
                            "d.profile IN (SELECT number FROM device_profile WHERE tenant = ? AND name"
                                    + dialect.inTexts() + ")",
                            tenant,
                            JsonLists.texts(dialect, types));
                }
                if (!prefix.isEmpty()) {
                    where.and("substr(d.search_text, 1, length(d.name)) LIKE ? ESCAPE '!'", SearchText.prefix(prefix));
                }
            }
        }
    }

    private EntityTerm term(ValueKey key) {
        EntityTerm known = terms.get(key);
        if (known == null) {
            known = switch (key.source()) {
                case ENTITY_FIELD -> field(key.name());
                case TIME_SERIES -> series(key.name());
                case CLIENT_ATTRIBUTE -> attribute(key.name(), 1);
                case SERVER_ATTRIBUTE -> attribute(key.name(), 2);
                case SHARED_ATTRIBUTE -> attribute(key.name(), 3);
                case ATTRIBUTE -> newestAttribute(key.name());
                case ALARM_FIELD -> constant("");
            };
            terms.put(key, known);
        }
        return known;
    }

    private EntityTerm field(String name) {
        return switch (name) {
            case "createdTime" -> new EntityTerm.OfNumber("d.created_time");
            case "name" -> new EntityTerm.OfText("d.name", "substr(d.search_text, 1, length(d.name))");
            case "label" -> new EntityTerm.OfText("COALESCE(d.label, '')", "substr(d.search_text, length(d.name) + 2)");
            case "type" -> {
                joins.append(" JOIN device_profile p ON p.number = d.profile");
                yield new EntityTerm.OfText("p.name", "p.search_text");
            }
            case "entityType" -> constant("DEVICE");
            case "customerTitle" -> {
                joins.append(" LEFT JOIN customer c ON c.number = d.customer");
                yield new EntityTerm.OfText("COALESCE(c.title, '')", "COALESCE(c.search_text, '')");
            }
            case "additionalInfo" -> {
                String text = "COALESCE(d.additional_info, '')";
                yield new EntityTerm.OfText(text, dialect.asciiLower(text));
            }
            default -> constant("");
        };
    }

    /** With a type, or a database takes it for the number of a column where it sorts. */
    private static EntityTerm constant(String text) {
        return new EntityTerm.OfText(
                "CAST('" + text + "' AS TEXT)", "CAST('" + text.toLowerCase(Locale.ROOT) + "' AS TEXT)");
    }

    private EntityTerm attribute(String key, int scope) {
        String alias = "v" + terms.size();
        joins.append(" LEFT JOIN attributes " + alias + " ON " + alias + ".device = d.number AND " + alias + ".scope = "
                + scope + " AND " + alias + ".key = ?");
        joinParameters.add(key);
        return new EntityTerm.OfValue(alias, dialect);
    }

    private EntityTerm newestAttribute(String key) {
        String alias = "v" + terms.size();
        joins.append(" LEFT JOIN attributes " + alias + " ON " + alias + ".device = d.number AND " + alias
                + ".key = ? AND " + alias + ".scope" + NEWEST_SCOPE);
        joinParameters.add(key);
        joinParameters.add(key);
        return new EntityTerm.OfValue(alias, dialect);
    }

    private EntityTerm series(String key) {
        String alias = "v" + terms.size();
        Map<Long, Reading> values = series.byKey().getOrDefault(key, Map.of());
        joins.append(" LEFT JOIN " + dialect.valueTable() + " " + alias + " ON " + alias + ".device = d.number");
        joinParameters.add(JsonLists.values(dialect, values));
        return new EntityTerm.OfValue(alias, dialect);
    }

    String count() {
        return "SELECT COUNT(*) AS n FROM device d" + joins + " " + where.text();
    }

    /** One page, in the order of the query. */
    String page() {
        return "SELECT d.number FROM device d" + joins + " " + where.text() + order + " LIMIT ? OFFSET ?";
    }

    /** The first of them, in whatever order. */
    String some() {
        return "SELECT d.number FROM device d" + joins + " " + where.text() + " LIMIT ?";
    }

    Object[] parameters(Object... more) {
        List<Object> all = new ArrayList<>(joinParameters);
        all.addAll(List.of(where.parameters(more)));
        return all.toArray();
    }
}
