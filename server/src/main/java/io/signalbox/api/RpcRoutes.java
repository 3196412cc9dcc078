package io.signalbox.api;

import io.signalbox.audit.AuditLog;
import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.rpc.Command;
import io.signalbox.rpc.Outcome;
import io.signalbox.rpc.RpcService;
import io.signalbox.session.Loop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The RPC calls (server-side RPC §2), ahead of the router: they stay on the caller's event loop and block nowhere.
 *
 * <p>An answer that the device did not give has an empty body, as clients know it; the headers {@code Signalbox-Rpc-Outcome}
 * and {@code Signalbox-Rpc-Id} say how far the command came.
 */
public final class RpcRoutes {
    private static final String V2 = "/api/rpc/";
    private static final String V1 = "/api/plugins/rpc/";
    private static final String ONE_WAY = "oneway/";
    private static final String TWO_WAY = "twoway/";
    private static final CharSequence OUTCOME = HttpHeaders.createOptimized("Signalbox-Rpc-Outcome");
    private static final CharSequence RPC_ID = HttpHeaders.createOptimized("Signalbox-Rpc-Id");
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain;charset=UTF-8");

    private final Settings settings;
    private final Authentication authentication;
    private final Errors errors;
    private final DeviceDirectory devices;
    private final RpcService rpcs;
    private final RpcAudit audit;
    private final InstantSource clock;
    private final LongSupplier nanoTime;

    /** Of all bodies that are being read. */
    private final AtomicLong bodyBytes = new AtomicLong();

    /**
     * Times and limits of calls; the defaults are those of server-side RPC §12.
     *
     * @param bodyBytesTogetherMax of all bodies that are being read
     */
    public record Settings(
            int bodyBytesMax,
            long bodyBytesTogetherMax,
            Duration bodyTimeout,
            Duration timeoutMin,
            Duration timeoutDefault,
            Duration answerWait,
            int retriesMax,
            SubmitStrategy strategy) {}

    public RpcRoutes(
            Settings settings,
            Authentication authentication,
            Errors errors,
            DeviceDirectory devices,
            RpcService rpcs,
            AuditLog audit,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.authentication = authentication;
        this.errors = errors;
        this.devices = devices;
        this.rpcs = rpcs;
        this.audit = new RpcAudit(audit, clock);
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /** A path that is an RPC call. */
    private record Target(boolean v1, boolean oneWay, String deviceId) {}

    /** Takes the request if it is an RPC call. The request's loop. */
    public boolean handle(HttpServerRequest request, Loop loop) {
        Target target = target(request.path());
        if (target == null || request.method().equals(HttpMethod.OPTIONS)) {
            return false;
        }
        switch (authentication.authenticate(request.headers())) {
            case Authenticated.Refused(ErrorCode code, String text) -> errors.write(request, code, text);
            case Authenticated.As as -> {
                if (request.method().equals(HttpMethod.POST)) {
                    read(request, loop, target, as.caller());
                } else {
                    errors.write(
                            request,
                            ErrorCode.METHOD_NOT_ALLOWED,
                            "Request method '" + request.method() + "' is not supported");
                }
            }
        }
        return true;
    }

    private static @Nullable Target target(String path) {
        boolean v1 = path.startsWith(V1);
        if (!v1 && !path.startsWith(V2)) {
            return null;
        }
        int from = v1 ? V1.length() : V2.length();
        boolean oneWay = path.startsWith(ONE_WAY, from);
        if (!oneWay && !path.startsWith(TWO_WAY, from)) {
            return null;
        }
        String deviceId = path.substring(from + ONE_WAY.length());
        return deviceId.isEmpty() || deviceId.indexOf('/') >= 0 ? null : new Target(v1, oneWay, deviceId);
    }

    /** Collects the body. */
    private void read(HttpServerRequest request, Loop loop, Target target, Caller caller) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && length.length() > 7 && HttpApi.declaredBytes(request) > settings.bodyBytesMax()) {
            HttpApi.refuseBody(request, loop, settings.bodyBytesMax());
            return;
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        new Intake(request, loop, body -> parse(request, loop, target, caller, body)).start();
    }

