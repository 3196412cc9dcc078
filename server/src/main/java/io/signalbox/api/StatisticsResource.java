package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.vertx.core.http.HttpMethod.GET;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.rpc.RpcFigures;
import io.signalbox.rpc.RpcStatistics;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.StatisticsStore;
import io.signalbox.rpc.Tally;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;

/** Counts of commands that ended: of the tenant, for a customer's user those of the customer's devices. */
final class StatisticsResource implements Resource {
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final long RANGE_HOURS_MAX = RpcStatistics.KEPT.toHours();
    private static final long GROUPS_DEFAULT = 100;
    private static final long GROUPS_MAX = 1_000;
    private static final long CELLS_MAX = 20_000;

    private final StatisticsStore store;
    private final DeviceDirectory devices;
    private final InstantSource clock;

    StatisticsResource(StatisticsStore store, DeviceDirectory devices, InstantSource clock) {
        this.store = store;
        this.devices = devices;
        this.clock = clock;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/rpc/statistics", TENANT_AND_CUSTOMER, this::read);
    }

    @Override
    public void describe(Descriptions all) {
        all.section("Statistics", "Commands, counted")
                .call(GET, "/api/rpc/statistics", "commandStatistics", "Counts commands that ended")
                .notes(
                        "Commands that a caller waited for and persistent ones, in the hour in which they ended, of devices that"
                                + " are there now; customer users see those of their devices. Times are from acceptance to the"
                                + " end, of commands that reached their aim; a quantile is a time within which that share of"
                                + " them ended, at most 2.5 times what it was, above five minutes six times. Counts follow"
                                + " within seconds and are kept for 31 days; a crash loses those of its last seconds. Of"
                                + " each device 50 methods an hour are counted one by one, the others as (other).")
                .query(
                        "from",
                        Kind.WHOLE,
                        "",
                        "Epoch milliseconds; the hour that it is in counts whole. A day before 'to'")
                .query("to", Kind.WHOLE, "", "Epoch milliseconds, rounded up to hours; now when absent")
                .query(
                        "interval",
                        Kind.WHOLE,
                        "3600000",
                        "Milliseconds of each entry, whole hours; all together when absent")
                .query("groupBy", Kind.TEXT, "method", "device, method or status")
                .query(
                        "groups",
                        Kind.WHOLE,
                        "",
                        "The largest so many one by one, the others as (other): 100 when absent")
                .query("deviceId", Kind.UUID, "<countedDeviceId>", "Of one device")
                .query("method", Kind.TEXT, "", "Exactly")
                .query("kind", Kind.TEXT, "", "lightweight or persistent")
                .answersJson(
                        Kind.OBJECT,
                        "{\"from\":1753999200000,\"to\":1754002800000,\"interval\":3600000,\"data\":[{\"ts\":1753999200000,"
                                + "\"method\":\"setTemperature\",\"commands\":9,\"states\":{\"SUCCESSFUL\":9},"
                                + "\"resent\":1,\"late\":0,\"duplicates\":0,\"millis\":{\"count\":9,\"mean\":41.2,\"max\":103,"
                                + "\"p50\":50.0,\"p95\":104.0,\"p99\":104.0}}]}")
                .fails(404, NO_DEVICE)
                .fails(BAD_REQUEST, "A parameter is out of its range, or there is too much to look at");
    }

    /** What the commands of a group have in common. */
    private enum By {
        NOTHING,
        DEVICE,
        METHOD,
        STATUS
    }

    /**
     * What is asked for.
     *
     * @param interval hours
     * @param groups   the largest so many are told one by one, the others together
     */
    private record Question(long fromHour, long toHour, long interval, By by, long groups) {
        long start(long hour) {
            return fromHour + (hour - fromHour) / interval * interval;
        }
    }

    /** The counts of each group in each interval. */
    private static final class Cells {
        final Map<String, TreeMap<Long, Tally>> byGroup = new HashMap<>();

        Tally of(String group, long start) {
            return byGroup.computeIfAbsent(group, _ -> new TreeMap<>()).computeIfAbsent(start, _ -> new Tally());
        }
    }

    Response read(Exchange exchange) {
        Question question = question(exchange);
        Caller caller = exchange.caller();
        Cells cells = new Cells();
        store.read(
                new StatisticsStore.Query(
                        DeviceResource.tenant(caller),
                        RpcResource.customer(caller),
                        given(exchange, "deviceId").map(Body::uuid).map(id -> device(caller, new DeviceId(id))),
                        given(exchange, "method"),
                        given(exchange, "kind").map(StatisticsResource::kind),
                        question.fromHour(),
                        question.toHour()),
                found -> cells.of(
                                group(question.by(), found),
                                question.start(found.key().hour()))
                        .add(found.tally()));
        return Response.json(json -> write(json, question, cells));
    }

    private static String group(By by, StatisticsStore.Found found) {
        return switch (by) {
            case NOTHING, STATUS -> "";
            case DEVICE -> found.deviceId().toString();
            case METHOD -> found.key().method();
        };
    }

