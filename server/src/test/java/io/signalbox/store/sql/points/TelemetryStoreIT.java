package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.config.PostgresUrl;
import io.signalbox.device.Device;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.store.sql.Database;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Erase;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import io.signalbox.testing.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
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

    private static final long NOW = 1_754_000_000_000L;

    private final InstantSource clock = InstantSource.fixed(Instant.ofEpochMilli(NOW));
    private final Feed feed = new Feed();
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
            case SQLITE -> file(folder, health);
            case POSTGRES ->
                PostgresPoints.open(
                        new Database.Postgres(url, folder.toString()),
                        SETTINGS,
                        health,
                        new SimpleMeterRegistry(),
                        feed,
                        clock);
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

        assertThat(get(store.latest(7)).value()).isEqualTo(all);
        store.close();
        TelemetryStore again = open();
        assertThat(get(again.latest(7)).value()).isEqualTo(all);
        assertThat(get(again.latest(7, List.of("g", "zz", "\uD801", "g"))).value())
                .containsExactly(all.get(6), all.get(8));
        assertThat(get(again.history(7, List.of("c"), 3, 4, 5, true)).value()).containsExactly(all.get(2));
        assertThat(get(again.latest(8)).value()).isEmpty();
    }

    @Test
    void latestValuesOfManyDevicesAreReadAtOnce() {
        for (int device = 1; device <= 150; device++) {
            append(store, device, List.of(reading("k", device, device), reading("k", 0, 0)));
        }
        append(store, 2, List.of(reading("other", 1, 1)));

        var few = get(store.latest(List.of(1L, 2L, 4711L), List.of("k", "other")));
        assertThat(few.value().keySet()).containsOnly(1L, 2L);
        assertThat(few.value().get(1L)).containsExactly(reading("k", 1, 1));
        assertThat(few.value().get(2L)).containsExactlyInAnyOrder(reading("k", 2, 2), reading("other", 1, 1));
        assertThat(few.commit()).isEqualTo(get(store.latest(1)).commit());
        List<Long> all = LongStream.rangeClosed(1, 150).boxed().toList();
        assertThat(get(store.latest(all, List.of("k"))).value())
                .hasSize(150)
                .containsEntry(77L, List.of(reading("k", 77, 77)));
        store.close();
        assertThat(get(open().latest(all, List.of("k"))).value()).containsEntry(77L, List.of(reading("k", 77, 77)));
    }

    @Test
    void laterOfOneKeyAndTimeReplacesTheEarlierAlsoInOneMessage() {
        append(store, 1, List.of(reading("k", 5, 1), reading("k", 5, 2), reading("k", 4, 3)));
        append(store, 1, List.of(reading("k", 4, 4)));

        assertThat(get(store.latest(1)).value()).containsExactly(reading("k", 5, 2));
        assertThat(get(store.history(1, List.of("k"), 0, 9, 9, true)).value())
                .containsExactly(reading("k", 4, 4), reading("k", 5, 2));
    }

    @Test
    void purgedDeviceHasNothingAndTakesNothing() {
        for (int i = 0; i < 20; i++) {
            append(store, 1, List.of(reading("k" + i, i, i)));
        }
        append(store, 2, List.of(reading("k", 1, 1)));
        get(store.purge(1));
        append(store, 1, List.of(reading("k0", 99, 1)));

        assertThat(get(store.latest(1)).value()).isEmpty();
        assertThat(get(store.history(1, List.of("k0"), 0, 100, 9, true)).value())
                .isEmpty();
        get(store.purge(1));
        store.close();
        TelemetryStore again = open();
        assertThat(get(again.latest(1)).value()).isEmpty();
        assertThat(get(again.latest(2)).value()).containsExactly(reading("k", 1, 1));
    }

    @Test
    void readingsWhoseTimeIsOverGoAndTheLatestValueStays() throws InterruptedException {
        Stored stored = new Stored();
        store.append(1, List.of(reading("k", 1, 1), reading("k", 2, 2)), NOW - 1, stored);
        get(stored.answer);
        append(store, 1, List.of(reading("k", 0, 0)));

        List<Reading> left = get(store.history(1, List.of("k"), 0, 9, 9, true)).value();
        while (left.size() > 1) { // ends with the test's time when they stay
            TimeUnit.MILLISECONDS.sleep(10);
            left = get(store.history(1, List.of("k"), 0, 9, 9, true)).value();
        }
        assertThat(left).containsExactly(reading("k", 0, 0));
        assertThat(get(store.latest(1)).value()).containsExactly(reading("k", 2, 2));
    }

    @Test
    void followerHearsOfWhatASnapshotHasNotSeen() {
        List<String> heard = new ArrayList<>();
        feed.follow(1, new Feed.Follower() {
            @Override
            public void points(long commit, List<Reading> readings) {
                heard.add(commit + " " + readings.getFirst().key());
            }

            @Override
            public void attributes(long commit, Scope scope, List<Reading> changed, List<String> deleted) {}

            @Override
            public void changed(Device device) {}

            @Override
            public void deleted() {}
        });
        append(store, 1, List.of(reading("a", 1, 1)));
        long seen = get(store.latest(1)).commit();
        append(store, 1, List.of(reading("b", 1, 1)));
        append(store, 2, List.of(reading("c", 1, 1)));

        assertThat(heard).hasSize(2);
        assertThat(Long.parseLong(heard.getFirst().split(" ", 2)[0])).isLessThanOrEqualTo(seen);
        assertThat(Long.parseLong(heard.getLast().split(" ", 2)[0])).isGreaterThan(seen);
    }

    /** The file has been held against a plain map, with crashes: see {@link PointsSim}. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void answersAreThoseOfTheFile(long seed, @TempDir Path other) {
        SplittableRandom random = new SplittableRandom(seed);
        try (TelemetryStore model = file(other, new Health(InstantSource.system()))) {
            TelemetryStore tested = store;
            for (int step = 0; step < 150; step++) {
                String where = "seed " + seed + " step " + step;
                long device = 1 + random.nextLong(3);
                switch (random.nextInt(12)) {
                    case 0 -> {
                        if (random.nextInt(10) == 0) {
                            tested.close();
                            tested = open();
                        }
                    }
                    case 1, 2 -> same(tested, model, where, asked(random, device));
                    case 3 -> same(tested, model, where, summed(random, device));
                    case 4, 5 -> {
                        Erase erase = erase(random);
                        get(model.erase(device, erase));
                        get(tested.erase(device, erase));
                    }
                    case 6 -> {
                        if (random.nextInt(20) == 0) {
                            long gone = 10 + random.nextLong(3);
                            get(model.purge(gone));
                            get(tested.purge(gone));
                        }
                    }
                    default -> {
                        List<Reading> readings = new ArrayList<>();
                        for (int i = 1 + random.nextInt(6); i > 0; i--) {
                            readings.add(new Reading("k" + random.nextInt(4), value(random), random.nextInt(30)));
                        }
                        append(model, device, readings);
                        append(tested, device, readings);
                    }
                }
                same(tested, model, where, asking -> asking.latest(device));
            }
        }
    }

    private interface Asking {
        CompletionStage<Snapshot<List<Reading>>> of(TelemetryStore store);
    }

    private static void same(TelemetryStore tested, TelemetryStore model, String where, Asking asking) {
        assertThat(get(asking.of(tested)).value())
                .as(where)
                .isEqualTo(get(asking.of(model)).value());
    }

    private static Asking asked(SplittableRandom random, long device) {
        List<String> keys = keys(random);
        long from = random.nextLong(34) - 2;
        long to = random.nextLong(34) - 2;
        int limit = 1 + random.nextInt(5);
        boolean ascending = random.nextBoolean();
        return store -> store.history(device, keys, from, to, limit, ascending);
    }

    private static Asking summed(SplittableRandom random, long device) {
        List<String> keys = keys(random);
        Aggregation[] all = Aggregation.values();
        Aggregation aggregation = all[1 + random.nextInt(all.length - 1)];
        long from = random.nextLong(34) - 2;
        Buckets buckets = new Buckets(from, from + random.nextInt(34), new Buckets.Width.Fixed(1 + random.nextLong(9)));
        return store -> store.aggregate(device, keys, buckets, aggregation);
    }

    private static Erase erase(SplittableRandom random) {
        long from = random.nextLong(34) - 2;
        return new Erase(keys(random), from, from + random.nextInt(12) - 1, random.nextBoolean(), random.nextBoolean());
    }

    private static List<String> keys(SplittableRandom random) {
        return random.nextBoolean() ? List.of("k" + random.nextInt(5)) : List.of("k1", "k0", "k3");
    }

    /** Decimals that any order of adding sums to the same. */
    private static Value value(SplittableRandom random) {
        return switch (random.nextInt(9)) {
            case 0 -> new Value.Decimal(random.nextInt(100) / 4.0);
            case 1 -> new Value.Decimal(Double.NaN);
            case 2 ->
                new Value.Text(List.of("", "a", "aa", "ä", "😀", "\uD800", "z\0", "\uFFFD")
                        .get(random.nextInt(8)));
            case 3 -> new Value.Flag(random.nextBoolean());
            case 4 -> new Value.Json("{}");
            case 5 -> new Value.Whole(random.nextBoolean() ? Long.MAX_VALUE : Long.MIN_VALUE);
            default -> new Value.Whole(random.nextInt(100));
        };
    }

    private PointsStore file(Path in, Health health) {
        return PointsStore.open(in, SETTINGS, health, new SimpleMeterRegistry(), feed, clock, System::nanoTime);
    }

    private static void append(TelemetryStore to, long device, List<Reading> readings) {
        Stored stored = new Stored();
        assertThat(to.append(device, readings, TelemetryStore.NEVER, stored)).isTrue();
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
