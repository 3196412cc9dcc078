package io.signalbox.api;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.identity.Access;
import io.signalbox.identity.Client;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.MalformedPayload;
import io.signalbox.session.Loop;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * Carries a request from its event loop to a handler on a virtual thread, and the answer back.
 *
 * <p>In this order: headers, token, size, role, content type, admission, body, handler. Requests under way and the memory of
 * their bodies are bounded; over the bound a request is refused at once, never queued.
 */
public final class HttpApi implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HttpApi.class);

    /** Callers without a token send a password or a token, nothing large. */
    static final long OPEN_BODY_BYTES_MAX = 65_536;

    private static final int EXCHANGES_MAX = 512;
    private static final long BUFFERED_BYTES_MAX = 128L << 20;
    private static final Duration BODY_DEADLINE = Duration.ofSeconds(30);
    private static final Duration LINGER = Duration.ofSeconds(2);
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);
    private static final String NO_CONTENT = "default-src 'none'; frame-ancestors 'none'";
    private static final String OPEN_API = "/api/noauth/";

    private final Vertx vertx;
    private final Router router;
    private final Settings settings;
    private final Authentication authentication;
    private final Errors errors;
    private final Counter failures;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("rest-", 1).factory());
    private final Semaphore exchanges = new Semaphore(EXCHANGES_MAX);
    private final AtomicLong bufferedBytes = new AtomicLong();

    /** @param bodyBytesMax the largest body of a request with a token */
    public record Settings(long bodyBytesMax) {}

    public HttpApi(
            Vertx vertx,
            Settings settings,
            Authentication authentication,
            Errors errors,
            MeterRegistry metrics,
            Routes routes) {
        this.vertx = vertx;
        this.settings = settings;
        this.authentication = authentication;
        this.errors = errors;
        this.failures = Counter.builder("signalbox.rest.failures")
                .description("REST calls that failed for no reason of the caller")
                .register(metrics);
        this.router = Router.router(vertx);
        for (Route route : routes.table()) {
            router.route(route.method(), route.path()).handler(context -> serve(context, route));
        }
        router.errorHandler(404, context -> unmatched(context, ErrorCode.NOT_FOUND));
        router.errorHandler(405, context -> unmatched(context, ErrorCode.METHOD_NOT_ALLOWED));
        router.errorHandler(
                400, context -> errors.write(context.request(), ErrorCode.BAD_REQUEST, "Malformed request"));
        router.errorHandler(500, this::broken);
    }

    /** Any HTTP request that no faster path took, those of browsers that ask before they call included. Its event loop. */
    public void handle(HttpServerRequest request) {
        if (!ApiHeaders.answersPreflight(request)) {
            router.handle(request);
        }
    }

    private void serve(RoutingContext context, Route route) {
        HttpServerRequest request = context.request();
        Optional<Authenticated.As> caller = Optional.empty();
        if (!route.isOpen()) {
            switch (authentication.admit(request)) {
                case Authenticated.Refused(ErrorCode code, String text) -> {
                    errors.write(request, code, text);
                    return;
                }
                case Authenticated.As as -> caller = Optional.of(as);
            }
        } else if (route.isApi() && !authentication.admitsOpen(request)) {
            errors.write(request, CallLimits.ADDRESS.code(), CallLimits.ADDRESS.text());
            return;
        }
        long bodyBytesMax = route.isOpen() ? OPEN_BODY_BYTES_MAX : settings.bodyBytesMax;
        if (declaredBytes(request) > bodyBytesMax) {
            refuseBody(request, loop(), bodyBytesMax);
        } else if (caller.isPresent()
                && !route.roles().contains(caller.get().caller().authority())) {
            errors.write(request, ErrorCode.PERMISSION_DENIED, Access.FORBIDDEN_TEXT);
        } else if (route.json() && !isJson(request)) {
            String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
            errors.write(request, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type '" + type + "' is not supported");
        } else {
            Intake intake = new Intake(context, route, caller, bodyBytesMax);
            if (!route.isApi() || exchanges.tryAcquire()) {
                intake.start();
            } else {
                errors.write(request, ErrorCode.TOO_MANY_REQUESTS, "Too many requests at once, please try again");
            }
        }
    }

    /** Nothing in the table: under {@code /api} that, too, is told only to those who have a token. */
    private void unmatched(RoutingContext context, ErrorCode code) {
        HttpServerRequest request = context.request();
        String path = context.normalizedPath();
        if (path.startsWith(Route.API)
                && !path.startsWith(OPEN_API)
                && authentication.authenticate(request.headers())
                        instanceof Authenticated.Refused(ErrorCode refusal, String text)) {
            errors.write(request, refusal, text);
        } else if (code == ErrorCode.METHOD_NOT_ALLOWED) {
            errors.write(request, code, "Request method '" + request.method() + "' is not supported");
        } else {
            errors.write(request, code, "No static resource " + path.substring(1) + ".");
        }
    }

    private void broken(RoutingContext context) {
        failures.increment();
        log.error("request not routed method={}", context.request().method(), context.failure());
        if (!context.response().headWritten()) {
            errors.write(context.request(), ErrorCode.INTERNAL, "Internal server error");
        }
    }

    /** What the request says about its body; 0 when it does not. */
    static long declaredBytes(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null) {
            return 0;
        }
        try {
            return Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private static boolean isJson(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null) {
            return true;
        }
        int parameters = type.indexOf(';');
        String essence =
                (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
        return essence.equals("application/json") || (essence.startsWith("application/") && essence.endsWith("+json"));
    }

    /**
     * Answers 413 and closes the connection (REST API §4.1): a little later, because closing while the client still sends
     * would reset the connection, and the client might never read why.
     */
    static void refuseBody(HttpServerRequest request, Loop loop, long bytesMax) {
        ApiHeaders.apply(request);
        HttpServerResponse response = request.response();
        response.setStatusCode(413);
        response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        response.end("\"Payload size exceeds the limit of " + bytesMax + " bytes\"");
        Runnable close = () -> request.connection().close();
        if (request.isEnded()) {
            close.run();
            return;
        }
        Loop.Timer late = loop.schedule(LINGER, close);
        request.handler(_ -> {});
        request.exceptionHandler(_ -> late.cancel());
        request.endHandler(_ -> {
            late.cancel();
            close.run();
        });
    }

    private Loop loop() {
        return new ContextLoop(vertx, vertx.getOrCreateContext());
    }

    /** The loop of a connection, as the library knows it. */
    private record ContextLoop(Vertx vertx, Context context) implements Loop {
        @Override
        public boolean isCurrent() {
            return context.equals(Vertx.currentContext());
        }

        @Override
        public void execute(Runnable task) {
            context.runOnContext(_ -> task.run());
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            long timer = vertx.setTimer(delay.toMillis(), _ -> task.run());
            return () -> vertx.cancelTimer(timer);
        }
    }

    private static Map<String, List<String>> copy(MultiMap query) {
        Map<String, List<String>> copy = new HashMap<>();
        query.forEach((name, value) ->
                copy.computeIfAbsent(name, _ -> new ArrayList<>()).add(value));
        return copy;
    }

    /** Collects one body, then hands over. Everything but {@link #run} on the connection's loop. */
    private final class Intake {
        private final HttpServerRequest request;
        private final Loop loop;
        private final Route route;
        private final Optional<Authenticated.As> caller;
        private final Client client;
        private final long bytesMax;
        private final Map<String, String> path;
        private final Map<String, List<String>> query;
        private final Buffer body = Buffer.buffer();
        private Loop.Timer late = () -> {};
        private boolean isOver;

        Intake(RoutingContext context, Route route, Optional<Authenticated.As> caller, long bytesMax) {
            this.request = context.request();
            this.loop = loop();
            this.route = route;
            this.caller = caller;
            this.bytesMax = bytesMax;
            this.path = Map.copyOf(context.pathParams());
            this.query = copy(context.queryParams());
            this.client = UserAgent.client(request);
        }

        void start() {
            boolean expectsBody =
                    declaredBytes(request) > 0 || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
            if (expectsBody) {
                late = loop.schedule(BODY_DEADLINE, () -> {
                    giveUp();
                    request.connection().close();
                });
                if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
                    request.response().writeContinue();
                }
            }
            request.exceptionHandler(_ -> giveUp());
            request.handler(this::take);
            request.endHandler(_ -> {
                if (!isOver) {
                    isOver = true;
                    late.cancel();
                    handOver();
                }
            });
        }

        private void take(Buffer chunk) {
            if (isOver) {
                return;
            }
            if (body.length() + (long) chunk.length() > bytesMax) {
                giveUp();
                refuseBody(request, loop, bytesMax);
                return;
            }
            body.appendBuffer(chunk);
            if (bufferedBytes.addAndGet(chunk.length()) > BUFFERED_BYTES_MAX) {
                giveUp();
                errors.write(request, ErrorCode.TOO_MANY_REQUESTS, "Too many large requests at once, please try again");
            }
        }

        private void giveUp() {
            if (!isOver) {
                isOver = true;
                late.cancel();
                release();
            }
        }

        private void handOver() {
            try {
                threads.execute(this::run);
            } catch (RejectedExecutionException e) {
                release();
                errors.write(request, ErrorCode.STORE_UNAVAILABLE, "The server is shutting down");
            }
        }

        private void release() {
            bufferedBytes.addAndGet(-body.length());
            if (route.isApi()) {
                exchanges.release();
            }
        }

        /** The handler's virtual thread. */
        private void run() {
            Response response;
            try {
                response = answer();
            } finally {
                release();
            }
            loop.execute(() -> write(response));
        }

        private Response answer() {
            try {
                return route.endpoint().answer(new Exchange(caller, client, path, query, body.getBytes()));
            } catch (Rejected e) {
                return error(e.code(), e.text(), e.members());
            } catch (JacksonException e) {
                return error(ErrorCode.BAD_REQUEST, "Invalid request body: " + e.getOriginalMessage());
            } catch (MalformedPayload e) {
                return error(ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
            } catch (RuntimeException | Error e) {
                failures.increment();
                log.error("call failed method={} route={}", route.method(), route.path(), e);
                return error(ErrorCode.INTERNAL, "Internal server error");
            }
        }

        private Response error(ErrorCode code, String text) {
            return error(code, text, Map.of());
        }

        private Response error(ErrorCode code, String text, Map<String, Object> members) {
            return new Response(code.httpStatus(), "application/json", errors.body(code, text, members), Map.of());
        }

        private void write(Response answer) {
            HttpServerResponse response = request.response();
            if (response.closed()) {
                return;
            }
            ApiHeaders.apply(request);
            response.setStatusCode(answer.status());
            if (!answer.contentType().isEmpty()) {
                response.putHeader(HttpHeaders.CONTENT_TYPE, answer.contentType());
            }
            if (answer.contentType().startsWith("text/")) {
                response.putHeader("Content-Security-Policy", NO_CONTENT); // what a page needs, it says itself
            }
            answer.headers().forEach(response::putHeader);
            String tag = answer.headers().get("ETag");
            if (tag != null && tag.equals(request.getHeader(HttpHeaders.IF_NONE_MATCH))) {
                response.setStatusCode(304).end();
            } else {
                response.end(answer.body());
            }
        }
    }

    /** Waits a moment for calls under way. Blocks. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
