package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.testing.MemoryRpcStore;
import io.signalbox.testing.Race;
import io.signalbox.testing.ThreadLoop;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers on several loops, devices that answer or do not, and a server that stops. */
@Timeout(60)
class RpcServiceRaceTest {
    private static final int LOOPS = 2;
    private static final int PARAMS_BYTES = 10;
    private static final int FAR = 60_000;

    private final List<ThreadLoop> loops = ThreadLoop.some(LOOPS);

    /** A call and what became of it. */
    private static final class Made {
        final AtomicInteger answers = new AtomicInteger();
        volatile boolean isDeclined;
        boolean isAbandoned;

        void done(Outcome outcome) {
            answers.incrementAndGet();
            isDeclined = outcome instanceof Outcome.Declined;
        }
    }

    @AfterEach
    void stop() {
        loops.forEach(ThreadLoop::close);
    }

    @Test
    void exactlyAsManyCallersWaitAsMay() {
        for (int round = 0; round < 150; round++) {
            int most = 20 + round % 7;
            RpcService service = service(most, Long.MAX_VALUE);
            assertThat(accepted(service, 2 * most)).as("round " + round).isEqualTo(most);
        }
    }

    @Test
    void exactlyAsManyBytesAreOpenAsMay() {
        for (int round = 0; round < 150; round++) {
            int most = 20 + round % 7;
            RpcService service = service(Integer.MAX_VALUE, (long) most * PARAMS_BYTES);
            assertThat(accepted(service, 2 * most)).as("round " + round).isEqualTo(most);
        }
    }

    /** Calls of devices that are away, on all loops at once, and then the server stops: {@return how many were not declined} */
    private long accepted(RpcService service, int calls) {
        List<List<Made>> made = new ArrayList<>();
        loops.forEach(_ -> made.add(new ArrayList<>()));
        onEachLoop(i -> {
            for (int n = 0; n < calls; n++) {
                made.get(i).add(call(service, n % 5, loops.get(i), FAR));
            }
        });
        List<Made> all = made.stream().flatMap(List::stream).toList();
        assertThat(all.stream().filter(one -> one.answers.get() > 0)).allMatch(one -> one.isDeclined);
        long accepted = all.stream().filter(one -> one.answers.get() == 0).count();
        assertThat(service.waiters()).isEqualTo((int) accepted);
        assertThat(service.openBytes()).isEqualTo(accepted * PARAMS_BYTES);
        service.shutDown();
        Race.until("the last answer", () -> all.stream().allMatch(one -> one.answers.get() > 0));
        settle();
        assertThat(all).allMatch(one -> one.answers.get() == 1);
        assertNothingIsLeft(service);
        return accepted;
    }

    @Test
    void everyCallerIsAnsweredOnceAndNothingIsLeft() {
        for (int round = 0; round < 4; round++) {
            churn(round);
        }
    }

    /** Answers, deadlines and callers that go away meet; the server stops in the middle of it. */
    private void churn(int seed) {
        RpcService service = service(500, 500L * PARAMS_BYTES);
        List<List<Made>> made = new ArrayList<>();
        loops.forEach(_ -> made.add(new ArrayList<>()));
        AtomicInteger busy = new AtomicInteger(LOOPS);
        for (int i = 0; i < LOOPS; i++) {
            int loop = i;
            SplittableRandom random = new SplittableRandom(seed * 31L + i);
            loops.get(i).execute(() -> step(service, loop, random, made.get(loop), 300, busy));
        }
        Race.until("half of the calls", () -> service.accepted() > 1_000);
        service.shutDown();
        Race.until("all calls", () -> busy.get() == 0);
        settle();
        List<Made> all = made.stream().flatMap(List::stream).toList();
        Race.until("answers", () -> all.stream().allMatch(one -> one.isAbandoned || one.answers.get() > 0));
        Race.until("nothing is open", () -> service.open() == 0 && service.waiters() == 0);
        settle();
        assertThat(all).allMatch(one -> one.answers.get() <= 1);
        assertNothingIsLeft(service);
    }

