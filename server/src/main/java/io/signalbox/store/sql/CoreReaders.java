package io.signalbox.store.sql;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Reads of core.db: a few platform threads, each with a connection that cannot write, behind one bounded queue. JNI pins the
 * carriers of virtual threads, so no caller runs SQL itself.
 */
public final class CoreReaders implements AutoCloseable {
    private final WorkQueue<Call<?>> queue;
    private final Duration patience;
    private final FileState state;
    private final List<Thread> threads;

    /**
     * @param database    as many connections to it as threads
     * @param queueMax    calls that may wait
     * @param patience    how long {@link #read} waits
     * @param state       learns when a read finds the file corrupt, or the database away
     */
    CoreReaders(
            Database database, int threads, int queueMax, Duration patience, FileState state, MeterRegistry meters) {
        this("core-reader", database, threads, queueMax, patience, state);
        Gauge.builder("signalbox.core.reads.waiting", queue, WorkQueue::size)
                .description("Reads of all but readings that wait for a connection")
                .register(meters);
    }

    /** As the other, with threads of another name, and nothing that counts what waits. */
    public CoreReaders(String name, Database database, int threads, int queueMax, Duration patience, FileState state) {
        this.queue = new WorkQueue<>(queueMax, Long.MAX_VALUE, 0);
        this.patience = patience;
        this.state = state;
        List<Line> lines = new ArrayList<>();
        try {
            for (int i = 0; i < threads; i++) {
                lines.add(new Line(database::openReader));
            }
        } catch (SqlFailure e) {
            lines.forEach(Line::close);
            throw e;
        }
        this.threads = lines.stream()
                .map(line -> Thread.ofPlatform().name(name).start(() -> run(line)))
                .toList();
    }

    /**
     * Runs {@code work} on a reader's thread and waits for it. Virtual or platform threads, not a store's own.
     *
     * @throws io.signalbox.ops.Rejected by {@code work}, {@code TOO_MANY_REQUESTS} or {@code STORE_UNAVAILABLE}
     */
    <T> T read(Function<Sql, T> work) {
        return readFor(WorkQueue.SERVER, work);
    }

    /** As {@link #read}; owners take turns. An interrupt of the caller, or the end of its patience, ends the query, too. */
    <T> T readFor(Object owner, Function<Sql, T> work) {
        assert !threads.contains(Thread.currentThread()) : "would wait for itself";
        return Call.await(submit(owner, work), patience);
    }

    /** Like {@link #read}, from any thread, without waiting; the stage completes on a reader's thread, or has failed already. */
    public <T> CompletionStage<T> readLater(Function<Sql, T> work) {
        return submit(WorkQueue.SERVER, work);
    }

    /** Answers what waits, then closes the connections. Blocks. */
    @Override
    public void close() {
        queue.close();
        for (Thread thread : threads) {
            CoreWriter.join(thread);
        }
    }

    /** Calls that wait. Any thread. */
    public int waiting() {
        return queue.size();
    }

    private <T> CompletableFuture<T> submit(Object owner, Function<Sql, T> work) {
        Call<T> call = new Call<>(work);
        switch (queue.offer(owner, call, 0)) {
            case TAKEN -> {}
            case FULL -> call.refuse(Refusals.tooMany());
            case CLOSED -> call.refuse(Refusals.unavailable());
        }
        return call.answer();
    }

    private void run(Line line) {
        try (line) {
            while (!queue.isSpent()) {
                queue.take(1).forEach(call -> answer(line, call));
            }
        }
    }

    private void answer(Line line, Call<?> call) {
        if (call.isAbandoned()) {
            return;
        }
        try {
            read(line, call).run();
        } catch (Throwable e) {
            call.refuse(state.readFailed(e) ? Refusals.unavailable() : Call.refusal(e));
        }
    }

    /** A connection may have been lost long ago, unseen: then the read is tried on another one. */
    private static Runnable read(Line line, Call<?> call) {
        try {
            return call.run(line.sql());
        } catch (SqlFailure e) {
            if (!e.isConnectionLost()) {
                throw e;
            }
            line.lost();
            try {
                return call.run(line.sql());
            } catch (SqlFailure again) {
                if (again.isConnectionLost()) {
                    line.lost();
                }
                throw again;
            }
        }
    }
}
