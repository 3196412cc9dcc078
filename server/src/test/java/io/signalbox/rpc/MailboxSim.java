package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.rpc.Outcome.Stage;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Mailbox;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.testing.SimulatedLoop;
import io.signalbox.testing.SimulatedRpcStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mailboxes, commands and callers on simulated loops, with connections that come and go, are full, or lose, delay, double and
 * reorder what they report. By seed.
 */
class MailboxSim {
    private static final int SEEDS = 150;
    private static final int STEPS = 600;
    private static final int DEVICES = 3;
    private static final int OPEN_MAX = 20;
    private static final int OPEN_BYTES_MAX = 25; // each command has one byte of parameters

    @ParameterizedTest
    @EnumSource(SubmitStrategy.class)
    void whateverHappensEachCallerHearsTheTruthOnce(SubmitStrategy strategy) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            new World(seed, strategy).run();
        }
    }

    private static final class World {
        private final long seed;
        private final Random random;
        private final SubmitStrategy strategy;
        private final SimulatedLoop.World time = new SimulatedLoop.World();
        private final List<SimulatedLoop> loops = List.of(time.loop(), time.loop());
        private final Map<Long, Integer> nextBlock = new HashMap<>();
        private final List<Runnable> reservations = new ArrayList<>();
        private final SimulatedRpcStore store = new SimulatedRpcStore();
        private final RpcService service;
        private final Sessions sessions;
        private final List<Line> lines = new ArrayList<>();
        private final List<Caller> callers = new ArrayList<>();

        World(long seed, SubmitStrategy strategy) {
            this.seed = seed;
            this.random = new Random(seed);
            this.strategy = strategy;
            this.service = new RpcService(
                    this::reserve,
                    store,
                    new RpcService.Settings(
                            strategy, OPEN_MAX, 1_000, 1 << 20, OPEN_BYTES_MAX, 1 << 20, 5, Duration.ofMillis(50)),
                    time.clock(),
                    time::nanoTime,
                    s -> new Sessions(loops, s::commandsOf));
            this.sessions = service.sessions();
        }

        void run() {
            for (int i = 0; i < STEPS; i++) {
                step();
            }
            while (settle() || time.next()) {}
            for (Caller caller : callers) {
                assertThat(caller.outcomes)
                        .as("answered exactly once, %s", caller)
                        .hasSize(caller.abandoned ? caller.outcomes.size() : 1);
                assertThat(caller.outcomes.size()).as("%s", caller).isLessThanOrEqualTo(1);
            }
            assertThat(service.waiters()).as("no waiter leaks, seed %d", seed).isZero();
            assertThat(service.openBytes()).as("no bytes leak, seed %d", seed).isZero();
            assertThat(service.failures()).as("seed %d", seed).isZero();
            assertThat(service.open()).as("none stays open, seed %d", seed).isZero();
            assertThat(sessions.failures()).as("seed %d", seed).isZero();
            onLoop(() -> lines.forEach(Line::end));
            while (settle()) {}
            assertThat(sessions.size())
                    .as("idle mailboxes retire, seed %d", seed)
                    .isZero();
        }

        private boolean settle() {
            boolean any = false;
            for (SimulatedLoop loop : loops) {
                any |= loop.step();
            }
            if (!reservations.isEmpty()) {
                reservations.removeFirst().run();
                any = true;
            }
            if (store.isBusy()) {
                store.commit(1, false);
                store.read();
                any = true;
            }
            return any;
        }

        private void step() {
            switch (random.nextInt(12)) {
                case 0 -> onLoop(() -> lines.add(new Line(1 + random.nextInt(DEVICES), random.nextInt(3) > 0)));
                case 1, 2 -> onLoop(() -> callers.add(new Caller(1 + random.nextInt(DEVICES))));
                case 3 -> anyLine(line -> line.subscribe());
                case 4 -> anyLine(random.nextInt(3) == 0 ? Line::end : Line::toggleFull);
                case 5 -> time.advance(Duration.ofMillis(random.nextInt(40)));
                case 6 -> {
                    long wait = time.untilNext();
                    if (wait == 0 || random.nextInt(6) == 0) {
                        time.next();
                    }
                }
                case 7 -> {
                    if (random.nextInt(5) == 0 && !callers.isEmpty()) {
                        onLoop(callers.get(random.nextInt(callers.size()))::abandon);
                    }
                }
                case 8 -> {
                    if (!reservations.isEmpty()) {
                        reservations.removeFirst().run();
                    }
                    store.commit(1, false);
                    store.read();
                }
                default -> {
                    loops.get(random.nextInt(loops.size())).step();
                    anyLine(Line::act);
                }
            }
        }

        private void onLoop(Runnable task) {
            loops.get(random.nextInt(loops.size())).enter(task);
        }

        private void anyLine(java.util.function.Consumer<Line> act) {
            if (!lines.isEmpty()) {
                Line line = lines.get(random.nextInt(lines.size()));
                onLoop(() -> act.accept(line));
            }
        }

        private CompletionStage<Integer> reserve(long device) {
            CompletableFuture<Integer> reserved = new CompletableFuture<>();
            int first = nextBlock.merge(device, 1, (n, _) -> n + RequestIds.BLOCK);
            boolean fails = random.nextInt(10) == 0;
            reservations.add(() -> {
                if (fails) {
                    reserved.completeExceptionally(new IllegalStateException("disk full"));
                } else {
                    reserved.complete(first);
                }
            });
            return reserved;
        }

        /** A connection or a poll, and the device behind it. */
        private final class Line implements DeviceSession {
            private final SessionId id = SessionId.next();
            private final long device;
            private final boolean push;
            private final List<Runnable> reports = new ArrayList<>();
            private boolean full;
            private boolean refusedOne;
            private boolean ended;
            private int given;
            private int lastFirstAttempt;

            Line(long device, boolean push) {
                this.device = device;
                this.push = push;
                sessions.post(device, new Mailbox.Event.Opened(this));
                if (random.nextInt(5) > 0) {
                    subscribe();
                }
            }

            void subscribe() {
                if (!ended && (push || given == 0)) {
                    tell(new Signal.Subscribed(Signal.Topic.RPC));
                }
            }

            void end() {
                ended = true;
                sessions.post(device, new Mailbox.Event.Closed(id));
            }

            void toggleFull() {
                full = !full;
                if (!full && refusedOne) {
                    refusedOne = false;
                    tell(new Signal.Writable());
                }
            }

            /** One of the reports that are due, any of them; sometimes twice, sometimes never. */
            void act() {
                if (reports.isEmpty()) {
                    return;
                }
                int which = random.nextInt(reports.size());
                Runnable report = random.nextInt(8) == 0 ? reports.get(which) : reports.remove(which);
                if (random.nextInt(8) > 0) {
                    report.run();
                }
            }

            private void tell(Signal signal) {
                sessions.post(device, new Mailbox.Event.Signalled(id, signal));
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
                return !full && (push || given == 0);
            }

            @Override
            public long heardNanos() {
                return time.nanoTime();
            }

            @Override
            public boolean send(DownlinkMessage message) {
                if (full || (!push && given > 0)) {
                    refusedOne = true;
                    return false;
                }
                given++;
                DownlinkMessage.RpcRequest request = (DownlinkMessage.RpcRequest) message;
                Caller caller = callers.get(Integer.parseInt(request.method()));
                caller.sent(this, request);
                if (request.attempt() == 1 && push) {
                    assertThat(request.requestId())
                            .as("in the order of acceptance, seed %d", seed)
                            .isGreaterThan(lastFirstAttempt);
                    lastFirstAttempt = request.requestId();
                }
                boolean ackExpected = push && random.nextBoolean();
                int requestId = request.requestId();
                int attempt = request.attempt();
                reports.add(() -> tell(new Signal.RpcWritten(requestId, attempt, ackExpected)));
                if (ackExpected) {
                    reports.add(() -> tell(
                            random.nextBoolean()
                                    ? new Signal.RpcAcked(requestId, attempt)
                                    : new Signal.RpcAckOverdue(requestId, attempt)));
                }
                if (random.nextInt(4) > 0) {
                    byte[] answer = request.method().getBytes(StandardCharsets.UTF_8);
                    reports.add(() -> {
                        Signal.RpcReplied reply = new Signal.RpcReplied(requestId, answer, Optional.empty());
                        if (random.nextInt(4) == 0) {
                            sessions.post(device, new Mailbox.Event.Replied(reply));
                        } else {
                            tell(reply);
                        }
                    });
                }
                return true;
            }

            @Override
            public void close(CloseReason why) {
                ended = true;
            }
        }

        private final class Caller {
            private final int number = callers.size();
            private final long device;
            private final boolean oneWay = random.nextInt(3) == 0;
            private final List<Outcome> outcomes = new ArrayList<>();
            private final Set<Integer> requestIds = new HashSet<>();
            private final long deadline;
            private RpcService.@Nullable Call call;
            private int sent;
            private boolean abandoned;

            Caller(long device) {
                this.device = device;
                this.deadline = time.nanoTime()
                        + Duration.ofMillis(random.nextInt(400) - 5L).toNanos();
                Command command = new Command(
                        new UUID(0, number),
                        Integer.toString(number),
                        new byte[] {'1'},
                        oneWay,
                        deadline,
                        random.nextInt(3),
                        false,
                        strategy == SubmitStrategy.SEQUENTIAL_ON_RESPONSE_FROM_DEVICE
                                ? Duration.ofMillis(50)
                                : Duration.ZERO,
                        strategy == SubmitStrategy.BURST,
                        Optional.empty());
                SimulatedLoop loop = loops.stream()
                        .filter(SimulatedLoop::isCurrent)
                        .findFirst()
                        .orElseThrow();
                // The list knows the caller before the service does: the first transmission may come at once.
                loop.execute(() -> call = service.call(device, command, loop, this::answered));
            }

            void abandon() {
                RpcService.Call made = call;
                if (made != null && outcomes.isEmpty()) {
                    abandoned = true;
                    made.abandon();
                }
            }

            void sent(Line line, DownlinkMessage.RpcRequest request) {
                assertThat(time.nanoTime())
                        .as("never sent after its time, %s", this)
                        .isLessThan(deadline);
                assertThat(line.device).as("to its own device, %s", this).isEqualTo(device);
                assertThat(outcomes).as("never sent after its end, %s", this).isEmpty();
                requestIds.add(request.requestId());
                assertThat(requestIds).as("a re-send keeps its id, %s", this).hasSize(1);
                assertThat(request.attempt())
                        .as("each attempt is a new one, %s", this)
                        .isEqualTo(++sent);
            }

            void answered(Outcome outcome) {
                outcomes.add(outcome);
                switch (outcome) {
                    case Outcome.Answered(byte[] payload) -> {
                        assertThat(new String(payload, StandardCharsets.UTF_8))
                                .as("the answer to this command, %s", this)
                                .isEqualTo(Integer.toString(number));
                        assertThat(sent).as("%s", this).isPositive();
                    }
                    case Outcome.Delivered() -> {
                        assertThat(oneWay).as("%s", this).isTrue();
                        assertThat(sent).as("%s", this).isPositive();
                    }
                    case Outcome.TimedOut(Stage stage) -> {
                        assertThat(time.nanoTime()).as("not early, %s", this).isGreaterThanOrEqualTo(deadline);
                        assertThat(stage.wasSent())
                                .as("%s says %s", this, stage)
                                .isEqualTo(sent > 0 || stage == Stage.EXPIRED);
                    }
                    case Outcome.Declined _ -> assertThat(sent).as("%s", this).isZero();
                    case Outcome.Accepted _, Outcome.Known _ -> throw new AssertionError("nothing is stored");
                    case Outcome.Repeated _, Outcome.Unknown _, Outcome.NotKept _ ->
                        throw new AssertionError("nobody has a key");
                    case Outcome.ShuttingDown _ -> throw new AssertionError("nobody stops the server");
                }
            }

            @Override
            public String toString() {
                return "seed " + seed + " " + strategy + " command " + number;
            }
        }
    }
}
