package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Receipt;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.testing.SimulatedLoop;
import io.signalbox.testing.SimulatedRpcStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Persistent commands of one device, whose store is slow or fails at a bad moment. */
class StoredRpcsTest {
    private static final long DEVICE = 1;

    /** Each command has one byte of params. */
    private static final int KEPT_BYTES_MAX = 1_000;

    private final SimulatedLoop.World time = new SimulatedLoop.World();
    private final SimulatedLoop loop = time.loop();
    private final SimulatedRpcStore store = new SimulatedRpcStore();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final RpcService service = new RpcService(
            _ -> CompletableFuture.completedFuture(1),
            store,
            new RpcService.Settings(
                    SubmitStrategy.BURST, 10, 10, 1 << 20, 1_000_000, KEPT_BYTES_MAX, 5, Duration.ofMillis(50)),
            time.clock(),
            time::nanoTime,
            s -> new Sessions(List.of(loop), s::commandsOf));
    private final Sessions sessions = service.sessions();

    @Test
    void aFullStoreTurnsACommandAwayWhoseTurnItIs() {
        Session session = opens(true);
        settle();
        store.setFull(true);
        accept("one");
        settle();
        assertThat(outcomes).singleElement().isInstanceOf(Outcome.Declined.class);
        assertThat(session.sent).isEmpty();
        assertThat(sessions.failures()).isZero();
        assertThat(service.waiters()).isZero();
    }

    @Test
    void whatComesDuringAReadGoesBehindWhatIsRead() {
        accept("one");
        settle();
        Session session = opens(true); // begins to read
        accept("two");
        store.commit(1, false);
        run();
        settle();
        assertThat(session.sent).containsExactly("one", "two");
    }

    @Test
    void whatIsStoredDuringAReadGoesBeforeWhatComesAfterIt() {
        Session session = opens(true);
        accept("one");
        store.read();
        run();
        accept("two");
        settle();
        assertThat(session.sent).containsExactly("one", "two");
    }

    @Test
    void whenThereIsNoMemoryStoredCommandsWaitForIt() {
        accept("one");
        settle();
        accept("two");
        settle();
        Command other = new Command(
                new UUID(0, 99),
                "other",
                new byte[KEPT_BYTES_MAX],
                false,
                Duration.ofMinutes(1).toNanos(),
                0,
                false,
                Duration.ZERO,
                false,
                Optional.empty());
        service.kept(other);
        Session session = opens(true);
        settle();
        assertThat(session.sent).isEmpty();
        service.released(other);
        assertThat(time.next()).isTrue();
        settle();
        assertThat(session.sent).containsExactly("one", "two");
    }

    /** It was sent first, and a device that missed it gets it before what came later. */
    @Test
    void anEarlyAnswerLetsNobodyOvertake() {
        Session first = opens(true);
        settle();
        accept("zero");
        settle();
        accept("one");
        settle();
        assertThat(first.sent).containsExactly("zero", "one");
        post(new Mailbox.Event.Closed(first.id()));
        settle();
        Session second = new Session(true);
        post(new Mailbox.Event.Opened(second));
        replies(second, 1, "{}"); // makes the server read
        tells(second, new Signal.Subscribed(Signal.Topic.RPC));
        accept("two");
        store.commit(1, false);
        run();
        settle();
        assertThat(second.sent).containsExactly("one", "two");
    }

    @Test
    void nobodyWaitsForAStoreThatIsSilent() {
        accept("one");
        assertThat(time.untilNext()).isEqualTo(Duration.ofSeconds(30).toNanos());
        assertThat(time.next()).isTrue();
        run();
        assertThat(outcomes).containsExactly(new Outcome.Unknown());
        assertThat(service.waiters()).isZero();
        settle();
        assertThat(store.committed()).hasSize(1);
        assertThat(outcomes).hasSize(1);
    }

    @Test
    void aPollIsNotGivenWhatAnotherPollCarries() {
        Session first = opens(false);
        Session second = opens(false);
        settle();
        accept("one");
        settle();
        tells(first, new Signal.RpcWritten(1, 1, false));
        settle();
        assertThat(first.sent).containsExactly("one");
        assertThat(second.sent).isEmpty();
    }

