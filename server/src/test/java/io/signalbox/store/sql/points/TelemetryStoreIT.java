package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.config.PostgresUrl;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.store.sql.Database;
import io.signalbox.telemetry.TelemetryStore;
import io.signalbox.testing.PointsInMemory;
import io.signalbox.testing.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store of time series has to do, on a file and on a database server. */
@ParameterizedClass
@EnumSource(TelemetryStoreIT.Kind.class)
class TelemetryStoreIT {
    enum Kind {
        SQLITE,
        POSTGRES
    }

    private static final PointsSettings SETTINGS = new PointsSettings(
            1_000,
            1_000_000,
            50,
            100_000,
            Duration.ofMillis(1),
            8,
            100_000,
            Duration.ofMillis(20),
            100,
            3,
            1_000,
            2,
            500);

    private final Kind kind;
    private final TelemetryStore store;

    TelemetryStoreIT(Kind kind, @TempDir Path folder) {
        this.kind = kind;
        this.folder = folder;
        this.url = kind == Kind.POSTGRES ? PostgresServer.shared().newSchema() : NOWHERE;
        this.store = open();
    }

    private static final PostgresUrl NOWHERE = PostgresUrl.parse("postgres://nobody@localhost/none");
    private final Path folder;
    private final PostgresUrl url;
    private final List<TelemetryStore> opened = new ArrayList<>();

    private TelemetryStore open() {
        Health health = new Health(InstantSource.system());
        TelemetryStore made = switch (kind) {
            case SQLITE -> PointsStore.open(folder, SETTINGS, health, new SimpleMeterRegistry(), System::nanoTime);
            case POSTGRES ->
                PostgresPoints.open(
                        new Database.Postgres(url, folder.toString()), SETTINGS, health, new SimpleMeterRegistry());
        };
        opened.add(made);
        return made;
    }

    @AfterEach
    void close() {
        opened.forEach(TelemetryStore::close);
    }

    @Test
    void everyKindOfValueComesBackAlsoAfterARestart() {
        List<Reading> all = List.of(
                new Reading("a", new Value.Whole(Long.MIN_VALUE), 1),
                new Reading("b", new Value.Decimal(0.1), -2),
                new Reading("c", new Value.Text("ünïcode ' \" 😀 a\0b \uD800"), 3),
                new Reading("d", new Value.Flag(false), 4),
                new Reading("e", new Value.Json("{\"x\":[1,null,\"\\u0000\"]}"), 5),
                new Reading("f", new Value.Text(""), Long.MAX_VALUE),
                new Reading("g", new Value.Decimal(Double.NaN), Long.MIN_VALUE),
                new Reading("\uD800", new Value.Decimal(-0.0), 7),
                new Reading("\uD801", new Value.Decimal(Double.NEGATIVE_INFINITY), 8));
        append(store, 7, all);

        assertThat(get(store.latest(7))).isEqualTo(all);
        store.close();
        TelemetryStore again = open();
        assertThat(get(again.latest(7))).isEqualTo(all);
        assertThat(get(again.latest(7, List.of("g", "zz", "\uD801", "g")))).containsExactly(all.get(6), all.get(8));
        assertThat(get(again.history(7, "c", 3, 4, 5, true))).containsExactly(all.get(2));
        assertThat(get(again.latest(8))).isEmpty();
    }

    @Test
    void laterOfOneKeyAndTimeReplacesTheEarlierAlsoInOneMessage() {
        append(store, 1, List.of(reading("k", 5, 1), reading("k", 5, 2), reading("k", 4, 3)));
        append(store, 1, List.of(reading("k", 4, 4)));

        assertThat(get(store.latest(1))).containsExactly(reading("k", 5, 2));
        assertThat(get(store.history(1, "k", 0, 9, 9, true))).containsExactly(reading("k", 4, 4), reading("k", 5, 2));
    }

    @Test
    void purgedDeviceHasNothingAndTakesNothing() {
        for (int i = 0; i < 20; i++) {
            append(store, 1, List.of(reading("k" + i, i, i)));
        }
        append(store, 2, List.of(reading("k", 1, 1)));
        get(store.purge(1));
        append(store, 1, List.of(reading("k0", 99, 1)));

        assertThat(get(store.latest(1))).isEmpty();
        assertThat(get(store.history(1, "k0", 0, 100, 9, true))).isEmpty();
        get(store.purge(1));
        store.close();
        TelemetryStore again = open();
        assertThat(get(again.latest(1))).isEmpty();
        assertThat(get(again.latest(2))).containsExactly(reading("k", 1, 1));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void answersAreThoseOfAPlainMap(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        PointsInMemory model = new PointsInMemory();
        TelemetryStore tested = store;
        for (int step = 0; step < 200; step++) {
            long device = 1 + random.nextInt(4);
            switch (random.nextInt(10)) {
                case 0 -> {
                    if (random.nextInt(10) == 0) {
                        tested.close();
                        tested = open();
                    }
                }
                case 1, 2, 3 -> {
                    String key = "k" + random.nextInt(6);
                    long from = random.nextInt(30) - 2;
                    long to = random.nextInt(34) - 2;
                    int limit = 1 + random.nextInt(5);
                    boolean ascending = random.nextBoolean();
                    List<Reading> expected =
                            from > to ? List.of() : get(model.history(device, key, from, to, limit, ascending));
                    assertThat(get(tested.history(device, key, from, to, limit, ascending)))
                            .as("seed %d step %d", seed, step)
                            .isEqualTo(expected);
                    assertThat(get(tested.latest(device)))
                            .as("seed %d step %d", seed, step)
                            .isEqualTo(get(model.latest(device)));
                }
                default -> {
                    List<Reading> readings = new ArrayList<>();
                    for (int i = 1 + random.nextInt(6); i > 0; i--) {
                        readings.add(reading("k" + random.nextInt(6), random.nextInt(30), random.nextInt()));
                    }
                    model.put(device, readings.toArray(Reading[]::new));
                    append(tested, device, readings);
                }
            }
        }
    }

    private static void append(TelemetryStore to, long device, List<Reading> readings) {
        Stored stored = new Stored();
        assertThat(to.append(device, readings, stored)).isTrue();
        get(stored.answer);
    }

    private static Reading reading(String key, long ts, long value) {
        return new Reading(key, new Value.Whole(value), ts);
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** Its loop is whatever thread tells it. */
    private static final class Stored implements Receipt, Loop {
        private final CompletableFuture<Boolean> answer = new CompletableFuture<>();

        @Override
        public Loop loop() {
            return this;
        }

        @Override
        public void stored() {
            answer.complete(true);
        }

        @Override
        public void refused(ErrorCode code) {
            answer.completeExceptionally(new AssertionError(code));
        }

        @Override
        public boolean isCurrent() {
            return false;
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            throw new UnsupportedOperationException();
        }
    }
}
