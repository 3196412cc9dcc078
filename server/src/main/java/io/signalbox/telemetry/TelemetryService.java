package io.signalbox.telemetry;

import io.signalbox.device.Device;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Receipt;
import io.signalbox.session.Sessions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Time series and attributes of devices. Any thread; never blocks. */
public final class TelemetryService {
    private final TelemetryStore points;
    private final AttributeStore attributes;
    private final Sessions sessions;

    public TelemetryService(TelemetryStore points, AttributeStore attributes, Sessions sessions) {
        this.points = points;
        this.attributes = attributes;
        this.sessions = sessions;
    }

    /** As {@link TelemetryStore#append}. */
    public boolean append(Device device, List<Reading> readings, Receipt receipt) {
        return points.append(device.number(), readings, receipt);
    }

    /** Client attributes from the device itself; as {@link AttributeStore#save}. */
    public boolean saveClientAttributes(Device device, List<Reading> values, Receipt receipt) {
        return attributes.save(device.number(), Scope.CLIENT_SCOPE, values, receipt);
    }

    /** Runs {@code task} once when a full queue has room again. */
    public void whenWritable(Runnable task) {
        points.whenWritable(task);
    }

    public CompletionStage<List<Reading>> latest(Device device, List<String> keys) {
        return points.latest(device.number(), keys);
    }

    public CompletionStage<List<Reading>> latest(Device device) {
        return points.latest(device.number());
    }

    /** As {@link TelemetryStore#history}. */
    public CompletionStage<List<Reading>> history(
            Device device, String key, long startTs, long endTs, int limit, boolean ascending) {
        return points.history(device.number(), key, startTs, endTs, limit, ascending);
    }

    public CompletionStage<List<Reading>> attributes(Device device, Scope scope) {
        return attributes.read(device.number(), scope);
    }

    public CompletionStage<List<Reading>> attributes(Device device, Scope scope, List<String> keys) {
        return attributes.read(device.number(), scope, keys);
    }

    /**
     * Writes attributes; shared ones are pushed to the device after the commit (MQTT device API §7.5).
     *
     * @return completes after the commit, exceptionally with {@link Rejected}
     */
    public CompletionStage<Void> saveAttributes(Device device, Scope scope, List<Reading> values) {
        CompletableFuture<Void> saved = new CompletableFuture<>();
        Loop home = sessions.home(device.number());
        Receipt receipt = new Receipt() {
            @Override
            public Loop loop() {
                return home;
            }

            @Override
            public void stored() {
                if (scope == Scope.SHARED_SCOPE) {
                    DownlinkMessage.AttributesChanged message =
                            new DownlinkMessage.AttributesChanged(values, List.of());
                    sessions.handIfPresent(device.number(), new Mailbox.Event.Push(message));
                }
                saved.complete(null);
            }

            @Override
            public void refused(ErrorCode code) {
                saved.completeExceptionally(new Rejected(code, "Attributes were not stored"));
            }
        };
        if (!attributes.save(device.number(), scope, values, receipt)) {
            saved.completeExceptionally(
                    new Rejected(ErrorCode.TOO_MANY_REQUESTS, "The write queue is full; nothing was stored"));
        }
        return saved;
    }
}
