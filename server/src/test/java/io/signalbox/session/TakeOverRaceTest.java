package io.signalbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.testing.Race;
import io.signalbox.testing.ThreadLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections of one device that come at the same moment, on different loops. */
@Timeout(60)
class TakeOverRaceTest {
    private static final int LOOPS = 3;
    private static final int ROUNDS = 200;

    private final List<ThreadLoop> loops = ThreadLoop.some(LOOPS);
    private final Sessions sessions = new Sessions(loops, _ -> new Offered());
    private volatile Mailbox.@Nullable Receiver offered;

    /** Commands of which there are none; it remembers who was asked to take some. */
    private final class Offered implements Mailbox.Commands {
        @Override
        public void on(Mailbox.Event.OfCommands event) {}

        @Override
        public void on(Signal.OfRpc signal) {}

        @Override
        public void ready(Mailbox.Receiver receiver) {
            offered = receiver;
        }

        @Override
        public boolean isIdle() {
            return true;
        }
    }

    private static final class Connection implements DeviceSession {
        private final SessionId id = SessionId.next();
        private final ConcurrentLinkedQueue<CloseReason> closed = new ConcurrentLinkedQueue<>();

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

    @AfterEach
    void stop() {
        loops.forEach(ThreadLoop::close);
    }

    @Test
    void oneConnectionIsLeftAndHasTheSubscription() throws InterruptedException {
        for (int round = 0; round < ROUNDS; round++) {
            long device = round % 2;
            List<Connection> connections = new ArrayList<>();
            for (int i = 0; i < LOOPS; i++) {
                connections.add(new Connection());
            }
            onEachLoop(i -> {
                SessionId id = connections.get(i).id();
                sessions.post(device, new Mailbox.Event.Opened(connections.get(i)));
                sessions.post(device, new Mailbox.Event.Signalled(id, new Signal.Subscribed(Signal.Topic.RPC)));
            });
            assertThat(connections)
                    .as("round " + round)
                    .allMatch(connection -> connection.closed.size() <= 1)
                    .filteredOn(connection -> connection.closed.isEmpty())
                    .singleElement()
                    .isEqualTo(offered == null ? null : offered.session());
            assertThat(connections.stream().flatMap(connection -> connection.closed.stream()))
                    .hasSize(LOOPS - 1)
                    .containsOnly(CloseReason.TAKEN_OVER);

            Connection next = new Connection();
            onEachLoop(
                    i -> { // the ends of all, and somebody new between them
                        sessions.post(
                                device,
                                new Mailbox.Event.Closed(connections.get(i).id()));
                        if (i == 0) {
                            sessions.post(device, new Mailbox.Event.Opened(next));
                        }
                    });
            assertThat(sessions.size()).as("round " + round).isEqualTo(1);
            onEachLoop(i -> sessions.post(device, new Mailbox.Event.Closed(next.id())));
            assertThat(sessions.size()).as("round " + round).isZero();
        }
        assertThat(sessions.failures()).isZero();
    }

    private interface OfLoop {
        void run(int loop);
    }

    /** On all loops at about the same time; returns when the mailboxes have nothing left to do. */
    private void onEachLoop(OfLoop task) {
        CountDownLatch ready = new CountDownLatch(LOOPS);
        CountDownLatch done = new CountDownLatch(LOOPS);
        for (int i = 0; i < LOOPS; i++) {
            int loop = i;
            loops.get(i).execute(() -> {
                ready.countDown();
                await(ready);
                task.run(loop);
                done.countDown();
            });
        }
        await(done);
        loops.forEach(ThreadLoop::settle);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(Race.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
