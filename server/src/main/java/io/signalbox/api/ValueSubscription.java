package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.session.Loop;
import io.signalbox.telemetry.HistoryQuery;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Somebody follows some values of one device in the older form: what is there first, then what changes. The socket's loop, but
 * for what is read, on a virtual thread.
 *
 * <p>It has its number from the command on. It watches before it reads; until the read is answered, updates wait. Then those go
 * out that the read did not see: each commit has a number.
 */
final class ValueSubscription implements Subscriptions.Subscription, LiveDevices.Watcher {
    private static final int EARLY_MAX = 1_000;

    private final WsSession session;
    private final long id;
    private final DeviceId device;
    private final LiveDevices.Topic topic;
    private final List<String> keys;

    /** What is shown first; empty: the latest values. */
    private final Optional<HistoryQuery> history;

    /** Whether points that are older than the last one of their key are left out. */
    private final boolean latestOnly;

    private final List<LiveDevices.Update> early = new ArrayList<>();

    /** Of points the newest time that was sent, of attributes the newest commit, by key. */
    private final Map<String, Long> sent = new HashMap<>();

    /** The device's number, written by who reads before it watches. */
    private volatile Optional<Long> watched = Optional.empty();

    private long base = -1;
    private boolean isOver;

    /** @param keys empty: all */
    ValueSubscription(
            WsSession session,
            long id,
            DeviceId device,
            LiveDevices.Topic topic,
            List<String> keys,
            Optional<HistoryQuery> history,
            boolean latestOnly) {
        this.session = session;
        this.id = id;
        this.device = device;
        this.topic = topic;
        this.keys = keys;
        this.history = history;
        this.latestOnly = latestOnly;
    }

    /** Takes its number, then reads. */
    void start() {
        if (session.install(id, this)) {
            session.work(this::load, this::failed);
        }
    }

    // ------------------------------------------------------------------------------------------------ reading

    /** Virtual thread. Watches, and then reads; {@link #begin} or {@link #failed} follows on the loop. */
    private void load() {
        Device found = allowed();
        watched = Optional.of(found.number());
        session.front().live().watch(found.number(), topic, this);
        allowed(); // what changed before it watched, nobody will tell
        Snapshot<List<Reading>> read = read(found);
        List<String> named = topic.attributes() || history.isPresent() ? List.of() : keys;
        String first = WsJson.first(named, read.value(), session.front().clock().millis());
        session.loop().execute(() -> begin(first, read.value(), read.commit()));
    }

    /** @throws Rejected the caller may not read it */
    private Device allowed() {
        Optional<Device> found = Stages.await(session.front().directory().find(device));
        if (Access.device(session.caller(), operation(), found) != Access.Verdict.ALLOWED) {
            throw new Rejected(ErrorCode.NOT_FOUND, WsSession.NOT_FETCHED);
        }
        return found.orElseThrow();
    }

    private Access.Operation operation() {
        return topic.attributes() ? Access.Operation.READ_ATTRIBUTES : Access.Operation.READ_TELEMETRY;
    }

    private Snapshot<List<Reading>> read(Device found) {
        var telemetry = session.front().telemetry();
        if (!topic.attributes()) {
            return Stages.await(
                    history.isPresent()
                            ? telemetry.history(found, history.get())
                            : keys.isEmpty() ? telemetry.latest(found) : telemetry.latest(found, keys));
        }
        Snapshot<Map<Scope, List<Reading>>> all = Stages.await(telemetry.attributeSnapshot(found));
        List<Reading> wanted = new ArrayList<>();
        all.value().forEach((scope, readings) -> {
            if (topic.scope().orElse(scope) == scope) {
                readings.stream().filter(reading -> topic.has(reading.key())).forEach(wanted::add);
            }
        });
        return new Snapshot<>(wanted, all.commit());
    }

    // ------------------------------------------------------------------------------------------------ loop

    /** Sends what was read, then what came meanwhile. */
    private void begin(String first, List<Reading> readings, long commit) {
        if (isOver) {
            leave();
            return;
        }
        base = commit;
        if (!topic.attributes()) {
            readings.forEach(reading -> sent.merge(reading.key(), reading.ts(), Math::max));
        }
        session.send(WsJson.numbered(id, first));
        early.forEach(this::send);
        early.clear();
    }

    private void failed(String why) {
        if (session.subscriptions().drop(id, this)) {
            session.fail(id, WsJson.Failure.INTERNAL, why);
        }
        leave();
    }

    @Override
    public Loop loop() {
        return session.loop();
    }

    @Override
    public void updated(LiveDevices.Topic of, LiveDevices.Update update) {
        if (isOver) {
            return;
        }
        if (base >= 0) {
            send(update);
        } else if (early.size() == EARLY_MAX) {
            failed(WsSession.INTERNAL_TEXT);
        } else {
            early.add(update);
        }
    }

    private void send(LiveDevices.Update update) {
        if (isOver || update.commit() <= base) {
            return;
        }
        List<Reading> fresh = update.readings().stream()
                .filter(reading -> isFresh(update, reading))
                .toList();
        List<String> deleted = update.deleted().stream()
                .filter(key -> sent.getOrDefault(name(update, key), base) < update.commit())
                .toList();
        boolean isAll = fresh.size() == update.readings().size()
                && deleted.size() == update.deleted().size();
        if (topic.attributes()) {
            fresh.forEach(reading -> sent.put(name(update, reading.key()), update.commit()));
            deleted.forEach(key -> sent.put(name(update, key), update.commit()));
        } else {
            fresh.forEach(reading -> sent.merge(reading.key(), reading.ts(), Math::max));
        }
        if (isAll) {
            session.update(id, update.text());
        } else if (!fresh.isEmpty() || !deleted.isEmpty()) {
            session.update(id, WsJson.update(fresh, deleted));
        }
    }

    private boolean isFresh(LiveDevices.Update update, Reading reading) {
        if (topic.attributes()) {
            return sent.getOrDefault(name(update, reading.key()), base) < update.commit();
        }
        return !latestOnly || reading.ts() >= sent.getOrDefault(reading.key(), Long.MIN_VALUE);
    }

    /** Keys of two scopes may be the same. */
    private static String name(LiveDevices.Update update, String key) {
        return update.scope().map(Enum::name).orElse("") + ' ' + key;
    }

    @Override
    public void changed(Device now) {
        if (!isOver && Access.device(session.caller(), operation(), now) != Access.Verdict.ALLOWED) {
            deleted();
        }
    }

    @Override
    public void deleted() {
        if (!isOver) {
            failed(WsSession.NOT_FETCHED);
        }
    }

    @Override
    public void end() {
        isOver = true;
        early.clear();
        leave();
    }

    /** It may have begun to watch behind its end. */
    private void leave() {
        watched.ifPresent(number -> session.front().live().leave(number, topic, this));
    }
}
