package io.signalbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.testing.Race;
import io.signalbox.testing.ThreadLoop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Mailboxes that several loops post to while they retire and are made again. */
@Timeout(60)
class MailboxRaceTest {
    private static final int LOOPS = 3;
    private static final int DEVICES = 2;
    private static final int EVENTS = 10_000;
    /** More than one drain may handle. */
    private static final int BURST = Mailbox.EVENTS_PER_DRAIN + 50;

    private final List<ThreadLoop> loops = ThreadLoop.some(LOOPS);
    private final List<Witness> witnesses = List.of(new Witness(), new Witness());
    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    private final Sessions sessions = new Sessions(loops, mailbox -> new Recorder(mailbox));

    /** @param poster 0 to {@link #LOOPS} - 1: a loop; then a thread that hands over; then the device itself */
    private record Numbered(int poster, int number) implements Mailbox.Event.OfCommands {}

    /** The handler posts to its own device, which is being drained. */
    private record Burst(int from) implements Mailbox.Event.OfCommands {}

    /** One device, over all its mailboxes. Plain fields: whoever drains owns them, and passes them on. */
    private static final class Witness {
        final AtomicReference<@Nullable Recorder> inside = new AtomicReference<>();
        final int[] last = new int[LOOPS + 2];
        final AtomicInteger handled = new AtomicInteger();

        @Nullable
        Recorder current;

        int mailboxes;
    }

    /** What a mailbox keeps; it is idle whenever it is asked. */
    private final class Recorder implements Mailbox.Commands {
        private final Witness witness;
        private final long device;
        private boolean isSuccessorKnown;

        Recorder(Mailbox mailbox) {
            device = mailbox.device();
            witness = witnesses.get((int) device);
        }

        @Override
        public void on(Mailbox.Event.OfCommands event) {
            if (!witness.inside.compareAndSet(null, this)) {
                violations.add("two drains at a time");
            }
            if (witness.current != this) {
                if (isSuccessorKnown) {
                    violations.add("a retired mailbox was revived");
                }
                if (witness.current != null) {
                    witness.current.isSuccessorKnown = true;
                }
                witness.current = this;
                witness.mailboxes++;
            }
            switch (event) {
                case Numbered(int poster, int number) -> {
                    if (++witness.last[poster] != number) {
                        violations.add("poster " + poster + ": " + number + " at place " + witness.last[poster]);
                        witness.last[poster] = number;
                    }
                }
                case Burst(int from) -> {
                    for (int i = 0; i < BURST; i++) {
                        sessions.post(device, new Numbered(LOOPS + 1, from + i));
                    }
                }
                default -> throw new IllegalArgumentException(event.toString());
            }
            witness.handled.incrementAndGet();
            witness.inside.set(null);
        }

        @Override
        public void on(Signal.OfRpc signal) {
            throw new IllegalStateException("nobody signals");
        }

        @Override
        public void ready(Mailbox.Receiver receiver) {
            throw new IllegalStateException("nobody subscribes");
        }

        @Override
        public boolean isIdle() {
            Race.dawdle(); // what is posted now must keep the mailbox from retiring
            return true;
        }
    }

    @AfterEach
    void stop() {
        loops.forEach(ThreadLoop::close);
    }

    @Test
    void everyEventIsHandledOnceAndInOrder() {
        List<Race.Part> parts = new ArrayList<>();
        for (int poster = 0; poster < LOOPS; poster++) {
            int number = poster;
            parts.add(() -> loops.get(number).execute(() -> postFrom(number, 1)));
        }
        parts.add(() -> {
            for (int i = 1; i <= EVENTS; i++) {
                sessions.hand(i % DEVICES, new Numbered(LOOPS, (i - 1) / DEVICES + 1));
            }
        });
        Race.of(parts);
        int bursts = EVENTS / 1_000;
        int each = (LOOPS + 1) * EVENTS / DEVICES + bursts * (1 + BURST) / DEVICES;
        Race.until("every event", () -> witnesses.stream().allMatch(witness -> witness.handled.get() >= each));
        loops.forEach(ThreadLoop::settle);
        assertThat(violations).isEmpty();
        for (Witness witness : witnesses) {
            assertThat(witness.handled).hasValue(each);
            assertThat(Arrays.copyOf(witness.last, LOOPS + 1)).containsOnly(EVENTS / DEVICES);
            assertThat(witness.mailboxes).isGreaterThan(100);
        }
        assertThat(sessions.failures()).isZero();
        assertThat(sessions.size()).isZero();
    }

    /** A few events, then the others get their turn. The first loop makes the bursts. */
    private void postFrom(int poster, int from) {
        int to = Math.min(EVENTS, from + 3);
        for (int i = from; i <= to; i++) {
            sessions.post(i % DEVICES, new Numbered(poster, (i - 1) / DEVICES + 1));
            if (poster == 0 && i % 1_000 == 0) {
                int burst = i / 1_000 - 1;
                sessions.post(burst % DEVICES, new Burst(burst / DEVICES * BURST + 1));
            }
        }
        if (to < EVENTS) {
            loops.get(poster).execute(() -> postFrom(poster, to + 1));
        }
    }
}
