package io.signalbox.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Threads that begin at the same moment, so that they meet where a mistake would show. */
public final class Race {
    /** A race that is not over by then hangs: something was lost. */
    public static final Duration LIMIT = Duration.ofSeconds(20);

    private static final long POLL_NANOS = 20_000;
    private static final long SPIN_NANOS = 200_000;
    private static final int DAWDLE_EACH = 50;

    private Race() {}

    /** Begins when the others do. */
    public interface Part {
        void run() throws Exception;
    }

    /** Runs each part on a thread of its own, and fails as the first of them that did. */
    public static void of(List<Part> parts) {
        CyclicBarrier start = new CyclicBarrier(parts.size());
        List<FutureTask<Void>> running = new ArrayList<>();
        for (Part part : parts) {
            FutureTask<Void> task = new FutureTask<>(() -> {
                start.await();
                part.run();
                return null;
            });
            running.add(task);
            Thread.ofPlatform().daemon().name("racer").start(task);
        }
        try {
            for (FutureTask<Void> task : running) {
                task.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (Exception e) {
            throw new AssertionError("race", e);
        }
    }

    /** Waits until {@code count} threads are here; they go on within nanoseconds of each other if there are cores for them. */
    public static void meet(AtomicInteger arrived, int count) {
        arrived.incrementAndGet();
        long spinning = System.nanoTime() + SPIN_NANOS;
        while (arrived.get() < count && System.nanoTime() - spinning < 0) {
            Thread.onSpinWait();
        }
        until("all threads", () -> arrived.get() >= count);
    }

    /** Now and then lets others run: for fakes that are called where threads could meet. */
    public static void dawdle() {
        if (ThreadLocalRandom.current().nextInt(DAWDLE_EACH) == 0) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** Waits for what other threads do. */
    public static void until(String what, BooleanSupplier done) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited for nothing: " + what);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
