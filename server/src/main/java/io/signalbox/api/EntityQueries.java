package io.signalbox.api;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.PayloadJson;
import io.signalbox.payload.Reading;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceService;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.TelemetryService;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds devices by what they are and by their values (telemetry and WebSocket API B6). Entities of other types are not found.
 *
 * <p>Calls block: virtual threads. What a caller may not see is not found either.
 */
final class EntityQueries {
    /** Devices of one page, and devices that are looked at for one. */
    static final int DEVICES_MAX = 10_000;

    private static final int SLICE = 1_000;

    private final DeviceDirectory directory;
    private final DeviceService devices;
    private final TelemetryService telemetry;

    EntityQueries(DeviceDirectory directory, DeviceService devices, TelemetryService telemetry) {
        this.directory = directory;
        this.devices = devices;
        this.telemetry = telemetry;
    }

    /** Where a value comes from. */
    enum Source {
        ENTITY_FIELD,
        TIME_SERIES,
        ATTRIBUTE,
        CLIENT_ATTRIBUTE,
        SHARED_ATTRIBUTE,
        SERVER_ATTRIBUTE
    }

    record ValueKey(Source source, String name) {}

    /** A value as text with its time; a key without one is {@code ts} 0 and an empty text. */
    record Cell(long ts, String text) {
        static final Cell NONE = new Cell(0, "");
    }

    /** A found device with the values that were asked for, and the commits up to which they are true. */
    record Found(Device device, Map<ValueKey, Cell> values, long pointsCommit, long attributesCommit) {}

    /** What is asked. */
    record Query(
            Filter filter,
            int pageSize,
            int page,
            String search,
            Optional<ValueKey> sortKey,
            boolean descending,
            List<ValueKey> keys,
            List<KeyFilter> keyFilters,
            boolean anyKeyFilter) {}

    /** Which devices, by what they are. */
    sealed interface Filter {
        record Listed(List<DeviceId> ids) implements Filter {}

        record Any(List<String> types, Pattern name) implements Filter {}

        /** Entities that this server does not have. */
        record Nothing() implements Filter {}
    }

    record KeyFilter(ValueKey key, Test test) {}

    /** Whether a text value fits. */
    interface Test {
        boolean fits(String value);
    }

    // ---------------------------------------------------------------------------------------------- running

    long count(Caller caller, Query query) {
        return fitting(caller, query).size();
    }

    /** One page of devices, without values. */
    record Matches(List<Device> page, long total, int number, int pageSize) {
        long pages() {
            return (total + pageSize - 1) / pageSize;
        }

        boolean hasNext() {
            return number + 1L < pages();
        }
    }

    Matches find(Caller caller, Query query) {
        List<Device> fitting = fitting(caller, query);
        sort(fitting, query);
        List<Device> page = fitting.stream()
                .skip((long) query.page() * query.pageSize())
                .limit(query.pageSize())
                .toList();
        return new Matches(page, fitting.size(), query.page(), query.pageSize());
    }

    private void sort(List<Device> fitting, Query query) {
        Comparator<Device> order = Comparator.comparingLong(Device::number);
        if (query.sortKey().isPresent()) {
            ValueKey key = query.sortKey().get();
            Map<Device, String> texts = new HashMap<>();
            fitting.forEach(device -> texts.put(device, text(device, key)));
            Comparator<Device> byText =
                    Comparator.comparing(device -> texts.getOrDefault(device, ""), EntityQueries::compare);
            order = (query.descending() ? byText.reversed() : byText).thenComparing(order);
        }
        fitting.sort(order);
    }

    /** Numbers by size, before texts. */
    private static int compare(String one, String other) {
        try {
            return Double.compare(Double.parseDouble(one), Double.parseDouble(other));
        } catch (NumberFormatException e) {
            return one.compareToIgnoreCase(other);
        }
    }

