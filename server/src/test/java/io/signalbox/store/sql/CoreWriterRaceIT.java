package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.ops.Rejected;
import io.signalbox.testing.Race;
import io.signalbox.testing.ThreadLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Loops that hand work to the writer while it is closed. */
@Timeout(60)
@EveryDatabase
class CoreWriterRaceIT {
    private static final int LOOPS = 3;
    private static final int BEFORE_CLOSE = 200;
    private static final int AFTER_CLOSE = 50;
    /** Every so many throw, so that their neighbours in the batch are tried, too. */
    private static final int REFUSED_EACH = 7;

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private final List<ThreadLoop> loops = ThreadLoop.some(LOOPS);
    private final List<ConcurrentLinkedQueue<String>> told =
            List.of(new ConcurrentLinkedQueue<>(), new ConcurrentLinkedQueue<>(), new ConcurrentLinkedQueue<>());

    CoreWriterRaceIT(TestDatabase databases) {
        this.databases = databases;
    }

    @AfterEach
    void stop() {
        loops.forEach(ThreadLoop::close);
    }

    @Test
    void everyPieceOfWorkIsToldOnceAndTruly() throws IOException {
        for (int round = 0; round < 3; round++) {
            race(Files.createDirectory(folder.resolve("round" + round)));
        }
    }

    private void race(Path place) {
        Database database = databases.empty(place);
        try (Sql sql = database.openWriter()) {
            sql.execute("CREATE TABLE done (poster INTEGER NOT NULL, number INTEGER NOT NULL)");
        }
        FileState state = new FileState("core", new Health(InstantSource.system()));
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        CoreWriter writer = new CoreWriter(
                Transactions.open(database, "core", state, meters),
                new CoreWriter.Limits(50, 1_000_000, 0),
                Duration.ofSeconds(20),
                state,
                meters);
        told.forEach(ConcurrentLinkedQueue::clear);
        CountDownLatch closing = new CountDownLatch(LOOPS);
        List<Race.Part> parts = new ArrayList<>();
        int[] taken = new int[LOOPS];
        for (int i = 0; i < LOOPS; i++) {
            int poster = i;
            parts.add(() -> {
                for (int number = 0, late = 0; late < AFTER_CLOSE; number++) {
                    if (number == BEFORE_CLOSE) {
                        closing.countDown();
                    }
                    late += number >= BEFORE_CLOSE ? 1 : 0;
                    post(writer, poster, number);
                    taken[poster]++;
                }
            });
        }
        parts.add(() -> {
            closing.await();
            writer.close();
        });
        Race.of(parts);
        loops.forEach(ThreadLoop::settle);
        try (Sql reader = database.openReader()) {
            for (int i = 0; i < LOOPS; i++) {
                check(reader, i, taken[i]);
            }
        }
    }

    private void post(CoreWriter writer, int poster, int number) {
        CoreWriter.Post<Integer> post = new CoreWriter.Post<>(
                number % 2 == 0,
                sql -> {
                    if (number % REFUSED_EACH == 0) {
                        throw new Rejected(ErrorCode.NOT_FOUND, "wanted");
                    }
                    sql.update("INSERT INTO done VALUES (?, ?)", poster, number);
                    return number;
                },
                loops.get(poster),
                result -> told.get(poster).add(result + " done"),
                code -> told.get(poster).add(number + " " + code));
        if (number % 3 == 0) {
            writer.force("tenant" + poster, 100, post);
        } else {
            while (!writer.offer("tenant" + poster, 100, post)) {
                Thread.onSpinWait();
            }
        }
    }

    private void check(Sql reader, int poster, int count) {
        List<String> heard = List.copyOf(told.get(poster));
        Set<Integer> rows = new HashSet<>(
                reader.list("SELECT number FROM done WHERE poster = ?", row -> (int) row.number("number"), poster));
        List<Integer> numbers = heard.stream()
                .map(text -> Integer.parseInt(text, 0, text.indexOf(' '), 10))
                .toList();
        assertThat(numbers).hasSize(count).doesNotHaveDuplicates();
        List<Integer> committed = heard.stream()
                .filter(text -> text.endsWith(" done"))
                .map(text -> Integer.parseInt(text, 0, text.indexOf(' '), 10))
                .toList();
        assertThat(committed).isSorted().hasSameSizeAs(rows).containsAll(rows);
        assertThat(heard)
                .filteredOn(text -> !text.endsWith(" done"))
                .allMatch(text -> text.endsWith(" NOT_FOUND") || text.endsWith(" STORE_UNAVAILABLE"));
        assertThat(heard).filteredOn(text -> text.endsWith(" NOT_FOUND")).isNotEmpty();
    }
}
