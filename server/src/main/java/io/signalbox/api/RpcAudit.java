package io.signalbox.api;

import io.signalbox.audit.AuditCaller;
import io.signalbox.audit.AuditLog;
import io.signalbox.audit.RpcCall;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.rpc.Outcome;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Puts RPC calls into the audit log (server-side RPC §9), once each. On the request's loop; takes no part of a microsecond. */
final class RpcAudit {
    private static final byte[] NOTHING = {};
    private static final String SUCCESS = "";
    private static final String TIMEOUT = "RPC Error: TIMEOUT";
    private static final String NO_ACTIVE_CONNECTION = "RPC Error: NO_ACTIVE_CONNECTION";

    private final AuditLog log;
    private final InstantSource clock;

    RpcAudit(AuditLog log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    /** The caller gets this outcome. */
    void ended(
            HttpServerRequest request, Caller caller, Device device, boolean oneWay, RpcRequest rpc, Outcome outcome) {
        switch (outcome) {
            case Outcome.Answered(byte[] payload) ->
                record(request, caller, device, oneWay, rpc, "answered", payload, SUCCESS);
            case Outcome.Accepted _ -> {} // its entry is in the commit by which it was accepted
            case Outcome.Known(UUID id) ->
                record(request, caller, device, oneWay, rpc, "known", NOTHING, SUCCESS, Optional.of(id));
            case Outcome.Delivered() -> record(request, caller, device, oneWay, rpc, "delivered", NOTHING, SUCCESS);
            case Outcome.TimedOut(Outcome.Stage stage) ->
                record(request, caller, device, oneWay, rpc, stage.header(), NOTHING, failure(stage));
            case Outcome.ShuttingDown(Outcome.Stage stage) ->
                record(request, caller, device, oneWay, rpc, "shutting-down", NOTHING, failure(stage));
            case Outcome.Repeated(var _, Outcome of) -> ended(request, caller, device, oneWay, rpc, of);
            case Outcome.Unknown() ->
                record(
                        request,
                        caller,
                        device,
                        oneWay,
                        rpc,
                        "unknown",
                        NOTHING,
                        "What became of the command is not known");
            case Outcome.NotKept() -> record(request, caller, device, oneWay, rpc, "answered", NOTHING, SUCCESS);
            case Outcome.Declined(var _, String message) ->
                record(request, caller, device, oneWay, rpc, "declined", NOTHING, message);
        }
    }

    /** The caller of a lightweight command closed its connection; what the command comes to nobody is told. */
    void left(HttpServerRequest request, Caller caller, Device device, boolean oneWay, RpcRequest rpc) {
        record(request, caller, device, oneWay, rpc, "caller-left", NOTHING, "The caller did not wait for the outcome");
    }

    /** The caller may not command the device, or not even know of it: then its name is not written down. */
    void refused(
            HttpServerRequest request,
            Caller caller,
            DeviceId id,
            Optional<Device> device,
            boolean oneWay,
            RpcRequest rpc,
            Access.Verdict verdict) {
        if (log.wants(true)) {
            Optional<String> name = verdict == Access.Verdict.FORBIDDEN ? device.map(Device::name) : Optional.empty();
            log.record(call(
                    request,
                    caller,
                    id,
                    name,
                    oneWay,
                    rpc,
                    "refused",
                    NOTHING,
                    verdict.text("Device"),
                    Optional.empty()));
        }
    }

    private static String failure(Outcome.Stage stage) {
        return stage.wasSent() ? TIMEOUT : NO_ACTIVE_CONNECTION;
    }

    private void record(
            HttpServerRequest request,
            Caller caller,
            Device device,
            boolean oneWay,
            RpcRequest rpc,
            String outcome,
            byte[] response,
            String failure) {
        record(request, caller, device, oneWay, rpc, outcome, response, failure, Optional.empty());
    }

    private void record(
            HttpServerRequest request,
            Caller caller,
            Device device,
            boolean oneWay,
            RpcRequest rpc,
            String outcome,
            byte[] response,
            String failure,
            Optional<UUID> id) {
        if (log.wants(!failure.isEmpty())) {
            Optional<String> name = Optional.of(device.name());
            log.record(call(request, caller, device.id(), name, oneWay, rpc, outcome, response, failure, id));
        }
    }

    private RpcCall call(
            HttpServerRequest request,
            Caller caller,
            DeviceId device,
            Optional<String> deviceName,
            boolean oneWay,
            RpcRequest rpc,
            String outcome,
            byte[] response,
            String failure,
            Optional<UUID> rpcId) {
        SocketAddress address = request.remoteAddress();
        return new RpcCall(
                clock.millis(),
                new AuditCaller(caller.user(), caller.email(), caller.tenant(), caller.customer()),
                () -> text(address),
                device,
                deviceName,
                oneWay,
                rpc.method(),
                rpc.params(),
                outcome,
                response,
                failure,
                rpcId);
    }

    /** Where a request came from; empty when that is not known. */
    static String text(@Nullable SocketAddress address) {
        return address == null || address.hostAddress() == null ? "" : address.hostAddress();
    }
}
