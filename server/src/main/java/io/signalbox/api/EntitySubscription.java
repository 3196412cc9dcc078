package io.signalbox.api;

import io.signalbox.api.EntityQueries.Matches;
import io.signalbox.api.EntityQueryJson.Parsed;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.payload.JsonBytes;
import io.signalbox.payload.Reading;
import io.signalbox.query.ValueKey;
import io.signalbox.session.Loop;
import io.signalbox.telemetry.HistoryQuery;
import io.signalbox.telemetry.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A page of devices with some of their values, and what changes of them; or how many devices there are. The socket's loop, but for
 * what is read, on virtual threads.
 */
final class EntitySubscription implements Subscriptions.Subscription {
    /** Devices that one subscription follows. */
    private static final int FOLLOWED_MAX = 1_000;

    /** So soon after a device was lost it is looked whether others take its place. */
    private static final Duration SOON = Duration.ofSeconds(1);

    private static final List<String> UNSUPPORTED = List.of("aggHistoryCmd", "aggTsCmd");

    private final WsSession session;
    private final long id;
    private final Parsed asked;
    private final boolean counts;
    private final List<ValueKey> latest;
    private final List<String> liveSeries;
    private final Optional<HistoryQuery> series;
    private List<EntityWatch> watches = List.of();
    private Set<DeviceId> shown = Set.of();
    private long count = -1;
    private Loop.@Nullable Timer timer;
    private Runnable abandon = () -> {};
    private boolean isReading;
    private boolean isOver;

    private EntitySubscription(
            WsSession session,
            long id,
            Parsed asked,
            boolean counts,
            List<ValueKey> latest,
            List<String> liveSeries,
            Optional<HistoryQuery> series) {
        this.session = session;
        this.id = id;
        this.asked = asked;
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
        Optional<EntitySubscription> before = session.subscriptions()
                .at(id)
                .filter(EntitySubscription.class::isInstance)
                .map(EntitySubscription.class::cast);
        if (query.isEmpty() && before.isEmpty()) {
            session.fail(id, WsJson.Failure.BAD_REQUEST, "Query is empty!");
            return;
        }
        Optional<HistoryQuery> series = tsCmd.map(cmd -> {
                    long start = cmd.whole("startTs").orElse(0L);
                    return WsCommands.historyQuery(
                            cmd,
                            texts(cmd),
                            start,
                            start + cmd.whole("timeWindow").orElse(0L));
                })
                .or(() -> historyCmd.map(cmd -> WsCommands.historyQuery(
                        cmd,
                        texts(cmd),
                        cmd.whole("startTs").orElse(0L),
                        cmd.whole("endTs").orElse(0L))));
        EntitySubscription subscription = new EntitySubscription(
                session,
                id,
                query.map(EntityQueryJson::parse).orElseGet(() -> before.orElseThrow().asked),
                false,
                latestCmd.map(cmd -> EntityQueryJson.keys(cmd, "keys")).orElse(List.of()),
                tsCmd.map(EntitySubscription::texts).orElse(List.of()),
                series);
        if (session.install(id, subscription)) {
            subscription.read(() -> subscription.load(query.isPresent()));
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
                session, id, EntityQueryJson.parse(query.get()), true, List.of(), List.of(), Optional.empty());
        if (session.install(id, subscription)) {
            subscription.read(subscription::countAgain);
        }
    }

    private static List<String> texts(Body cmd) {
        return EntityQueryJson.items(cmd, "keys").stream()
                .map(node -> node instanceof Node.Text(String text) ? text : "")
                .filter(text -> !text.isEmpty())
                .toList();
    }

    WsSession session() {
        return session;
    }

    // ------------------------------------------------------------------------------------------------ reading

    /** The first answer: when it fails, the subscription ends. */
    private void read(Runnable work) {
        isReading = true;
        abandon = session.work(work, this::failed);
    }

    /** When it fails, what is shown stays, and it is tried again. */
    private void readAgain(Runnable work) {
        isReading = true;
        abandon = session.work(work, _ -> done());
    }

    /** Virtual thread. */
    private void countAgain() {
        long found = session.front().entities().count(session.caller(), asked.query());
        session.loop().execute(() -> counted(found));
    }

    /** A device as it is shown first. */
    private record Shown(EntityValues values, String json, long seriesCommit, List<EntityWatch> watches) {
        boolean isGone() {
            return watches.stream().anyMatch(EntityWatch::isGone);
        }
    }