    private Question question(Exchange exchange) {
        long now = clock.millis();
        long to = exchange.whole("to").orElse(now);
        long from = exchange.whole("from").orElse(to - Duration.ofDays(1).toMillis());
        if (from < 0 || to <= from) {
            throw bad("Parameter 'from' must be before 'to', both in epoch milliseconds");
        }
        long fromHour = from / HOUR;
        long toHour = to / HOUR + (to % HOUR == 0 ? 0 : 1);
        if (toHour - fromHour > RANGE_HOURS_MAX + 1) {
            throw bad("Counts are kept for " + RpcStatistics.KEPT.toDays() + " days: ask for no more");
        }
        long interval = exchange.whole("interval").orElse((toHour - fromHour) * HOUR);
        if (interval < HOUR || interval % HOUR != 0) {
            throw bad("Parameter 'interval' must be whole hours in milliseconds, like " + HOUR);
        }
        long groups = exchange.whole("groups").orElse(GROUPS_DEFAULT);
        if (groups < 1 || groups > GROUPS_MAX) {
            throw bad("Parameter 'groups' must be from 1 to " + GROUPS_MAX);
        }
        Question question = new Question(fromHour, toHour, interval / HOUR, by(exchange), groups);
        if ((toHour - fromHour + question.interval() - 1) / question.interval() * groups > CELLS_MAX) {
            throw bad("That would be more than " + CELLS_MAX + " counts. Ask for fewer groups, or a longer interval");
        }
        return question;
    }

    private static By by(Exchange exchange) {
        return given(exchange, "groupBy")
                .map(text -> switch (text) {
                    case "device" -> By.DEVICE;
                    case "method" -> By.METHOD;
                    case "status" -> By.STATUS;
                    default -> throw bad("Parameter 'groupBy' must be device, method or status: " + text);
                })
                .orElse(By.NOTHING);
    }

    private static RpcFigures.Kind kind(String text) {
        return switch (text) {
            case "lightweight" -> RpcFigures.Kind.LIGHTWEIGHT;
            case "persistent" -> RpcFigures.Kind.PERSISTENT;
            default -> throw bad("Parameter 'kind' must be lightweight or persistent: " + text);
        };
    }

    private long device(Caller caller, DeviceId id) {
        Optional<Device> device = Stages.await(devices.find(id));
        Access.device(caller, Access.Operation.READ, device).orReject("Device", id);
        return device.orElseThrow().number();
    }

    private static void write(JsonGenerator json, Question question, Cells cells) {
        json.writeStartObject();
        json.writeNumberProperty("from", question.fromHour() * HOUR);
        json.writeNumberProperty("to", question.toHour() * HOUR);
        json.writeNumberProperty("interval", question.interval() * HOUR);
        json.writeArrayPropertyStart("data");
        new TreeMap<>(byInterval(question, cells))
                .forEach((start, groups) -> groups.forEach((group, tally) -> {
                    if (question.by() == By.STATUS) {
                        writeStates(json, start, tally);
                    } else {
                        writeGroup(json, question.by(), start, group, tally);
                    }
                }));
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Groups by name in each interval; the smaller groups are one. */
    private static Map<Long, Map<String, Tally>> byInterval(Question question, Cells cells) {
        Set<String> shown = cells.byGroup.entrySet().stream()
                .sorted(Comparator.comparingLong(
                                (Map.Entry<String, TreeMap<Long, Tally>> group) -> -group.getValue().values().stream()
                                        .mapToLong(Tally::commands)
                                        .sum())
                        .thenComparing(Map.Entry::getKey))
                .limit(question.groups())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(HashSet::new));
        Map<Long, Map<String, Tally>> byInterval = new HashMap<>();
        cells.byGroup.forEach((group, intervals) -> intervals.forEach((start, tally) -> byInterval
                .computeIfAbsent(start, _ -> new TreeMap<>())
                .computeIfAbsent(shown.contains(group) ? group : StatisticsStore.OTHER, _ -> new Tally())
                .add(tally)));
        return byInterval;
    }

    private static void writeStates(JsonGenerator json, long start, Tally tally) {
        for (RpcStatus status : RpcStatus.values()) {
            if (tally.ended(status) > 0) {
                json.writeStartObject();
                json.writeNumberProperty("ts", start * HOUR);
                json.writeStringProperty("status", status.name());
                json.writeNumberProperty("commands", tally.ended(status));
                json.writeEndObject();
            }
        }
    }

    private static void writeGroup(JsonGenerator json, By by, long start, String group, Tally tally) {
        json.writeStartObject();
        json.writeNumberProperty("ts", start * HOUR);
        if (by != By.NOTHING) {
            json.writeStringProperty(by == By.DEVICE ? "deviceId" : "method", group);
        }
        json.writeNumberProperty("commands", tally.commands());
        json.writeObjectPropertyStart("states");
        for (RpcStatus status : RpcStatus.values()) {
            if (tally.ended(status) > 0) {
                json.writeNumberProperty(status.name(), tally.ended(status));
            }
        }
        json.writeEndObject();
        json.writeNumberProperty("resent", tally.resent());
        json.writeNumberProperty("late", tally.late());
        json.writeNumberProperty("duplicates", tally.duplicates());
        json.writeObjectPropertyStart("millis");
        json.writeNumberProperty("count", tally.timed());
        if (tally.timed() > 0) {
            json.writeNumberProperty("mean", rounded(tally.meanMillis()));
            json.writeNumberProperty("max", tally.millisMax());
            json.writeNumberProperty("p50", rounded(tally.quantileMillis(0.5)));
            json.writeNumberProperty("p95", rounded(tally.quantileMillis(0.95)));
            json.writeNumberProperty("p99", rounded(tally.quantileMillis(0.99)));
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static double rounded(double millis) {
        return Double.parseDouble(String.format(Locale.ROOT, "%.3f", millis));
    }

    private static Optional<String> given(Exchange exchange, String name) {
        return exchange.query(name).filter(value -> !value.isEmpty());
    }

    private static Rejected bad(String text) {
        return new Rejected(BAD_REQUEST, text);
    }
}
