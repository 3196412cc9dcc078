package io.signalbox.api;

import io.signalbox.config.RateLimit;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Caller;
import io.signalbox.identity.Guesses;
import io.signalbox.identity.RateBuckets;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.query.EntityStore;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.session.Loop;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.TelemetryService;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The WebSocket API (telemetry and WebSocket API part B), ahead of the router: a socket stays on the event loop of its connection.
 * What waits for a store does so on virtual threads, a bounded number at a time.
 */
public final class WebSockets implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WebSockets.class);
    private static final String GENERAL = "/api/ws";
    private static final String TELEMETRY = "/api/ws/plugins/telemetry";

    /** Whose turn it is when it is no tenant's. */
    private static final Object SYSTEM = "system";

    private static final int READS_MAX = 200;
    private static final int READS_OF_TENANT_MAX = 50;

    private final Settings settings;
    private final Authentication authentication;
    private final Errors errors;
    private final Function<TenantId, String> profiles;
    private final DeviceDirectory directory;
    private final TelemetryService telemetry;
    private final EntityQueries entities;
    private final LiveDevices live;
    private final InstantSource clock;
    private final Set<WsSession> sessions = ConcurrentHashMap.newKeySet();
    private final Strangers strangers;
    private final AtomicInteger entered = new AtomicInteger();
    private final SocketShares sessionShares = new SocketShares();
    private final SocketShares subscriptionShares = new SocketShares();
    private final RateBuckets<WsSession> updates;
    private final LongAdder slow = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("socket-", 1).factory());
    private final ReadTurns reads = new ReadTurns(threads, READS_MAX, READS_OF_TENANT_MAX);
    private volatile boolean closed;

    /**
     * Limits of sockets; those of tenant profiles are heeded beside them.
     *
     * @param sessionsMax            sockets at a time on this server that have said who they are
     * @param strangersMax           those that have not, beside them
     * @param strangersPerAddressMax of these, from one address
     * @param subscriptionsMax       of one socket
     * @param each                   of each tenant
     * @param authentication         how long a socket may be silent about who it is
     * @param tick                   how often a socket is pinged, and looked at; after three without a word from it it is closed
     * @param refresh                how often it is looked whether a query finds other devices
     */
    public record Settings(
            int sessionsMax,
            int strangersMax,
            int strangersPerAddressMax,
            int subscriptionsMax,
            SocketLimits each,
            Duration authentication,
            Duration tick,
            Duration refresh) {
        /** @param messagesMax that wait to be sent on one socket */
        public static Settings standard(int messagesMax) {
            return new Settings(
                    10_000,
                    2_000,
                    100,
                    1_000,
                    new SocketLimits(
                            new SocketLimits.Each(5_000, 0, 0, 0),
                            new SocketLimits.Each(0, 0, 0, 0),
                            messagesMax,
                            RateLimit.NONE),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60));
        }
    }

    /**
     * Has no sockets yet.
     *
     * @param profiles the data of a tenant's profile, JSON text; may block
     * @param feed     tells of what is committed
     * @param homes    the loop that carries the updates of a device, by its number
     */
    public WebSockets(
            Settings settings,
            Authentication authentication,
            Errors errors,
            Function<TenantId, String> profiles,
            DeviceDirectory directory,
            TelemetryService telemetry,
            EntityStore entities,
            Feed feed,
            LongFunction<Loop> homes,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.authentication = authentication;
        this.errors = errors;
        this.profiles = profiles;
        this.directory = directory;
        this.telemetry = telemetry;
        this.entities = new EntityQueries(entities, telemetry);
        this.live = new LiveDevices(feed, homes);
        this.clock = clock;
        this.strangers = new Strangers(settings.strangersMax(), settings.strangersPerAddressMax());
        this.updates = new RateBuckets<>(nanoTime);
    }

    /** Takes the request if it asks for a socket. The request's loop. */
    public boolean handle(HttpServerRequest request, Loop loop) {
        String path = request.path();
        if (!path.startsWith(GENERAL)
                || !request.method().equals(HttpMethod.GET)
                || !"websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE))
                || (path.length() > GENERAL.length() && path.charAt(GENERAL.length()) != '/')) {
            return false;
        }
        String address = Guesses.network(CallLimits.address(request));
        if (!authentication.admitsOpen(request)) {
            errors.write(request, ErrorCode.TOO_MANY_REQUESTS, CallLimits.ADDRESS.text());
        } else if (!strangers.come(address)) {
            errors.write(request, ErrorCode.TOO_MANY_REQUESTS, "Too many sockets that have not said who they are");
        } else {
            open(request, loop, address);
        }
        return true;
    }

    private void open(HttpServerRequest request, Loop loop, String address) {
        String path = request.path();
        Optional<String> token = Optional.ofNullable(request.getParam("token"));
        request.toWebSocket().onFailure(_ -> strangers.go(address)).onSuccess(socket -> {
            WsSession session = new WsSession(this, socket, loop, address, path.equals(TELEMETRY));
            sessions.add(session);
            if (closed) {
                session.close(1001, "The server is shutting down");
            } else if (!path.equals(GENERAL) && !path.equals(TELEMETRY)) {
                session.close(1007, "Unknown session type");
            } else {
                session.start(token);
            }
        });
    }

    /** What limits the sockets of this caller. Blocks. */
    SocketLimits limits(Caller caller) {
        return caller.tenant()
                .map(tenant -> settings.each().and(SocketLimits.of(profiles.apply(tenant))))
                .orElse(settings.each());
    }

    /** A stranger has said who it is: counts a socket of this caller, or says why it may have none. Undone by {@link #left}. */
    Optional<String> enter(Caller caller, SocketLimits limits) {
        if (entered.incrementAndGet() > settings.sessionsMax()) {
            entered.decrementAndGet();
            return Optional.of("Max server sessions limit reached!");
        }
        Optional<SocketShares.Whose> full = sessionShares.take(caller, limits.sessions());
        if (full.isPresent()) {
            entered.decrementAndGet();
        }
        return full.map(whose -> whose.refusal("sessions"));
    }

    /** @param caller empty: it never entered */
    void left(WsSession session, String address, Optional<Caller> caller) {
        sessions.remove(session);
        if (caller.isPresent()) {
            entered.decrementAndGet();
            sessionShares.giveBack(caller.get());
        } else {
            strangers.go(address);
        }
    }

    Strangers strangers() {
        return strangers;
    }

    /** What callers have of subscriptions. */
    SocketShares subscriptionShares() {
        return subscriptionShares;
    }

    /** Whether one more update may go to this socket now. */
    boolean admitsUpdate(WsSession session, RateLimit limit) {
        return updates.take(session, limit);
    }

    /** Runs {@code work}, which may wait for a store and does not throw, on a virtual thread. Any thread. */
    void run(Caller caller, Runnable work) {
        reads.run(caller.tenant().isPresent() ? caller.tenant().get() : SYSTEM, work);
    }

    /** Work for a client threw this; returns what the client is told. */
    String failed(RuntimeException failure) {
        if (failure instanceof Rejected rejected) {
            boolean isOurs = rejected.code() == ErrorCode.INTERNAL || rejected.code() == ErrorCode.STORE_UNAVAILABLE;
            return isOurs ? WsSession.INTERNAL_TEXT : rejected.text();
        }
        failures.increment();
        log.error("a command of a socket failed", failure);
        return WsSession.INTERNAL_TEXT;
    }

    /** A socket was closed because it did not read. */
    void slow() {
        slow.increment();
    }

    /** Sockets that are open now. */
    public int sessions() {
        return sessions.size();
    }

    /** Those of them that have not said who they are. */
    public int unknown() {
        return strangers.size();
    }

    /** Commands that wait for their turn to read a store. */
    public int waiting() {
        return reads.waiting();
    }

    /** Devices that somebody watches now. */
    public int watched() {
        return live.size();
    }

    /** Sockets that were closed since the start because they did not read. */
    public long slowClosed() {
        return slow.sum();
    }

    /** Commands since the start that failed for no reason of the caller. */
    public long failures() {
        return failures.sum();
    }

    /** Ends all sockets; later ones are refused. Does not wait. */
    @Override
    public void close() {
        closed = true;
        sessions.forEach(session -> session.loop().execute(() -> session.close(1001, "The server is shutting down")));
        threads.shutdown();
    }

    Settings settings() {
        return settings;
    }

    Authentication authentication() {
        return authentication;
    }

    DeviceDirectory directory() {
        return directory;
    }

    TelemetryService telemetry() {
        return telemetry;
    }

    EntityQueries entities() {
        return entities;
    }

    LiveDevices live() {
        return live;
    }

    InstantSource clock() {
        return clock;
    }
}
