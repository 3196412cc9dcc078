package io.signalbox.api;

import io.signalbox.identity.Caller;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceService;
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
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
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
    private static final int READS_MAX = 200;

    private final Settings settings;
    private final Authentication authentication;
    private final DeviceDirectory directory;
    private final TelemetryService telemetry;
    private final EntityQueries entities;
    private final LiveDevices live;
    private final InstantSource clock;
    private final Set<WsSession> sessions = ConcurrentHashMap.newKeySet();
    private final ConcurrentHashMap<UUID, Integer> counts = new ConcurrentHashMap<>();
    private final LongAdder slow = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final Semaphore reads = new Semaphore(READS_MAX);
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("socket-", 1).factory());
    private volatile boolean closed;

    /**
     * Limits of sockets; counts of 0 are no limit.
     *
     * @param sessionsMax       sockets at a time on this server
     * @param perTenantMax      those of one tenant, its customers' included
     * @param perCustomerMax    those of one customer
     * @param perUserMax        those of one user
     * @param subscriptionsMax  of one socket
     * @param messagesMax       that wait to be sent on one socket
     * @param authentication    how long a socket may be silent about who it is
     * @param tick              how often a socket is pinged, and looked at; after three without a word from it it is closed
     * @param refresh           how often it is looked whether a query finds other devices
     */
    public record Settings(
            int sessionsMax,
            int perTenantMax,
            int perCustomerMax,
            int perUserMax,
            int subscriptionsMax,
            int messagesMax,
            Duration authentication,
            Duration tick,
            Duration refresh) {}

    /**
     * Has no sockets yet.
     *
     * @param feed  tells of what is committed
     * @param homes the loop that carries the updates of a device, by its number
     */
    public WebSockets(
            Settings settings,
            Authentication authentication,
            DeviceDirectory directory,
            TelemetryService telemetry,
            DeviceService devices,
            Feed feed,
            LongFunction<Loop> homes,
            InstantSource clock) {
        this.settings = settings;
        this.authentication = authentication;
        this.directory = directory;
        this.telemetry = telemetry;
        this.entities = new EntityQueries(directory, devices, telemetry);
        this.live = new LiveDevices(feed, homes);
        this.clock = clock;
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
        Optional<String> token = Optional.ofNullable(request.getParam("token"));
        request.toWebSocket().onSuccess(socket -> {
            WsSession session = new WsSession(this, socket, loop, path.equals(TELEMETRY));
            sessions.add(session);
            if (closed) {
                session.close(1001, "The server is shutting down");
            } else if (!path.equals(GENERAL) && !path.equals(TELEMETRY)) {
                session.close(1007, "Unknown session type");
            } else {
                session.start(token);
            }
        });
        return true;
    }

    /** Counts a socket of this caller; or says why it may have none. Undone by {@link #left}. */
    Optional<String> enter(Caller caller) {
        if (settings.sessionsMax() > 0 && sessions.size() > settings.sessionsMax()) {
            return Optional.of("Max server sessions limit reached!");
        }
        if (!count(caller.tenant().map(tenant -> tenant.uuid()), settings.perTenantMax())) {
            return Optional.of("Max tenant sessions limit reached!");
        }
        if (!count(caller.customer().map(customer -> customer.uuid()), settings.perCustomerMax())) {
            uncount(caller.tenant().map(tenant -> tenant.uuid()));
            return Optional.of("Max customer sessions limit reached");
        }
        if (!count(Optional.of(caller.user().uuid()), settings.perUserMax())) {
            uncount(caller.tenant().map(tenant -> tenant.uuid()));
            uncount(caller.customer().map(customer -> customer.uuid()));
            return Optional.of("Max regular user sessions limit reached");
        }
        return Optional.empty();
    }

    private boolean count(Optional<UUID> whose, int max) {
        if (whose.isEmpty()) {
            return true;
        }
        boolean[] isIn = {true};
        counts.merge(whose.get(), 1, (count, one) -> {
            isIn[0] = max == 0 || count < max;
            return isIn[0] ? count + one : count;
        });
        return isIn[0];
    }

    private void uncount(Optional<UUID> whose) {
        whose.ifPresent(id -> counts.computeIfPresent(id, (_, count) -> count == 1 ? null : count - 1));
    }

    /** @param caller empty: it never entered */
    void left(WsSession session, Optional<Caller> caller) {
        sessions.remove(session);
        caller.ifPresent(who -> {
            uncount(who.tenant().map(tenant -> tenant.uuid()));
            uncount(who.customer().map(customer -> customer.uuid()));
            uncount(Optional.of(who.user().uuid()));
        });
    }

    /** Runs {@code work}, which may wait for a store, on a virtual thread. Any thread. */
    void run(Runnable work) {
        threads.execute(() -> {
            reads.acquireUninterruptibly();
            try {
                work.run();
            } catch (RuntimeException e) {
                failures.increment();
                log.error("a command of a socket failed", e);
            } finally {
                reads.release();
            }
        });
    }

    /** A socket was closed because it did not read. */
    void slow() {
        slow.increment();
    }

    /** Sockets that are open now. */
    public int sessions() {
        return sessions.size();
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
