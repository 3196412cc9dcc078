package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.Outcome.Stage;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Mailbox;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.testing.SimulatedCallStore;
import io.signalbox.testing.SimulatedLoop;
import io.signalbox.testing.SimulatedRpcStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Callers who repeat their request. */
class KeyedCallsTest {
    private static final long DEVICE = 1;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final SimulatedLoop.World time = new SimulatedLoop.World();
    private final SimulatedLoop loop = time.loop();
    private final SimulatedLoop other = time.loop();
    private final SimulatedRpcStore store = new SimulatedRpcStore();
    private final SimulatedCallStore calls = new SimulatedCallStore();
    private int numbers;
    private Server server = new Server();

    /** One life of the process. */
    private final class Server {
        private final RpcService service = new RpcService(
                _ -> CompletableFuture.completedFuture(1),
                store,
                new RpcService.Settings(SubmitStrategy.BURST, 10, 3, 1 << 20, 1_000_000, 1 << 20, 5, Duration.ZERO),
                time.clock(),
                time::nanoTime,
                s -> new Sessions(List.of(loop), s::commandsOf));
        private final KeyedCalls keyed = new KeyedCalls(service, calls);
    }

    @Test
    void nothingIsSentBeforeTheIntentIsCommitted() {
        Session session = opens();
        List<Outcome> first = call("one", MINUTE);
        run();
        assertThat(session.sent).isEmpty();
        settle();
        assertThat(session.sent).containsExactly("one");
        assertThat(first).isEmpty();
        session.replies(1, "yes");
        run();
        assertThat(first).as("its outcome is not committed").isEmpty();
        settle();
        assertThat(first).singleElement().isInstanceOf(Outcome.Answered.class);
    }

    @Test
    void whoComesMeanwhileWaitsForTheSameAnswer() {
        Session session = opens();
        List<Outcome> first = call("one", MINUTE);
        List<Outcome> second = call("one", MINUTE, other);
        settle();
        List<Outcome> third = call("one", MINUTE, other);
        settle();
        assertThat(session.sent).containsExactly("one");
        assertThat(server.service.waiters()).isEqualTo(3);
        assertThat(call("one", MINUTE)).singleElement().isInstanceOf(Outcome.Declined.class);
        session.replies(1, "yes");
        settle();
        assertThat(first).singleElement().isInstanceOf(Outcome.Answered.class);
        for (List<Outcome> repeat : List.of(second, third, call("one", MINUTE))) {
            settle();
            assertThat(answer(repeat)).isEqualTo("yes");
        }
        assertThat(session.sent).containsExactly("one");
        assertThat(server.service.waiters()).isZero();
        assertThat(server.keyed.open()).isZero();
        assertThat(server.keyed.repeated()).isEqualTo(3);
    }

    @Test
    void nobodyWaitsForAStoreThatIsSilent() {
        opens();
        List<Outcome> first = call("one", MINUTE);
        assertThat(time.untilNext()).isEqualTo(MINUTE.plusSeconds(30).toNanos());
        assertThat(time.next()).isTrue();
        run();
        assertThat(first).containsExactly(new Outcome.Repeated(new UUID(0, 1), new Outcome.Unknown()));
        assertThat(server.service.waiters()).isZero();
        settle();
        assertThat(first).hasSize(1);
        assertThat(server.keyed.open()).isZero();
    }

    @Test
    void anotherRequestHasToHaveAnotherKey() {
        opens();
        call("one", MINUTE);
        List<Outcome> another = call("two", MINUTE);
        assertThat(another).singleElement().isInstanceOf(Outcome.Declined.class);
        settle();
        assertThat(((Outcome.Declined) call("two", MINUTE).getFirst()).code())
                .isEqualTo(ErrorCode.IDEMPOTENCY_KEY_TAKEN);
    }

    @Test
    void afterAnEndOfTheProcessTheOutcomeIsUnknownAndNothingRunsAgain() {
        Session session = opens();
        call("one", MINUTE);
        settle();
        assertThat(session.sent).containsExactly("one");
        calls.crash();
        server = new Server();
        Session next = opens();
        List<Outcome> repeat = call("one", MINUTE);
        settle();
        assertThat(repeat).containsExactly(new Outcome.Repeated(new UUID(0, 1), new Outcome.Unknown()));
        assertThat(next.sent).isEmpty();
        assertThat(server.keyed.open()).isZero();
    }

    @Test
    void anAnswerWhoseCommitFailedIsGivenAndThenUnknown() {
        Session session = opens();
        List<Outcome> first = call("one", MINUTE);
        settle();
        session.replies(1, "yes");
        calls.commit(true);
        settle();
        assertThat(first).singleElement().isInstanceOf(Outcome.Answered.class);
        List<Outcome> repeat = call("one", MINUTE);
        settle();
        assertThat(repeat).containsExactly(new Outcome.Repeated(new UUID(0, 1), new Outcome.Unknown()));
        assertThat(session.sent).containsExactly("one");
    }

    @Test
    void whatWasNeverSentLeavesTheKeyFree() {
        List<Outcome> first = call("one", Duration.ofMillis(50));
        settle();
        time.advance(MINUTE);
        time.next();
        settle();
        assertThat(first).containsExactly(new Outcome.TimedOut(Stage.NO_SESSION));
        Session session = opens();
        call("one", MINUTE);
        settle();
        assertThat(session.sent).containsExactly("one");
    }

