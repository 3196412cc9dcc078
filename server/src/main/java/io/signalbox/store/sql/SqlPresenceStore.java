package io.signalbox.store.sql;

import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.presence.PresenceStore;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongPredicate;

/** Presence of devices in core.db: a row for each device that was ever heard, and its server attributes. */
public final class SqlPresenceStore implements PresenceStore {
    /** Set by users, in milliseconds. */
    static final String INACTIVITY_TIMEOUT = "inactivityTimeout";

    private static final String ACTIVE = "active";
    private static final String ALARM = "inactivityAlarmTime";

    private static final String TIMEOUT =
            "(SELECT a.long_value FROM attributes a WHERE a.device = d.number AND a.scope = 2" + " AND a.key = '"
                    + INACTIVITY_TIMEOUT + "' AND a.long_value > 0) AS timeout";

    /** Numbers of a slice; what is too many asks for no device. */
    private static final String SELECT =
            "SELECT d.number, p.connected_at, p.disconnected_at, p.activity_at, p.alarm_at, p.inactive_at, " + TIMEOUT
                    + " FROM device d LEFT JOIN device_presence p ON p.device = d.number WHERE d.number IN (?"
                    + ", ?".repeat(SIGNS_MAX - 1) + ")";

    private static final String UPSERT =
            "INSERT INTO device_presence (device, connected_at, disconnected_at, activity_at, alarm_at, inactive_at)"
                    + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET connected_at = excluded.connected_at,"
                    + " disconnected_at = excluded.disconnected_at, activity_at = excluded.activity_at,"
                    + " alarm_at = excluded.alarm_at, inactive_at = excluded.inactive_at";

    private static final String IS_DUE = "SELECT 1 FROM device_presence WHERE inactive_at <= ?";

    private static final String DUE = "SELECT d.number, p.activity_at, " + TIMEOUT
            + " FROM device_presence p JOIN device d ON d.number = p.device WHERE p.inactive_at <= ?"
            + " ORDER BY p.inactive_at LIMIT ?";

    private static final long NO_DEVICE = -1;

    private final CoreWriter writer;
    private final CoreReaders readers;
    private final Feed feed;
    private final long timeoutMillis;

    /**
     * @param feed    hears of the attributes
     * @param timeout of devices that have none themselves
     */
    SqlPresenceStore(CoreWriter writer, CoreReaders readers, Feed feed, Duration timeout) {
        this.writer = writer;
        this.readers = readers;
        this.feed = feed;
        this.timeoutMillis = timeout.toMillis();
    }

    /** What is kept of a device; 0: never. */
    private record Kept(
            long connectedAt, long disconnectedAt, long activityAt, long alarmAt, boolean isActive, long timeout) {}

    /** Attributes that were written, by device. */
    private record Written(long commit, Map<Long, List<Reading>> attributes) {}

    @Override
    public CompletionStage<Void> keep(List<Sign> signs, long now) {
        return writer.writeLater(sql -> keep(sql, signs, now)).thenAccept(this::tell);
    }

    private Written keep(Sql sql, List<Sign> signs, long now) {
        Map<Long, Kept> all = kept(sql, signs);
        List<Object[]> rows = new ArrayList<>();
        Map<Long, List<Reading>> attributes = new HashMap<>();
        for (Sign sign : signs) {
            Kept kept = all.get(sign.device());
            if (kept != null) {
                keep(sign, kept, now, rows, attributes);
            }
        }
        sql.batch(UPSERT, rows);
        return written(sql, attributes);
    }

    private static void keep(Sign sign, Kept kept, long now, List<Object[]> rows, Map<Long, List<Reading>> attributes) {
        List<Reading> changed = new ArrayList<>();
        if (sign.connectedAt() > kept.connectedAt()) {
            changed.add(time("lastConnectTime", sign.connectedAt(), now));
        }
        if (sign.disconnectedAt() > kept.disconnectedAt()) {
            changed.add(time("lastDisconnectTime", sign.disconnectedAt(), now));
        }
        boolean isHeard = sign.activityAt() > kept.activityAt();
        long alarmAt = kept.alarmAt();
        if (isHeard) {
            changed.add(time("lastActivityTime", sign.activityAt(), now));
            if (!kept.isActive()) {
                changed.add(new Reading(ACTIVE, new Value.Flag(true), now));
                if (sign.activityAt() <= alarmAt) {
                    alarmAt = 0;
                    changed.add(time(ALARM, 0, now));
                }
            }
        }
        if (changed.isEmpty()) {
            return;
        }
        attributes.put(sign.device(), changed);
        long activityAt = Math.max(sign.activityAt(), kept.activityAt());
        boolean isActive = kept.isActive() || isHeard;
        rows.add(new Object[] {
            sign.device(),
            Math.max(sign.connectedAt(), kept.connectedAt()),
            Math.max(sign.disconnectedAt(), kept.disconnectedAt()),
            activityAt,
            alarmAt,
            isActive ? activityAt + kept.timeout() : Optional.empty()
        });
    }

