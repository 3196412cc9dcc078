package io.signalbox.telemetry;

import io.signalbox.device.HasValues;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Receipt;
import io.signalbox.session.Sessions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Time series and attributes of devices and other entities. Any thread; never blocks. */
public final class TelemetryService {
    private final TelemetryStore points;
    private final AttributeStore attributes;
    private final Sessions sessions;

    public TelemetryService(TelemetryStore points, AttributeStore attributes, Sessions sessions) {
        this.points = points;
        this.attributes = attributes;
        this.sessions = sessions;
    }

    /** As {@link TelemetryStore#append}; the readings stay. */
    public boolean append(HasValues device, List<Reading> readings, Receipt receipt) {
        return points.append(device.number(), readings, TelemetryStore.NEVER, receipt);
    }

    /**
     * Keeps readings for a caller.
     *
     * @param expiresAt as in {@link TelemetryStore#append}
     * @return completes after the commit, exceptionally with {@link Rejected}
     */
    public CompletionStage<Void> save(HasValues device, List<Reading> readings, long expiresAt) {
        Saved saved = new Saved(sessions.home(device.number()), "Time series were not stored", () -> {});
        if (!points.append(device.number(), readings, expiresAt, saved)) {
            saved.full();
        }
        return saved.done;
    }

    /** Client attributes from the device itself; as {@link AttributeStore#save}. */
    public boolean saveClientAttributes(HasValues device, List<Reading> values, Receipt receipt) {
        return attributes.save(device.number(), Scope.CLIENT_SCOPE, values, receipt);
    }

    /** Runs {@code task} once when a full queue has room again. */
    public void whenWritable(Runnable task) {
        points.whenWritable(task);
    }

    /** As {@link TelemetryStore#latest(long, List)}. */
    public CompletionStage<Snapshot<List<Reading>>> latest(HasValues device, List<String> keys) {
        return points.latest(device.number(), keys);
    }

    /** As {@link TelemetryStore#latest(long)}. */
    public CompletionStage<Snapshot<List<Reading>>> latest(HasValues device) {
        return points.latest(device.number());
    }

    /** As {@link TelemetryStore#latest(List, List)}. */
    public CompletionStage<Snapshot<Map<Long, List<Reading>>>> latest(List<Long> devices, List<String> keys) {
        return points.latest(devices, keys);
    }

    /** As {@link TelemetryStore#history}, or as {@link TelemetryStore#aggregate}. */
    public CompletionStage<Snapshot<List<Reading>>> history(HasValues device, HistoryQuery query) {
        return query.buckets()
                .map(buckets -> points.aggregate(device.number(), query.keys(), buckets, query.aggregation()))
                .orElseGet(() -> points.history(
                        device.number(),
                        query.keys(),
                        query.startTs(),
                        query.endTs(),
                        query.limit(),
                        query.ascending()));
    }

    /** As {@link TelemetryStore#erase}. */
    public CompletionStage<Void> erase(HasValues device, Erase erase) {
        return points.erase(device.number(), erase);
    }

    /** As {@link AttributeStore#snapshot}. */
    public CompletionStage<Snapshot<Map<Scope, List<Reading>>>> attributeSnapshot(HasValues device) {
        return attributes.snapshot(device.number());
    }

    public CompletionStage<List<Reading>> attributes(HasValues device, Scope scope) {
        return attributes.read(device.number(), scope);
    }

    public CompletionStage<List<Reading>> attributes(HasValues device, Scope scope, List<String> keys) {
        return attributes.read(device.number(), scope, keys);
    }

    /**
     * Writes attributes; shared ones are pushed to the device after the commit (MQTT device API §7.5).
     *
     * @return completes after the commit, exceptionally with {@link Rejected}
     */
    public CompletionStage<Void> saveAttributes(HasValues device, Scope scope, List<Reading> values) {
        long number = device.number();
        Saved saved = new Saved(sessions.home(number), "Attributes were not stored", () -> {
            if (scope == Scope.SHARED_SCOPE) {
                push(number, values, List.of());
            }
        });
        if (!attributes.save(number, scope, values, saved)) {
            saved.full();
        }
        return saved.done;
    }

    /** Removes attributes; the device hears which shared ones are gone. Completes after the commit, exceptionally with {@link Rejected}. */
    public CompletionStage<Void> deleteAttributes(HasValues device, Scope scope, List<String> keys) {
        return attributes.delete(device.number(), scope, keys).thenAccept(deleted -> {
            if (scope == Scope.SHARED_SCOPE && !deleted.isEmpty()) {
                push(device.number(), List.of(), deleted);
            }
        });
    }

    private void push(long device, List<Reading> changed, List<String> deleted) {
        sessions.handIfPresent(device, new Mailbox.Event.Push(new DownlinkMessage.AttributesChanged(changed, deleted)));
    }

    /** Hears of a commit for a caller that waits. */
    private static final class Saved implements Receipt {
        private final Loop loop;
        private final String failure;
        private final Runnable first;
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        /** @param first runs after the commit, before the caller hears of it */
        Saved(Loop loop, String failure, Runnable first) {
            this.loop = loop;
            this.failure = failure;
            this.first = first;
        }

        @Override
        public Loop loop() {
            return loop;
        }

        @Override
        public void stored() {
            first.run();
            done.complete(null);
        }

        @Override
        public void refused(ErrorCode code) {
            done.completeExceptionally(new Rejected(code, failure));
        }

        void full() {
            done.completeExceptionally(
                    new Rejected(ErrorCode.TOO_MANY_REQUESTS, "The write queue is full; nothing was stored"));
        }
    }
}