    /** Collects one body, within what all bodies together may take. On the request's loop. */
    private final class Intake {
        private final HttpServerRequest request;
        private final Loop loop;
        private final Consumer<Buffer> whole;
        private final Buffer body = Buffer.buffer();
        private Loop.@Nullable Timer late;
        private boolean isOver;

        Intake(HttpServerRequest request, Loop loop, Consumer<Buffer> whole) {
            this.request = request;
            this.loop = loop;
            this.whole = whole;
        }

        void start() {
            request.exceptionHandler(_ -> end());
            request.handler(this::take);
            request.endHandler(_ -> {
                if (!isOver) {
                    end();
                    whole.accept(body);
                }
            });
            loop.execute(this::limitTime);
        }

        /** Most bodies came with their headers, and need no timer. */
        private void limitTime() {
            if (!isOver) {
                late = loop.schedule(
                        settings.bodyTimeout(), () -> request.connection().close());
            }
        }

        private void take(Buffer chunk) {
            if (isOver) {
                return;
            }
            if (body.length() + (long) chunk.length() > settings.bodyBytesMax()) {
                end();
                HttpApi.refuseBody(request, loop, settings.bodyBytesMax());
            } else if (bodyBytes.addAndGet(chunk.length()) > settings.bodyBytesTogetherMax()) {
                bodyBytes.addAndGet(-chunk.length());
                end();
                errors.write(request, ErrorCode.TOO_MANY_REQUESTS, "Too many large requests at once, please try again");
            } else {
                body.appendBuffer(chunk);
            }
        }

        private void end() {
            if (!isOver) {
                isOver = true;
                bodyBytes.addAndGet(-body.length());
                if (late != null) {
                    late.cancel();
                }
            }
        }
    }

