package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.session.Loop;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The history of one command, line by line, until it ends; or, where the reader waits for late answers, until it is deleted. */
final class CommandEvents extends EventStream {
    private final RpcRecord command;

    /** Lines that the reader has. */
    private int seen;

    private boolean isDirty = true;

    /** Whether the stream goes on behind the end of the command. */
    private final boolean alsoLate;

    private boolean isEndTold;

    /** @param command as it was found; it is read again when the stream follows it */
    CommandEvents(RpcEvents front, HttpServerRequest request, Loop loop, RpcRecord command, boolean alsoLate) {
        super(front, request, loop, command.order().device(), command.order().deviceId());
        this.command = command;
        this.alsoLate = alsoLate;
        this.seen = EventId.parse(request.getHeader("last-event-id"))
                .filter(last -> last.number() == command.number()
                        && last.line() <= command.progress().history().size())
                .map(EventId::line)
                .orElse(0);
    }

    @Override
    public void committed(long number) {
        if (number == command.number()) {
            deviceDeleted();
        }
    }

    @Override
    public void deviceDeleted() {
        loop.execute(() -> {
            lookAgain();
            readNext();
        });
    }

    @Override
    void lookAgain() {
        isDirty = true;
    }

    @Override
    @Nullable
    CompletionStage<List<RpcRecord>> read() {
        if (!isDirty) {
            return null;
        }
        isDirty = false;
        return front.store().read(List.of(command.number()));
    }

    @Override
    void take(List<RpcRecord> records) {
        if (records.isEmpty()) {
            gone(command.order().id());
            return;
        }
        RpcRecord now = records.getFirst();
        int lines = now.progress().history().size();
        while (seen < lines) {
            seen++;
            send(transition(now, seen));
        }
        RpcStatus status = now.progress().status();
        if (status == RpcStatus.DELETED) {
            gone(now.order().id());
        } else if (!now.progress().isOpen()) {
            tellEnd(now.order().id(), status);
        }
    }

    private void tellEnd(UUID id, RpcStatus status) {
        if (!isEndTold) {
            isEndTold = true;
            send("end", json -> {
                json.writeStringProperty("rpcId", id.toString());
                json.writeStringProperty("status", status.name());
            });
        }
        if (!alsoLate) {
            end();
        }
    }

    private void gone(UUID id) {
        send("gone", json -> json.writeStringProperty("rpcId", id.toString()));
        end();
    }

    @Override
    Access.Verdict verdict(Caller caller, Optional<Device> now) {
        return Access.command(caller, Access.Operation.READ, command.order().tenant(), now);
    }
}
