package io.signalbox.api;

import io.signalbox.identity.Caller;
import io.signalbox.identity.Tokens;
import io.signalbox.ops.Rejected;
import io.signalbox.session.Loop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * One socket: who it is, what it asked for, what waits to be sent to it. All of it belongs to the loop of its connection.
 *
 * <p>Commands of a message begin in their order; those that read a store are answered when it has answered. A socket that sends
 * more commands than are answered is not read for a while.
 */
final class WsSession {
    static final String NOT_FETCHED = "Failed to fetch data!";
    static final String INTERNAL_TEXT = "Internal Server error!";

    private static final int UNDER_WAY_MAX = 64;
    private static final int WAITING_BYTES_MAX = 8 << 20;
    private static final int SILENT_TICKS_MAX = 3;
    private static final int REASON_CHARS_MAX = 100;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

    private final WebSockets front;
    private final ServerWebSocket socket;
    private final Loop loop;
    private final String address;
    private final boolean isOld;
    private final WsCommands commands = new WsCommands(this);
    private final Subscriptions subscriptions;
    private final ArrayDeque<String> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private @Nullable Caller caller;
    private @Nullable SocketLimits limits;
    private boolean toldTooMany;
    private Supplier<Shown> proof = () -> new Shown.Bad("Nobody yet");
    private Loop.@Nullable Timer timer;
    private int silentTicks;
    private int underWay;
    private boolean isClosing;
    private boolean isOver;

    /** @param address where it comes from; counted there until it has entered */
    WsSession(WebSockets front, ServerWebSocket socket, Loop loop, String address, boolean isOld) {
        this.front = front;
        this.socket = socket;
        this.loop = loop;
        this.address = address;
        this.isOld = isOld;
        this.subscriptions = new Subscriptions(() -> front.subscriptionShares().giveBack(caller()));
        socket.closeHandler(_ -> over());
        socket.exceptionHandler(_ -> close(1009, "Max message size limit reached!"));
    }

    Loop loop() {
        return loop;
    }

    WebSockets front() {
        return front;
    }

    Caller caller() {
        if (caller == null) {
            throw new IllegalStateException("nobody yet");
        }
        return caller;
    }

    private SocketLimits limits() {
        if (limits == null) {
            throw new IllegalStateException("nobody yet");
        }
        return limits;
    }

    // ------------------------------------------------------------------------------------------------ beginning

    /** @param queryToken from the URL; needed by the older address */
    void start(Optional<String> queryToken) {
        socket.textMessageHandler(this::take);
        socket.binaryMessageHandler(_ -> failParse());
        socket.pongHandler(_ -> silentTicks = 0);
        socket.drainHandler(_ -> pump());
        if (queryToken.isPresent() || isOld) {
            String token = queryToken.orElse("");
            enter(() -> byToken(token), 1011, () -> {});
        } else {
            timer = loop.schedule(front.settings().authentication(), () -> {
                if (caller == null) {
                    close(1008, "Authentication timeout");
                }
            });
        }
    }

    /** What somebody shows to be let in is worth now. */
    private sealed interface Shown {
        record Good(Caller caller, long expiresAtMillis) implements Shown {}

        record Bad(String text) implements Shown {}
    }

    private Shown byToken(String token) {
        Tokens.Result result = front.authentication().token(token);
        return result instanceof Tokens.Verified verified
                ? new Shown.Good(verified.caller(), verified.expiresAt() * 1_000)
                : new Shown.Bad(refusal(result));
    }

    private Shown byApiKey(String key) {
        return front.authentication().apiKey(key) instanceof Authenticated.As as
                ? new Shown.Good(as.caller(), as.expiresAt() * 1_000)
                : new Shown.Bad("User not found for the provided API key");
    }