    private void step(
            RpcService service, int loop, SplittableRandom random, List<Made> made, int left, AtomicInteger busy) {
        if (left == 0) {
            busy.decrementAndGet();
            return;
        }
        int device = random.nextInt(3);
        switch (random.nextInt(8)) {
            case 0 -> new Answering(service, device, loops.get(loop)).open();
            case 1 -> service.sessions().post(device, new Mailbox.Event.CloseAll(CloseReason.CREDENTIALS_CHANGED));
            default -> {
                for (int i = 0; i < 8; i++) {
                    Made one = new Made();
                    RpcService.Call call =
                            service.call(device, command(random.nextInt(1, 6)), loops.get(loop), one::done);
                    made.add(one);
                    if (random.nextInt(4) == 0 && one.answers.get() == 0) {
                        one.isAbandoned = true;
                        call.abandon();
                    }
                }
            }
        }
        loops.get(loop).execute(() -> step(service, loop, random, made, left - 1, busy));
    }

    private static Made call(RpcService service, long device, Loop caller, int millis) {
        Made made = new Made();
        var _ = service.call(device, command(millis), caller, made::done);
        return made;
    }

    private static Command command(int millis) {
        return new Command(
                new UUID(0, 1),
                "m",
                new byte[PARAMS_BYTES],
                false,
                System.nanoTime() + Duration.ofMillis(millis).toNanos(),
                0,
                false,
                Duration.ZERO,
                false,
                Optional.empty());
    }

    private static void assertNothingIsLeft(RpcService service) {
        assertThat(service.waiters()).isZero();
        assertThat(service.openBytes()).isZero();
        assertThat(service.open()).isZero();
        assertThat(service.failures()).isZero();
        assertThat(service.sessions().failures()).isZero();
    }

    private RpcService service(int waitersMax, long bytesMax) {
        return new RpcService(
                _ -> CompletableFuture.completedFuture(1),
                new MemoryRpcStore(_ -> Optional.empty()),
                new RpcService.Settings(
                        SubmitStrategy.BURST, 10_000, waitersMax, 1 << 20, bytesMax, 1 << 20, 0, Duration.ofMillis(50)),
                InstantSource.system(),
                System::nanoTime,
                s -> new Sessions(loops, s::commandsOf));
    }

    private interface OfLoop {
        void run(int loop);
    }

    /** On all loops at about the same time; returns when they have nothing left to do at once. */
    private void onEachLoop(OfLoop task) {
        AtomicInteger ready = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        for (int i = 0; i < LOOPS; i++) {
            int loop = i;
            loops.get(i).execute(() -> {
                Race.meet(ready, LOOPS);
                task.run(loop);
                done.incrementAndGet();
            });
        }
        Race.until("all loops", () -> done.get() == LOOPS);
        settle();
    }

    /** Twice, since what one of them does last may be a task for another. */
    private void settle() {
        loops.forEach(ThreadLoop::settle);
        loops.forEach(ThreadLoop::settle);
    }

    /** A connection that answers on a loop of its own, some commands late or never. */
    private static final class Answering implements DeviceSession {
        private final SessionId id = SessionId.next();
        private final RpcService service;
        private final long device;
        private final Loop loop;

        Answering(RpcService service, long device, Loop loop) {
            this.service = service;
            this.device = device;
            this.loop = loop;
        }

        void open() {
            service.sessions().post(device, new Mailbox.Event.Opened(this));
            tell(new Signal.Subscribed(Signal.Topic.RPC));
        }

        private void tell(Signal signal) {
            service.sessions().post(device, new Mailbox.Event.Signalled(id, signal));
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
        public boolean send(DownlinkMessage message) {
            if (message instanceof DownlinkMessage.RpcRequest(int requestId, int attempt, String _, byte[] _)) {
                loop.execute(() -> tell(new Signal.RpcWritten(requestId, attempt, false)));
                Signal answer = new Signal.RpcReplied(requestId, new byte[] {'1'}, Optional.empty());
                switch (requestId % 3) {
                    case 0 -> loop.execute(() -> tell(answer));
                    case 1 -> {
                        var _ = loop.schedule(Duration.ofMillis(3), () -> tell(answer)); // about its deadline
                    }
                    default -> {}
                }
            }
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
        public void close(CloseReason why) {}
    }
}
