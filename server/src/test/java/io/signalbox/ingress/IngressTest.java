package io.signalbox.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.events.Event;
import io.signalbox.events.EventLog;
import io.signalbox.events.EventQuery;
import io.signalbox.events.EventStore;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.presence.Presence;
import io.signalbox.presence.PresenceStore;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceLookup;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Receipt;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.telemetry.AttributeStore;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryService;
import io.signalbox.testing.PointsInMemory;
import io.signalbox.testing.SimulatedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What may happen to a device between the moment in which it shows its token and its session. */
class IngressTest {
    private final SimulatedLoop.World world = new SimulatedLoop.World();
    private final SimulatedLoop loop = world.loop();
    private final Tokens tokens = new Tokens();
    private final DeviceDirectory directory = new DeviceDirectory(tokens, 100);
    private final Sessions sessions = new Sessions(List.of(loop), _ -> new NoCommands());
    private final Presence presence = new Presence(new NoPresence(), world.clock(), new SimpleMeterRegistry());
    private final Ingress ingress = new Ingress(
            directory,
            sessions,
            new TelemetryService(new PointsInMemory(), new NoAttributes(), sessions),
            presence,
            new EventLog(new NoEvents(), Duration.ofDays(1), world.clock(), new SimpleMeterRegistry()));
    private final Device device = device();
    private final Connection connection = new Connection();

    @AfterEach
    void close() {
        presence.close();
    }

    @Test
    void sessionWithAGoodTokenStays() {
        tokens.devices.put("token", device);
        open(authenticated("token"));

        assertThat(connection.closed).isEmpty();
    }

    @Test
    void credentialsThatChangedMeanwhileEndTheSession() {
        tokens.devices.put("token", device);
        Device known = authenticated("token");
        tokens.devices.remove("token");
        tokens.devices.put("other", device);
        directory.removed(device.id());
        open(known);

        assertThat(connection.closed).containsExactly(CloseReason.CREDENTIALS_CHANGED);
    }

    @Test
    void deviceThatWasDeletedMeanwhileGetsNoSession() {
        tokens.devices.put("token", device);
        Device known = authenticated("token");
        tokens.devices.clear();
        directory.removed(device.id());
        open(known);

        assertThat(connection.closed).containsExactly(CloseReason.DEVICE_DELETED);
    }

    @Test
    void sessionThatNobodyCanVouchForEnds() {
        tokens.devices.put("token", device);
        Device known = authenticated("token");
        directory.removed(device.id());
        tokens.fails = true;
        open(known);

        assertThat(connection.closed).containsExactly(CloseReason.CREDENTIALS_CHANGED);
    }

    /** Out of memory, as a token of a device that is long in use may be. */
    @Test
    void forgottenTokenIsLookedUp() {
        tokens.devices.put("token", device);
        Device known = authenticated("token");
        directory.removed(device.id());
        open(known);

        assertThat(connection.closed).isEmpty();
        assertThat(directory.cachedByToken("token")).isEqualTo(device);
    }

    private Device authenticated(String token) {
        return ingress.authenticate(token).toCompletableFuture().join().orElseThrow();
    }

    private void open(Device known) {
        loop.enter(() -> ingress.opened(known, "token", connection));
    }

    private static Device device() {
        return new Device(
                7,
                new DeviceId(new UUID(0, 7)),
                0,
                new TenantId(new UUID(0, 1)),
                Optional.empty(),
                "D",
                "default",
                Optional.empty(),
                new DeviceProfileId(new UUID(0, 2)),
                "{}",
                Optional.empty(),
                1);
    }

    /** Devices by their tokens, at once. */
    private static final class Tokens implements DeviceLookup {
        final Map<String, Device> devices = new HashMap<>();
        boolean fails;

        @Override
        public CompletionStage<Optional<Device>> find(DeviceId id) {
            return answer(devices.values().stream()
                    .filter(each -> each.id().equals(id))
                    .findFirst());
        }

        @Override
        public CompletionStage<Optional<Device>> findByAccessToken(String token) {
            return answer(Optional.ofNullable(devices.get(token)));
        }

        private CompletionStage<Optional<Device>> answer(Optional<Device> found) {
            return fails
                    ? CompletableFuture.failedStage(new Rejected(ErrorCode.STORE_UNAVAILABLE, "no store"))
                    : CompletableFuture.completedStage(found);
        }
    }

    private static final class Connection implements DeviceSession {
        private final SessionId id = SessionId.next();
        private final List<CloseReason> closed = new ArrayList<>();

        @Override
        public SessionId id() {
            return id;
        }

        @Override
        public boolean isPush() {
            return true;
        }

        @Override
        public boolean send(DownlinkMessage message) {
            return true;
        }

        @Override
        public boolean hasRoom() {
            return true;
        }

        @Override
        public long heardNanos() {
            return 0;
        }

        @Override
        public void close(CloseReason why) {
            closed.add(why);
        }
    }

    private static final class NoCommands implements Mailbox.Commands {
        @Override
        public void on(Mailbox.Event.OfCommands event) {}

        @Override
        public void on(Signal.OfRpc signal) {}

        @Override
        public void ready(Mailbox.Receiver receiver) {}

        @Override
        public boolean isIdle() {
            return true;
        }
    }

    private static final class NoPresence implements PresenceStore {
        @Override
        public CompletionStage<Void> keep(List<Sign> signs, long now) {
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<Expired> expire(long now, LongPredicate livesOn) {
            return CompletableFuture.completedStage(new Expired(List.of(), false));
        }
    }

    private static final class NoEvents implements EventStore {
        @Override
        public CompletionStage<Void> insert(long device, Event event) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Event> find(EventQuery query) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clear(EventQuery query) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Integer> purge(long time, int max) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class NoAttributes implements AttributeStore {
        @Override
        public boolean save(long device, Scope scope, List<Reading> attributes, Receipt receipt) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<String>> delete(long device, Scope scope, List<String> keys) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Snapshot<Map<Scope, List<Reading>>>> snapshot(long device) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<Reading>> read(long device, Scope scope) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<Reading>> read(long device, Scope scope, List<String> keys) {
            throw new UnsupportedOperationException();
        }
    }
}
