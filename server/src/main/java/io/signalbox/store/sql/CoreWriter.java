package io.signalbox.store.sql;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.Deed;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes core.db, or the tables that stand for it. It takes all work that waits, runs it in one transaction, and tells everybody after the
 * one sync; while it does, the next batch gathers.
 *
 * <p>Each piece of work has a savepoint of its own, or is a single writing statement, which changes nothing when it fails:
 * when it throws, its changes are undone, its sender hears why, and the others are kept. When the commit fails, all of the
 * batch hear {@code STORE_UNAVAILABLE}, and the next batch is tried; unless the file is corrupt: then nothing is. Work may be
 * done again, in a batch that a database server wants to have again: what it does beside SQL goes through {@link #ifUndone}.
 */
final class CoreWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CoreWriter.class);
    private static final int BATCH_MAX = 1_000;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

    private final Transactions transactions;
    private final WorkQueue<Item> queue;
    private final Duration patience;
    private final FileState state;
    private final List<Runnable> undos = new ArrayList<>();
    private final Thread thread;
    private volatile Companion companion = Companion.NONE;

    private final Timer commits;
    private final DistributionSummary batches;
    private final Counter failures;

    /**
     * @param transactions closed with this
     * @param limits       what may wait
     * @param patience     how long {@link #write} waits
     * @param state        says when nothing may be written any more
     */
    CoreWriter(Transactions transactions, Limits limits, Duration patience, FileState state, MeterRegistry meters) {
        this.transactions = transactions;
        this.queue = new WorkQueue<>(limits.items(), limits.bytes(), limits.serverShare());
        this.patience = patience;
        this.state = state;
        Gauge.builder("signalbox.core.writes.waiting", queue, WorkQueue::size)
                .description("Writes of all but readings that wait for their commit")
                .register(meters);
        this.commits = Timer.builder("signalbox.core.commit")
                .description("One group commit, sync included")
                .register(meters);
        this.batches = DistributionSummary.builder("signalbox.core.commit.items")
                .description("Writes of one group commit")
                .register(meters);
        this.failures = Counter.builder("signalbox.core.commits.failed")
                .description("Group commits that failed; what was in them was refused")
                .register(meters);
        this.thread = Thread.ofPlatform().name("core-writer").start(this::run);
    }

    /** Has the last word in each transaction. Writer's thread. */
    interface Companion {
        Companion NONE = new Companion() {
            @Override
            public void beforeCommit(Sql sql) {}

            @Override
            public void note(AuditEntry entry) {}

            @Override
            public void committed() {}
        };

        /** Writes what belongs to what the batch wrote. When it throws, nothing of the batch is kept. */
        void beforeCommit(Sql sql);

        /** Keeps the entry in the transaction of the work that is under way. */
        void note(AuditEntry entry);

        /** Behind a commit that is kept, before anybody is told; must not throw. */
        void committed();
    }

    /** The one companion from now on. Any thread. */
    void accompany(Companion by) {
        companion = by;
    }

    /**
     * Bounds of the queue.
     *
     * @param serverShare what of no tenant's is taken although the queue is full: logins, request ids, the sweep and what else
     *     must go on
     */
    record Limits(int items, long bytes, int serverShare) {}

    /**
     * Runs {@code work} in the next transaction and waits for its commit. Virtual or platform threads, not a store's own.
     *
     * @throws Rejected by {@code work}, {@code TOO_MANY_REQUESTS}: nothing was taken, or {@code STORE_UNAVAILABLE}: if the
     *     wait was too long, the work may still be done
     */
    <T> T write(Function<Sql, T> work) {
        assert !Thread.currentThread().equals(thread) : "would wait for itself";
        return Call.await(submit(work), patience);
    }

    /** Like {@link #write}, from any thread, without waiting; the stage completes on the writer's thread, or has failed already. */
    <T> CompletionStage<T> writeLater(Function<Sql, T> work) {
        return submit(work);
    }

    /**
     * Takes {@code work} into the next transaction. Any thread; never blocks.
     *
     * @param bytes what the work holds in memory while it waits, roughly
     * @return false when the queue is full: nothing was taken, and {@code receipt} stays silent
     */
    boolean offer(long bytes, Consumer<Sql> work, Receipt receipt) {
        Function<Sql, Boolean> run = sql -> {
            work.accept(sql);
            return true;
        };
        return offer(
                WorkQueue.SERVER,
                bytes,
                new Post<>(false, run, receipt.loop(), stored -> receipt.stored(), receipt::refused));
    }

    /**
     * As {@link #offer(long, Consumer, Receipt)}.
     *
     * @param owner whose turn in the queue it takes: see {@link WorkQueue}
     */
    boolean offer(Object owner, long bytes, Post<?> post) {
        Item.Posted<?> item = new Item.Posted<>(noted(post));
        return taken(item, queue.offer(owner, item, bytes));
    }

    /** As {@link #offer(Object, long, Post)}, but taken although the queue is full. */
    void force(Object owner, long bytes, Post<?> post) {
        Item.Posted<?> item = new Item.Posted<>(post);
        taken(item, queue.force(owner, item, bytes));
    }

    private <T> Post<T> noted(Post<T> post) {
        return new Post<>(post.isSingle(), noted(post.work()), post.loop(), post.done(), post.refused());
    }

    /** With the audit entry of the caller's {@link Deed}, if the calling thread is about one. */
    private <T> Function<Sql, T> noted(Function<Sql, T> work) {
        return Deed.current()
                .<Function<Sql, T>>map(deed -> sql -> {
                    T result = work.apply(sql);
                    deed.entry(result).ifPresent(companion::note);
                    return result;
                })
                .orElse(work);
    }

    private static boolean taken(Item item, WorkQueue.Offer offer) {
        return switch (offer) {
            case TAKEN -> true;
            case FULL -> false;
            case CLOSED -> {
                item.failed(Refusals.unavailable());
                tell(List.of(item));
                yield true;
            }
        };
    }

    /**
     * Work whose sender hears of it on a loop; the calls for one commit are one task for each loop.
     *
     * @param isSingle it writes with one statement at most, or sees itself to undoing all when it throws
     * @param done     gets what the work returned, once it is committed
     * @param refused  instead of {@code done}: nothing was written
     * @param part     how it can be done with others of its kind, where that is faster
     */
    record Post<T>(
            boolean isSingle,
            Function<Sql, T> work,
            Loop loop,
            Consumer<? super T> done,
            Consumer<ErrorCode> refused,
            Optional<Together.Part<?, T>> part) {
        Post(
                boolean isSingle,
                Function<Sql, T> work,
                Loop loop,
                Consumer<? super T> done,
                Consumer<ErrorCode> refused) {
            this(isSingle, work, loop, done, refused, Optional.empty());
        }
    }

    /** Runs {@code undo} if what the work that calls this has written is not kept. From within work only, for state in memory. */
    void ifUndone(Runnable undo) {
        assert Thread.currentThread().equals(thread) : "not within work";
        undos.add(undo);
    }

    /** Commits what was taken, then closes the connection. Blocks. */
    @Override
    public void close() {
        queue.close();
        join(thread);
    }

    static void join(Thread thread) {
        try {
            if (!thread.join(CLOSE_PATIENCE)) {
                log.error("thread does not end thread={}", thread.getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private <T> CompletableFuture<T> submit(Function<Sql, T> work) {
        Call<T> call = new Call<>(noted(work));
        switch (queue.offer(WorkQueue.SERVER, new Item.Called(call), 0)) {
            case TAKEN -> {}
            case FULL -> call.refuse(Refusals.tooMany());
            case CLOSED -> call.refuse(Refusals.unavailable());
        }
        return call.answer();
    }

    private void run() {
        try (transactions) {
            while (!queue.isSpent()) {
                List<Item> batch = queue.take(BATCH_MAX, transactions.idleNanosMax());
                if (commit(batch)) {
                    companion.committed();
                }
                tell(batch);
            }
        }
    }

    /** Whether it is kept. */
    private boolean commit(List<Item> batch) {
        if (state.isOver()) {
            batch.forEach(item -> item.failed(Refusals.unavailable()));
            return false;
        }
        Timer.Sample sample = Timer.start();
        try {
            transactions.run((sql, isCareful) -> attempt(batch, sql, isCareful), this::refuseOthers);
            undos.clear();
            sample.stop(commits);
            batches.record(batch.size());
            return true;
        } catch (Throwable e) {
            failures.increment();
            if (Fault.of(e).isEmpty()) {
                log.error("commit failed items={}", batch.size(), e);
            }
            undo(0);
            batch.forEach(item -> item.failed(Refusals.unavailable()));
            return false;
        }
    }

    /** While nobody knows whether a batch was committed, what comes after it is refused: nothing of it was begun. */
    private boolean refuseOthers(Duration atMost) {
        List<Item> others = queue.take(BATCH_MAX, atMost.toNanos());
        others.forEach(item -> item.failed(Refusals.unavailable()));
        tell(others);
        return !queue.isSpent();
    }

    private void attempt(List<Item> batch, Sql sql, boolean isCareful) {
        undo(0); // of an attempt before
        for (Item item : isCareful || !sql.isRemote() ? batch : withoutThoseDoneTogether(batch, sql)) {
            attempt(item, sql, isCareful);
        }
        companion.beforeCommit(sql);
    }

    private static List<Item> withoutThoseDoneTogether(List<Item> batch, Sql sql) {
        Map<Together<?, ?>, List<Item.Posted<?>>> kinds = new LinkedHashMap<>();
        for (Item item : batch) {
            if (item instanceof Item.Posted<?> posted) {
                posted.post
                        .part()
                        .ifPresent(part -> kinds.computeIfAbsent(part.kind(), _ -> new ArrayList<>())
                                .add(posted));
            }
        }
        Set<Item> done = Collections.newSetFromMap(new IdentityHashMap<>());
        kinds.forEach((kind, posts) -> {
            if (posts.size() > 1) {
                doTogether(sql, kind, posts, done);
            }
        });
        return batch.stream().filter(item -> !done.contains(item)).toList();
    }

    @SuppressWarnings("unchecked") // a kind has one type of pieces, and one of what comes of them
    private static <P, R> void doTogether(Sql sql, Together<P, R> kind, List<Item.Posted<?>> posts, Set<Item> done) {
        List<P> pieces = posts.stream()
                .map(posted -> (P) posted.post.part().orElseThrow().piece())
                .toList();
        List<@Nullable R> results = kind.run(sql, pieces);
        for (int i = 0; i < results.size(); i++) {
            R result = results.get(i);
            if (result != null) {
                Item.Posted<R> posted = (Item.Posted<R>) posts.get(i);
                posted.done(result);
                done.add(posted);
            }
        }
    }

    private void attempt(Item item, Sql sql, boolean isCareful) {
        if (item.isAbandoned()) {
            return;
        }
        int mark = undos.size();
        if (item.isSingle() && !isCareful) {
            try {
                item.run(sql);
            } catch (RuntimeException e) {
                if (endsBatch(e) || spoilsBatch(e)) {
                    throw e;
                }
                undo(mark);
                item.failed(Call.refusal(e));
            }
            return;
        }
        sql.update("SAVEPOINT item");
        try {
            item.run(sql);
        } catch (RuntimeException e) {
            if (endsBatch(e)) {
                throw e;
            }
            sql.update("ROLLBACK TO SAVEPOINT item");
            undo(mark);
            item.failed(Call.refusal(e));
        }
        sql.update("RELEASE SAVEPOINT item");
    }

    private static boolean endsBatch(RuntimeException e) {
        return (e instanceof SqlFailure failure && failure.mayEndTransaction())
                || Fault.of(e).isPresent();
    }

    private static boolean spoilsBatch(RuntimeException e) {
        return e instanceof SqlFailure failure && failure.spoilsTransaction();
    }

    /** Takes back what was done in memory, the latest first. */
    private void undo(int mark) {
        while (undos.size() > mark) {
            undos.removeLast().run();
        }
    }

    /** One task for each loop, however many of its receipts the batch had. */
    private static void tell(List<? extends Item> batch) {
        IdentityHashMap<Loop, List<Item>> byLoop = new IdentityHashMap<>();
        for (Item item : batch) {
            switch (item) {
                case Item.Called called -> told(called);
                case Item.Posted<?> posted ->
                    byLoop.computeIfAbsent(posted.post.loop(), loop -> new ArrayList<>())
                            .add(posted);
            }
        }
        byLoop.forEach((loop, items) -> {
            try {
                loop.execute(() -> items.forEach(CoreWriter::told));
            } catch (RuntimeException e) {
                log.warn("receipts not told, their loop takes no task receipts={}", items.size(), e);
            }
        });
    }

    private static void told(Item item) {
        try {
            item.tell();
        } catch (RuntimeException e) {
            log.error("a receipt failed", e);
        }
    }

    /** Work and who hears of it. The writer's thread owns it from the batch on; the last of run and failed decides what is told. */
    private abstract static sealed class Item {
        abstract void run(Sql sql);

        abstract void failed(Rejected reason);

        abstract boolean isAbandoned();

        abstract boolean isSingle();

        abstract void tell();

        static final class Called extends Item {
            private final Call<?> call;
            private Runnable answer = () -> {};

            Called(Call<?> call) {
                this.call = call;
            }

            @Override
            void run(Sql sql) {
                answer = call.run(sql);
            }

            @Override
            void failed(Rejected reason) {
                answer = () -> call.refuse(reason);
            }

            @Override
            boolean isAbandoned() {
                return call.isAbandoned();
            }

            @Override
            boolean isSingle() {
                return false;
            }

            @Override
            void tell() {
                answer.run();
            }
        }

        static final class Posted<T> extends Item {
            private final Post<T> post;
            private Runnable answer = () -> {};

            Posted(Post<T> post) {
                this.post = post;
            }

            @Override
            void run(Sql sql) {
                done(post.work().apply(sql));
            }

            void done(T result) {
                answer = () -> post.done().accept(result);
            }

            @Override
            void failed(Rejected reason) {
                answer = () -> post.refused().accept(reason.code());
            }

            @Override
            boolean isAbandoned() {
                return false;
            }

            @Override
            boolean isSingle() {
                return post.isSingle();
            }

            @Override
            void tell() {
                answer.run();
            }
        }
    }
}
