package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.store.sql.points.Steps.Step;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store with its threads. What it holds, and through which crashes, is {@link PointsSim}'s matter. */
class PointsStoreIT {
    private static final PointsSettings SMALL = new PointsSettings(
            4, 100_000, 4, 100_000, Duration.ZERO, 4, 100_000, Duration.ofMillis(20), 100, 10, 10_000, 1, 2);

    @TempDir
    Path folder;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final TaskLoop loop = new TaskLoop();
    private @Nullable PointsStore store;

    @AfterEach
    void closeStore() {
        if (store != null) {
            store.close();
        }
    }

    private PointsStore open(PointsSettings settings, Steps steps) {
        PointsStore opened = PointsStore.open(
                folder,
                settings,
                new Health(InstantSource.system()),
                registry,
                new Feed(),
                InstantSource.system(),
                System::nanoTime,
                steps);
        store = opened;
        return opened;
    }

    @Test
    void storedReadingsAreReadAndSurviveARestart() throws Exception {
        PointsStore first = open(PointsSettings.STANDARD, Steps.NONE);
        Reading old = new Reading("t", new Value.Whole(1), 10);
        Reading newest = new Reading("t", new Value.Decimal(2.5), 20);
        Reading text = new Reading("\uD800", new Value.Text("a\0b"), 20);
        assertThat(first.append(7, List.of(newest, old, text), TelemetryStore.NEVER, new Answer(loop)))
                .isTrue();
        assertThat(loop.next()).isEqualTo("stored");
        for (boolean reopened : List.of(false, true)) {
            PointsStore each = reopened ? reopened(first) : first;
            assertThat(get(each.latest(7))).containsExactly(newest, text);
            assertThat(get(each.latest(7, List.of("t", "\uD801")))).containsExactly(newest);
            assertThat(get(each.history(7, List.of("t"), 0, 21, 10, true))).containsExactly(old, newest);
            assertThat(get(each.history(7, List.of("t"), 0, 21, 1, false))).containsExactly(newest);
            assertThat(get(each.history(7, List.of("t"), 0, 20, 10, false))).containsExactly(old);
            assertThat(get(each.history(7, List.of("t"), 20, 0, 10, false))).isEmpty();
            assertThat(get(each.latest(8))).isEmpty();
        }
    }

    private PointsStore reopened(PointsStore closed) {
        closed.close();
        return open(PointsSettings.STANDARD, Steps.NONE);
    }

    @Test
    void readingsWhoseTimeIsOverAreDeletedAndOthersStay() throws Exception {
        PointsStore opened = open(SMALL, Steps.NONE);
        Reading kept = new Reading("t", new Value.Whole(1), 10);
        Reading gone = new Reading("t", new Value.Whole(2), 20);
        Reading rewritten = new Reading("t", new Value.Whole(3), 30);
        opened.append(7, List.of(kept), Long.MAX_VALUE, new Answer(loop));
        opened.append(7, List.of(gone, rewritten), 1, new Answer(loop));
        opened.append(7, List.of(rewritten), TelemetryStore.NEVER, new Answer(loop));
        for (int i = 0; i < 3; i++) {
            assertThat(loop.next()).isEqualTo("stored");
        }
        while (get(opened.history(7, List.of("t"), 0, 100, 10, true)).contains(gone)) {
            Thread.onSpinWait();
        }
        assertThat(get(opened.history(7, List.of("t"), 0, 100, 10, true))).containsExactly(kept, rewritten);
        PointsStore again = reopened(opened);
        assertThat(get(again.history(7, List.of("t"), 0, 100, 10, true))).containsExactly(kept, rewritten);
    }