    /** Virtual thread. Watches the devices that it finds, then reads what of them may still be seen. */
    private void load(boolean isFirst) {
        EntityQueries entities = session.front().entities();
        Matches matches = entities.find(session.caller(), asked.query());
        List<ValueKey> keys =
                Stream.concat(asked.keys().stream(), latest.stream()).distinct().toList();
        Map<DeviceId, List<EntityWatch>> made = new HashMap<>();
        boolean isDone = false;
        try {
            matches.page().stream().limit(FOLLOWED_MAX).forEach(device -> made.put(device.id(), watch(device)));
            List<Shown> all = new ArrayList<>();
            for (EntityValues values : entities.values(session.caller(), matches.page(), keys)) {
                Device device = values.device();
                Snapshot<List<Reading>> points = series.map(wanted ->
                                Stages.await(session.front().telemetry().history(device, wanted)))
                        .orElse(new Snapshot<>(List.of(), 0));
                JsonBytes out = new JsonBytes(256);
                WsJson.entity(out, device, values.cells(keys), points.value());
                all.add(new Shown(values, out.toString(), points.commit(), made.getOrDefault(device.id(), List.of())));
            }
            session.loop().execute(() -> loaded(isFirst, matches, all, made));
            isDone = true;
        } finally {
            if (!isDone) {
                session.loop().execute(() -> end(made));
            }
        }
    }

    private List<EntityWatch> watch(Device device) {
        List<EntityWatch> ofDevice = new ArrayList<>();
        List<ValueKey> points = latest.stream().filter(ValueKey::isSeries).toList();
        List<ValueKey> attributes =
                latest.stream().filter(ValueKey::isAttribute).toList();
        if (!points.isEmpty()) {
            ofDevice.add(new EntityWatch(this, device, LiveDevices.Topic.points(names(points)), false, points));
        }
        if (!attributes.isEmpty()) {
            LiveDevices.Topic topic = LiveDevices.Topic.attributes(Optional.empty(), names(attributes));
            ofDevice.add(new EntityWatch(this, device, topic, false, attributes));
        }
        if (!liveSeries.isEmpty()) {
            LiveDevices.Topic topic = LiveDevices.Topic.points(new HashSet<>(liveSeries));
            ofDevice.add(new EntityWatch(this, device, topic, true, List.of()));
        }
        ofDevice.forEach(EntityWatch::watch);
        return ofDevice;
    }

    private static Set<String> names(List<ValueKey> keys) {
        return keys.stream().map(ValueKey::name).collect(Collectors.toSet());
    }

    /** Virtual thread. Other devices than before are shown anew. */
    private void refresh() {
        Matches matches = session.front().entities().find(session.caller(), asked.query());
        Set<DeviceId> ids = ids(matches.page());
        session.loop().execute(() -> {
            if (ids.equals(shown)) {
                done();
            } else if (!isOver) {
                readAgain(() -> load(true));
            }
        });
    }

    private static Set<DeviceId> ids(List<Device> devices) {
        return devices.stream().map(Device::id).collect(Collectors.toSet());
    }

    // ------------------------------------------------------------------------------------------------ loop

    private void counted(long found) {
        if (!isOver && found != count) {
            count = found;
            session.send(WsJson.count(id, found));
        }
        done();
    }

    /** Devices that were lost while they were read are not shown. */
    private void loaded(boolean isFirst, Matches matches, List<Shown> all, Map<DeviceId, List<EntityWatch>> made) {
        if (isOver) {
            end(made);
            return;
        }
        watches.forEach(EntityWatch::end);
        List<Shown> seen = all.stream().filter(each -> !each.isGone()).toList();
        watches = seen.stream().flatMap(each -> each.watches().stream()).toList();
        seen.forEach(each -> made.remove(each.values().device().id()));
        end(made);
        shown = ids(seen.stream().map(each -> each.values().device()).toList());
        List<String> entities = seen.stream().map(Shown::json).toList();
        Matches rest = new Matches(
                matches.page(),
                matches.total() - (matches.page().size() - seen.size()),
                matches.number(),
                matches.pageSize());
        session.send(
                isFirst
                        ? WsJson.entities(id, WsJson.page(entities, rest), "null")
                        : WsJson.entities(id, "null", "[" + String.join(",", entities) + "]"));
        seen.forEach(each -> each.watches().forEach(watch -> watch.begin(each.values(), each.seriesCommit())));
        done();
    }

    private static void end(Map<DeviceId, List<EntityWatch>> made) {
        made.values().forEach(ofDevice -> ofDevice.forEach(EntityWatch::end));
    }

    private void done() {
        isReading = false;
        refreshIn(session.front().settings().refresh());
    }

    private void refreshIn(Duration delay) {
        if ((asked.isDynamic() || counts) && !isOver) {
            timer = session.loop().schedule(delay, () -> {
                if (!isOver) {
                    readAgain(counts ? this::countAgain : this::refresh);
                }
            });
        }
    }

    /** A device is none of the caller's any more. */
    void lost() {
        if (!isReading) {
            stopTimer();
            refreshIn(SOON);
        }
    }

    /** Sends entities that changed, a JSON array. */
    void update(String entities) {
        if (!isOver && session.admitsUpdate(id)) {
            session.send(WsJson.entities(id, "null", entities));
        }
    }

    void failed(String why) {
        if (session.subscriptions().drop(id, this)) {
            session.send(WsJson.entityFailure(id, counts ? "COUNT_DATA" : "ENTITY_DATA", WsJson.Failure.INTERNAL, why));
        }
    }

    @Override
    public void end() {
        isOver = true;
        abandon.run();
        stopTimer();
        watches.forEach(EntityWatch::end);
        watches = List.of();
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
