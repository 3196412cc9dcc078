package io.signalbox.api;

import io.signalbox.api.EntityQueries.Cell;
import io.signalbox.api.EntityQueries.Matches;
import io.signalbox.api.EntityQueries.Query;
import io.signalbox.api.EntityQueries.Source;
import io.signalbox.api.EntityQueries.ValueKey;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.payload.JsonBytes;
import io.signalbox.payload.Reading;
import io.signalbox.session.Loop;
import io.signalbox.telemetry.HistoryQuery;
import io.signalbox.telemetry.Snapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A page of devices with some of their values, and what changes of them; or how many devices there are. The socket's loop, but for
 * what is read, on virtual threads.
 */
final class EntitySubscription implements WsSession.Subscription {
    /** Devices that one subscription follows. */
    private static final int FOLLOWED_MAX = 1_000;

    private static final List<String> UNSUPPORTED = List.of("aggHistoryCmd", "aggTsCmd");

    private final WsSession session;
    private final long id;
    private final Query query;
    private final boolean isDynamic;
    private final boolean counts;
    private final List<ValueKey> latest;
    private final List<String> liveSeries;
    private final Optional<HistoryQuery> series;
    private List<EntityWatch> watches = List.of();
    private Set<DeviceId> shown = Set.of();
    private long count = -1;
    private Loop.@Nullable Timer timer;
    private boolean isOver;

    private EntitySubscription(
            WsSession session,
            long id,
            Query query,
            boolean isDynamic,
            boolean counts,
            List<ValueKey> latest,
            List<String> liveSeries,
            Optional<HistoryQuery> series) {
        this.session = session;
        this.id = id;
        this.query = query;
        this.isDynamic = isDynamic;
        this.counts = counts;
        this.latest = latest;
        this.liveSeries = liveSeries;
        this.series = series;
    }

    /** Carries out {@code ENTITY_DATA}. */
    static void data(WsSession session, long id, Body command) {
        Optional<Body> latestCmd = command.value("latestCmd").map(Body::of);
        Optional<Body> tsCmd = command.value("tsCmd").map(Body::of);
        Optional<Body> historyCmd = command.value("historyCmd").map(Body::of);
        Optional<Node> query = command.value("query");
        for (String name : UNSUPPORTED) {
            if (command.value(name).isPresent()) {
                session.send(WsJson.entityFailure(
                        id, "ENTITY_DATA", WsJson.Failure.BAD_REQUEST, name + " is not supported"));
                return;
            }
        }
        Optional<EntitySubscription> before = session.subscription(id)
                .filter(EntitySubscription.class::isInstance)
                .map(EntitySubscription.class::cast);
        if (query.isEmpty() && before.isEmpty()) {
            session.fail(id, WsJson.Failure.BAD_REQUEST, "Query is empty!");
            return;
        }
        Query wanted = query.map(EntityQueries::parse).orElseGet(() -> before.orElseThrow().query);
        boolean isDynamic = query.isPresent() ? dynamic(query.get()) : before.orElseThrow().isDynamic;
        Optional<HistoryQuery> series = tsCmd.map(cmd -> {
                    long start = cmd.whole("startTs").orElse(0L);
                    return WsSession.historyQuery(
                            cmd,
                            texts(cmd),
                            start,
                            start + cmd.whole("timeWindow").orElse(0L));
                })
                .or(() -> historyCmd.map(cmd -> WsSession.historyQuery(
                        cmd,
                        texts(cmd),
                        cmd.whole("startTs").orElse(0L),
                        cmd.whole("endTs").orElse(0L))));
        EntitySubscription subscription = new EntitySubscription(
                session,
                id,
                wanted,
                isDynamic,
                false,
                latestCmd.map(cmd -> EntityQueries.keys(cmd, "keys")).orElse(List.of()),
                tsCmd.map(EntitySubscription::texts).orElse(List.of()),
                series);
        if (session.install(id, subscription)) {
            session.work(id, () -> subscription.load(query.isPresent()));
        }
    }

