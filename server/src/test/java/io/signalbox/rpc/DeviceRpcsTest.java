package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.ops.ErrorCode;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Mailbox;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.testing.SimulatedLoop;
import io.signalbox.testing.SimulatedRpcStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** One device whose sessions follow each other. */
class DeviceRpcsTest {
    private static final long DEVICE = 1;
    private static final int PARAMS_BYTES_MAX = 100;

    private final SimulatedLoop.World time = new SimulatedLoop.World();
    private final SimulatedLoop loop = time.loop();
    private final SimulatedRpcStore store = new SimulatedRpcStore();

    @Test
    void aPollThatWaitsGetsWhatTheConnectionBeforeItHadNoRoomFor() {
        Device device = new Device(SubmitStrategy.BURST);
        Session poll = device.opens(false);
        Session connection = device.opens(true);
        connection.full = true;
        device.call("one");
        assertThat(poll.sent).isEmpty();
        device.closes(connection);
        assertThat(poll.sent).containsExactly("one");
    }

    @Test
    void aPollThatWaitsGetsWhatCameWhileTheOneBeforeItEnded() {
        Device device = new Device(SubmitStrategy.BURST);
        Session ending = device.opens(false);
        Session waiting = device.opens(false);
        ending.full = true;
        device.call("one");
        device.closes(ending);
        assertThat(waiting.sent).containsExactly("one");
    }

    @Test
    void anEndOfAPollThatHadItsCommandSendsNothingAgain() {
        Device device = new Device(SubmitStrategy.BURST);
        Session spent = device.opens(false);
        Session waiting = device.opens(false);
        device.call("one");
        assertThat(spent.sent).containsExactly("one");
        device.closes(spent);
        assertThat(waiting.sent).isEmpty();
    }

    @Test
    void inSequenceEachCommandOfAnEarlierConnectionIsSentAgainInItsTurn() {
        Device device = new Device(SubmitStrategy.SEQUENTIAL_ON_ACK_FROM_DEVICE);
        Session first = device.opens(true);
        device.call("one");
        device.tells(first, new Signal.RpcWritten(1, 1, true));
        device.tells(first, new Signal.RpcAckOverdue(1, 1)); // no retries: gives way
        device.call("two");
        device.call("three");
        device.tells(first, new Signal.RpcWritten(2, 1, true));
        assertThat(first.sent).containsExactly("one", "two");
        Session second = device.opens(true);
        assertThat(second.sent).containsExactly("one");
        device.tells(second, new Signal.RpcAcked(1, 2));
        assertThat(second.sent).containsExactly("one", "two");
        device.tells(second, new Signal.RpcAcked(2, 2));
        assertThat(second.sent).containsExactly("one", "two", "three");
    }

    @Test
    void longParamsAreRefusedAndHoldNothing() {
        Device device = new Device(SubmitStrategy.BURST);
        List<Outcome> outcomes = new ArrayList<>();
        device.call("long", new byte[PARAMS_BYTES_MAX + 1], outcomes::add);
        assertThat(outcomes)
                .containsExactly(
                        new Outcome.Declined(ErrorCode.TOO_LARGE, "The params have 101 bytes; 100 are allowed"));
        assertThat(device.service.openBytes()).isZero();
        assertThat(device.service.waiters()).isZero();
    }

    private final class Device {
        private final RpcService service;
        private final Sessions sessions;

        Device(SubmitStrategy strategy) {
            service = new RpcService(
                    _ -> CompletableFuture.completedFuture(1),
                    store,
                    new RpcService.Settings(
                            strategy, 10, 10, PARAMS_BYTES_MAX, 1_000_000, 1 << 20, 5, Duration.ofMillis(50)),
                    time.clock(),
                    time::nanoTime,
                    s -> new Sessions(List.of(loop), s::commandsOf));
            sessions = service.sessions();
        }

        Session opens(boolean push) {
            Session session = new Session(push);
            post(new Mailbox.Event.Opened(session));
            tells(session, new Signal.Subscribed(Signal.Topic.RPC));
            return session;
        }

        void closes(Session session) {
            post(new Mailbox.Event.Closed(session.id()));
        }

        void tells(Session session, Signal signal) {
            post(new Mailbox.Event.Signalled(session.id(), signal));
        }

        void call(String method) {
            call(method, new byte[] {'1'}, _ -> {});
        }

        void call(String method, byte[] params, Consumer<Outcome> done) {
            Command command = new Command(
                    new UUID(0, 1),
                    method,
                    params,
                    false,
                    Duration.ofMinutes(1).toNanos(),
                    0,
                    false,
                    Duration.ZERO,
                    false,
                    Optional.empty());
            run(() -> {
                var _ = service.call(DEVICE, command, loop, done);
            });
        }

        private void post(Mailbox.Event event) {
            run(() -> sessions.post(DEVICE, event));
        }

        private void run(Runnable task) {
            loop.enter(task);
            while (loop.step() || store.isBusy()) {
                store.commit(1, false);
                store.commit(1, false);
                store.read();
            }
        }
    }

    private static final class Session implements DeviceSession {
        private final SessionId id = SessionId.next();
        private final boolean push;
        private final List<String> sent = new ArrayList<>();
        private boolean full;

        Session(boolean push) {
            this.push = push;
        }

        @Override
        public SessionId id() {
            return id;
        }

        @Override
        public boolean isPush() {
            return push;
        }

        @Override
        public boolean hasRoom() {
            return !full;
        }

        @Override
        public long heardNanos() {
            return 0;
        }

        @Override
        public boolean send(DownlinkMessage message) {
            if (full) {
                return false;
            }
            sent.add(((DownlinkMessage.RpcRequest) message).method());
            return true;
        }

        @Override
        public void close(CloseReason why) {}
    }
}