    @Test
    void sumsAreExact() throws Exception {
        PointsStore opened = open(SMALL, Steps.NONE);
        List<Reading> large = List.of(
                new Reading("t", new Value.Whole(Long.MAX_VALUE), 1),
                new Reading("t", new Value.Whole(Long.MAX_VALUE), 2),
                new Reading("t", new Value.Whole(-Long.MAX_VALUE), 3),
                new Reading("t", new Value.Text("no number"), 4),
                new Reading("d", new Value.Decimal(0.5), 1),
                new Reading("d", new Value.Whole(1), 2));
        opened.append(7, large, TelemetryStore.NEVER, new Answer(loop));
        assertThat(loop.next()).isEqualTo("stored");
        Buckets one = new Buckets(0, 10, new Buckets.Width.Fixed(10));
        for (boolean isMoved : List.of(false, true)) {
            while (isMoved && registry.get("signalbox.points.moves").counter().count() == 0) {
                Thread.onSpinWait();
            }
            assertThat(get(opened.aggregate(7, List.of("t", "d"), one, Aggregation.SUM)))
                    .containsExactly(
                            new Reading("t", new Value.Whole(Long.MAX_VALUE), 5),
                            new Reading("d", new Value.Decimal(1.5), 5));
            assertThat(get(opened.aggregate(7, List.of("d"), one, Aggregation.AVG)))
                    .containsExactly(new Reading("d", new Value.Decimal(0.75), 5));
            assertThat(get(opened.aggregate(7, List.of("t"), one, Aggregation.COUNT)))
                    .containsExactly(new Reading("t", new Value.Whole(4), 5));
        }
    }

    @Test
    void purgedDevicesAreGone() throws Exception {
        PointsStore opened = open(SMALL, Steps.NONE);
        opened.append(7, List.of(new Reading("t", new Value.Whole(1), 10)), TelemetryStore.NEVER, new Answer(loop));
        opened.purge(7).toCompletableFuture().get();
        assertThat(get(opened.latest(7))).isEmpty();
        opened.purge(7).toCompletableFuture().get();
        opened.purge(99).toCompletableFuture().get();
    }

    @Test
    void theReceiptsOfOneCommitAreOneTaskOfTheirLoop() throws Exception {
        Gate gate = new Gate(Step.COMMIT_WRITTEN);
        PointsStore opened = open(SMALL, gate);
        TaskLoop other = new TaskLoop();
        append(opened, loop);
        gate.reached();
        append(opened, loop);
        append(opened, other);
        append(opened, loop);
        gate.open();
        assertThat(loop.nextTask()).containsExactly("stored");
        assertThat(loop.nextTask()).containsExactly("stored", "stored");
        assertThat(other.nextTask()).containsExactly("stored");
    }

