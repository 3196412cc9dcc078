package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.rpc.Commits;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.Loop;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Transitions of persistent commands as server-sent events, ahead of the router: a stream stays on the caller's event loop and
 * blocks nowhere.
 */
public final class RpcEvents implements AutoCloseable {
    private static final String PREFIX = "/api/rpc/persistent/";
    private static final String DEVICE = "device/";
    private static final String SUFFIX = "/events";

    /** What {@link #handle} takes, written as in the table of routes. */
    static final List<String> PATHS = List.of(PREFIX + ":rpcId" + SUFFIX, PREFIX + DEVICE + ":deviceId" + SUFFIX);

    private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain;charset=UTF-8");

    private final Settings settings;
    private final Authentication authentication;
    private final Errors errors;
    private final DeviceDirectory devices;
    private final RpcStore store;
    private final Commits commits;
    private final InstantSource clock;
    private final Semaphore room;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Limits of streams.
     *
     * @param streamsMax at a time on this server
     * @param ping       how often a stream shows that it is alive, and looks whether its caller still may read it
     */
    public record Settings(int streamsMax, Duration ping) {}

    public RpcEvents(
            Settings settings,
            Authentication authentication,
            Errors errors,
            DeviceDirectory devices,
            RpcStore store,
            Commits commits,
            InstantSource clock) {
        this.settings = settings;
        this.authentication = authentication;
        this.errors = errors;
        this.devices = devices;
        this.store = store;
        this.commits = commits;
        this.clock = clock;
        this.room = new Semaphore(settings.streamsMax());
    }

    /** A path that is a stream. */
    private record Target(boolean isDevice, String id) {}

    /** Takes the request if it asks for a stream. The request's loop. */
    public boolean handle(HttpServerRequest request, Loop loop) {
        Target target = target(request.path());
        if (target == null || request.method().equals(HttpMethod.OPTIONS)) {
            return false;
        }
        switch (authentication.admit(request)) {
            case Authenticated.Refused(ErrorCode code, String text) -> errors.write(request, code, text);
            case Authenticated.As as -> {
                if (!request.method().equals(HttpMethod.GET)) {
                    errors.write(
                            request,
                            ErrorCode.METHOD_NOT_ALLOWED,
                            "Request method '" + request.method() + "' is not supported");
                } else if (as.caller().authority() == Authority.SYS_ADMIN) {
                    errors.write(request, ErrorCode.PERMISSION_DENIED, Access.FORBIDDEN_TEXT);
                } else {
                    open(request, loop, target, as.caller());
                }
            }
        }
        return true;
    }

    private static @Nullable Target target(String path) {
        if (!path.startsWith(PREFIX) || !path.endsWith(SUFFIX) || path.length() <= PREFIX.length() + SUFFIX.length()) {
            return null;
        }
        String middle = path.substring(PREFIX.length(), path.length() - SUFFIX.length());
        boolean isDevice = middle.startsWith(DEVICE);
        String id = isDevice ? middle.substring(DEVICE.length()) : middle;
        return id.isEmpty() || id.indexOf('/') >= 0 || middle.equals("device") ? null : new Target(isDevice, id);
    }

    private void open(HttpServerRequest request, Loop loop, Target target, Caller caller) {
        UUID id;
        try {
            id = Uuids.parse(target.id());
        } catch (IllegalArgumentException e) {
            errors.write(request, ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
            return;
        }
        if (target.isDevice()) {
            then(request, loop, devices.find(new DeviceId(id)), device -> openDevice(request, loop, caller, device));
            return;
        }
        then(request, loop, store.findLater(id), found -> {
            Optional<RpcRecord> rpc = found.filter(record -> record.progress().status() != RpcStatus.DELETED);
            if (rpc.isEmpty()) {
                throw Access.missing("Rpc", id);
            }
            then(
                    request,
                    loop,
                    devices.find(rpc.get().order().deviceId()),
                    device -> openCommand(request, loop, caller, rpc.get(), device));
        });
    }

    /** Goes on with what was read, on the loop; what it rejects is answered. */
    private <T> void then(HttpServerRequest request, Loop loop, CompletionStage<T> reading, Consumer<T> next) {
        reading.whenComplete((read, failure) -> loop.run(() -> {
            if (request.response().closed()) {
                return;
            }
            if (failure != null) {
                errors.write(request, ErrorCode.STORE_UNAVAILABLE, "The commands could not be read");
                return;
            }
            try {
                next.accept(read);
            } catch (Rejected e) {
                errors.write(request, e.code(), e.text());
            }
        }));
    }

    private void openCommand(
            HttpServerRequest request, Loop loop, Caller caller, RpcRecord rpc, Optional<Device> device) {
        Access.command(caller, Access.Operation.READ, rpc.order().tenant(), device)
                .orReject("Rpc", rpc.order().id());
        start(request, new CommandEvents(this, request, loop, rpc, alsoLate(request)));
    }

    private static boolean alsoLate(HttpServerRequest request) {
        return switch (String.valueOf(request.getParam("late"))) {
            case "true" -> true;
            case "false", "null" -> false;
            default -> throw new Rejected(ErrorCode.BAD_REQUEST, "Parameter 'late' must be true or false");
        };
    }

    private void openDevice(HttpServerRequest request, Loop loop, Caller caller, Optional<Device> device) {
        Access.Verdict verdict = Access.device(caller, Access.Operation.RPC_CALL, device);
        if (verdict != Access.Verdict.ALLOWED || device.isEmpty()) {
            ApiHeaders.apply(request);
            request.response()
                    .setStatusCode(verdict.code().httpStatus())
                    .putHeader(HttpHeaders.CONTENT_TYPE, TEXT)
                    .end(verdict.text("Device"));
        } else {
            start(request, new DeviceEvents(this, request, loop, device.get()));
        }
    }

    private void start(HttpServerRequest request, EventStream stream) {
        if (closed) {
            errors.write(request, ErrorCode.STORE_UNAVAILABLE, "The server is shutting down");
        } else if (room.tryAcquire()) {
            streams.add(stream);
            stream.start();
        } else {
            errors.write(
                    request,
                    ErrorCode.TOO_MANY_REQUESTS,
                    "Too many streams of events on this server: " + settings.streamsMax());
        }
    }

    /** Streams that are open now. */
    public int streams() {
        return streams.size();
    }

    /** Ends all streams; later ones are refused. Does not wait. */
    @Override
    public void close() {
        closed = true;
        streams.forEach(EventStream::stop);
    }

    void ended(EventStream stream) {
        if (streams.remove(stream)) {
            room.release();
        }
    }

    Duration ping() {
        return settings.ping();
    }

    Authentication authentication() {
        return authentication;
    }

    DeviceDirectory devices() {
        return devices;
    }

    RpcStore store() {
        return store;
    }

    Commits commits() {
        return commits;
    }

    InstantSource clock() {
        return clock;
    }
}