    /**
     * Lets somebody in whose word is good and for whom there is room; otherwise the socket closes. Nothing is read from it until
     * then.
     */
    private void enter(Supplier<Shown> shown, int closeCode, Runnable then) {
        switch (shown.get()) {
            case Shown.Bad(String text) -> close(closeCode, text);
            case Shown.Good(Caller who, long expiresAtMillis) -> {
                socket.pause();
                front.run(who, () -> {
                    try {
                        SocketLimits found = front.limits(who);
                        loop.execute(() -> entered(who, found, shown, expiresAtMillis, then));
                    } catch (RuntimeException e) {
                        String text = front.failed(e);
                        loop.execute(() -> close(1011, text));
                    }
                });
            }
        }
    }

    private void entered(Caller who, SocketLimits found, Supplier<Shown> shown, long expiresAtMillis, Runnable then) {
        if (isClosing || isOver) {
            return;
        }
        Optional<String> full = front.enter(who, found);
        if (full.isPresent()) {
            close(1008, full.get());
            return;
        }
        front.strangers().go(address);
        if (timer != null) {
            timer.cancel();
        }
        caller = who;
        limits = found;
        proof = shown;
        tickLater(expiresAtMillis);
        socket.resume();
        then.run();
    }

    private static String refusal(Tokens.Result result) {
        if (result == Tokens.Refusal.EXPIRED) {
            return "JWT Token expired";
        }
        return result == Tokens.Refusal.OUTDATED ? "Token is outdated" : "Invalid JWT token: ";
    }

    // ------------------------------------------------------------------------------------------------ messages

    private void take(String text) {
        if (isClosing || isOver) {
            return;
        }
        silentTicks = 0;
        boolean isFirst = caller == null;
        try {
            Body message = Body.of(Json.read(text));
            if (isFirst) {
                authenticate(message);
            } else if (!isOld) {
                commands.take(message);
            } else if (message.value("authCmd").isPresent()) {
                close(1007, "Unrecognized field \"authCmd\"");
            } else {
                commands.takeOld(message);
            }
        } catch (JacksonException e) {
            malformed(isFirst, e.getOriginalMessage());
        } catch (Rejected e) {
            malformed(isFirst, e.text());
        }
    }

    private void malformed(boolean isFirst, String why) {
        if (isFirst) {
            close(1007, why);
        } else {
            failParse();
        }
    }

    private void failParse() {
        fail(1, WsJson.Failure.BAD_REQUEST, "Failed to parse the payload");
    }

    private void authenticate(Body message) {
        if (!message.hasOnly(Set.of("authCmd", "cmds"))) {
            close(1007, "Unrecognized field in the first message");
            return;
        }
        Optional<Body> auth = message.value("authCmd").map(Body::of);
        if (auth.isEmpty()) {
            close(1008, "Auth cmd is missing");
            return;
        }
        WsCommands.checked(message); // an unknown one ends the socket before anything is done
        Optional<String> key = auth.get().text("apiKey");
        String token = auth.get().text("token").orElse("");
        enter(() -> key.map(this::byApiKey).orElseGet(() -> byToken(token)), 1007, () -> commands.take(message));
    }

    // ------------------------------------------------------------------------------------------------ work

    /**
     * Runs what waits for a store on a virtual thread.
     *
     * @param failed hears on the loop what a client is told when it throws
     * @return gives it up, as far as it waits for a store; from any thread, also when it has ended
     */
    Runnable work(Runnable work, Consumer<String> failed) {
        if (++underWay == UNDER_WAY_MAX) {
            socket.pause();
        }
        CompletableFuture<Thread> worker = new CompletableFuture<>();
        front.run(caller(), () -> {
            worker.complete(Thread.currentThread());
            try {
                work.run();
            } catch (RuntimeException e) {
                String text = front.failed(e);
                loop.execute(() -> failed.accept(text));
            } finally {
                loop.execute(this::worked);
            }
        });
        return () -> worker.thenAccept(Thread::interrupt);
    }

    private void worked() {
        if (underWay-- == UNDER_WAY_MAX && !isOver) {
            socket.resume();
        }
    }

