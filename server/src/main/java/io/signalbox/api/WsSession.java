package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.identity.Tokens;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.session.Loop;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.HistoryQuery;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * One socket: who it is, what it asked for, what waits to be sent to it. All of it belongs to the loop of its connection.
 *
 * <p>Commands of a message begin in their order; those that read a store are answered when it has answered. A socket that sends
 * more commands than are answered is not read for a while.
 */
final class WsSession {
    static final String NOT_FETCHED = "Failed to fetch data!";

    private static final String INTERNAL_TEXT = "Internal Server error!";
    private static final int COMMANDS_MAX = 64;
    private static final int WAITING_BYTES_MAX = 8 << 20;
    private static final int SILENT_TICKS_MAX = 3;
    private static final int REASON_CHARS_MAX = 100;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

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

    private final WebSockets front;
    private final ServerWebSocket socket;
    private final Loop loop;
    private final boolean isOld;
    private final Map<Long, Subscription> subscriptions = new HashMap<>();
    private final ArrayDeque<String> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private @Nullable Caller caller;
    private Supplier<Shown> proof = () -> new Shown.Bad("Nobody yet");
    private Loop.@Nullable Timer timer;
    private int silentTicks;
    private int commands;
    private boolean isClosing;
    private boolean isOver;

    /** Something that goes on until it is ended. */
    interface Subscription {
        void end();
    }

    WsSession(WebSockets front, ServerWebSocket socket, Loop loop, boolean isOld) {
        this.front = front;
        this.socket = socket;
        this.loop = loop;
        this.isOld = isOld;
        socket.closeHandler(_ -> over());
        socket.exceptionHandler(_ -> close(1009, "Max message size limit reached!"));
    }

    Loop loop() {
        return loop;
    }

    WebSockets front() {
        return front;
    }

    Caller caller() {
        if (caller == null) {
            throw new IllegalStateException("nobody yet");
        }
        return caller;
    }

    // ------------------------------------------------------------------------------------------------ beginning

    /** @param queryToken from the URL; needed by the older address */
    void start(Optional<String> queryToken) {
        socket.textMessageHandler(this::take);
        socket.binaryMessageHandler(_ -> failParse());
        socket.pongHandler(_ -> silentTicks = 0);
        socket.drainHandler(_ -> pump());
        if (queryToken.isPresent() || isOld) {
            String token = queryToken.orElse("");
            enter(() -> byToken(token), 1011);
        } else {
            timer = loop.schedule(front.settings().authentication(), () -> {
                if (caller == null) {
                    close(1008, "Authentication timeout");
                }
            });
        }
    }

    /** What somebody shows to be let in is worth now. */
    private sealed interface Shown {
        record Good(Caller caller, long expiresAtMillis) implements Shown {}

        record Bad(String text) implements Shown {}
    }

    private Shown byToken(String token) {
        Tokens.Result result = front.authentication().token(token);
        return result instanceof Tokens.Verified verified
                ? new Shown.Good(verified.caller(), verified.expiresAt() * 1_000)
                : new Shown.Bad(refusal(result));
    }

    private Shown byApiKey(String key) {
        return front.authentication().apiKey(key) instanceof Authenticated.As as
                ? new Shown.Good(as.caller(), as.expiresAt() * 1_000)
                : new Shown.Bad("User not found for the provided API key");
    }

    /** Returns whether what is shown is good and there is room; otherwise the socket closes. */
    private boolean enter(Supplier<Shown> shown, int closeCode) {
        switch (shown.get()) {
            case Shown.Bad(String text) -> {
                close(closeCode, text);
                return false;
            }
            case Shown.Good(Caller who, long expiresAtMillis) -> {
                Optional<String> full = front.enter(who);
                if (full.isPresent()) {
                    close(1008, full.get());
                    return false;
                }
                if (timer != null) {
                    timer.cancel();
                }
                caller = who;
                proof = shown;
                tickLater(expiresAtMillis);
                return true;
            }
        }
    }

    private static String refusal(Tokens.Result result) {
        if (result == Tokens.Refusal.EXPIRED) {
            return "JWT Token expired";
        }
        return result == Tokens.Refusal.OUTDATED ? "Token is outdated" : "Invalid JWT token: ";
    }

    // ------------------------------------------------------------------------------------------------ messages