    /** Carries out {@code ENTITY_COUNT}. */
    static void count(WsSession session, long id, Body command) {
        Optional<Node> query = command.value("query");
        if (query.isEmpty()) {
            session.fail(id, WsJson.Failure.BAD_REQUEST, "Query is empty!");
            return;
        }
        EntitySubscription subscription = new EntitySubscription(
                session, id, EntityQueries.parse(query.get()), true, true, List.of(), List.of(), Optional.empty());
        if (session.install(id, subscription)) {
            session.work(id, subscription::load);
        }
    }

    private static boolean dynamic(Node query) {
        return Body.of(query)
                .value("pageLink")
                .map(Body::of)
                .flatMap(link -> link.text("dynamic"))
                .orElse("false")
                .equals("true");
    }

    private static List<String> texts(Body cmd) {
        return EntityQueries.items(cmd, "keys").stream()
                .map(node -> node instanceof Node.Text(String text) ? text : "")
                .filter(text -> !text.isEmpty())
                .toList();
    }

    // ------------------------------------------------------------------------------------------------ reading

    /** Virtual thread. */
    private void load() {
        load(true);
    }

    /** Virtual thread. Watches the devices that it finds, then reads their values. */
    private void load(boolean isFirst) {
        if (counts) {
            long found = session.front().entities().count(session.caller(), query);
            session.loop().execute(() -> counted(found));
            return;
        }
        Matches matches = session.front().entities().find(session.caller(), query);
        Set<ValueKey> keys = new LinkedHashSet<>(query.keys());
        keys.addAll(latest);
        List<EntityWatch> made = new ArrayList<>();
        List<String> entities = new ArrayList<>();
        boolean isDone = false;
        try {
            for (Device device : matches.page()) {
                List<EntityWatch> ofDevice = entities.size() < FOLLOWED_MAX ? watch(device) : List.of();
                made.addAll(ofDevice);
                EntityQueries.Found found = session.front().entities().values(device, List.copyOf(keys));
                Snapshot<List<Reading>> points = series.map(wanted ->
                                Stages.await(session.front().telemetry().history(device, wanted)))
                        .orElse(new Snapshot<>(List.of(), 0));
                ofDevice.forEach(each -> each.read(found, points));
                JsonBytes out = new JsonBytes(256);
                WsJson.entity(out, device, found.values(), points.value());
                entities.add(out.toString());
            }
            String text = isFirst
                    ? WsJson.entities(id, WsJson.page(entities, matches), "null")
                    : WsJson.entities(id, "null", "[" + String.join(",", entities) + "]");
            Set<DeviceId> ids = matches.page().stream().map(Device::id).collect(Collectors.toSet());
            session.loop().execute(() -> loaded(text, ids, made));
            isDone = true;
        } finally {
            if (!isDone) {
                session.loop().execute(() -> made.forEach(EntityWatch::end));
            }
        }
    }

    private List<EntityWatch> watch(Device device) {
        List<EntityWatch> ofDevice = new ArrayList<>();
        Set<String> points = names(latest.stream()
                .filter(key -> key.source() == Source.TIME_SERIES)
                .toList());
        Set<String> attributes =
                names(latest.stream().filter(EntityQueries::isAttribute).toList());
        if (!points.isEmpty()) {
            ofDevice.add(new EntityWatch(device, LiveDevices.Topic.points(points), false));
        }
        if (!attributes.isEmpty()) {
            ofDevice.add(new EntityWatch(device, LiveDevices.Topic.attributes(Optional.empty(), attributes), false));
        }
        if (!liveSeries.isEmpty()) {
            ofDevice.add(new EntityWatch(device, LiveDevices.Topic.points(new HashSet<>(liveSeries)), true));
        }
        ofDevice.forEach(EntityWatch::watch);
        return ofDevice;
    }

    private static Set<String> names(List<ValueKey> keys) {
        return keys.stream().map(ValueKey::name).collect(Collectors.toSet());
    }

    // ------------------------------------------------------------------------------------------------ loop

    private void counted(long found) {
        if (!isOver) {
            if (found != count) {
                count = found;
                session.send(WsJson.count(id, found));
            }
            refreshLater();
        }
    }

    private void loaded(String text, Set<DeviceId> ids, List<EntityWatch> made) {
        if (isOver) {
            made.forEach(EntityWatch::end);
            return;
        }
        watches.forEach(EntityWatch::end);
        watches = made;
        shown = ids;
        session.send(text);
        made.forEach(EntityWatch::begin);
        refreshLater();
    }

