package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.identity.Access;
import io.signalbox.payload.Reading;
import io.signalbox.session.Loop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Somebody follows some values of one device in the older form: what is there first, then what changes. The socket's loop.
 *
 * <p>It watches before it reads; until the read is answered, updates wait. Then those go out that the read did not see: each
 * commit has a number.
 */
final class ValueSubscription implements WsSession.Subscription, LiveDevices.Watcher {
    private static final int EARLY_MAX = 1_000;

    private final WsSession session;
    private final long id;
    private final Device device;
    private final LiveDevices.Topic topic;

    /** Whether points that are older than the last one of their key are left out. */
    private final boolean latestOnly;

    private final List<LiveDevices.Update> early = new ArrayList<>();

    /** Of points the newest time that was sent, of attributes the newest commit, by key. */
    private final Map<String, Long> sent = new HashMap<>();

    private long base = -1;
    private boolean isOver;

    ValueSubscription(WsSession session, long id, Device device, LiveDevices.Topic topic, boolean latestOnly) {
        this.session = session;
        this.id = id;
        this.device = device;
        this.topic = topic;
        this.latestOnly = latestOnly;
    }

    /** Any thread. */
    void watch() {
        session.front().live().watch(device.number(), topic, this);
    }

    /** Sends what was read, then what came meanwhile. */
    void begin(String first, List<Reading> readings, long commit) {
        if (isOver) {
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
            session.fail(id, WsJson.Failure.INTERNAL, "Internal Server error!");
            session.drop(id, this);
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
            session.send(WsJson.numbered(id, update.text()));
        } else if (!fresh.isEmpty() || !deleted.isEmpty()) {
            session.send(WsJson.numbered(id, WsJson.update(fresh, deleted)));
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
        Access.Operation operation =
                topic.attributes() ? Access.Operation.READ_ATTRIBUTES : Access.Operation.READ_TELEMETRY;
        if (!isOver && Access.device(session.caller(), operation, now) != Access.Verdict.ALLOWED) {
            deleted();
        }
    }

    @Override
    public void deleted() {
        if (!isOver) {
            session.fail(id, WsJson.Failure.INTERNAL, WsSession.NOT_FETCHED);
            session.drop(id, this);
        }
    }

    @Override
    public void end() {
        isOver = true;
        early.clear();
        session.front().live().leave(device.number(), topic, this);
    }
}
