package io.signalbox.session;

import java.time.Duration;

/** One event loop: a single thread that runs short tasks in order and must never block. The seam between sessions and the network library. */
public interface Loop {
    /** Whether the calling thread is this loop's. Any thread. */
    boolean isCurrent();

    /** Runs {@code task} on the loop, later, in the order of the calls. Any thread. */
    void execute(Runnable task);

    /** Runs {@code task} on the loop after {@code delay}. Any thread. */
    Timer schedule(Duration delay, Runnable task);

    /** Runs {@code task} at once when the caller is on this loop, else as {@link #execute} does. Any thread. */
    default void run(Runnable task) {
        if (isCurrent()) {
            task.run();
        } else {
            execute(task);
        }
    }

    /** A task that waits for its time. */
    interface Timer {
        /** Cheap on the loop's own thread, a hand-off elsewhere. No effect when the task has run. */
        void cancel();
    }
}