    @Test
    void theFirstOfManyDoNotWaitForTheCommitOfAll() {
        List<String> names = IntStream.range(0, 300).mapToObj(i -> "c" + i).toList();
        for (String name : names) {
            accept(name);
            settle();
        }
        Session session = opens(true);
        store.read();
        store.read(); // and the settings
        run();
        assertThat(store.waiting()).isBetween(1, 20);
        store.commit(store.waiting(), false);
        run();
        assertThat(session.sent).startsWith("c0", "c1");
        settle();
        assertThat(session.sent).isEqualTo(names);
    }

    @Test
    void aSessionThatLeftBeforeTheCommitIsGivenNothing() {
        Session session = opens(true);
        settle();
        accept("one");
        post(new Mailbox.Event.Closed(session.id()));
        settle();
        assertThat(session.sent).isEmpty();
        assertThat(opens(true).settled().sent).containsExactly("one");
    }

    @Test
    void aSecondAnswerIsNotToldStoredBeforeTheFirstIs() {
        Session session = opens(true);
        settle();
        accept("one");
        settle();
        replies(session, 1, "first");
        replies(session, 1, "second");
        run();
        assertThat(told).isEmpty();
        settle();
        assertThat(told).containsExactlyInAnyOrder("first stored", "second stored");
    }

    @Test
    void anAnswerBeforeTheAttemptIsStoredIsNoAnswer() {
        Session session = opens(true);
        settle();
        accept("one");
        replies(session, 1, "guessed");
        settle();
        assertThat(session.sent).containsExactly("one");
        assertThat(store.byNumber(1).orElseThrow().progress().status()).isEqualTo(RpcStatus.QUEUED);
    }

    @Test
    void aStepAfterAFailedCommitDoesNotGoOverAnEndInTheStore() {
        Session session = opens(true);
        settle();
        accept("one");
        settle();
        tells(session, new Signal.RpcWritten(1, 1, true));
        tells(session, new Signal.RpcAcked(1, 1));
        time.advance(Duration.ofMinutes(2));
        store.commit(1, true);
        service.sweep(() -> {});
        settle();
        assertThat(store.byNumber(1).orElseThrow().progress().status()).isEqualTo(RpcStatus.EXPIRED);
        assertThat(store.byNumber(1).orElseThrow().version()).isEqualTo(2);
    }

    @Test
    void anAnswerThatLosesToTheSweeperIsKeptAsLate() {
        Session session = opens(true);
        settle();
        accept("one");
        settle();
        replies(session, 1, "first");
        replies(session, 1, "second");
        run();
        store.expire(Long.MAX_VALUE, time.clock().millis(), 10); // its commit is first; nobody has heard of it yet
        List<Long> committed = new ArrayList<>();
        service.commits().follow(DEVICE, following(committed));
        settle();
        RpcProgress progress = store.byNumber(1).orElseThrow().progress();
        assertThat(progress.status()).isEqualTo(RpcStatus.EXPIRED);
        assertThat(progress.history())
                .filteredOn(line -> line.cause() == HistoryEntry.Cause.LATE_REPLY)
                .extracting(HistoryEntry::detail)
                .containsExactly("{\"error\":\"first\"}", "{\"error\":\"second\"}");
        assertThat(told).containsExactly("first stored", "second stored");
        assertThat(committed).containsExactly(1L, 1L);
    }

    @Test
    void whoFollowsHearsOfAnAnswerThatCameTooLate() {
        Session session = opens(true);
        settle();
        accept("one");
        settle();
        time.advance(Duration.ofMinutes(2));
        service.sweep(() -> {});
        settle();
        List<Long> committed = new ArrayList<>();
        service.commits().follow(DEVICE, following(committed));
        replies(session, 1, "late");
        run();
        assertThat(told).as("not committed").isEmpty();
        settle();
        assertThat(told).containsExactly("late stored");
        assertThat(committed).containsExactly(1L);
    }

    @Test
    void aLateAnswerThatCannotBeKeptIsToBeSentAgain() {
        Session session = opens(true);
        settle();
        accept("one");
        settle();
        time.advance(Duration.ofMinutes(2));
        service.sweep(() -> {});
        settle();
        replies(session, 1, "late");
        run();
        store.commit(1, true);
        settle();
        assertThat(told).containsExactly("late STORE_UNAVAILABLE");
    }

