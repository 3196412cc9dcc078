package io.signalbox.store.sql;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Reads of core.db: a few platform threads, each with a connection that cannot write, behind one bounded queue. JNI pins the
 * carriers of virtual threads, so no caller runs SQL itself.
 */
final class CoreReaders implements AutoCloseable {
    private final WorkQueue<Call<?>> queue;
    private final Duration patience;
    private final FileState state;
    private final List<Thread> threads;

    /**
     * @param connections one for each thread; closed with this
     * @param queueMax    calls that may wait
     * @param patience    how long {@link #read} waits
     * @param state       learns when a read finds the file corrupt
     */
    CoreReaders(List<Sql> connections, int queueMax, Duration patience, FileState state, MeterRegistry meters) {
        this("core-reader", connections, queueMax, patience, state);
        Gauge.builder("signalbox.core.reads.waiting", queue, WorkQueue::size)
                .description("Reads of all but readings that wait for a connection")
                .register(meters);
    }

    /** As the other, with threads of another name, and nothing that counts what waits. */
    CoreReaders(String name, List<Sql> connections, int queueMax, Duration patience, FileState state) {
        this.queue = new WorkQueue<>(queueMax, Long.MAX_VALUE);
        this.patience = patience;
        this.state = state;
        threads = connections.stream()
                .map(sql -> Thread.ofPlatform().name(name).start(() -> run(sql)))
                .toList();
    }

    /**
     * Runs {@code work} on a reader's thread and waits for it. Virtual or platform threads, not a store's own.
     *
     * @throws io.signalbox.ops.Rejected by {@code work}, {@code TOO_MANY_REQUESTS} or {@code STORE_UNAVAILABLE}
     */
    <T> T read(Function<Sql, T> work) {
        assert !threads.contains(Thread.currentThread()) : "would wait for itself";
        return Call.await(submit(work), patience);
    }

    /** Like {@link #read}, from any thread, without waiting; the stage completes on a reader's thread, or has failed already. */
    <T> CompletionStage<T> readLater(Function<Sql, T> work) {
        return submit(work);
    }

    /** Answers what waits, then closes the connections. Blocks. */
    @Override
    public void close() {
        queue.close();
        for (Thread thread : threads) {
            CoreWriter.join(thread);
        }
    }

    private <T> CompletableFuture<T> submit(Function<Sql, T> work) {
        Call<T> call = new Call<>(work);
        switch (queue.offer(WorkQueue.SERVER, call, 0)) {
            case TAKEN -> {}
            case FULL -> call.refuse(Refusals.tooMany());
            case CLOSED -> call.refuse(Refusals.unavailable());
        }
        return call.answer();
    }

    private void run(Sql sql) {
        try (sql) {
            List<Call<?>> calls = queue.take(1);
            while (!calls.isEmpty()) {
                answer(sql, calls.getFirst());
                calls = queue.take(1);
            }
        }
    }

    private void answer(Sql sql, Call<?> call) {
        if (call.isAbandoned()) {
            return;
        }
        try {
            call.run(sql).run();
        } catch (Throwable e) {
            call.refuse(state.readFailed(e) ? Refusals.unavailable() : Call.refusal(e));
        }
    }
}
