package io.signalbox.testing;

import io.signalbox.session.Loop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A loop on a thread of its own, for tests in which threads really meet. */
public final class ThreadLoop implements Loop, AutoCloseable {
    private final ScheduledExecutorService executor;
    private volatile @Nullable Thread thread;

    public ThreadLoop() {
        executor = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "loop");
            made.setDaemon(true);
            thread = made;
            return made;
        });
    }

    public static List<ThreadLoop> some(int count) {
        return Stream.generate(ThreadLoop::new).limit(count).toList();
    }

    /** Returns when all that was given to it so far has run. */
    public void settle() {
        try {
            executor.submit(() -> {}).get(Race.LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("loop does not come to an end", e);
        }
    }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread().equals(thread);
    }

    @Override
    public void execute(Runnable task) {
        executor.execute(task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        ScheduledFuture<?> scheduled = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> {
            boolean _ = scheduled.cancel(false);
        };
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
