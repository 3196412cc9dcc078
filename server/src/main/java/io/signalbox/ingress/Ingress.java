package io.signalbox.ingress;

import io.signalbox.device.Device;
import io.signalbox.events.EventLog;
import io.signalbox.ops.ErrorCode;
import io.signalbox.payload.AttributeRequest;
import io.signalbox.payload.Reading;
import io.signalbox.presence.Presence;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Receipt;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.session.Uplink;
import io.signalbox.session.UplinkMessage;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.TelemetryService;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What devices say, handed to the feature that cares. */
public final class Ingress implements Uplink {
    private final DeviceDirectory directory;
    private final Sessions sessions;
    private final TelemetryService telemetry;
    private final Presence presence;
    private final EventLog events;

    public Ingress(
            DeviceDirectory directory,
            Sessions sessions,
            TelemetryService telemetry,
            Presence presence,
            EventLog events) {
        this.directory = directory;
        this.sessions = sessions;
        this.telemetry = telemetry;
        this.presence = presence;
        this.events = events;
    }

    @Override
    public CompletionStage<Optional<Device>> authenticate(String accessToken) {
        Device known = directory.cachedByToken(accessToken);
        return known != null
                ? CompletableFuture.completedFuture(Optional.of(known))
                : directory.authenticate(accessToken);
    }

    @Override
    public void opened(Device device, String accessToken, DeviceSession session) {
        sessions.post(device.number(), new Mailbox.Event.Opened(session));
        if (session.isPush()) {
            presence.connected(device.number());
        } else {
            presence.heard(device.number());
        }
        Device known = directory.cachedByToken(accessToken);
        if (known == null || known.number() != device.number()) {
            // The device may have been deleted since it showed its token, or was given another one: its sessions were
            // closed
            // before this one was there.
            directory.authenticate(accessToken).whenComplete((found, failure) -> {
                if (failure != null) {
                    session.close(CloseReason.CREDENTIALS_CHANGED); // nobody can vouch for it
                } else if (found.isEmpty() || found.get().number() != device.number()) {
                    refuse(device, session);
                }
            });
        }
    }

    private void refuse(Device device, DeviceSession session) {
        directory
                .find(device.id())
                .whenComplete((found, failure) -> session.close(
                        failure == null && found.isEmpty()
                                ? CloseReason.DEVICE_DELETED
                                : CloseReason.CREDENTIALS_CHANGED));
    }

    @Override
    public void closed(Device device, DeviceSession session) {
        sessions.post(device.number(), new Mailbox.Event.Closed(session.id()));
        if (session.isPush()) {
            presence.disconnected(device.number());
        }
    }

    @Override
    public void heard(Device from) {
        presence.heard(from.number());
    }

    @Override
    public boolean receive(Device from, UplinkMessage message, Receipt receipt) {
        presence.heard(from.number());
        return switch (message) {
            case UplinkMessage.Telemetry(List<Reading> readings) -> {
                if (readings.isEmpty()) {
                    receipt.stored();
                    yield true;
                }
                yield telemetry.append(from, readings, receipt);
            }
            case UplinkMessage.Attributes(List<Reading> values) -> {
                if (values.isEmpty()) {
                    receipt.stored();
                    yield true;
                }
                if (!telemetry.saveClientAttributes(from, values, receipt)) {
                    receipt.refused(ErrorCode.TOO_MANY_REQUESTS);
                }
                yield true;
            }
        };
    }

    @Override
    public void whenWritable(Runnable task) {
        telemetry.whenWritable(task);
    }

    @Override
    public void malformed(Device from, String what, String error) {
        presence.heard(from.number());
        events.error(from.number(), what, error);
    }

    @Override
    public void signal(Device from, SessionId session, Signal signal) {
        if (isHeard(signal)) {
            presence.heard(from.number());
        }
        sessions.post(from.number(), new Mailbox.Event.Signalled(session, signal));
    }

    /** Whether the device itself said it (MQTT device API §4.2). */
    private static boolean isHeard(Signal signal) {
        return switch (signal) {
            case Signal.Subscribed _, Signal.Unsubscribed _, Signal.RpcAcked _, Signal.RpcReplied _ -> true;
            case Signal.Writable _, Signal.RpcWritten _, Signal.RpcAckOverdue _, Signal.RpcRefused _ -> false;
        };
    }

    @Override
    public void replied(Device from, int requestId, byte[] payload, Receipt receipt) {
        presence.heard(from.number());
        sessions.post(
                from.number(),
                new Mailbox.Event.Replied(new Signal.RpcReplied(requestId, payload, Optional.of(receipt))));
    }

    @Override
    public CompletionStage<AttributeValues> attributes(Device from, AttributeRequest request) {
        presence.heard(from.number());
        boolean all = request.clientKeys().isEmpty() && request.sharedKeys().isEmpty();
        CompletionStage<List<Reading>> client =
                read(from, Scope.CLIENT_SCOPE, all, request.clientKeys().orElse(List.of()));
        CompletionStage<List<Reading>> shared =
                read(from, Scope.SHARED_SCOPE, all, request.sharedKeys().orElse(List.of()));
        return client.thenCombine(shared, AttributeValues::new);
    }

    private CompletionStage<List<Reading>> read(Device from, Scope scope, boolean all, List<String> keys) {
        if (all) {
            return telemetry.attributes(from, scope);
        }
        return keys.isEmpty() ? CompletableFuture.completedFuture(List.of()) : telemetry.attributes(from, scope, keys);
    }
}