    /** Takes the place of what had the number; false: there are too many, and the socket closes. */
    boolean install(long id, Subscriptions.Subscription subscription) {
        subscriptions.drop(id);
        if (subscriptions.size() >= front.settings().subscriptionsMax()) {
            close(1008, SocketShares.Whose.REGULAR_USER.refusal("subscriptions"));
            return false;
        }
        Optional<SocketShares.Whose> full = front.subscriptionShares().take(caller(), limits().subscriptions());
        if (full.isPresent()) {
            close(1008, full.get().refusal("subscriptions"));
            return false;
        }
        subscriptions.put(id, subscription);
        return true;
    }

    Subscriptions subscriptions() {
        return subscriptions;
    }

    // ------------------------------------------------------------------------------------------------ sending

    void fail(long id, WsJson.Failure failure, String text) {
        send(WsJson.failure(id, failure, text));
    }

    /** Sends an update of a subscription, in the older form, unless there were too many lately: that is said once. */
    void update(long id, String behindNumber) {
        if (admitsUpdate(id)) {
            send(WsJson.numbered(id, behindNumber));
        }
    }

    /** Whether one more update of a subscription may be sent. */
    boolean admitsUpdate(long id) {
        boolean isAdmitted = limits().updates().isNone() || front.admitsUpdate(this, limits().updates());
        if (!isAdmitted && !toldTooMany) {
            fail(id, WsJson.Failure.TOO_MANY_UPDATES, "Too many updates!");
        }
        toldTooMany = !isAdmitted;
        return isAdmitted;
    }

    /** Sends a message, behind those that wait. A socket that has too many of them is closed. */
    void send(String text) {
        if (isClosing || isOver) {
            return;
        }
        if (waiting.isEmpty() && !socket.writeQueueFull()) {
            socket.writeTextMessage(text);
        } else if (waiting.size() >= messagesMax() || waitingBytes > WAITING_BYTES_MAX) {
            front.slow();
            waiting.clear();
            close(1008, "Max pending updates limit reached!");
        } else {
            waiting.add(text);
            waitingBytes += text.length();
        }
    }

    private int messagesMax() {
        return limits == null ? 1 : limits.messagesMax();
    }

    private void pump() {
        while (!isOver && !waiting.isEmpty() && !socket.writeQueueFull()) {
            String text = waiting.remove();
            waitingBytes -= text.length();
            socket.writeTextMessage(text);
        }
    }

    /** Says why and ends; whoever does not answer that is cut off. */
    void close(int code, String reason) {
        if (isClosing || isOver) {
            return;
        }
        isClosing = true;
        subscriptions.dropAll();
        String text = reason.length() > REASON_CHARS_MAX ? reason.substring(0, REASON_CHARS_MAX) : reason;
        socket.close((short) code, text).onComplete(_ -> over());
        loop.schedule(CLOSE_PATIENCE, () -> {
            if (!isOver) {
                over();
                socket.shutdown(0, TimeUnit.SECONDS);
            }
        });
    }

    private void over() {
        if (!isOver) {
            isOver = true;
            if (timer != null) {
                timer.cancel();
            }
            subscriptions.dropAll();
            waiting.clear();
            front.left(this, address, Optional.ofNullable(caller));
        }
    }

    // ------------------------------------------------------------------------------------------------ time

    private void tickLater(long expiresAtMillis) {
        long left = expiresAtMillis - front.clock().millis();
        timer = loop.schedule(
                Duration.ofMillis(Math.clamp(left, 1, front.settings().tick().toMillis())), this::tick);
    }

    private void tick() {
        if (isOver || isClosing) {
            return;
        }
        switch (proof.get()) {
            case Shown.Bad(String text) -> close(1008, text);
            case Shown.Good(Caller _, long expiresAtMillis) -> {
                if (silentTicks++ >= SILENT_TICKS_MAX) {
                    close(4500, "No pong");
                } else {
                    socket.writePing(Buffer.buffer());
                    tickLater(expiresAtMillis);
                }
            }
        }
    }
}