    @Test
    void nowOrNeverIsNowWhereASessionTakesIt() {
        Session session = opens(true); // what is stored for it is still to be read
        accept("one", true);
        settle();
        assertThat(session.sent).containsExactly("one");
        tells(session, new Signal.RpcWritten(1, 1, true));
        tells(session, new Signal.RpcAckOverdue(1, 1));
        settle();
        assertThat(store.byNumber(1).orElseThrow().progress().status()).isEqualTo(RpcStatus.FAILED);
        opens(true).settled();
        assertThat(session.sent).containsExactly("one");
    }

    @Test
    void nowOrNeverIsNeverWithoutASession() {
        accept("one", true);
        settle();
        assertThat(outcomes).singleElement().isInstanceOf(Outcome.Accepted.class);
        assertThat(store.byNumber(1).orElseThrow().version()).isEqualTo(1);
        assertThat(store.byNumber(1).orElseThrow().progress().status()).isEqualTo(RpcStatus.EXPIRED);
        assertThat(opens(true).settled().sent).isEmpty();
    }

    @Test
    void anAttemptThatNoSessionTookWasTheOnlyOne() {
        Session session = opens(true);
        settle();
        accept("one", true);
        post(new Mailbox.Event.Closed(session.id()));
        settle();
        assertThat(session.sent).isEmpty();
        RpcProgress progress = store.byNumber(1).orElseThrow().progress();
        assertThat(progress.status()).isEqualTo(RpcStatus.EXPIRED);
        assertThat(progress.attempt()).isEqualTo(1);
        assertThat(opens(true).settled().sent).isEmpty();
    }

    private static Commits.Follower following(List<Long> committed) {
        return new Commits.Follower() {
            @Override
            public void committed(long number) {
                committed.add(number);
            }

            @Override
            public void deviceDeleted() {}
        };
    }

    @Test
    void theStopDoesNotStoreACommandTwice() {
        opens(true);
        settle();
        accept("one");
        time.advance(Duration.ofMinutes(2));
        service.shutDown();
        settle();
        assertThat(store.committed()).hasSize(1);
    }

    private Session opens(boolean push) {
        Session session = new Session(push);
        post(new Mailbox.Event.Opened(session));
        tells(session, new Signal.Subscribed(Signal.Topic.RPC));
        run();
        return session;
    }

    private void tells(Session session, Signal signal) {
        post(new Mailbox.Event.Signalled(session.id(), signal));
    }

    private void replies(Session session, int requestId, String text) {
        Receipt receipt = new Receipt() {
            @Override
            public Loop loop() {
                return loop;
            }

            @Override
            public void stored() {
                told.add(text + " stored");
            }

            @Override
            public void refused(ErrorCode code) {
                told.add(text + " " + code);
            }
        };
        tells(session, new Signal.RpcReplied(requestId, text.getBytes(StandardCharsets.UTF_8), Optional.of(receipt)));
    }

    private void accept(String method) {
        accept(method, false);
    }

    private void accept(String method, boolean once) {
        RpcOrder order = new RpcOrder(
                new UUID(0, outcomes.size() + 1),
                new TenantId(new UUID(1, 1)),
                DEVICE,
                new DeviceId(new UUID(2, 1)),
                time.clock().millis(),
                time.clock().millis() + 60_000,
                false,
                method,
                new byte[] {'1'},
                OptionalInt.empty(),
                Optional.empty(),
                RetryPolicy.STANDARD,
                once,
                Optional.of(true),
                Optional.empty(),
                false,
                Optional.empty(),
                new UserId(new UUID(3, 1)),
                "somebody",
                RpcOrder.Origin.UNKNOWN);
        loop.enter(() -> {
            var _ = service.accept(order, loop, outcomes::add);
        });
    }

    private void post(Mailbox.Event event) {
        loop.enter(() -> sessions.post(DEVICE, event));
    }

    private void run() {
        while (loop.step()) {}
    }

    private void settle() {
        while (loop.step() || store.isBusy()) {
            store.commit(1, false);
            store.read();
        }
    }

    private final class Session implements DeviceSession {
        private final SessionId id = SessionId.next();
        private final boolean push;
        private final List<String> sent = new ArrayList<>();

        Session(boolean push) {
            this.push = push;
        }

        Session settled() {
            settle();
            return this;
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
            return push || sent.isEmpty();
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