    private List<Device> fitting(Caller caller, Query query) {
        List<Device> fitting = new ArrayList<>();
        for (Device device : candidates(caller, query.filter())) {
            String search = query.search().toLowerCase(Locale.ROOT);
            boolean isFound = search.isEmpty()
                    || device.name().toLowerCase(Locale.ROOT).contains(search)
                    || device.label().orElse("").toLowerCase(Locale.ROOT).contains(search);
            if (Access.device(caller, Access.Operation.READ, device) == Access.Verdict.ALLOWED
                    && isFound
                    && fits(device, query)) {
                fitting.add(device);
            }
        }
        return fitting;
    }

    private List<Device> candidates(Caller caller, Filter filter) {
        if (caller.authority() == Authority.SYS_ADMIN || caller.tenant().isEmpty()) {
            return List.of();
        }
        return switch (filter) {
            case Filter.Nothing() -> List.of();
            case Filter.Listed(List<DeviceId> ids) ->
                ids.stream()
                        .distinct()
                        .map(id -> Stages.await(directory.find(id)))
                        .flatMap(Optional::stream)
                        .toList();
            case Filter.Any(List<String> types, Pattern name) -> {
                List<Device> all = new ArrayList<>();
                long after = 0;
                List<Device> slice;
                do {
                    slice = devices.devices(caller.tenant().get(), after, SLICE);
                    for (Device device : slice) {
                        after = device.number();
                        if ((types.isEmpty() || types.contains(device.type()))
                                && name.matcher(device.name()).find()) {
                            all.add(device);
                        }
                    }
                    if (all.size() > DEVICES_MAX) {
                        throw new Rejected(
                                ErrorCode.BAD_REQUEST,
                                "More than " + DEVICES_MAX + " devices. Please narrow the filter.");
                    }
                } while (slice.size() == SLICE);
                yield all;
            }
        };
    }

    private boolean fits(Device device, Query query) {
        List<KeyFilter> filters = query.keyFilters();
        if (filters.isEmpty()) {
            return true;
        }
        Found found = values(device, filters.stream().map(KeyFilter::key).toList());
        return query.anyKeyFilter()
                ? filters.stream().anyMatch(filter -> fits(found, filter))
                : filters.stream().allMatch(filter -> fits(found, filter));
    }

    private static boolean fits(Found found, KeyFilter filter) {
        Cell cell = found.values().getOrDefault(filter.key(), Cell.NONE);
        return filter.test().fits(cell.text());
    }

    private String text(Device device, ValueKey key) {
        return values(device, List.of(key))
                .values()
                .getOrDefault(key, Cell.NONE)
                .text();
    }

    /** The values of these keys, in their order; one that has none is {@link Cell#NONE}. */
    Found values(Device device, List<ValueKey> keys) {
        Map<ValueKey, Cell> values = new LinkedHashMap<>();
        keys.forEach(key -> values.put(key, Cell.NONE));
        List<String> series = keys.stream()
                .filter(key -> key.source() == Source.TIME_SERIES)
                .map(ValueKey::name)
                .toList();
        long pointsCommit = 0;
        if (!series.isEmpty()) {
            var latest = Stages.await(telemetry.latest(device, series));
            pointsCommit = latest.commit();
            latest.value()
                    .forEach(reading -> values.put(new ValueKey(Source.TIME_SERIES, reading.key()), cell(reading)));
        }
        long attributesCommit = 0;
        if (keys.stream().anyMatch(EntityQueries::isAttribute)) {
            var attributes = Stages.await(telemetry.attributeSnapshot(device));
            attributesCommit = attributes.commit();
            attributes
                    .value()
                    .forEach((scope, readings) -> readings.forEach(reading -> {
                        values.computeIfPresent(new ValueKey(source(scope), reading.key()), (_, _) -> cell(reading));
                        values.computeIfPresent(
                                new ValueKey(Source.ATTRIBUTE, reading.key()),
                                (_, present) -> present.ts() > reading.ts() ? present : cell(reading));
                    }));
        }
        keys.stream()
                .filter(key -> key.source() == Source.ENTITY_FIELD)
                .forEach(key -> values.put(key, field(device, key.name())));
        return new Found(device, values, pointsCommit, attributesCommit);
    }