    private void refreshLater() {
        if (isDynamic) {
            timer = session.loop().schedule(session.front().settings().refresh(), () -> {
                if (!isOver) {
                    session.work(id, counts ? this::load : this::refresh);
                }
            });
        }
    }

    /** Virtual thread. Other devices than before are shown anew. */
    private void refresh() {
        Matches matches = session.front().entities().find(session.caller(), query);
        Set<DeviceId> ids = matches.page().stream().map(Device::id).collect(Collectors.toSet());
        session.loop().execute(() -> {
            if (!isOver) {
                if (ids.equals(shown)) {
                    refreshLater();
                } else {
                    session.work(id, this::load);
                }
            }
        });
    }

    @Override
    public void end() {
        isOver = true;
        if (timer != null) {
            timer.cancel();
        }
        watches.forEach(EntityWatch::end);
        watches = List.of();
    }

    /** One device, and one kind of its values. */
    private final class EntityWatch implements LiveDevices.Watcher {
        private static final int EARLY_MAX = 1_000;

        private final Device device;
        private final LiveDevices.Topic topic;
        private final boolean isSeries;
        private final List<LiveDevices.Update> early = new ArrayList<>();
        private final Map<ValueKey, Long> sent = new LinkedHashMap<>();

        /** Written before {@link #begin}, by who reads. */
        private volatile long base;

        private boolean isBegun;

        EntityWatch(Device device, LiveDevices.Topic topic, boolean isSeries) {
            this.device = device;
            this.topic = topic;
            this.isSeries = isSeries;
        }

        void watch() {
            session.front().live().watch(device.number(), topic, this);
        }

        void end() {
            early.clear();
            session.front().live().leave(device.number(), topic, this);
        }

        /** What the first answer holds. */
        void read(EntityQueries.Found found, Snapshot<List<Reading>> points) {
            base = isSeries ? points.commit() : topic.attributes() ? found.attributesCommit() : found.pointsCommit();
        }

        void begin() {
            isBegun = true;
            early.forEach(this::send);
            early.clear();
        }

        @Override
        public Loop loop() {
            return session.loop();
        }

        @Override
        public void updated(LiveDevices.Topic of, LiveDevices.Update update) {
            if (isBegun) {
                send(update);
            } else if (early.size() < EARLY_MAX) {
                early.add(update);
            } else {
                session.drop(id, EntitySubscription.this);
            }
        }

        private void send(LiveDevices.Update update) {
            if (isOver || update.commit() <= base) {
                return;
            }
            Map<ValueKey, Cell> changed = new LinkedHashMap<>();
            if (!isSeries) {
                for (Reading reading : update.readings()) {
                    for (ValueKey key : keys(update, reading.key())) {
                        // of points the newest counts, of attributes the last commit
                        long order = topic.attributes() ? update.commit() : reading.ts();
                        if (sent.getOrDefault(key, Long.MIN_VALUE) <= order) {
                            sent.put(key, order);
                            changed.put(key, EntityQueries.cell(reading));
                        }
                    }
                }
                for (String gone : update.deleted()) {
                    keys(update, gone).forEach(key -> changed.put(key, Cell.NONE));
                }
                if (changed.isEmpty()) {
                    return;
                }
            }
            JsonBytes out = new JsonBytes(256).put('[');
            WsJson.entity(out, device, changed, isSeries ? update.readings() : List.of());
            session.send(WsJson.entities(id, "null", out.put(']').toString()));
        }

        /** Under which of the keys that were asked for a value is shown. */
        private List<ValueKey> keys(LiveDevices.Update update, String name) {
            return latest.stream()
                    .filter(key -> key.name().equals(name))
                    .filter(key -> update.scope()
                            .map(scope ->
                                    key.source() == Source.ATTRIBUTE || key.source() == EntityQueries.source(scope))
                            .orElse(key.source() == Source.TIME_SERIES))
                    .toList();
        }

        @Override
        public void changed(Device now) {
            if (Access.device(session.caller(), Access.Operation.READ_TELEMETRY, now) != Access.Verdict.ALLOWED) {
                end();
            }
        }

        @Override
        public void deleted() {
            end();
        }
    }
}
