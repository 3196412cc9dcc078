package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.HistoryQuery;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.TelemetryStore;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a socket's client may command (telemetry and WebSocket API B2 to B7). The socket's loop.
 *
 * <p>Commands of a message begin in their order; those that read a store are answered when it has answered.
 */
final class WsCommands {
    /** Arrays of the older wrapper, in the order in which they are carried out, and what their commands are. */
    private static final List<Map.Entry<String, String>> OLD_ARRAYS = List.of(
            Map.entry("attrSubCmds", "ATTRIBUTES"),
            Map.entry("tsSubCmds", "TIMESERIES"),
            Map.entry("historyCmds", "TIMESERIES_HISTORY"),
            Map.entry("entityDataCmds", "ENTITY_DATA"),
            Map.entry("entityDataUnsubscribeCmds", "ENTITY_DATA_UNSUBSCRIBE"),
            Map.entry("alarmDataCmds", "ALARM_DATA"),
            Map.entry("alarmDataUnsubscribeCmds", "ALARM_DATA_UNSUBSCRIBE"),
            Map.entry("entityCountCmds", "ENTITY_COUNT"),
            Map.entry("entityCountUnsubscribeCmds", "ENTITY_COUNT_UNSUBSCRIBE"),
            Map.entry("alarmCountCmds", "ALARM_COUNT"),
            Map.entry("alarmCountUnsubscribeCmds", "ALARM_COUNT_UNSUBSCRIBE"));

    private static final Set<String> TYPES = Set.of(
            "ATTRIBUTES",
            "TIMESERIES",
            "TIMESERIES_HISTORY",
            "ENTITY_DATA",
            "ENTITY_COUNT",
            "ALARM_DATA",
            "ALARM_COUNT",
            "ALARM_STATUS",
            "NOTIFICATIONS",
            "NOTIFICATIONS_COUNT",
            "MARK_NOTIFICATIONS_AS_READ",
            "MARK_ALL_NOTIFICATIONS_AS_READ",
            "ENTITY_DATA_UNSUBSCRIBE",
            "ENTITY_COUNT_UNSUBSCRIBE",
            "ALARM_DATA_UNSUBSCRIBE",
            "ALARM_COUNT_UNSUBSCRIBE",
            "ALARM_STATUS_UNSUBSCRIBE",
            "NOTIFICATIONS_UNSUBSCRIBE");

    private final WsSession session;

    WsCommands(WsSession session) {
        this.session = session;
    }

    /**
     * Carries out the commands of a message.
     *
     * @throws Rejected it is not understood: nothing was done
     */
    void take(Body message) {
        List<Body> bodies = checked(message);
        bodies.forEach(command -> carryOut(type(command), command));
    }

    /** Carries out the commands of a message in the older wrapper. */
    void takeOld(Body message) {
        for (Map.Entry<String, String> array : OLD_ARRAYS) {
            for (Node node : EntityQueryJson.items(message, array.getKey())) {
                carryOut(array.getValue(), Body.of(node));
            }
        }
    }

    /**
     * The commands of a message.
     *
     * @throws Rejected one of them is of a type that there is not
     */
    static List<Body> checked(Body message) {
        List<Body> bodies = new ArrayList<>();
        for (Node node : EntityQueryJson.items(message, "cmds")) {
            Body command = Body.of(node);
            type(command);
            bodies.add(command);
        }
        return bodies;
    }

