package io.signalbox.api;

import io.signalbox.api.EntityValues.Cell;
import io.signalbox.device.Device;
import io.signalbox.identity.Access;
import io.signalbox.payload.JsonBytes;
import io.signalbox.payload.Reading;
import io.signalbox.query.ValueKey;
import io.signalbox.session.Loop;
import io.signalbox.telemetry.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One device of an entity subscription, and one kind of its values. The socket's loop, but for {@link #watch}.
 *
 * <p>It watches before its values are read; until {@link #begin}, updates wait.
 */
final class EntityWatch implements LiveDevices.Watcher {
    private static final int EARLY_MAX = 1_000;

    private final EntitySubscription owner;
    private final Device device;
    private final LiveDevices.Topic topic;

    /** Whether all points are shown, and not only the latest. */
    private final boolean isSeries;

    /** What is shown. */
    private final List<ValueKey> keys;

    private final List<LiveDevices.Update> early = new ArrayList<>();

    /** The newest point of each time series that was shown. */
    private final Map<String, Long> newest = new HashMap<>();

    private final Map<InScope, Seen> attributes = new HashMap<>();
    private final Map<ValueKey, Cell> shown = new HashMap<>();
    private long base;
    private boolean isBegun;
    private boolean isGone;

    private record InScope(Scope scope, String key) {}

    /** @param value empty: it was deleted */
    private record Seen(long commit, Optional<Reading> value) {}

    EntityWatch(
            EntitySubscription owner, Device device, LiveDevices.Topic topic, boolean isSeries, List<ValueKey> keys) {
        this.owner = owner;
        this.device = device;
        this.topic = topic;
        this.isSeries = isSeries;
        this.keys = keys;
    }

    /** Any thread. */
    void watch() {
        owner.session().front().live().watch(device.number(), topic, this);
    }

    Device device() {
        return device;
    }

    /** The caller may not read the device any more. */
    boolean isGone() {
        return isGone;
    }

    void end() {
        isGone = true;
        early.clear();
        owner.session().front().live().leave(device.number(), topic, this);
    }

    /** Goes on where the first answer ended. */
    void begin(EntityValues read, long seriesCommit) {
        isBegun = true;
        base = isSeries ? seriesCommit : topic.attributes() ? read.attributesCommit() : read.pointsCommit();
        read.points().forEach(reading -> newest.put(reading.key(), reading.ts()));
        read.attributes()
                .forEach((scope, values) -> values.values()
                        .forEach(reading -> attributes.put(
                                new InScope(scope, reading.key()), new Seen(base, Optional.of(reading)))));
        keys.forEach(key -> shown.put(key, topic.attributes() ? attribute(key) : Cell.NONE));
        early.forEach(this::send);
        early.clear();
    }

    @Override
    public Loop loop() {
        return owner.session().loop();
    }

    @Override
    public void updated(LiveDevices.Topic of, LiveDevices.Update update) {
        if (isGone) {
            return;
        }
        if (isBegun) {
            send(update);
        } else if (early.size() < EARLY_MAX) {
            early.add(update);
        } else {
            owner.failed(WsSession.INTERNAL_TEXT);
        }
    }

    private void send(LiveDevices.Update update) {
        if (isGone || update.commit() <= base) {
            return;
        }
        Map<ValueKey, Cell> changed = isSeries ? Map.of() : topic.attributes() ? attributes(update) : points(update);
        if (isSeries || !changed.isEmpty()) {
            JsonBytes out = new JsonBytes(256).put('[');
            WsJson.entity(out, device, changed, isSeries ? update.readings() : List.of());
            owner.update(out.put(']').toString());
        }
    }

    private Map<ValueKey, Cell> points(LiveDevices.Update update) {
        Map<ValueKey, Cell> changed = new LinkedHashMap<>();
        for (Reading reading : update.readings()) {
            if (reading.ts() >= newest.getOrDefault(reading.key(), Long.MIN_VALUE)) {
                newest.put(reading.key(), reading.ts());
                changed.put(new ValueKey(ValueKey.Source.TIME_SERIES, reading.key()), Cell.of(Optional.of(reading)));
            }
        }
        return changed;
    }

    /** Commits may come out of order: of each scope's key the last one counts. */
    private Map<ValueKey, Cell> attributes(LiveDevices.Update update) {
        Scope scope = update.scope().orElseThrow();
        update.readings().forEach(reading -> see(update.commit(), scope, reading.key(), Optional.of(reading)));
        update.deleted().forEach(key -> see(update.commit(), scope, key, Optional.empty()));
        Map<ValueKey, Cell> changed = new LinkedHashMap<>();
        for (ValueKey key : keys) {
            Cell now = attribute(key);
            if (!now.equals(shown.put(key, now))) {
                changed.put(key, now);
            }
        }
        return changed;
    }

    private void see(long commit, Scope scope, String key, Optional<Reading> value) {
        attributes.merge(
                new InScope(scope, key),
                new Seen(commit, value),
                (before, now) -> before.commit() < now.commit() ? now : before);
    }

    private Cell attribute(ValueKey key) {
        return Cell.of(EntityValues.attribute(
                key,
                scope -> Optional.ofNullable(attributes.get(new InScope(scope, key.name())))
                        .flatMap(Seen::value)));
    }

    @Override
    public void changed(Device now) {
        if (!isGone
                && Access.device(owner.session().caller(), Access.Operation.READ_TELEMETRY, now)
                        != Access.Verdict.ALLOWED) {
            deleted();
        }
    }

    @Override
    public void deleted() {
        if (!isGone) {
            end();
            owner.lost();
        }
    }
}