    static boolean isAttribute(ValueKey key) {
        return switch (key.source()) {
            case ATTRIBUTE, CLIENT_ATTRIBUTE, SHARED_ATTRIBUTE, SERVER_ATTRIBUTE -> true;
            case ENTITY_FIELD, TIME_SERIES -> false;
        };
    }

    static Source source(Scope scope) {
        return switch (scope) {
            case CLIENT_SCOPE -> Source.CLIENT_ATTRIBUTE;
            case SERVER_SCOPE -> Source.SERVER_ATTRIBUTE;
            case SHARED_SCOPE -> Source.SHARED_ATTRIBUTE;
        };
    }

    static Cell cell(Reading reading) {
        return new Cell(reading.ts(), PayloadJson.text(reading.value()));
    }

    private static Cell field(Device device, String name) {
        String text = switch (name) {
            case "name" -> device.name();
            case "label" -> device.label().orElse("");
            case "type" -> device.type();
            case "createdTime" -> Long.toString(device.createdTime());
            case "entityType" -> "DEVICE";
            case "customerId" -> device.customer().map(CustomerId::toString).orElse("");
            case "additionalInfo" -> device.additionalInfo().orElse("");
            default -> "";
        };
        return new Cell(device.createdTime(), text);
    }

    // ---------------------------------------------------------------------------------------------- parsing

    /** @throws Rejected {@code BAD_REQUEST}: it says what is wrong */
    static Query parse(Node node) {
        Body query = Body.of(node);
        Optional<Body> link = query.value("pageLink").map(Body::of);
        Optional<Body> sort = link.flatMap(body -> body.value("sortOrder")).map(Body::of);
        List<ValueKey> keys = new ArrayList<>(keys(query, "entityFields"));
        keys.addAll(keys(query, "latestValues"));
        int pageSize =
                (int) Math.clamp(link.flatMap(body -> body.whole("pageSize")).orElse(10L), 1L, DEVICES_MAX);
        int page = (int) Math.clamp(link.flatMap(body -> body.whole("page")).orElse(0L), 0L, Integer.MAX_VALUE);
        return new Query(
                filter(Body.of(query.value("entityFilter").orElseThrow(() -> bad("Entity filter is empty!")))),
                pageSize,
                page,
                link.flatMap(body -> body.text("textSearch")).orElse(""),
                sort.flatMap(body -> body.value("key")).map(EntityQueries::key),
                sort.flatMap(body -> body.text("direction")).orElse("ASC").equals("DESC"),
                keys.stream().distinct().toList(),
                items(query, "keyFilters").stream()
                        .map(EntityQueries::keyFilter)
                        .toList(),
                query.text("keyFiltersOperation").orElse("AND").equals("OR"));
    }

    static List<Node> items(Body body, String name) {
        return body.value(name)
                .map(node -> node instanceof Node.Items(List<Node> items) ? items : List.<Node>of())
                .orElse(List.of());
    }

    static List<ValueKey> keys(Body body, String name) {
        return items(body, name).stream().map(EntityQueries::key).toList();
    }

