package io.signalbox.transport.http;

import io.signalbox.device.Device;
import io.signalbox.payload.PayloadJson;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.SessionId;
import io.signalbox.session.Signal;
import io.signalbox.session.Uplink;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One long-poll (HTTP device API §5.3, 5.4): a session that ends with the first message, or with its time. */
final class Poll implements DeviceSession {
    private final SessionId id = SessionId.next();
    private final Uplink uplink;
    private final Device device;
    private final String token;
    private final HttpServerRequest request;
    private final Loop loop;
    private final long beganNanos = System.nanoTime();
    private final AtomicBoolean taken = new AtomicBoolean();
    private Loop.@Nullable Timer end;
    private boolean over;

    /** @param token what the device got in with */
    Poll(Uplink uplink, Device device, String token, HttpServerRequest request, Loop loop) {
        this.uplink = uplink;
        this.device = device;
        this.token = token;
        this.request = request;
        this.loop = loop;
    }

    /** Waits for one message of the topic. On the request's loop. */
    void begin(Signal.Topic topic, Duration wait) {
        if (request.response().closed()) { // while the token was looked up: nobody would tell
            return;
        }
        request.response().closeHandler(_ -> loop.run(this::over));
        end = loop.schedule(wait, () -> finish(408));
        uplink.opened(device, token, this);
        uplink.signal(device, id, new Signal.Subscribed(topic));
    }

    @Override
    public SessionId id() {
        return id;
    }

    @Override
    public boolean isPush() {
        return false;
    }

    @Override
    public boolean hasRoom() {
        return !taken.get();
    }

    /** A poll is one sign of life. */
    @Override
    public long heardNanos() {
        return beganNanos;
    }

    @Override
    public boolean send(DownlinkMessage message) {
        if (!taken.compareAndSet(false, true)) {
            return false;
        }
        loop.run(() -> write(message));
        return true;
    }

    private void write(DownlinkMessage message) {
        if (over) {
            return;
        }
        byte[] body = switch (message) {
            case DownlinkMessage.RpcRequest(int requestId, int _, String method, byte[] params) ->
                PayloadJson.rpcRequest(OptionalInt.of(requestId), method, params);
            case DownlinkMessage.AttributesChanged(var changed, var deleted) ->
                PayloadJson.attributesChanged(changed, deleted);
        };
        request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(Buffer.buffer(body))
                .onComplete(written -> loop.run(() -> {
                    if (written.succeeded()
                            && message
                                    instanceof
                                    DownlinkMessage.RpcRequest(int requestId, int attempt, String _, byte[] _)) {
                        uplink.signal(device, id, new Signal.RpcWritten(requestId, attempt, false));
                    }
                    over();
                }));
    }

    @Override
    public void close(CloseReason why) {
        loop.run(() -> {
            switch (why) {
                case DEVICE_DELETED -> {
                    if (taken.compareAndSet(false, true) && !over) {
                        request.response().setStatusCode(403).end("Device was deleted!");
                    }
                    over();
                }
                case TAKEN_OVER, CREDENTIALS_CHANGED, SHUTTING_DOWN -> finish(408);
            }
        });
    }

    private void finish(int status) {
        if (taken.compareAndSet(false, true) && !over) {
            HttpTransport.empty(request, status);
            over();
        }
    }

    private void over() {
        if (over) {
            return;
        }
        over = true;
        if (end != null) {
            end.cancel();
        }
        uplink.closed(device, this);
    }
}
