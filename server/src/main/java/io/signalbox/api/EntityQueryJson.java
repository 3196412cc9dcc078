package io.signalbox.api;

import io.signalbox.device.DeviceId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.query.EntityQuery;
import io.signalbox.query.EntityQuery.Comparison;
import io.signalbox.query.EntityQuery.Condition;
import io.signalbox.query.EntityQuery.Filter;
import io.signalbox.query.EntityQuery.KeyFilter;
import io.signalbox.query.EntityQuery.Likeness;
import io.signalbox.query.ValueKey;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads queries about entities as clients write them (telemetry and WebSocket API B6). Pure; any thread. */
final class EntityQueryJson {
    private static final int CONDITIONS_MAX = 100;
    private static final int LISTED_MAX = 10_000;

    private EntityQueryJson() {}

    /**
     * A query, and which values it shows.
     *
     * @param isDynamic whether the devices are looked for again and again
     */
    record Parsed(EntityQuery query, List<ValueKey> keys, boolean isDynamic) {}

    /** @throws Rejected {@code BAD_REQUEST}: it says what is wrong */
    static Parsed parse(Node node) {
        Body query = Body.of(node);
        Optional<Body> link = query.value("pageLink").map(Body::of);
        Optional<Body> sort = link.flatMap(body -> body.value("sortOrder")).map(Body::of);
        List<ValueKey> keys = new ArrayList<>(keys(query, "entityFields"));
        keys.addAll(keys(query, "latestValues"));
        int pageSize =
                (int) Math.clamp(link.flatMap(body -> body.whole("pageSize")).orElse(10L), 1L, EntityQueries.PAGE_MAX);
        int page = (int) Math.clamp(link.flatMap(body -> body.whole("page")).orElse(0L), 0L, Integer.MAX_VALUE);
        List<KeyFilter> filters = items(query, "keyFilters").stream()
                .map(EntityQueryJson::keyFilter)
                .toList();
        if (filters.stream().mapToInt(filter -> size(filter.condition())).sum() > CONDITIONS_MAX) {
            throw bad("More than " + CONDITIONS_MAX + " conditions");
        }
        EntityQuery parsed = new EntityQuery(
                filter(Body.of(query.value("entityFilter").orElseThrow(() -> bad("Entity filter is empty!")))),
                link.flatMap(body -> body.text("textSearch")).orElse(""),
                sort.flatMap(EntityQueryJson::sort),
                filters,
                query.text("keyFiltersOperation").orElse("AND").equals("OR"),
                pageSize,
                page);
        boolean isDynamic =
                link.flatMap(body -> body.text("dynamic")).orElse("false").equals("true");
        return new Parsed(parsed, keys.stream().distinct().toList(), isDynamic);
    }

    private static Optional<EntityQuery.Sort> sort(Body order) {
        return order.value("key")
                .map(EntityQueryJson::key)
                .map(key -> new EntityQuery.Sort(
                        key, order.text("direction").orElse("ASC").equals("DESC")));
    }

    private static int size(Condition condition) {
        return switch (condition) {
            case Condition.All(List<Condition> parts) ->
                1 + parts.stream().mapToInt(EntityQueryJson::size).sum();
            case Condition.AnyOf(List<Condition> parts) ->
                1 + parts.stream().mapToInt(EntityQueryJson::size).sum();
            case Condition.OneOf(List<String> texts, boolean _, boolean _) -> texts.size();
            case Condition.Numeric _, Condition.Text _, Condition.Flag _ -> 1;
        };
    }

    static List<Node> items(Body body, String name) {
        return body.value(name)
                .map(node -> node instanceof Node.Items(List<Node> items) ? items : List.<Node>of())
                .orElse(List.of());
    }

    static List<ValueKey> keys(Body body, String name) {
        return items(body, name).stream().map(EntityQueryJson::key).toList();
    }

    private static ValueKey key(Node node) {
        Body key = Body.of(node);
        String type = key.text("type").orElse("");
        String name = key.text("key").orElseThrow(() -> bad("A key has no name"));
        try {
            return new ValueKey(ValueKey.Source.valueOf(type), name);
        } catch (IllegalArgumentException e) {
            throw bad("Unsupported key type: " + type);
        }
    }

