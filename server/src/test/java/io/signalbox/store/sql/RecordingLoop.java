package io.signalbox.store.sql;

import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A loop whose tasks run when the test says so, and the receipts that it told. */
final class RecordingLoop implements Loop {
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final List<String> heard = new ArrayList<>();

    /** Waits for the next task and runs it. */
    void runNext() throws InterruptedException {
        Runnable task = tasks.poll(10, TimeUnit.SECONDS);
        if (task == null) {
            throw new AssertionError("no task came");
        }
        task.run();
    }

    /** What receipts heard, as {@code "a stored"} or {@code "a NOT_FOUND"}. */
    List<String> heard() {
        return heard;
    }

    boolean isIdle() {
        return tasks.isEmpty();
    }

    Receipt receipt(String name) {
        return new Receipt() {
            @Override
            public Loop loop() {
                return RecordingLoop.this;
            }

            @Override
            public void stored() {
                heard.add(name + " stored");
            }

            @Override
            public void refused(ErrorCode code) {
                heard.add(name + " " + code);
            }
        };
    }

    @Override
    public boolean isCurrent() {
        return false;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        throw new UnsupportedOperationException();
    }
}
