package io.signalbox.transport.http;

import io.signalbox.device.Device;
import io.signalbox.ops.ErrorBody;
import io.signalbox.ops.ErrorCode;
import io.signalbox.payload.AttributeRequest;
import io.signalbox.payload.LenientJson;
import io.signalbox.payload.MalformedPayload;
import io.signalbox.payload.PayloadJson;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.session.Signal;
import io.signalbox.session.Uplink;
import io.signalbox.session.UplinkMessage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP device API: {@code /api/v1/{token}/…} on the listener that the REST API uses, too. Every call on the event loop of
 * its request; nothing blocks.
 */
public final class HttpTransport {
    /** Where this transport's paths begin. */
    public static final String PREFIX = "/api/v1/";

    private static final String RPC_ANSWER = "rpc/";
    /** What a request takes in memory besides its body, roughly. */
    private static final int REQUEST_BYTES = 2_048;

    private static final Duration LINGER = Duration.ofSeconds(2);

    private final Settings settings;
    private final Uplink uplink;
    private final InstantSource clock;
    private final AtomicLong heldBytes = new AtomicLong();

    /**
     * Limits.
     *
     * @param heldBytesMax     of all requests that are being read or wait for the store
     * @param pollTimeout      how long a long-poll waits that names no time itself
     * @param bodyTimeout      for the whole body of a request
     * @param rpcBodyBytesMax  of an answer to a command
     */
    public record Settings(
            int bodyBytesMax, int rpcBodyBytesMax, long heldBytesMax, Duration pollTimeout, Duration bodyTimeout) {}

    public HttpTransport(Settings settings, Uplink uplink, InstantSource clock) {
        this.settings = settings;
        this.uplink = uplink;
        this.clock = clock;
    }

    /** Takes a request whose path starts with {@link #PREFIX}, on its loop. */
    public void handle(HttpServerRequest request, Loop loop) {
        String rest = request.path().substring(PREFIX.length());
        int slash = rest.indexOf('/');
        if (slash <= 0) {
            unknown(request);
            return;
        }
        String token;
        try {
            token = decoded(rest.substring(0, slash));
        } catch (IllegalArgumentException e) {
            error(request, ErrorCode.BAD_REQUEST, "Malformed request");
            return;
        }
        String what = rest.substring(slash + 1);
        switch (what) {
            case "telemetry" -> {
                if (allows(request, HttpMethod.POST)) {
                    withBody(
                            request,
                            loop,
                            token,
                            settings.bodyBytesMax(),
                            (device, body) -> keep(
                                    request,
                                    loop,
                                    device,
                                    new UplinkMessage.Telemetry(LenientJson.telemetry(body, now()))));
                }
            }
            case "attributes" -> {
                if (request.method().equals(HttpMethod.GET)) {
                    withDevice(request, loop, token, device -> attributes(request, loop, device));
                } else if (allows(request, HttpMethod.POST)) {
                    withBody(
                            request,
                            loop,
                            token,
                            settings.bodyBytesMax(),
                            (device, body) -> keep(
                                    request,
                                    loop,
                                    device,
                                    new UplinkMessage.Attributes(LenientJson.attributes(body, now()))));
                }
            }
            case "attributes/updates" -> {
                if (allows(request, HttpMethod.GET)) {
                    poll(request, loop, token, Signal.Topic.ATTRIBUTES);
                }
            }
            case "rpc" -> {
                if (allows(request, HttpMethod.GET)) {
                    poll(request, loop, token, Signal.Topic.RPC);
                }
            }
            default -> {
                if (!what.startsWith(RPC_ANSWER)) {
                    unknown(request);
                } else if (allows(request, HttpMethod.POST)) {
                    answer(request, loop, token, what.substring(RPC_ANSWER.length()));
                }
            }
        }
    }