    private static Filter filter(Body filter) {
        String type = filter.text("type").orElse("");
        return switch (type) {
            case "singleEntity" -> listed(filter.value("singleEntity").stream().toList());
            case "entityList" ->
                filter.text("entityType").orElse("").equals("DEVICE")
                        ? listedOf(texts(items(filter, "entityList")).stream()
                                .map(Body::uuid)
                                .map(DeviceId::new)
                                .toList())
                        : new Filter.Nothing();
            case "entityType" -> ofType(filter, "");
            case "entityName" -> ofType(filter, filter.text("entityNameFilter").orElse(""));
            case "deviceType" -> {
                List<String> types = new ArrayList<>(texts(items(filter, "deviceTypes")));
                filter.text("deviceType").ifPresent(types::add);
                yield new Filter.Any(types, filter.text("deviceNameFilter").orElse(""));
            }
            case "assetType",
                    "entityViewType",
                    "relationsQuery",
                    "deviceSearchQuery",
                    "assetSearchQuery",
                    "entityViewSearchQuery",
                    "edgeType",
                    "edgeSearchQuery",
                    "apiUsageState" -> new Filter.Nothing();
            default -> throw bad("Unsupported entity filter: " + type);
        };
    }

    private static Filter listed(List<Node> ids) {
        List<DeviceId> devices = new ArrayList<>();
        for (Node id : ids) {
            Body body = Body.of(id);
            if (body.text("entityType").orElse("").equals("DEVICE")) {
                devices.add(new DeviceId(Body.uuid(body.text("id").orElse(""))));
            }
        }
        return listedOf(devices);
    }

    private static Filter listedOf(List<DeviceId> devices) {
        if (devices.size() > LISTED_MAX) {
            throw bad("More than " + LISTED_MAX + " entities");
        }
        return new Filter.Listed(devices);
    }

    private static Filter ofType(Body filter, String name) {
        return filter.text("entityType").orElse("").equals("DEVICE")
                ? new Filter.Any(List.of(), name)
                : new Filter.Nothing();
    }

    private static List<String> texts(List<Node> nodes) {
        return nodes.stream()
                .map(node -> node instanceof Node.Text(String text) ? text : "")
                .toList();
    }

    private static KeyFilter keyFilter(Node node) {
        Body filter = Body.of(node);
        ValueKey key = key(filter.value("key").orElseThrow(() -> bad("A key filter has no key")));
        Body predicate = Body.of(filter.value("predicate").orElseThrow(() -> bad("A key filter has no predicate")));
        return new KeyFilter(key, condition(predicate));
    }

    private static Condition condition(Body predicate) {
        String type = predicate.text("type").orElse("");
        String operation = predicate.text("operation").orElse("");
        String wanted = predicate
                .value("value")
                .map(Body::of)
                .flatMap(value -> value.text("defaultValue"))
                .orElse("");
        return switch (type) {
            case "COMPLEX" -> {
                List<Condition> parts = items(predicate, "predicates").stream()
                        .map(each -> condition(Body.of(each)))
                        .toList();
                yield operation.equals("OR") ? new Condition.AnyOf(parts) : new Condition.All(parts);
            }
            case "NUMERIC" -> new Condition.Numeric(operation(Comparison.class, operation), number(wanted));
            case "BOOLEAN" ->
                switch (operation) {
                    case "EQUAL" -> new Condition.Flag(Boolean.parseBoolean(wanted));
                    case "NOT_EQUAL" -> new Condition.Flag(!Boolean.parseBoolean(wanted));
                    default -> throw unsupported(operation);
                };
            case "STRING" -> text(predicate, operation, wanted);
            default -> throw bad("Unsupported predicate: " + type);
        };
    }

    private static Condition text(Body predicate, String operation, String wanted) {
        boolean ignoresCase = predicate.text("ignoreCase").orElse("false").equals("true");
        return operation.equals("IN") || operation.equals("NOT_IN")
                ? new Condition.OneOf(Arrays.asList(wanted.split("\\s*,\\s*")), operation.equals("NOT_IN"), ignoresCase)
                : new Condition.Text(operation(Likeness.class, operation), wanted, ignoresCase);
    }

    private static EntityQuery.Numeral number(String text) {
        try {
            BigDecimal number = new BigDecimal(text);
            boolean isWhole = number.precision() - number.scale() <= 19
                    && number.stripTrailingZeros().scale() <= 0;
            return isWhole && isLong(number)
                    ? new EntityQuery.Numeral.Whole(number.longValueExact())
                    : new EntityQuery.Numeral.Decimal(number.doubleValue());
        } catch (NumberFormatException e) {
            throw bad("A numeric predicate needs a number: " + text);
        }
    }

    private static boolean isLong(BigDecimal whole) {
        return whole.compareTo(BigDecimal.valueOf(Long.MIN_VALUE)) >= 0
                && whole.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
    }

    private static <E extends Enum<E>> E operation(Class<E> operations, String name) {
        return Arrays.stream(operations.getEnumConstants())
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> unsupported(name));
    }

    private static Rejected unsupported(String operation) {
        return bad("Unsupported operation: " + operation);
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