    private void take(String text) {
        if (isClosing || isOver) {
            return;
        }
        silentTicks = 0;
        boolean isFirst = caller == null;
        try {
            Body message = Body.of(Json.read(text));
            if (isFirst && !authenticate(message)) {
                return;
            }
            if (isOld) {
                takeOld(message);
            } else {
                takeCommands(message);
            }
        } catch (JacksonException e) {
            malformed(isFirst, e.getOriginalMessage());
        } catch (Rejected e) {
            malformed(isFirst, e.text());
        }
    }

    private void malformed(boolean isFirst, String why) {
        if (isFirst) {
            close(1007, why);
        } else {
            failParse();
        }
    }

    private void failParse() {
        fail(1, WsJson.Failure.BAD_REQUEST, "Failed to parse the payload");
    }

    private boolean authenticate(Body message) {
        if (!message.hasOnly(Set.of("authCmd", "cmds"))) {
            close(1007, "Unrecognized field in the first message");
            return false;
        }
        Optional<Body> auth = message.value("authCmd").map(Body::of);
        if (auth.isEmpty()) {
            close(1008, "Auth cmd is missing");
            return false;
        }
        for (Node node : EntityQueries.items(message, "cmds")) {
            type(Body.of(node)); // an unknown one ends the socket before anything is done
        }
        Optional<String> key = auth.get().text("apiKey");
        String token = auth.get().text("token").orElse("");
        return enter(() -> key.map(this::byApiKey).orElseGet(() -> byToken(token)), 1007);
    }

    private void takeCommands(Body message) {
        List<Body> bodies = new ArrayList<>();
        for (Node node : EntityQueries.items(message, "cmds")) {
            Body command = Body.of(node);
            type(command);
            bodies.add(command);
        }
        bodies.forEach(command -> carryOut(type(command), command));
    }

    private static String type(Body command) {
        String type = command.text("type").orElse("");
        if (!TYPES.contains(type)) {
            throw new Rejected(ErrorCode.BAD_REQUEST, "Unknown type of a command: " + type);
        }
        return type;
    }

