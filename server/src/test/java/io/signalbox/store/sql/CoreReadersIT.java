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
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class CoreReadersIT {
    private static final int QUEUE_MAX = 2;

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private final CountDownLatch held = new CountDownLatch(1);
    private Sql writer;
    private CoreReaders readers;

    CoreReadersIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        Database database = databases.empty(folder);
        writer = database.openWriter();
        writer.execute("CREATE TABLE word (text TEXT NOT NULL PRIMARY KEY)");
        readers = new CoreReaders(
                database,
                1,
                QUEUE_MAX,
                Duration.ofSeconds(10),
                new FileState("core", new Health(InstantSource.system())),
                new SimpleMeterRegistry());
    }

    @AfterEach
    void close() {
        held.countDown();
        readers.close();
        writer.close();
    }

    @Test
    void readsSeeWhatWasCommittedBefore() {
        for (int i = 0; i < 100; i++) {
            writer.update("INSERT INTO word (text) VALUES (?)", "w" + i);
            assertThat(readers.read(CoreReadersIT::words)).hasSize(i + 1);
        }
    }

    @Test
    void readersCannotWriteAndGoOnAfterAFailure() {
        assertThatExceptionOfType(Rejected.class)
                .isThrownBy(() -> readers.read(sql -> sql.update("INSERT INTO word (text) VALUES ('a')")))
                .satisfies(rejected -> assertThat(rejected.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));
        assertThat(readers.read(CoreReadersIT::words)).isEmpty();
    }

    @Test
    void fullQueueRefusesAndCloseAnswersWhatWaits() throws InterruptedException {
        hold();
        CompletionStage<List<String>> first = readers.readLater(CoreReadersIT::words);
        CompletionStage<List<String>> second = readers.readLater(CoreReadersIT::words);

        assertThat(failure(readers.readLater(CoreReadersIT::words))).isEqualTo(ErrorCode.TOO_MANY_REQUESTS);
        held.countDown();
        readers.close();

        assertThat(first.toCompletableFuture().join()).isEmpty();
        assertThat(second.toCompletableFuture().join()).isEmpty();
        assertThat(failure(readers.readLater(CoreReadersIT::words))).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
    }

    /** Keeps the reader busy until the latch opens. */
    private void hold() throws InterruptedException {
        CountDownLatch holding = new CountDownLatch(1);
        var _ = readers.readLater(sql -> {
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

    private static List<String> words(Sql sql) {
        return sql.list("SELECT text FROM word", row -> row.text("text"));
    }

    private static ErrorCode failure(CompletionStage<?> stage) {
        return stage.handle((result, failure) -> ((Rejected) failure).code())
                .toCompletableFuture()
                .join();
    }
}