    private static String type(Body command) {
        String type = command.text("type").orElse("");
        if (!TYPES.contains(type)) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Unknown type of a command: " + type);
        }
        return type;
    }

    private void carryOut(String type, Body command) {
        long id = 0;
        try {
            id = command.whole("cmdId").orElse(0L);
            if (id < 0) {
                session.fail(id, WsJson.Failure.BAD_REQUEST, "Cmd id is negative value!");
                return;
            }
            switch (type) {
                case "ATTRIBUTES", "TIMESERIES" -> values(id, type.equals("ATTRIBUTES"), command);
                case "TIMESERIES_HISTORY" -> history(id, command);
                case "ENTITY_DATA" -> EntitySubscription.data(session, id, command);
                case "ENTITY_COUNT" -> EntitySubscription.count(session, id, command);
                case "ENTITY_DATA_UNSUBSCRIBE", "ENTITY_COUNT_UNSUBSCRIBE" ->
                    session.subscriptions().drop(id);
                case "ALARM_DATA_UNSUBSCRIBE",
                        "ALARM_COUNT_UNSUBSCRIBE",
                        "ALARM_STATUS_UNSUBSCRIBE",
                        "NOTIFICATIONS_UNSUBSCRIBE" -> {}
                default -> session.fail(id, WsJson.Failure.BAD_REQUEST, type + " is not supported");
            }
        } catch (Rejected e) {
            session.fail(id, WsJson.Failure.INTERNAL, e.text());
        }
    }

    private void values(long id, boolean attributes, Body command) {
        boolean isEnd = command.text("unsubscribe").orElse("false").equals("true");
        Optional<String> entity = command.text("entityId").filter(text -> !text.isEmpty());
        if (isEnd && entity.isEmpty()) {
            session.subscriptions().dropAll();
            return;
        }
        if (entity.isEmpty()) {
            session.fail(id, WsJson.Failure.BAD_REQUEST, "Device id is empty!");
            return;
        }
        if (isEnd) {
            session.subscriptions().drop(id);
            return;
        }
        DeviceId device = device(command, entity.get());
        List<String> keys = keys(command);
        String scopeText = command.text("scope").orElse("");
        Optional<Scope> scope = Optional.empty();
        if (attributes && !scopeText.isEmpty()) {
            scope = Arrays.stream(Scope.values())
                    .filter(each -> each.name().equals(scopeText))
                    .findFirst();
            if (scope.isEmpty()) {
                session.fail(id, WsJson.Failure.BAD_REQUEST, "Unknown scope: " + scopeText);
                return;
            }
        }
        long timeWindow = command.whole("timeWindow").orElse(0L);
        Optional<HistoryQuery> history = Optional.empty();
        if (!attributes && timeWindow > 0) {
            long start = command.whole("startTs").orElse(0L);
            history = Optional.of(historyQuery(command, keys, start, start + timeWindow));
        }
        LiveDevices.Topic topic = attributes
                ? LiveDevices.Topic.attributes(scope, Set.copyOf(keys))
                : LiveDevices.Topic.points(Set.copyOf(keys));
        new ValueSubscription(session, id, device, topic, keys, history, scopeText.equals("LATEST_TELEMETRY")).start();
    }

    private void history(long id, Body command) {
        Optional<String> entity = command.text("entityId").filter(text -> !text.isEmpty());
        List<String> keys = keys(command);
        if (entity.isEmpty()) {
            session.fail(id, WsJson.Failure.BAD_REQUEST, "Device id is empty!");
            return;
        }
        if (keys.isEmpty()) {
            session.fail(id, WsJson.Failure.BAD_REQUEST, "Keys are empty!");
            return;
        }
        DeviceId deviceId = device(command, entity.get());
        HistoryQuery query;
        try {
            query = historyQuery(
                    command,
                    keys,
                    command.whole("startTs").orElse(0L),
                    command.whole("endTs").orElse(0L));
        } catch (Rejected e) {
            session.fail(id, WsJson.Failure.BAD_REQUEST, e.text());
            return;
        }
        session.work(() -> readHistory(id, deviceId, query), why -> session.fail(id, WsJson.Failure.INTERNAL, why));
    }

    /** Virtual thread. */
    private void readHistory(long id, DeviceId deviceId, HistoryQuery query) {
        WebSockets front = session.front();
        Optional<Device> device = Stages.await(front.directory().find(deviceId));
        if (Access.device(session.caller(), Access.Operation.READ_TELEMETRY, device) != Access.Verdict.ALLOWED) {
            throw new Rejected(ErrorCode.NOT_FOUND, WsSession.NOT_FETCHED);
        }
        List<Reading> points = Stages.await(front.telemetry().history(device.orElseThrow(), query))
                .value();
        String text = WsJson.numbered(id, WsJson.first(List.of(), points, 0));
        session.loop().execute(() -> session.send(text));
    }

    private static DeviceId device(Body command, String id) {
        String type = command.text("entityType").orElse("DEVICE");
        if (!type.equals("DEVICE")) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Unsupported entity type: " + type);
        }
        return new DeviceId(Body.uuid(id));
    }

    private static List<String> keys(Body command) {
        return Arrays.stream(command.text("keys").orElse("").split(",", -1))
                .filter(key -> !key.isEmpty())
                .distinct()
                .toList();
    }

    /** @throws Rejected it makes no sense */
    static HistoryQuery historyQuery(Body command, List<String> keys, long startTs, long endTs) {
        long limit = command.whole("limit").orElse(0L);
        int points = (int) Math.clamp(limit == 0 ? HistoryQuery.LIMIT_DEFAULT : limit, 1L, TelemetryStore.POINTS_MAX);
        String agg = command.text("agg").orElse(Aggregation.NONE.name());
        Aggregation aggregation;
        try {
            aggregation = Aggregation.valueOf(agg);
        } catch (IllegalArgumentException e) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Unknown aggregation: " + agg);
        }
        if (aggregation == Aggregation.NONE) {
            return HistoryQuery.raw(keys, startTs, endTs, points, false);
        }
        String type = command.text("intervalType").orElse("MILLISECONDS");
        if (type.equals("MILLISECONDS")) {
            return HistoryQuery.fixed(
                    keys, startTs, endTs, aggregation, command.whole("interval").orElse(0L));
        }
        try {
            return HistoryQuery.calendar(
                    keys,
                    startTs,
                    endTs,
                    aggregation,
                    new Buckets.Width.Calendar(
                            Buckets.Unit.valueOf(type),
                            command.text("timeZoneId").map(ZoneId::of).orElseGet(ZoneId::systemDefault)));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Unknown interval type or time zone: " + type);
        }
    }
}
