package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.rpc.Commits;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.session.Loop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * One response that goes on: commits say that there is something to read, the store says what. Mutable state belongs to the
 * request's loop.
 *
 * <p>At most one read is under way, and none while the reader has not taken what was sent; so a slow reader costs no more than
 * one read, and is ended when it takes nothing from one ping to the next. Whatever goes wrong, the response ends: the reader
 * comes again, and says what it saw last.
 */
abstract class EventStream implements Commits.Follower {
    /** Commands that one read brings. */
    static final int PAGE = 100;

    private static final CharSequence EVENT_STREAM = HttpHeaders.createOptimized("text/event-stream");
    private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
    private static final CharSequence UNBUFFERED = HttpHeaders.createOptimized("x-accel-buffering");
    private static final Buffer PING = Buffer.buffer(": ping\n\n");

    final RpcEvents front;
    final Loop loop;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final long device;
    private final DeviceId deviceId;
    private final ArrayDeque<Buffer> waiting = new ArrayDeque<>();
    private Loop.@Nullable Timer timer;
    private boolean isReading;
    private boolean isEnding;
    private boolean isOver;

    /** Whether the reader had not taken what was sent at the last ping, nor took any since. */
    private boolean isStuck;

    EventStream(RpcEvents front, HttpServerRequest request, Loop loop, long device, DeviceId deviceId) {
        this.front = front;
        this.request = request;
        this.response = request.response();
        this.loop = loop;
        this.device = device;
        this.deviceId = deviceId;
    }

    /** Begins to read, or null: there is nothing to read now. */
    abstract @Nullable CompletionStage<List<RpcRecord>> read();

    /** Sends what is new of that. */
    abstract void take(List<RpcRecord> records);

    /** Whether the caller may read this, now. */
    abstract Access.Verdict verdict(Caller caller, Optional<Device> now);

    /** It may be so for reasons that no commit told. */
    abstract void lookAgain();

    final void start() {
        front.commits().follow(device, this);
        ApiHeaders.apply(request);
        response.putHeader(HttpHeaders.CONTENT_TYPE, EVENT_STREAM)
                .putHeader(HttpHeaders.CACHE_CONTROL, NO_STORE)
                .putHeader(UNBUFFERED, "no")
                .setChunked(true);
        response.exceptionHandler(_ -> over());
        response.closeHandler(_ -> over());
        response.drainHandler(_ -> {
            isStuck = false;
            pump();
            readNext();
        });
        response.write(PING);
        loop.execute(this::tickLater);
        readNext();
    }

    /** Ends it soon. Any thread. */
    final void stop() {
        loop.execute(this::end);
    }

    // ------------------------------------------------------------------------------------------------ reading

    final void readNext() {
        if (isReading || isEnding || isOver || !waiting.isEmpty()) {
            return;
        }
        CompletionStage<List<RpcRecord>> reading = read();
        if (reading != null) {
            isReading = true;
            reading.whenComplete((records, failure) -> loop.execute(() -> {
                isReading = false;
                if (isOver || isEnding) {
                    return;
                }
                if (failure != null) {
                    end();
                    return;
                }
                take(records);
                pump();
                readNext();
            }));
        }
    }

    // ------------------------------------------------------------------------------------------------ writing

    final void send(Buffer event) {
        waiting.add(event);
    }

    /** An event that is no transition, and no place to go on from. */
    final void send(String event, Consumer<JsonGenerator> members) {
        send(Buffer.buffer("event: " + event + "\ndata: " + object(members) + "\n\n"));
    }

    private static String object(Consumer<JsonGenerator> members) {
        return Json.text(json -> {
            json.writeStartObject();
            members.accept(json);
            json.writeEndObject();
        });
    }

    /** The event of one line of a history. */
    static Buffer transition(RpcRecord rpc, int line) {
        String data = Json.text(json -> RpcJson.writeTransition(
                json, rpc.order(), rpc.progress().history().get(line - 1)));
        return Buffer.buffer(
                "id: " + new EventId(rpc.number(), line).text() + "\nevent: transition\ndata: " + data + "\n\n");
    }

    /** Ends the response when all is written. */
    final void end() {
        isEnding = true;
        pump();
    }

    private void pump() {
        if (isOver) {
            return;
        }
        while (!waiting.isEmpty() && !response.writeQueueFull()) {
            response.write(waiting.remove());
        }
        if (isEnding && waiting.isEmpty()) {
            over();
            response.end();
        }
    }

    private void over() {
        if (!isOver) {
            isOver = true;
            waiting.clear();
            if (timer != null) {
                timer.cancel();
            }
            front.commits().leave(device, this);
            front.ended(this);
        }
    }

    // ------------------------------------------------------------------------------------------------ time

    private void tickLater() {
        if (isOver) {
            return;
        }
        if (front.authentication().authenticate(request.headers()) instanceof Authenticated.As as) {
            long left = as.expiresAt() * 1_000 - front.clock().millis();
            timer = loop.schedule(
                    Duration.ofMillis(Math.clamp(left, 1, front.ping().toMillis())), this::tick);
        } else {
            end();
            if (!isOver) { // the reader does not take what waits, and may not any more
                over();
                request.connection().close();
            }
        }
    }

    private void tick() {
        if (isOver) {
            return;
        }
        if (response.writeQueueFull()) {
            if (isStuck) {
                over();
                request.connection().close();
                return;
            }
            isStuck = true;
        } else {
            isStuck = false;
            response.write(PING);
        }
        tickLater();
        if (front.authentication().authenticate(request.headers()) instanceof Authenticated.As as) {
            front.devices()
                    .find(deviceId)
                    .whenComplete((now, failure) -> loop.execute(() -> {
                        if (failure == null && verdict(as.caller(), now) != Access.Verdict.ALLOWED) {
                            end();
                        } else {
                            lookAgain();
                            readNext();
                        }
                    }));
        }
    }
}