    /** A segment of a path, where a plus sign is a plus sign; RFC 3986 §2.1. */
    private static String decoded(String segment) {
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    // ------------------------------------------------------------------------------------------------ what devices say

    private void keep(HttpServerRequest request, Loop loop, Device device, UplinkMessage message) {
        if (request.response().closed()) {
            return; // nobody waits for it any more, and whoever sent it will send it again
        }
        if (!uplink.receive(device, message, receipt(request, loop))) {
            uplink.whenWritable(() -> loop.execute(() -> keep(request, loop, device, message)));
        }
    }

    private Receipt receipt(HttpServerRequest request, Loop loop) {
        return new Receipt() {
            @Override
            public Loop loop() {
                return loop;
            }

            @Override
            public void stored() {
                empty(request, 200);
            }

            @Override
            public void refused(ErrorCode code) {
                error(request, code, "The message was not stored; it may be sent again");
            }
        };
    }

    private void answer(HttpServerRequest request, Loop loop, String token, String idText) {
        int requestId;
        try {
            requestId = Integer.parseInt(idText);
        } catch (NumberFormatException e) {
            error(request, ErrorCode.BAD_REQUEST, "Request id is no 32-bit integer: " + idText);
            return;
        }
        withBody(request, loop, token, settings.rpcBodyBytesMax(), (device, body) -> {
            uplink.replied(device, requestId, body, receipt(request, loop));
        });
    }

    private void attributes(HttpServerRequest request, Loop loop, Device device) {
        AttributeRequest keys =
                new AttributeRequest(keys(request.getParam("clientKeys")), keys(request.getParam("sharedKeys")));
        uplink.attributes(device, keys)
                .whenComplete((values, failure) -> loop.run(() -> {
                    if (failure != null) {
                        error(request, ErrorCode.STORE_UNAVAILABLE, "Attributes could not be read");
                    } else {
                        json(request, PayloadJson.attributesResponse(values.client(), values.shared()));
                    }
                }));
    }

    private static Optional<List<String>> keys(@Nullable String commaSeparated) {
        return commaSeparated == null || commaSeparated.isEmpty()
                ? Optional.empty()
                : Optional.of(List.of(commaSeparated.split(",")));
    }

    // ------------------------------------------------------------------------------------------------ long-polls

    private void poll(HttpServerRequest request, Loop loop, String token, Signal.Topic topic) {
        long millis = settings.pollTimeout().toMillis();
        String asked = request.getParam("timeout");
        if (asked != null) {
            try {
                long given = Long.parseLong(asked);
                millis =
                        given == 0 ? millis : Math.min(given, Duration.ofDays(1).toMillis());
            } catch (NumberFormatException e) {
                error(request, ErrorCode.BAD_REQUEST, "timeout is no number of milliseconds: " + asked);
                return;
            }
        }
        Duration wait = Duration.ofMillis(Math.max(millis, 0));
        withDevice(request, loop, token, device -> new Poll(uplink, device, token, request, loop).begin(topic, wait));
    }

    // ------------------------------------------------------------------------------------------------ plumbing

    private void withDevice(
            HttpServerRequest request, Loop loop, String token, java.util.function.Consumer<Device> then) {
        uplink.authenticate(token)
                .whenComplete((found, failure) -> loop.run(() -> {
                    if (failure != null) {
                        error(request, ErrorCode.STORE_UNAVAILABLE, "Credentials could not be read");
                    } else if (found.isEmpty()) {
                        empty(request, 401);
                    } else {
                        then.accept(found.get());
                    }
                }));
    }

    /** Reads the body, then looks the token up, then calls {@code then}; whose {@link MalformedPayload} is the sender's 400. */
    private void withBody(
            HttpServerRequest request, Loop loop, String token, int bytesMax, BiConsumer<Device, byte[]> then) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && length.length() < 19 && Long.parseLong(length) > bytesMax) {
            tooLarge(request, loop, bytesMax);
            return;
        }
        Held held = new Held();
        if (!held.take(REQUEST_BYTES)) {
            tooMuch(request, loop);
            return;
        }
        request.response().endHandler(_ -> held.release());
        request.response().closeHandler(_ -> held.release());
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        Loop.Timer late =
                loop.schedule(settings.bodyTimeout(), () -> request.connection().close());
        Buffer body = Buffer.buffer();
        request.handler(chunk -> {
            if (body.length() + chunk.length() > bytesMax) {
                late.cancel();
                tooLarge(request, loop, bytesMax);
            } else if (!held.take(chunk.length())) {
                late.cancel();
                tooMuch(request, loop);
            } else {
                body.appendBuffer(chunk);
            }
        });
        request.exceptionHandler(_ -> late.cancel());
        request.endHandler(_ -> {
            late.cancel();
            withDevice(request, loop, token, device -> {
                if (body.length() == 0) {
                    error(request, ErrorCode.BAD_REQUEST, "Required request body is missing");
                    return;
                }
                try {
                    then.accept(device, body.getBytes());
                } catch (MalformedPayload e) {
                    uplink.malformed(
                            device, request.path().substring(request.path().lastIndexOf('/') + 1), e.text());
                    error(request, ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
                }
            });
        });
    }