    private void parse(HttpServerRequest request, Loop loop, Target target, Caller caller, Buffer body) {
        DeviceId id;
        RpcRequest rpc;
        try {
            id = DeviceId.parse(target.deviceId());
            rpc = RpcRequest.parse(body.getBytes());
        } catch (IllegalArgumentException e) {
            errors.write(request, ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
            return;
        } catch (RpcRequest.Malformed e) {
            errors.write(request, ErrorCode.BAD_REQUEST, e.text());
            return;
        }
        Device known = devices.cached(id);
        if (known != null) {
            authorise(request, loop, target, caller, rpc, id, Optional.of(known));
        } else {
            devices.find(id)
                    .whenComplete((found, failure) -> loop.run(() -> {
                        if (failure != null) {
                            errors.write(request, ErrorCode.STORE_UNAVAILABLE, "The device could not be read");
                        } else {
                            authorise(request, loop, target, caller, rpc, id, found);
                        }
                    }));
        }
    }

    private void authorise(
            HttpServerRequest request,
            Loop loop,
            Target target,
            Caller caller,
            RpcRequest rpc,
            DeviceId id,
            Optional<Device> device) {
        Access.Verdict verdict = Access.device(caller, Access.Operation.RPC_CALL, device);
        if (verdict != Access.Verdict.ALLOWED || device.isEmpty()) {
            audit.refused(request, caller, id, device, target.oneWay(), rpc, verdict);
            ApiHeaders.apply(request);
            request.response()
                    .setStatusCode(verdict.code().httpStatus())
                    .putHeader(HttpHeaders.CONTENT_TYPE, TEXT)
                    .end(verdict.text("Device"));
        } else if (rpc.persistent()) {
            errors.write(request, ErrorCode.NOT_IMPLEMENTED, "Persistent commands are not supported yet");
        } else {
            call(request, loop, target, caller, rpc, device.get());
        }
    }

    private void call(
            HttpServerRequest request, Loop loop, Target target, Caller caller, RpcRequest rpc, Device device) {
        UUID id = rpc.requestUuid().orElseGet(() -> Uuids.next(clock.millis()));
        Command command = new Command(
                id,
                rpc.method(),
                rpc.params(),
                target.oneWay(),
                nanoTime.getAsLong() + Math.clamp(nanosLeft(rpc), 0, Long.MAX_VALUE / 2),
                Math.min(rpc.retries().orElse(settings.retriesMax()), settings.retriesMax()),
                settings.strategy() == SubmitStrategy.SEQUENTIAL_ON_RESPONSE_FROM_DEVICE
                        ? settings.answerWait()
                        : Duration.ZERO,
                settings.strategy() == SubmitStrategy.BURST);
        HttpServerResponse response = request.response();
        RpcService.Call call = rpcs.call(device.number(), command, loop, outcome -> {
            if (!response.ended() && !response.closed()) {
                audit.ended(request, caller, device, target.oneWay(), rpc, outcome);
                answer(request, target, id, outcome);
            }
        });
        if (!response.ended()) {
            if (response.closed()) { // while the device was looked up: nobody would tell
                leave(request, target, caller, rpc, device, call);
            } else {
                response.closeHandler(_ -> leave(request, target, caller, rpc, device, call));
            }
        }
    }

    private void leave(
            HttpServerRequest request,
            Target target,
            Caller caller,
            RpcRequest rpc,
            Device device,
            RpcService.Call call) {
        if (!request.response().ended()) {
            audit.left(request, caller, device, target.oneWay(), rpc);
        }
        call.abandon();
    }

    private long nanosLeft(RpcRequest rpc) {
        if (rpc.expirationTime().isPresent()) {
            long millis = rpc.expirationTime().getAsLong() - clock.millis();
            return Duration.ofMillis(Math.clamp(millis, 0, Duration.ofDays(365).toMillis()))
                    .toNanos();
        }
        long millis = rpc.timeoutMillis().orElse(settings.timeoutDefault().toMillis());
        return Math.max(
                settings.timeoutMin().toNanos(),
                Duration.ofMillis(Math.clamp(millis, 0, Duration.ofDays(365).toMillis()))
                        .toNanos());
    }

    /** Server-side RPC §2: what each outcome looks like to callers of the two generations. */
    private void answer(HttpServerRequest request, Target target, UUID id, Outcome outcome) {
        HttpServerResponse response = request.response();
        ApiHeaders.apply(request);
        switch (outcome) {
            case Outcome.Delivered() -> response.end();
            case Outcome.Answered(byte[] payload) -> answered(response, payload);
            case Outcome.TimedOut(Outcome.Stage stage) -> {
                int status = target.v1() ? (stage.wasSent() ? 408 : 409) : 504;
                unanswered(response, status, stage.header(), id);
            }
            case Outcome.ShuttingDown _ -> unanswered(response, target.v1() ? 408 : 504, "shutting-down", id);
            case Outcome.Declined(ErrorCode code, String message) -> errors.write(request, code, message);
        }
    }

    private static void answered(HttpServerResponse response, byte[] payload) {
        if (payload.length == 0) {
            response.end();
            return;
        }
        int length = JsonAnswer.length(payload);
        if (length < 0) {
            response.setStatusCode(ErrorCode.NOT_ACCEPTABLE.httpStatus()).end();
        } else {
            response.putHeader(HttpHeaders.CONTENT_TYPE, JSON)
                    .end(
                            length == payload.length
                                    ? Buffer.buffer(payload)
                                    : Buffer.buffer(payload).slice(0, length));
        }
    }

    private static void unanswered(HttpServerResponse response, int status, String outcome, UUID id) {
        response.setStatusCode(status)
                .putHeader(OUTCOME, outcome)
                .putHeader(RPC_ID, id.toString())
                .end();
    }
}