    private void takeOld(Body message) {
        if (message.value("authCmd").isPresent()) {
            close(1007, "Unrecognized field \"authCmd\"");
            return;
        }
        for (Map.Entry<String, String> array : OLD_ARRAYS) {
            for (Node node : EntityQueries.items(message, array.getKey())) {
                carryOut(array.getValue(), Body.of(node));
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ commands

    private void carryOut(String type, Body command) {
        long id = 0;
        try {
            id = command.whole("cmdId").orElse(0L);
            if (id < 0) {
                fail(id, WsJson.Failure.BAD_REQUEST, "Cmd id is negative value!");
                return;
            }
            switch (type) {
                case "ATTRIBUTES", "TIMESERIES" -> values(id, type.equals("ATTRIBUTES"), command);
                case "TIMESERIES_HISTORY" -> history(id, command);
                case "ENTITY_DATA" -> EntitySubscription.data(this, id, command);
                case "ENTITY_COUNT" -> EntitySubscription.count(this, id, command);
                case "ENTITY_DATA_UNSUBSCRIBE", "ENTITY_COUNT_UNSUBSCRIBE" -> drop(id);
                case "ALARM_DATA_UNSUBSCRIBE",
                        "ALARM_COUNT_UNSUBSCRIBE",
                        "ALARM_STATUS_UNSUBSCRIBE",
                        "NOTIFICATIONS_UNSUBSCRIBE" -> {}
                default -> fail(id, WsJson.Failure.BAD_REQUEST, type + " is not supported");
            }
        } catch (Rejected e) {
            fail(id, WsJson.Failure.INTERNAL, e.text());
        }
    }

    private void values(long id, boolean attributes, Body command) {
        boolean isEnd = command.text("unsubscribe").orElse("false").equals("true");
        Optional<String> entity = command.text("entityId").filter(text -> !text.isEmpty());
        if (isEnd && entity.isEmpty()) {
            dropAll();
            return;
        }
        if (entity.isEmpty()) {
            fail(id, WsJson.Failure.BAD_REQUEST, "Device id is empty!");
            return;
        }
        if (isEnd) {
            drop(id);
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
                fail(id, WsJson.Failure.BAD_REQUEST, "Unknown scope: " + scopeText);
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
        Subscription pending = () -> {};
        if (install(id, pending)) {
            Plan plan = new Plan(id, pending, topic, keys, history, scopeText.equals("LATEST_TELEMETRY"));
            work(id, () -> begin(plan, device));
        }
    }

    private record Plan(
            long id,
            Subscription pending,
            LiveDevices.Topic topic,
            List<String> keys,
            Optional<HistoryQuery> history,
            boolean latestOnly) {}

    /** Virtual thread. Watches, and then reads. */
    private void begin(Plan plan, DeviceId id) {
        Access.Operation operation =
                plan.topic().attributes() ? Access.Operation.READ_ATTRIBUTES : Access.Operation.READ_TELEMETRY;
        Optional<Device> found = Stages.await(front.directory().find(id));
        if (found.isEmpty() || Access.device(caller(), operation, found) != Access.Verdict.ALLOWED) {
            throw new Rejected(ErrorCode.NOT_FOUND, NOT_FETCHED);
        }
        Device device = found.get();
        ValueSubscription subscription =
                new ValueSubscription(this, plan.id(), device, plan.topic(), plan.latestOnly());
        subscription.watch();
        boolean isBegun = false;
        try {
            // What changed before it watched, nobody will tell.
            if (Access.device(
                            caller(), operation, Stages.await(front.directory().find(id)))
                    != Access.Verdict.ALLOWED) {
                throw new Rejected(ErrorCode.NOT_FOUND, NOT_FETCHED);
            }
            Snapshot<List<Reading>> read = read(plan, device);
            List<String> named = plan.topic().attributes() || plan.history().isPresent() ? List.of() : plan.keys();
            String first = WsJson.first(named, read.value(), front.clock().millis());
            loop.execute(() -> {
                if (!isOver && subscriptions.replace(plan.id(), plan.pending(), subscription)) {
                    subscription.begin(first, read.value(), read.commit());
                } else {
                    subscription.end();
                }
            });
            isBegun = true;
        } finally {
            if (!isBegun) {
                loop.execute(subscription::end);
            }
        }
    }

    private Snapshot<List<Reading>> read(Plan plan, Device device) {
        if (!plan.topic().attributes()) {
            return Stages.await(
                    plan.history().isPresent()
                            ? front.telemetry().history(device, plan.history().get())
                            : plan.keys().isEmpty()
                                    ? front.telemetry().latest(device)
                                    : front.telemetry().latest(device, plan.keys()));
        }
        Snapshot<Map<Scope, List<Reading>>> all = Stages.await(front.telemetry().attributeSnapshot(device));
        List<Reading> wanted = new ArrayList<>();
        all.value().forEach((scope, readings) -> {
            if (plan.topic().scope().orElse(scope) == scope) {
                readings.stream()
                        .filter(reading -> plan.topic().has(reading.key()))
                        .forEach(wanted::add);
            }
        });
        return new Snapshot<>(wanted, all.commit());
    }

    private void history(long id, Body command) {
        Optional<String> entity = command.text("entityId").filter(text -> !text.isEmpty());
        List<String> keys = keys(command);
        if (entity.isEmpty()) {
            fail(id, WsJson.Failure.BAD_REQUEST, "Device id is empty!");
            return;
        }
        if (keys.isEmpty()) {
            fail(id, WsJson.Failure.BAD_REQUEST, "Keys are empty!");
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
            fail(id, WsJson.Failure.BAD_REQUEST, e.text());
            return;
        }
        work(id, () -> {
            Optional<Device> device = Stages.await(front.directory().find(deviceId));
            if (Access.device(caller(), Access.Operation.READ_TELEMETRY, device) != Access.Verdict.ALLOWED) {
                throw new Rejected(ErrorCode.NOT_FOUND, NOT_FETCHED);
            }
            List<Reading> points = Stages.await(front.telemetry().history(device.orElseThrow(), query))
                    .value();
            String text = WsJson.numbered(id, WsJson.first(List.of(), points, 0));
            loop.execute(() -> send(text));
        });
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

    // ------------------------------------------------------------------------------------------------ work

    /** Runs what waits for a store on a virtual thread; what it rejects is the answer. */
    void work(long id, Runnable work) {
        if (++commands == COMMANDS_MAX) {
            socket.pause();
        }
        front.run(() -> {
            try {
                work.run();
            } catch (Rejected e) {
                boolean isOurs = e.code() == ErrorCode.INTERNAL || e.code() == ErrorCode.STORE_UNAVAILABLE;
                loop.execute(() -> {
                    drop(id);
                    fail(id, WsJson.Failure.INTERNAL, isOurs ? INTERNAL_TEXT : e.text());
                });
            } finally {
                loop.execute(() -> {
                    if (commands-- == COMMANDS_MAX && !isOver) {
                        socket.resume();
                    }
                });
            }
        });
    }

    /** Takes the place of what had the number; false: there are too many, and the socket closes. */
    boolean install(long id, Subscription subscription) {
        drop(id);
        if (subscriptions.size() >= front.settings().subscriptionsMax()) {
            close(1008, "Max regular user subscriptions limit reached");
            return false;
        }
        subscriptions.put(id, subscription);
        return true;
    }

    /** Puts a subscription in the place of another; false: that one is not there any more. */
    boolean replace(long id, Subscription old, Subscription fresh) {
        return !isOver && subscriptions.replace(id, old, fresh);
    }

    Optional<Subscription> subscription(long id) {
        return Optional.ofNullable(subscriptions.get(id));
    }

    void drop(long id) {
        Subscription gone = subscriptions.remove(id);
        if (gone != null) {
            gone.end();
        }
    }

    /** Ends it if it has this number. */
    void drop(long id, Subscription subscription) {
        if (subscriptions.remove(id, subscription)) {
            subscription.end();
        }
    }

    private void dropAll() {
        List<Subscription> all = List.copyOf(subscriptions.values());
        subscriptions.clear();
        all.forEach(Subscription::end);
    }

    // ------------------------------------------------------------------------------------------------ sending

    void fail(long id, WsJson.Failure failure, String text) {
        send(WsJson.failure(id, failure, text));
    }

    /** Sends a message, behind those that wait. A socket that has too many of them is closed. */
    void send(String text) {
        if (isClosing || isOver) {
            return;
        }
        if (waiting.isEmpty() && !socket.writeQueueFull()) {
            socket.writeTextMessage(text);
        } else if (waiting.size() >= front.settings().messagesMax() || waitingBytes > WAITING_BYTES_MAX) {
            front.slow();
            waiting.clear();
            close(1008, "Max pending updates limit reached!");
        } else {
            waiting.add(text);
            waitingBytes += text.length();
        }
    }

    private void pump() {
        while (!isOver && !waiting.isEmpty() && !socket.writeQueueFull()) {
            String text = waiting.remove();
            waitingBytes -= text.length();
            socket.writeTextMessage(text);
        }
    }

    /** Says why and ends; whoever does not answer that is cut off. */
    void close(int code, String reason) {
        if (isClosing || isOver) {
            return;
        }
        isClosing = true;
        dropAll();
        String text = reason.length() > REASON_CHARS_MAX ? reason.substring(0, REASON_CHARS_MAX) : reason;
        socket.close((short) code, text).onComplete(_ -> over());
        loop.schedule(CLOSE_PATIENCE, () -> {
            if (!isOver) {
                over();
                socket.shutdown(0, TimeUnit.SECONDS);
            }
        });
    }

    private void over() {
        if (!isOver) {
            isOver = true;
            if (timer != null) {
                timer.cancel();
            }
            dropAll();
            waiting.clear();
            front.left(this, Optional.ofNullable(caller));
        }
    }

    // ------------------------------------------------------------------------------------------------ time

    private void tickLater(long expiresAtMillis) {
        long left = expiresAtMillis - front.clock().millis();
        timer = loop.schedule(
                Duration.ofMillis(Math.clamp(left, 1, front.settings().tick().toMillis())), this::tick);
    }

    private void tick() {
        if (isOver || isClosing) {
            return;
        }
        switch (proof.get()) {
            case Shown.Bad(String text) -> close(1008, text);
            case Shown.Good(Caller _, long expiresAtMillis) -> {
                if (silentTicks++ >= SILENT_TICKS_MAX) {
                    close(4500, "No pong");
                } else {
                    socket.writePing(Buffer.buffer());
                    tickLater(expiresAtMillis);
                }
            }
        }
    }
}