    /** What a request takes in memory until it is answered, or its connection is gone. Loop of the request. */
    private final class Held {
        private long bytes;
        private boolean isReleased;

        /** False: all requests together hold as much as they may. */
        boolean take(int more) {
            if (isReleased || heldBytes.addAndGet(more) > settings.heldBytesMax()) {
                heldBytes.addAndGet(isReleased ? 0 : -more);
                return false;
            }
            bytes += more;
            return true;
        }

        void release() {
            if (!isReleased) {
                isReleased = true;
                heldBytes.addAndGet(-bytes);
            }
        }
    }

    private boolean allows(HttpServerRequest request, HttpMethod method) {
        if (request.method().equals(method)) {
            return true;
        }
        error(request, ErrorCode.METHOD_NOT_ALLOWED, "Request method '" + request.method() + "' is not supported");
        return false;
    }

    private void unknown(HttpServerRequest request) {
        error(
                request,
                ErrorCode.NOT_FOUND,
                "No static resource " + request.path().substring(1) + ".");
    }

    private void tooLarge(HttpServerRequest request, Loop loop, int bytesMax) {
        request.response()
                .setStatusCode(ErrorCode.TOO_LARGE.httpStatus())
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        endUnread(request, loop, Buffer.buffer("\"Payload size exceeds the limit of " + bytesMax + " bytes\""));
    }

    private void tooMuch(HttpServerRequest request, Loop loop) {
        ErrorCode code = ErrorCode.TOO_MANY_REQUESTS;
        request.response()
                .setStatusCode(code.httpStatus())
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        String text = "Too many requests wait at once; the message was not stored, and may be sent again";
        endUnread(request, loop, Buffer.buffer(ErrorBody.json(code, text, now())));
    }

    /** Reads on for a moment: closing while the client still sends would reset the connection, and hide the answer. */
    private static void endUnread(HttpServerRequest request, Loop loop, Buffer answer) {
        var _ = request.response().end(answer);
        Loop.Timer late = loop.schedule(LINGER, () -> request.connection().close());
        request.handler(_ -> {});
        request.exceptionHandler(_ -> late.cancel());
        request.endHandler(_ -> {
            late.cancel();
            request.connection().close();
        });
    }

    /** Bytes of all requests that are being read or wait for the store. */
    public long heldBytes() {
        return heldBytes.get();
    }

    private void error(HttpServerRequest request, ErrorCode code, String message) {
        if (!request.response().ended()) {
            request.response()
                    .setStatusCode(code.httpStatus())
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                    .end(Buffer.buffer(ErrorBody.json(code, message, now())));
        }
    }

    static void json(HttpServerRequest request, byte[] body) {
        request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(Buffer.buffer(body));
    }

    static void empty(HttpServerRequest request, int status) {
        request.response().setStatusCode(status).end();
    }

    private long now() {
        return clock.instant().toEpochMilli();
    }
}
