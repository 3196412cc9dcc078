package io.signalbox.api;

import io.signalbox.audit.AuditLog;
import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.payload.JsonValue;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.rpc.Command;
import io.signalbox.rpc.KeyedCall;
import io.signalbox.rpc.KeyedCalls;
import io.signalbox.rpc.Outcome;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcService;
import io.signalbox.session.Loop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
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

    /** What {@link #handle} takes, written as in the table of routes. */
    static final List<String> PATHS = List.of(
            V2 + ONE_WAY + ":deviceId",
            V2 + TWO_WAY + ":deviceId",
            V1 + ONE_WAY + ":deviceId",
            V1 + TWO_WAY + ":deviceId");

    private static final CharSequence OUTCOME = HttpHeaders.createOptimized("Signalbox-Rpc-Outcome");
    private static final CharSequence RPC_ID = HttpHeaders.createOptimized("Signalbox-Rpc-Id");

    /** Whoever prefers an exact timeout gets the very time that the body names, up to this. */
    private static final Duration EXACT_MAX = Duration.ofDays(90);

    private static final CharSequence IDEMPOTENCY_KEY = HttpHeaders.createOptimized("idempotency-key");
    private static final int IDEMPOTENCY_KEY_CHARS_MAX = 255;
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain;charset=UTF-8");

    private final Settings settings;
    private final Authentication authentication;
    private final Errors errors;
    private final DeviceDirectory devices;
    private final RpcService rpcs;
    private final KeyedCalls keyedCalls;
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
            int retriesMax,
            SubmitStrategy strategy) {}

    public RpcRoutes(
            Settings settings,
            Authentication authentication,
            Errors errors,
            DeviceDirectory devices,
            RpcService rpcs,
            KeyedCalls keyedCalls,
            AuditLog audit,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.authentication = authentication;
        this.errors = errors;
        this.devices = devices;
        this.rpcs = rpcs;
        this.keyedCalls = keyedCalls;
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
        switch (authentication.admit(request)) {
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
        String refused = refusedPreference(request, rpc);
        if (refused != null) {
            errors.write(request, ErrorCode.BAD_REQUEST, refused);
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
            accept(request, loop, target, caller, rpc, device.get());
        } else {
            call(request, loop, target, caller, rpc, device.get());
        }
    }

    /** What a caller opted into and cannot have; null: nothing. */
    private @Nullable String refusedPreference(HttpServerRequest request, RpcRequest rpc) {
        String key = request.getHeader(IDEMPOTENCY_KEY);
        if (key != null && (key.isBlank() || key.length() > IDEMPOTENCY_KEY_CHARS_MAX)) {
            return "Idempotency-Key must have 1 to " + IDEMPOTENCY_KEY_CHARS_MAX + " characters";
        }
        if (!wantsExactTime(request)) {
            return null;
        }
        long most = EXACT_MAX.toMillis();
        if (isOnce(request, rpc)) {
            return null;
        }
        long millis = rpc.expirationTime().isPresent()
                ? Math.max(
                        1, rpc.expirationTime().getAsLong() - clock.millis()) // past times have an answer of their own
                : rpc.timeoutMillis().orElse(settings.timeoutDefault().toMillis());
        return millis < 1 || millis > most
                ? "With Prefer: exact-timeout, the timeout is a number from 0, one attempt, to 90 days: " + millis
                        + " ms"
                : null;
    }

    private void accept(
            HttpServerRequest request, Loop loop, Target target, Caller caller, RpcRequest rpc, Device device) {
        long now = clock.millis();
        UUID id = rpc.requestUuid().orElseGet(() -> Uuids.next(now));
        RpcOrder order = new RpcOrder(
                id,
                device.tenant(),
                device.number(),
                device.id(),
                now,
                rpc.expirationTime()
                        .orElse(now + Duration.ofNanos(nanosLeft(request, rpc)).toMillis()),
                target.oneWay(),
                rpc.method(),
                rpc.params(),
                rpc.retries(),
                rpc.additionalInfo(),
                rpc.retryPolicy().orElse(RetryPolicy.STANDARD),
                isOnce(request, rpc),
                rpc.redeliver(),
                rpc.lane(),
                rpc.supersede(),
                Optional.ofNullable(request.getHeader(IDEMPOTENCY_KEY)),
                caller.user(),
                caller.email(),
                new RpcOrder.Origin(caller.customer(), RpcAudit.text(request.remoteAddress()), device.name()));
        // Whoever closes the connection now has ordered it all the same, or was refused: that is still heard, and
        // written down.
        rpcs.accept(order, loop, outcome -> {
            audit.ended(request, caller, device, target.oneWay(), rpc, outcome);
            if (!request.response().closed()) {
                answer(request, target, id, outcome);
            }
        });
    }

    private void call(
            HttpServerRequest request, Loop loop, Target target, Caller caller, RpcRequest rpc, Device device) {
        UUID id = rpc.requestUuid().orElseGet(() -> Uuids.next(clock.millis()));
        boolean once = isOnce(request, rpc);
        Command command = new Command(
                id,
                rpc.method(),
                rpc.params(),
                target.oneWay(),
                nanoTime.getAsLong() + Math.clamp(nanosLeft(request, rpc), 0, Long.MAX_VALUE / 2),
                once ? 0 : Math.min(rpc.retries().orElse(settings.retriesMax()), settings.retriesMax()),
                once,
                rpcs.answerWait(),
                settings.strategy() == SubmitStrategy.BURST,
                Optional.empty());
        String key = request.getHeader(IDEMPOTENCY_KEY);
        if (key == null) {
            follow(request, target, caller, rpc, device, id, done -> rpcs.call(device.number(), command, loop, done));
            return;
        }
        KeyedCall keyed =
                KeyedCall.of(device.tenant(), device.id(), caller.user(), key, rpc.lane(), command, clock.millis());
        follow(
                request,
                target,
                caller,
                rpc,
                device,
                id,
                done -> keyedCalls.call(device.number(), keyed, command, loop, done));
    }

    /** Whoever closes the connection does not want the answer any more. */
    private void follow(
            HttpServerRequest request,
            Target target,
            Caller caller,
            RpcRequest rpc,
            Device device,
            UUID id,
            Function<Consumer<Outcome>, RpcService.Call> start) {
        HttpServerResponse response = request.response();
        RpcService.Call call = start.apply(outcome -> {
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

    private static boolean wantsExactTime(HttpServerRequest request) {
        String prefer = request.getHeader("prefer");
        return prefer != null && prefer.contains("exact-timeout");
    }

    /** Whether the caller wants one attempt, now or never. */
    private static boolean isOnce(HttpServerRequest request, RpcRequest rpc) {
        return rpc.zeroTimeout() && rpc.expirationTime().isEmpty() && wantsExactTime(request);
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

    private long nanosLeft(HttpServerRequest request, RpcRequest rpc) {
        if (rpc.expirationTime().isPresent()) {
            long millis = rpc.expirationTime().getAsLong() - clock.millis();
            return Duration.ofMillis(Math.clamp(millis, 0, Duration.ofDays(365).toMillis()))
                    .toNanos();
        }
        if (isOnce(request, rpc)) {
            return settings.timeoutDefault()
                    .toNanos(); // its attempt ends before, but for a connection that says nothing of it
        }
        long millis = rpc.timeoutMillis().orElse(settings.timeoutDefault().toMillis());
        return Math.max(
                wantsExactTime(request) ? 0 : settings.timeoutMin().toNanos(),
                Duration.ofMillis(Math.clamp(millis, 0, Duration.ofDays(365).toMillis()))
                        .toNanos());
    }

    /** Server-side RPC §2: what each outcome looks like to callers of the two generations. */
    private void answer(HttpServerRequest request, Target target, UUID id, Outcome outcome) {
        HttpServerResponse response = request.response();
        ApiHeaders.apply(request);
        switch (outcome) {
            case Outcome.Accepted(UUID accepted) -> accepted(response, accepted);
            case Outcome.Known(UUID accepted) -> accepted(response, accepted);
            case Outcome.Delivered() -> response.end();
            case Outcome.Answered(byte[] payload) -> answered(response, payload);
            case Outcome.TimedOut(Outcome.Stage stage) -> {
                int status = target.v1() ? (stage.wasSent() ? 408 : 409) : 504;
                unanswered(request, status, RpcProblem.of(stage), Optional.of(stage), id);
            }
            case Outcome.ShuttingDown(Outcome.Stage stage) ->
                unanswered(request, target.v1() ? 408 : 504, RpcProblem.SHUTTING_DOWN, Optional.of(stage), id);
            case Outcome.Repeated(UUID first, Outcome of) -> answer(request, target, first, of);
            case Outcome.Unknown() ->
                unanswered(request, target.v1() ? 408 : 504, RpcProblem.UNKNOWN, Optional.empty(), id);
            case Outcome.NotKept() ->
                unanswered(request, target.v1() ? 408 : 504, RpcProblem.ANSWER_NOT_KEPT, Optional.empty(), id);
            case Outcome.Declined(ErrorCode code, String message) -> errors.write(request, code, message);
        }
    }

    private static void accepted(HttpServerResponse response, UUID id) {
        response.putHeader(HttpHeaders.CONTENT_TYPE, JSON).end("{\"rpcId\":\"" + id + "\"}");
    }

    private static void answered(HttpServerResponse response, byte[] payload) {
        if (payload.length == 0) {
            response.end();
            return;
        }
        int length = JsonValue.length(payload);
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

    /** The older clients get an empty body; the headers say how far the command came. */
    private void unanswered(
            HttpServerRequest request, int status, RpcProblem problem, Optional<Outcome.Stage> stage, UUID id) {
        HttpServerResponse response = request.response()
                .setStatusCode(status)
                .putHeader(OUTCOME, problem.code())
                .putHeader(RPC_ID, id.toString());
        String accept = request.getHeader(HttpHeaders.ACCEPT);
        if (accept != null && accept.contains(RpcProblem.CONTENT_TYPE)) {
            response.putHeader(HttpHeaders.CONTENT_TYPE, RpcProblem.CONTENT_TYPE)
                    .end(problem.document(status, stage, id, clock.instant()));
        } else {
            response.end();
        }
    }
}