    @Test
    void aFullQueueTakesNothingAndTellsWhenItHasRoom() throws Exception {
        Gate gate = new Gate(Step.COMMIT_WRITTEN);
        PointsStore opened = open(SMALL, gate);
        append(opened, loop);
        gate.reached();
        for (int i = 0; i < SMALL.queueMessagesMax(); i++) {
            append(opened, loop);
        }
        assertThat(opened.append(1, readings(1), TelemetryStore.NEVER, new Answer(loop)))
                .isFalse();
        CountDownLatch writable = new CountDownLatch(1);
        opened.whenWritable(writable::countDown);
        assertThat(writable.getCount()).isEqualTo(1);
        gate.open();
        assertThat(writable.await(10, TimeUnit.SECONDS)).isTrue();
        CountDownLatch atOnce = new CountDownLatch(1);
        opened.whenWritable(atOnce::countDown);
        assertThat(atOnce.await(10, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i <= SMALL.queueMessagesMax(); i++) {
            assertThat(loop.next()).isEqualTo("stored");
        }
    }

    @Test
    void aFailedCommitIsRefusedAndTheNextOneStored() throws Exception {
        List<Step> failOnce = new ArrayList<>(List.of(Step.COMMIT_WRITTEN));
        PointsStore opened = open(SMALL, step -> {
            if (failOnce.remove(step)) {
                throw new SQLException("disk full, says the test");
            }
        });
        append(opened, loop);
        assertThat(loop.next()).isEqualTo("STORE_UNAVAILABLE");
        assertThat(get(opened.latest(1))).isEmpty();
        append(opened, loop);
        assertThat(loop.next()).isEqualTo("stored");
        assertThat(get(opened.latest(1))).hasSize(1);
        assertThat(registry.get("signalbox.points.failures").counter().count()).isEqualTo(1);
    }

    @Test
    void tooManyReadsAreRejected() throws Exception {
        Gate gate = new Gate(Step.READ_TAIL);
        PointsStore opened = open(SMALL, gate);
        List<CompletionStage<Snapshot<List<Reading>>>> reads = new ArrayList<>();
        reads.add(opened.latest(1));
        gate.reached();
        for (int i = 0; i < SMALL.readsWaitingMax(); i++) {
            reads.add(opened.latest(1));
        }
        assertThatThrownBy(() -> get(opened.latest(1)))
                .cause()
                .isInstanceOfSatisfying(
                        Rejected.class, rejected -> assertThat(rejected.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
        gate.open();
        for (CompletionStage<Snapshot<List<Reading>>> read : reads) {
            assertThat(get(read)).isEmpty();
        }
    }

    @Test
    void whatWasTakenIsCommittedBeforeTheStoreCloses() throws Exception {
        Gate gate = new Gate(Step.COMMIT_WRITTEN);
        PointsStore opened = open(SMALL, gate);
        append(opened, loop);
        gate.reached();
        append(opened, loop);
        Thread closing = Thread.ofPlatform().start(opened::close);
        gate.open();
        assertThat(loop.next()).isEqualTo("stored");
        assertThat(loop.next()).isEqualTo("stored");
        assertThat(closing.join(Duration.ofSeconds(10))).isTrue();
        assertThat(opened.append(1, readings(1), TelemetryStore.NEVER, new Answer(loop)))
                .isTrue();
        assertThat(loop.next()).isEqualTo("STORE_UNAVAILABLE");
        assertThatThrownBy(() -> get(opened.latest(1))).hasCauseInstanceOf(Rejected.class);
    }

    @Test
    void aFileOfANewerServerIsNotOpened() throws Exception {
        open(SMALL, Steps.NONE).close();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("points.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO schema_version VALUES (1000)");
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> open(SMALL, Steps.NONE))
                .withMessageContaining("schema 1000")
                .withMessageContaining("newer server");
    }

    private void append(PointsStore to, TaskLoop told) {
        assertThat(to.append(1, readings(5), TelemetryStore.NEVER, new Answer(told)))
                .isTrue();
    }

    private static List<Reading> readings(long ts) {
        return List.of(new Reading("t", new Value.Whole(ts), ts));
    }

    private static List<Reading> get(CompletionStage<Snapshot<List<Reading>>> stage)
            throws ExecutionException, InterruptedException {
        return stage.toCompletableFuture().get().value();
    }

    /** Holds the store at a step until it is opened. */
    private static final class Gate implements Steps {
        private final Step held;
        private final Semaphore reached = new Semaphore(0);
        private final CountDownLatch opened = new CountDownLatch(1);

        Gate(Step held) {
            this.held = held;
        }

        @Override
        public void at(Step step) throws SQLException {
            if (step == held) {
                reached.release();
                try {
                    if (!opened.await(10, TimeUnit.SECONDS)) {
                        throw new SQLException("the gate was not opened");
                    }
                } catch (InterruptedException e) {
                    throw new SQLException(e);
                }
            }
        }

        void reached() throws InterruptedException {
            assertThat(reached.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        }

        void open() {
            opened.countDown();
        }
    }

    /** Keeps its tasks until the test runs them. */
    private static final class TaskLoop implements Loop {
        private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        private final List<String> answers = new ArrayList<>();

        /** The next answer of any task. */
        String next() throws InterruptedException {
            while (answers.isEmpty()) {
                runOne();
            }
            return answers.removeFirst();
        }

        /** All answers of the next task. */
        List<String> nextTask() throws InterruptedException {
            runOne();
            List<String> all = List.copyOf(answers);
            answers.clear();
            return all;
        }

        private void runOne() throws InterruptedException {
            Runnable task = tasks.poll(10, TimeUnit.SECONDS);
            assertThat(task).as("a task of the store within ten seconds").isNotNull();
            if (task != null) {
                task.run();
            }
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

    private record Answer(TaskLoop loop) implements Receipt {
        @Override
        public void stored() {
            loop.answers.add("stored");
        }

        @Override
        public void refused(ErrorCode code) {
            loop.answers.add(code.name());
        }
    }
}