    private Map<Long, Kept> kept(Sql sql, List<Sign> signs) {
        Object[] numbers = new Object[SIGNS_MAX];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i < signs.size() ? signs.get(i).device() : NO_DEVICE;
        }
        Map<Long, Kept> all = new HashMap<>();
        sql.list(SELECT, row -> Map.entry(row.number("number"), kept(row)), numbers)
                .forEach(entry -> all.put(entry.getKey(), entry.getValue()));
        return all;
    }

    private Kept kept(Row row) {
        long timeout = timeout(row);
        return row.has("activity_at")
                ? new Kept(
                        row.number("connected_at"),
                        row.number("disconnected_at"),
                        row.number("activity_at"),
                        row.number("alarm_at"),
                        row.has("inactive_at"),
                        timeout)
                : new Kept(0, 0, 0, 0, false, timeout);
    }

    private long timeout(Row row) {
        return row.has("timeout") ? row.number("timeout") : timeoutMillis;
    }

    /** Looks first whether there is anything to write. */
    @Override
    public CompletionStage<Expired> expire(long now, LongPredicate livesOn) {
        return readers.readLater(sql -> sql.exists(IS_DUE, now))
                .thenCompose(isDue -> isDue
                        ? writer.writeLater(sql -> silence(sql, now, livesOn)).thenApply(done -> {
                            tell(done.written());
                            return done.expired();
                        })
                        : CompletableFuture.completedStage(new Expired(List.of(), false)));
    }

    private record Silenced(Expired expired, Written written) {}

    private record Due(long device, long activityAt, long timeout) {}

    private Silenced silence(Sql sql, long now, LongPredicate livesOn) {
        List<Due> due = sql.list(
                DUE, row -> new Due(row.number("number"), row.number("activity_at"), timeout(row)), now, EXPIRED_MAX);
        List<Object[]> later = new ArrayList<>();
        List<Object[]> ended = new ArrayList<>();
        Map<Long, List<Reading>> attributes = new HashMap<>();
        for (Due each : due) {
            long inactiveAt = each.activityAt() + each.timeout();
            if (inactiveAt > now) {
                later.add(new Object[] {inactiveAt, each.device()});
            } else if (livesOn.test(each.device())) {
                later.add(new Object[] {now + 1, each.device()});
            } else {
                ended.add(new Object[] {now, each.device()});
                attributes.put(
                        each.device(), List.of(new Reading(ACTIVE, new Value.Flag(false), now), time(ALARM, now, now)));
            }
        }
        sql.batch("UPDATE device_presence SET inactive_at = ? WHERE device = ?", later);
        sql.batch("UPDATE device_presence SET inactive_at = NULL, alarm_at = ? WHERE device = ?", ended);
        Expired expired = new Expired(List.copyOf(attributes.keySet()), due.size() == EXPIRED_MAX);
        return new Silenced(expired, written(sql, attributes));
    }

    private static Written written(Sql sql, Map<Long, List<Reading>> attributes) {
        attributes.forEach((device, readings) -> SqlAttributeStore.put(sql, device, Scope.SERVER_SCOPE, readings));
        return new Written(SqlAttributeStore.nextCommit(sql), attributes);
    }

    private void tell(Written written) {
        written.attributes()
                .forEach((device, readings) ->
                        feed.attributes(device, written.commit(), Scope.SERVER_SCOPE, readings, List.of()));
    }

    /** A device is new, and was not heard yet. The writer's thread. */
    static void begin(Sql sql, long device, long now) {
        SqlAttributeStore.put(
                sql, device, Scope.SERVER_SCOPE, List.of(new Reading(ACTIVE, new Value.Flag(false), now)));
    }

    /** A device's own timeout was set, or is gone: it is looked at again at once. The writer's thread. */
    static void timeoutChanged(Sql sql, long device) {
        sql.update("UPDATE device_presence SET inactive_at = 0 WHERE device = ? AND inactive_at IS NOT NULL", device);
    }

    private static Reading time(String key, long time, long now) {
        return new Reading(key, new Value.Whole(time), now);
    }
}