    private static ValueKey key(Node node) {
        Body key = Body.of(node);
        String type = key.text("type").orElse("");
        String name = key.text("key").orElseThrow(() -> bad("A key has no name"));
        try {
            return new ValueKey(Source.valueOf(type), name);
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
                        ? new Filter.Listed(texts(items(filter, "entityList")).stream()
                                .map(Body::uuid)
                                .map(DeviceId::new)
                                .toList())
                        : new Filter.Nothing();
            case "entityType" -> ofType(filter, "");
            case "entityName" -> ofType(filter, filter.text("entityNameFilter").orElse(""));
            case "deviceType" -> {
                List<String> types = new ArrayList<>(texts(items(filter, "deviceTypes")));
                filter.text("deviceType").ifPresent(types::add);
                yield new Filter.Any(
                        types, startsWith(filter.text("deviceNameFilter").orElse("")));
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
        return new Filter.Listed(devices);
    }

    private static Filter ofType(Body filter, String name) {
        return filter.text("entityType").orElse("").equals("DEVICE")
                ? new Filter.Any(List.of(), startsWith(name))
                : new Filter.Nothing();
    }

    private static List<String> texts(List<Node> nodes) {
        return nodes.stream()
                .map(node -> node instanceof Node.Text(String text) ? text : "")
                .toList();
    }

    /** A prefix, in which {@code %} stands for anything. */
    private static Pattern startsWith(String prefix) {
        StringBuilder pattern = new StringBuilder("^");
        for (String part : prefix.split("%", -1)) {
            pattern.append(pattern.length() == 1 ? "" : ".*").append(Pattern.quote(part));
        }
        return Pattern.compile(pattern.toString(), Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    private static KeyFilter keyFilter(Node node) {
        Body filter = Body.of(node);
        ValueKey key = key(filter.value("key").orElseThrow(() -> bad("A key filter has no key")));
        return new KeyFilter(
                key, test(Body.of(filter.value("predicate").orElseThrow(() -> bad("A key filter has no predicate")))));
    }

    private static Test test(Body predicate) {
        String type = predicate.text("type").orElse("");
        String operation = predicate.text("operation").orElse("");
        String wanted = predicate
                .value("value")
                .map(Body::of)
                .flatMap(value -> value.text("defaultValue"))
                .orElse("");
        return switch (type) {
            case "COMPLEX" -> {
                List<Test> tests = items(predicate, "predicates").stream()
                        .map(each -> test(Body.of(each)))
                        .toList();
                yield operation.equals("OR")
                        ? value -> tests.stream().anyMatch(each -> each.fits(value))
                        : value -> tests.stream().allMatch(each -> each.fits(value));
            }
            case "NUMERIC" -> numeric(operation, wanted);
            case "BOOLEAN" ->
                switch (operation) {
                    case "EQUAL" -> value -> Boolean.parseBoolean(value) == Boolean.parseBoolean(wanted);
                    case "NOT_EQUAL" -> value -> Boolean.parseBoolean(value) != Boolean.parseBoolean(wanted);
                    default -> throw bad("Unsupported operation: " + operation);
                };
            case "STRING" -> {
                boolean ignoresCase =
                        predicate.text("ignoreCase").orElse("false").equals("true");
                Test test = string(operation, ignoresCase ? wanted.toLowerCase(Locale.ROOT) : wanted);
                yield ignoresCase ? value -> test.fits(value.toLowerCase(Locale.ROOT)) : test;
            }
            default -> throw bad("Unsupported predicate: " + type);
        };
    }

    private static Test numeric(String operation, String wanted) {
        double limit;
        try {
            limit = Double.parseDouble(wanted);
        } catch (NumberFormatException e) {
            throw bad("A numeric predicate needs a number: " + wanted);
        }
        return value -> {
            double number;
            try {
                number = Double.parseDouble(value);
            } catch (NumberFormatException e) {
                return false;
            }
            int order = Double.compare(number, limit);
            return switch (operation) {
                case "EQUAL" -> order == 0;
                case "NOT_EQUAL" -> order != 0;
                case "GREATER" -> order > 0;
                case "LESS" -> order < 0;
                case "GREATER_OR_EQUAL" -> order >= 0;
                case "LESS_OR_EQUAL" -> order <= 0;
                default -> throw bad("Unsupported operation: " + operation);
            };
        };
    }

    private static Test string(String operation, String wanted) {
        return switch (operation) {
            case "EQUAL" -> wanted::equals;
            case "NOT_EQUAL" -> value -> !value.equals(wanted);
            case "STARTS_WITH" -> value -> value.startsWith(wanted);
            case "ENDS_WITH" -> value -> value.endsWith(wanted);
            case "CONTAINS" -> value -> value.contains(wanted);
            case "NOT_CONTAINS" -> value -> !value.contains(wanted);
            case "IN" -> value -> List.of(wanted.split("\\s*,\\s*")).contains(value);
            case "NOT_IN" -> value -> !List.of(wanted.split("\\s*,\\s*")).contains(value);
            default -> throw bad("Unsupported operation: " + operation);
        };
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