    @Test
    void whatWasSentAndNotAnsweredIsRemembered() {
        Session session = opens();
        call("one", Duration.ofMillis(50));
        settle();
        session.tells(new Signal.RpcWritten(1, 1, false));
        time.next();
        settle();
        List<Outcome> repeat = call("one", MINUTE);
        settle();
        assertThat(repeat).containsExactly(new Outcome.Repeated(new UUID(0, 1), new Outcome.TimedOut(Stage.NO_ANSWER)));
        assertThat(session.sent).containsExactly("one");
    }

    @Test
    void whoWaitsWithAnotherWaitsNoLongerThanItsOwnTime() {
        opens();
        List<Outcome> first = call("one", MINUTE);
        List<Outcome> second = call("one", Duration.ofMillis(50));
        settle();
        time.next();
        settle();
        assertThat(second).containsExactly(new Outcome.Repeated(new UUID(0, 1), new Outcome.Unknown()));
        assertThat(first).isEmpty();
        assertThat(server.service.waiters()).isEqualTo(1);
    }

    @Test
    void aFirstCallerThatLeavesTakesNobodyWithIt() {
        Session session = opens();
        List<Outcome> gone = new ArrayList<>();
        loop.enter(() -> begin("one", MINUTE, loop, gone).abandon());
        List<Outcome> second = call("one", MINUTE, other);
        settle();
        session.replies(1, "yes");
        settle();
        assertThat(gone).isEmpty();
        assertThat(answer(second)).isEqualTo("yes");
        assertThat(server.service.waiters()).isZero();
    }

    @Test
    void aFullStoreTakesNothing() {
        Session session = opens();
        calls.setFull(true);
        List<Outcome> refused = call("one", MINUTE);
        settle();
        assertThat(refused).singleElement().isInstanceOf(Outcome.Declined.class);
        calls.setFull(false);
        call("one", MINUTE);
        calls.commit(true);
        settle();
        assertThat(session.sent).isEmpty();
        assertThat(server.service.waiters()).isZero();
        assertThat(server.keyed.open()).isZero();
    }

    @Test
    void theStopTellsAllWhoWait() {
        opens();
        List<Outcome> first = call("one", MINUTE);
        List<Outcome> second = call("one", MINUTE, other);
        settle();
        server.service.shutDown();
        run();
        assertThat(first).containsExactly(new Outcome.ShuttingDown(Stage.NOT_WRITTEN));
        assertThat(second)
                .containsExactly(new Outcome.Repeated(new UUID(0, 1), new Outcome.ShuttingDown(Stage.NOT_WRITTEN)));
    }

    private static String answer(List<Outcome> outcomes) {
        assertThat(outcomes).singleElement().isInstanceOf(Outcome.Repeated.class);
        Outcome outcome = ((Outcome.Repeated) outcomes.getFirst()).outcome();
        return new String(((Outcome.Answered) outcome).payload(), StandardCharsets.UTF_8);
    }

    private List<Outcome> call(String method, Duration timeout) {
        return call(method, timeout, loop);
    }

    /** What its caller hears. */
    private List<Outcome> call(String method, Duration timeout, SimulatedLoop caller) {
        List<Outcome> outcomes = new ArrayList<>();
        caller.enter(() -> {
            var _ = begin(method, timeout, caller, outcomes);
        });
        return outcomes;
    }

    private RpcService.Call begin(String method, Duration timeout, SimulatedLoop caller, List<Outcome> outcomes) {
        Command command = new Command(
                new UUID(0, ++numbers),
                method,
                new byte[] {'1'},
                false,
                time.nanoTime() + timeout.toNanos(),
                0,
                false,
                Duration.ZERO,
                false,
                Optional.empty());
        KeyedCall call = KeyedCall.of(
                new TenantId(new UUID(1, 1)),
                new DeviceId(new UUID(2, 1)),
                new UserId(new UUID(3, 1)),
                "key",
                Optional.empty(),
                command,
                0);
        return server.keyed.call(DEVICE, call, command, caller, outcomes::add);
    }

    private void run() {
        while (loop.step() || other.step()) {}
    }

    private void settle() {
        while (loop.step() || other.step() || store.isBusy() || calls.isBusy()) {
            store.commit(1, false);
            store.read();
            calls.commit(false);
        }
    }

    private Session opens() {
        Session session = new Session(server.service.sessions());
        loop.enter(() -> session.sessions.post(DEVICE, new Mailbox.Event.Opened(session)));
        session.tells(new Signal.Subscribed(Signal.Topic.RPC));
        settle();
        return session;
    }

    private final class Session implements DeviceSession {
        private final SessionId id = SessionId.next();
        private final Sessions sessions;
        private final List<String> sent = new ArrayList<>();

        Session(Sessions sessions) {
            this.sessions = sessions;
        }

        void replies(int requestId, String text) {
            tells(new Signal.RpcReplied(requestId, text.getBytes(StandardCharsets.UTF_8), Optional.empty()));
        }

        void tells(Signal signal) {
            loop.enter(() -> sessions.post(DEVICE, new Mailbox.Event.Signalled(id, signal)));
        }

        @Override
        public SessionId id() {
            return id;
        }

        @Override
        public boolean isPush() {
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
        public boolean send(DownlinkMessage message) {
            sent.add(((DownlinkMessage.RpcRequest) message).method());
            return true;
        }

        @Override
        public void close(CloseReason why) {}
    }
}
