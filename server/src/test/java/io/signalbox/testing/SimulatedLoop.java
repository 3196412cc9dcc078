package io.signalbox.testing;

import io.signalbox.session.Loop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Loops that all run on the test's own thread, in virtual time: nothing happens until the test says so. */
public final class SimulatedLoop implements Loop {
    private final World world;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    private SimulatedLoop(World world) {
        this.world = world;
    }

    /** The clock and the timers that loops share. */
    public static final class World {
        private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

        private final PriorityQueue<Entry> timers =
                new PriorityQueue<>(Comparator.comparingLong(Entry::due).thenComparingLong(Entry::order));
        private long now;
        private long orders;
        private @Nullable SimulatedLoop running;

        public SimulatedLoop loop() {
            return new SimulatedLoop(this);
        }

        public long nanoTime() {
            return now;
        }

        /** Wall-clock time, which goes with {@link #nanoTime}. */
        public InstantSource clock() {
            return () -> EPOCH.plusNanos(now);
        }

        /** Time goes on to the next timer and runs it; false: there is none. */
        public boolean next() {
            dropCancelled();
            Entry entry = timers.poll();
            if (entry == null) {
                return false;
            }
            now = Math.max(now, entry.due);
            entry.loop.enter(entry.task);
            return true;
        }

        /** Nanoseconds until the next timer; -1: there is none. */
        public long untilNext() {
            dropCancelled();
            Entry entry = timers.peek();
            return entry == null ? -1 : Math.max(0, entry.due - now);
        }

        private void dropCancelled() {
            while (!timers.isEmpty() && timers.element().timer.cancelled) {
                timers.remove();
            }
        }

        public void advance(Duration time) {
            now += time.toNanos();
        }
    }

    private record Entry(long due, long order, SimulatedLoop loop, Runnable task, Cancellable timer) {}

    private static final class Cancellable implements Timer {
        private boolean cancelled;

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    @Override
    public boolean isCurrent() {
        return world.running == this;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        Cancellable timer = new Cancellable();
        world.timers.add(new Entry(world.now + Math.max(0, delay.toNanos()), world.orders++, this, task, timer));
        return timer;
    }

    /** Runs one task as this loop. */
    public void enter(Runnable task) {
        SimulatedLoop before = world.running;
        world.running = this;
        try {
            task.run();
        } finally {
            world.running = before;
        }
    }

    /** Runs the oldest waiting task; false: there is none. */
    public boolean step() {
        Runnable task = tasks.poll();
        if (task == null) {
            return false;
        }
        enter(task);
        return true;
    }

    public boolean isEmpty() {
        return tasks.isEmpty();
    }
}
