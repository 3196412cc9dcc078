package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.ops.Rejected;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class CoreWriterIT {
    private static final int ITEMS_MAX = 4;
    private static final int BYTES_MAX = 1000;

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final RecordingLoop loop = new RecordingLoop();
    private final CountDownLatch held = new CountDownLatch(1);
    private CoreWriter writer;
    private Sql reader;

    CoreWriterIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        Database database = databases.empty(folder);
        try (Sql sql = database.openWriter()) {
            sql.execute("CREATE TABLE word (text TEXT NOT NULL PRIMARY KEY)");
            // checked by the commit, not by the statement
            sql.execute("CREATE TABLE late (word TEXT REFERENCES word (text) DEFERRABLE INITIALLY DEFERRED)");
        }
        FileState state = new FileState("core", new Health(InstantSource.system()));
        writer = new CoreWriter(
                Transactions.open(database, "core", state, meters),
                new CoreWriter.Limits(ITEMS_MAX, BYTES_MAX, 0),
                Duration.ofSeconds(10),
                state,
                meters);
        reader = database.openReader();
    }

    @AfterEach
    void close() {
        held.countDown();
        writer.close();
        reader.close();
    }

    @Test
    void readersSeeWhatWasWritten() {
        assertThat(write("a")).isEqualTo(1);

        assertThat(words()).containsExactly("a");
    }

    @Test
    void failingWorkIsUndoneAloneAndItsSenderHearsWhy() throws InterruptedException {
        hold();
        CompletionStage<Integer> first = writer.writeLater(sql -> insert(sql, "a"));
        CompletionStage<Integer> refused = writer.writeLater(sql -> {
            insert(sql, "b");
            throw new Rejected(ErrorCode.NOT_FOUND, "no such thing");
        });
        CompletionStage<Integer> broken = writer.writeLater(sql -> {
            insert(sql, "c");
            return insert(sql, "a");
        });
        CompletionStage<Integer> last = writer.writeLater(sql -> insert(sql, "d"));
        held.countDown();

        assertThat(first.toCompletableFuture().join()).isEqualTo(1);
        assertThat(last.toCompletableFuture().join()).isEqualTo(1);
        assertThat(failure(refused)).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(failure(broken)).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(words()).containsExactly("a", "d");
    }

    @Test
    void brokenWorkIsInternalAndTheWriterGoesOn() {
        assertThatExceptionOfType(Rejected.class)
                .isThrownBy(() -> writer.write(sql -> {
                    throw new IllegalStateException("a bug");
                }))
                .satisfies(rejected -> assertThat(rejected.code()).isEqualTo(ErrorCode.INTERNAL));
        assertThat(write("a")).isEqualTo(1);
    }

    @Test
    void failedCommitFailsTheWholeBatchAndTheWriterGoesOn() throws InterruptedException {
        hold();
        CompletionStage<Integer> innocent = writer.writeLater(sql -> insert(sql, "a"));
        CompletionStage<Integer> guilty =
                writer.writeLater(sql -> sql.update("INSERT INTO late (word) VALUES ('no such word')"));
        assertThat(writer.offer(0, sql -> insert(sql, "b"), loop.receipt("b"))).isTrue();
        held.countDown();

        assertThat(failure(innocent)).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(failure(guilty)).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        loop.runNext();
        assertThat(loop.heard()).containsExactly("b STORE_UNAVAILABLE");
        assertThat(words()).isEmpty();
        assertThat(meters.counter("signalbox.core.commits.failed").count()).isEqualTo(1);
        assertThat(write("a")).isEqualTo(1);
    }

    @Test
    void receiptsOfOneCommitAreOneTaskForEachLoop() throws InterruptedException {
        RecordingLoop other = new RecordingLoop();
        hold();
        writer.offer(0, sql -> insert(sql, "a"), loop.receipt("a"));
        writer.offer(0, sql -> insert(sql, "b"), other.receipt("b"));
        writer.offer(0, sql -> insert(sql, "a"), loop.receipt("a again"));
        writer.offer(0, sql -> insert(sql, "c"), loop.receipt("c"));
        held.countDown();

        loop.runNext();
        other.runNext();
        assertThat(loop.heard()).containsExactly("a stored", "a again STORE_UNAVAILABLE", "c stored");
        assertThat(other.heard()).containsExactly("b stored");
        assertThat(loop.isIdle()).isTrue();
    }

    @Test
    void resultsAreToldAfterTheCommitInOneTask() throws InterruptedException {
        List<String> heard = new ArrayList<>();
        hold();
        writer.offer(WorkQueue.SERVER, 0, post(true, "a", heard));
        writer.offer(WorkQueue.SERVER, 0, post(true, "a", heard));
        writer.offer(WorkQueue.SERVER, 0, post(false, "b", heard));
        held.countDown();

        loop.runNext();
        assertThat(heard).containsExactly("a 1", "a STORE_UNAVAILABLE", "b 1");
        assertThat(loop.isIdle()).isTrue();
        assertThat(words()).containsExactly("a", "b");
    }

    @Test
    void forcedWorkIsTakenByAFullQueue() throws InterruptedException {
        List<String> heard = new ArrayList<>();
        hold();
        for (int i = 0; i < ITEMS_MAX; i++) {
            assertThat(writer.offer(WorkQueue.SERVER, 0, post(true, "w" + i, heard)))
                    .isTrue();
        }

        assertThat(writer.offer(WorkQueue.SERVER, 0, post(true, "x", heard))).isFalse();
        writer.force(WorkQueue.SERVER, BYTES_MAX, post(true, "y", heard));
        held.countDown();

        loop.runNext();
        assertThat(heard).containsExactly("w0 1", "w1 1", "w2 1", "w3 1", "y 1");
    }

    @Test
    void memoryFollowsWhatIsKept() throws InterruptedException {
        List<String> memory = new ArrayList<>();
        hold();
        CompletionStage<Integer> kept = writer.writeLater(sql -> remember(sql, memory, "a"));
        CompletionStage<Integer> undone = writer.writeLater(sql -> {
            remember(sql, memory, "b");
            remember(sql, memory, "c");
            throw new Rejected(ErrorCode.NOT_FOUND, "no such thing");
        });
        held.countDown();

        assertThat(kept.toCompletableFuture().join()).isEqualTo(1);
        assertThat(failure(undone)).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(memory).containsExactly("a");
        assertThat(failure(writer.writeLater(sql -> {
                    remember(sql, memory, "d");
                    return sql.update("INSERT INTO late (word) VALUES ('no such word')");
                })))
                .isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(memory).containsExactly("a");
    }

    private int remember(Sql sql, List<String> memory, String word) {
        memory.add(word);
        writer.ifUndone(() -> memory.remove(word));
        return insert(sql, word);
    }

    private CoreWriter.Post<Integer> post(boolean isSingle, String word, List<String> heard) {
        return new CoreWriter.Post<>(
                isSingle,
                sql -> insert(sql, word),
                loop,
                rows -> heard.add(word + " " + rows),
                code -> heard.add(word + " " + code));
    }

    @Test
    void fullQueueTakesNothing() throws InterruptedException {
        hold();
        for (int i = 0; i < ITEMS_MAX; i++) {
            String word = "w" + i;
            assertThat(writer.offer(0, sql -> insert(sql, word), loop.receipt(word)))
                    .isTrue();
        }

        assertThat(writer.offer(0, sql -> insert(sql, "x"), loop.receipt("x"))).isFalse();
        assertThat(failure(writer.writeLater(sql -> insert(sql, "x")))).isEqualTo(ErrorCode.TOO_MANY_REQUESTS);
        held.countDown();

        loop.runNext();
        assertThat(loop.heard()).hasSize(ITEMS_MAX);
        assertThat(words()).containsExactly("w0", "w1", "w2", "w3");
    }

    @Test
    void queueIsBoundedByBytesButTakesOneThatIsLarge() throws InterruptedException {
        hold();
        assertThat(writer.offer(BYTES_MAX + 1, sql -> insert(sql, "a"), loop.receipt("a")))
                .isTrue();
        assertThat(writer.offer(1, sql -> insert(sql, "b"), loop.receipt("b"))).isFalse();
    }

    @Test
    void callThatWaitedTooLongIsNotMade() throws InterruptedException {
        hold();
        CompletableFuture<Integer> call =
                writer.writeLater(sql -> insert(sql, "late")).toCompletableFuture();

        assertThatExceptionOfType(Rejected.class)
                .isThrownBy(() -> Call.await(call, Duration.ofMillis(1)))
                .satisfies(rejected -> assertThat(rejected.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));
        held.countDown();
        writer.write(sql -> insert(sql, "a"));

        assertThat(words()).containsExactly("a");
    }

    @Test
    void closeCommitsWhatWasTakenAndRefusesTheRest() throws InterruptedException {
        hold();
        CompletionStage<Integer> taken = writer.writeLater(sql -> insert(sql, "a"));
        held.countDown();
        writer.close();

        assertThat(taken.toCompletableFuture().join()).isEqualTo(1);
        assertThat(words()).containsExactly("a");
        assertThat(failure(writer.writeLater(sql -> insert(sql, "b")))).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(writer.offer(0, sql -> insert(sql, "b"), loop.receipt("b"))).isTrue();
        loop.runNext();
        assertThat(loop.heard()).containsExactly("b STORE_UNAVAILABLE");
    }

    /** Keeps the writer busy, so that what comes next gathers in one batch, until the latch opens. */
    private void hold() throws InterruptedException {
        CountDownLatch holding = new CountDownLatch(1);
        var _ = writer.writeLater(sql -> {
            holding.countDown();
            try {
                held.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return true;
        });
        holding.await();
    }

    private int write(String word) {
        return writer.write(sql -> insert(sql, word));
    }

    private static int insert(Sql sql, String word) {
        return sql.update("INSERT INTO word (text) VALUES (?)", word);
    }

    private List<String> words() {
        return reader.list("SELECT text FROM word ORDER BY text", row -> row.text("text"));
    }

    private static ErrorCode failure(CompletionStage<?> stage) {
        return stage.handle((result, failure) -> ((Rejected) failure).code())
                .toCompletableFuture()
                .join();
    }
}
