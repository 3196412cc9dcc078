package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.store.sql.FileState;
import io.signalbox.store.sql.points.AppendQueue.Entry;
import io.signalbox.store.sql.points.Steps.Step;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Erase;
import io.signalbox.telemetry.Feed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random messages, moves, reads, purges, failures and crashes against plain maps, on one thread and a clock of its own.
 *
 * <p>A crash leaves the files as {@code kill -9} would at that step, the last write to the log perhaps torn. What then is
 * there must be the state after a whole number of the messages and purges, in their order, and after all of those that were
 * told "stored". A read answers with the state after one commit, one of those between its call and its answer.
 */
class PointsSim {
    private static final int SEEDS = 60;
    private static final int SEEDS_PER_STEP = 12;
    private static final int ACTIONS = 90;
    private static final long SECOND = 1_000_000_000L;
    private static final List<String> KEYS = List.of("temperature", "t", "\uD800", "\uD801", "?", "a\0b", "Größe");

    private static final PointsSettings SMALL = new PointsSettings(
            12, 20_000, 3, 1_000, Duration.ofMillis(5), 4, 3_000, Duration.ofSeconds(1), 12, 3, 700, 0, 1);

    static IntStream seeds() {
        return IntStream.range(0, SEEDS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void agreesWithPlainMaps(int seed, @TempDir Path folder) throws Exception {
        try (World world = new World(seed, folder)) {
            for (int i = 0; i < ACTIONS; i++) {
                world.act();
            }
            world.settle();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    /** As above, but the walks crash at one step only, and must come by it. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"READ_TAIL", "READ_SNAPSHOT"})
    void survivesCrashesAtOneStep(Step step, @TempDir Path folder) throws Exception {
        int crashes = 0;
        for (int seed = 0; seed < SEEDS_PER_STEP; seed++) {
            try (World world = new World(seed, Files.createDirectories(folder.resolve("seed" + seed)))) {
                world.crashStep = Optional.of(step);
                for (int i = 0; i < ACTIONS; i++) {
                    world.act();
                }
                world.settle();
                crashes += world.life;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThat(crashes).isPositive();
    }

    private static final class Crash extends Error {
        private static final long serialVersionUID = 1;
    }

    /** Each has a number of its own, so that no two are equal. */
    private sealed interface Op {
        record Message(long number, long device, List<Reading> readings) implements Op {}

        record End(long number, long device) implements Op {}

        record Erased(long number, long device, Erase erase) implements Op {}
    }

    /** What the store should hold. */
    private static final class Model {
        final Map<Long, TreeMap<String, TreeMap<Long, Value>>> devices = new TreeMap<>();
        final Map<Long, TreeMap<String, Reading>> latest = new TreeMap<>();
        final Set<Long> ended = new HashSet<>();

        Model copy() {
            Model copy = new Model();
            copy.ended.addAll(ended);
            devices.forEach((device, keys) -> {
                TreeMap<String, TreeMap<Long, Value>> keysCopy = new TreeMap<>();
                keys.forEach((key, points) -> keysCopy.put(key, new TreeMap<>(points)));
                copy.devices.put(device, keysCopy);
            });
            latest.forEach((device, keys) -> copy.latest.put(device, new TreeMap<>(keys)));
            return copy;
        }

        void apply(Op op) {
            switch (op) {
                case Op.Message(var _, long device, var readings) -> {
                    if (!ended.contains(device)) {
                        for (Reading reading : readings) {
                            devices.computeIfAbsent(device, _ -> new TreeMap<>())
                                    .computeIfAbsent(reading.key(), _ -> new TreeMap<>())
                                    .put(reading.ts(), reading.value());
                            latest.computeIfAbsent(device, _ -> new TreeMap<>())
                                    .merge(reading.key(), reading, (old, one) -> one.ts() >= old.ts() ? one : old);
                        }
                    }
                }
                case Op.End(var _, long device) -> {
                    devices.remove(device);
                    latest.remove(device);
                    ended.add(device);
                }
                case Op.Erased(var _, long device, Erase erase) -> {
                    for (String key : erase.keys()) {
                        erase(device, key, erase);
                    }
                }
            }
        }

        private void erase(long device, String key, Erase erase) {
            TreeMap<Long, Value> points =
                    devices.getOrDefault(device, new TreeMap<>()).getOrDefault(key, new TreeMap<>());
            if (erase.startTs() >= erase.endTs()) {
                return;
            }
            points.subMap(erase.startTs(), true, erase.endTs(), false).clear();
            TreeMap<String, Reading> ofDevice = latest.getOrDefault(device, new TreeMap<>());
            Reading newest = ofDevice.get(key);
            if (newest == null || !erase.latest() || newest.ts() < erase.startTs() || newest.ts() >= erase.endTs()) {
                return;
            }
            ofDevice.remove(key);
            if (erase.rewriteLatest() && !points.isEmpty()) {
                var left = points.lastEntry();
                ofDevice.put(key, new Reading(key, left.getValue(), left.getKey()));
            }
        }

        List<Reading> latest(long device) {
            return List.copyOf(latest.getOrDefault(device, new TreeMap<>()).values());
        }

        List<Reading> counts(long device, String key, Buckets buckets, Aggregation aggregation) {
            List<Reading> counts = new ArrayList<>();
            for (long from = buckets.startTs(); from < buckets.endTs(); from = buckets.end(from)) {
                Total total = new Total(aggregation);
                history(device, key, from, buckets.end(from), Integer.MAX_VALUE, true)
                        .forEach(reading -> total.add(reading.value()));
                long at = Buckets.middle(from, buckets.end(from));
                total.value().ifPresent(value -> counts.add(new Reading(key, value, at)));
            }
            return counts;
        }

        List<Reading> history(long device, String key, long start, long end, int limit, boolean ascending) {
            TreeMap<Long, Value> points =
                    devices.getOrDefault(device, new TreeMap<>()).getOrDefault(key, new TreeMap<>());
            if (start >= end) {
                return List.of();
            }
            var range = points.subMap(start, true, end, false);
            return (ascending ? range : range.descendingMap())
                    .entrySet().stream()
                            .limit(limit)
                            .map(point -> new Reading(key, point.getValue(), point.getKey()))
                            .toList();
        }

        long points() {
            return devices.values().stream()
                    .flatMap(keys -> keys.values().stream())
                    .mapToLong(TreeMap::size)
                    .sum();
        }
    }

    /** The store, driven by hand, and its model. */
    private static final class World implements Steps, Loop, AutoCloseable {
        private final SplittableRandom random;
        private final Path parent;
        private int life;
        private long clock = 5 * SECOND;

        private Path folder;
        private Path nextFolder = Path.of("");
        private AppendQueue queue;
        private PointsWriter writer;
        private PointsReader reader;

        private Model model = new Model();
        private final Deque<Op> open = new ArrayDeque<>();

        /** Those of {@link #open} that were told "stored", behind one that was not. */
        private final Set<Op> stored = new HashSet<>();

        private long nextOp;

        private final List<Long> live = new ArrayList<>(List.of(1L, 2L, 3L));
        private long nextDevice = 4;
        private long firstDeviceOfThisLife = 1;
        private long nextTs;

        private Optional<Step> crashStep = Optional.empty();
        private int stepsToCrash = Integer.MAX_VALUE;
        private int stepsToFailure = Integer.MAX_VALUE;
        private boolean writesDuringRead;
        private @Nullable Runnable afterStep;
        private long logBytesBefore;

        World(int seed, Path parent) throws SQLException, IOException {
            random = new SplittableRandom(seed);
            this.parent = parent;
            folder = Files.createDirectories(parent.resolve("life0"));
            queue = new AppendQueue(SMALL.queueMessagesMax(), SMALL.queueBytesMax());
            writer = newWriter();
            reader = newReader();
        }

        private PointsWriter newWriter() throws SQLException {
            return new PointsWriter(
                    new PointsFile(folder, false),
                    SMALL,
                    queue,
                    new FileState("points", new Health(InstantSource.system())),
                    new PointsMetrics(new SimpleMeterRegistry()),
                    new Feed(),
                    () -> Instant.EPOCH,
                    () -> clock,
                    this);
        }

        private PointsReader newReader() throws SQLException {
            return new PointsReader(new PointsFile(folder, false), () -> writer.tail(), this);
        }

        void act() throws SQLException, IOException {
            try {
                switch (random.nextInt(20)) {
                    case 0, 1, 2, 3, 4, 5, 6 -> message();
                    case 7, 8, 9, 10, 11 -> writer.step();
                    case 12, 13 -> clock += random.nextLong(SECOND);
                    case 14, 15 -> readLatest();
                    case 16 -> {
                        readHistory();
                        readBuckets();
                    }
                    case 17 -> {
                        if (random.nextInt(3) == 0) {
                            end();
                        } else {
                            erase();
                        }
                    }
                    case 18 -> {
                        if (random.nextInt(3) == 0) {
                            stepsToFailure = random.nextInt(4);
                        } else if (random.nextInt(4) == 0) {
                            stopAndStart();
                        }
                    }
                    default -> stepsToCrash = crashStep.isEmpty() ? random.nextInt(8) : random.nextInt(2);
                }
            } catch (Crash _) {
                startAfterCrash();
            }
        }

        private void message() {
            long device = live.get(random.nextInt(live.size()));
            if (!model.ended.isEmpty() && random.nextInt(8) == 0) {
                device = List.copyOf(model.ended).get(random.nextInt(model.ended.size()));
                if (device < firstDeviceOfThisLife) {
                    return;
                }
            }
            List<Reading> readings = new ArrayList<>();
            boolean wide = random.nextInt(40) == 0; // more keys than a block has
            for (int i = wide ? 300 : 1 + random.nextInt(4); i > 0; i--) {
                String key = wide ? "k" + i : KEYS.get(random.nextInt(KEYS.size()));
                long ts = random.nextInt(4) == 0 ? random.nextInt(20) - 10 : nextTs++;
                readings.add(new Reading(key, Runs.value(random), random.nextInt(50) == 0 ? Long.MIN_VALUE : ts));
            }
            Op op = new Op.Message(nextOp++, device, readings);
            if (queue.offer(new Entry.Append(device, readings, 0, new Told(op)))) {
                open.add(op);
            }
        }

        private void erase() {
            long device = live.get(random.nextInt(live.size()));
            List<String> keys = List.of(KEYS.get(random.nextInt(2)), KEYS.get(random.nextInt(KEYS.size())));
            long start = random.nextInt(3) == 0 ? Long.MIN_VALUE : random.nextLong(nextTs + 20) - 15;
            long end = random.nextInt(3) == 0 ? Long.MAX_VALUE : start + random.nextLong(nextTs + 20) - 2;
            Op op = new Op.Erased(
                    nextOp++, device, new Erase(keys, start, end, random.nextBoolean(), random.nextBoolean()));
            CompletableFuture<Void> done = new CompletableFuture<>();
            if (queue.offer(new Entry.Erased(device, ((Op.Erased) op).erase(), done))) {
                open.add(op);
                tell(op, done);
            }
        }

        private void tell(Op op, CompletableFuture<Void> done) {
            Told told = new Told(op);
            var _ = done.whenComplete((_, failure) -> {
                if (failure == null) {
                    told.stored();
                } else {
                    told.refused(ErrorCode.STORE_UNAVAILABLE);
                }
            });
        }

        private void end() {
            renewDevices();
            long device = live.get(random.nextInt(live.size()));
            Op op = new Op.End(nextOp++, device);
            CompletableFuture<Void> done = new CompletableFuture<>();
            if (queue.offer(new Entry.Purge(device, done))) {
                open.add(op);
                tell(op, done);
            }
        }

        /** Hears of one message or purge, once. */
        private final class Told implements Receipt {
            private final Op op;

            Told(Op op) {
                this.op = op;
            }

            @Override
            public Loop loop() {
                return World.this;
            }

            @Override
            public void stored() {
                assertThat(open).contains(op);
                assertThat(stored.add(op)).isTrue();
                while (!open.isEmpty() && stored.remove(open.peek())) { // receipts come before deletions
                    model.apply(open.remove());
                }
            }

            @Override
            public void refused(ErrorCode code) {
                assertThat(code).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
                assertThat(open.remove(op)).isTrue();
            }
        }

        @Override
        public void at(Step step) throws SQLException {
            if (step == Step.READ_TAIL || step == Step.READ_SNAPSHOT) {
                if (writesDuringRead) {
                    writeDuringRead();
                }
                return;
            }
            if (crashStep.isEmpty() || crashStep.get() == step) {
                if (stepsToCrash-- == 0) {
                    crash(step);
                }
            }
            boolean mayFail = step == Step.COMMIT_WRITTEN
                    || step == Step.SLICE_WRITTEN
                    || step == Step.PURGE_WRITTEN
                    || step == Step.ERASE_WRITTEN;
            if (mayFail) {
                logBytesBefore = new PointsFile(folder, false).logBytes();
                if (stepsToFailure-- <= 0) {
                    stepsToFailure = Integer.MAX_VALUE;
                    throw new SQLException("disk full, says the test");
                }
            }
        }

        private void writeDuringRead() {
            for (int i = random.nextInt(6); i > 0; i--) {
                clock += random.nextInt(3) == 0 ? SECOND : 0;
                if (random.nextBoolean()) {
                    message();
                }
                writer.step();
                if (afterStep != null) {
                    afterStep.run();
                }
            }
        }

        private void readLatest() throws SQLException {
            long device = 1 + random.nextLong(nextDevice);
            Set<List<Reading>> acceptable = new HashSet<>();
            Runnable note = () -> acceptable.add(model.latest(device));
            assertThat(read(PointsReader.latest(device), note)).isIn(acceptable);
            String key = KEYS.get(random.nextInt(KEYS.size()));
            acceptable.clear();
            Runnable noteOne = () -> acceptable.add(model.latest(device).stream()
                    .filter(reading -> reading.key().equals(key))
                    .toList());
            assertThat(read(PointsReader.latest(device, List.of(key, "none")), noteOne))
                    .isIn(acceptable);
        }

        private void readHistory() throws SQLException {
            long device = 1 + random.nextLong(nextDevice);
            String key = KEYS.get(random.nextInt(KEYS.size()));
            long start = random.nextInt(3) == 0 ? Long.MIN_VALUE : random.nextLong(nextTs + 20) - 15;
            long end = random.nextInt(3) == 0 ? Long.MAX_VALUE : random.nextLong(nextTs + 20) - 15;
            int limit = random.nextInt(3) == 0 ? Integer.MAX_VALUE : 1 + random.nextInt(6);
            boolean ascending = random.nextBoolean();
            Set<List<Reading>> acceptable = new HashSet<>();
            Runnable note = () -> acceptable.add(model.history(device, key, start, end, limit, ascending));
            assertThat(read(PointsReader.history(device, List.of(key), start, end, limit, ascending), note))
                    .isIn(acceptable);
        }

        private void readBuckets() throws SQLException {
            long device = 1 + random.nextLong(nextDevice);
            String key = KEYS.get(random.nextInt(KEYS.size()));
            long start = random.nextLong(nextTs + 20) - 15;
            Buckets buckets = new Buckets(
                    start,
                    start + random.nextLong(nextTs + 20),
                    new Buckets.Width.Fixed(1 + random.nextLong(nextTs + 20)));
            Aggregation aggregation = List.of(Aggregation.COUNT, Aggregation.MIN, Aggregation.MAX)
                    .get(random.nextInt(3)); // sums of decimals depend on their order
            Set<List<Reading>> acceptable = new HashSet<>();
            Runnable note = () -> acceptable.add(model.counts(device, key, buckets, aggregation));
            assertThat(read(PointsReader.aggregate(device, List.of(key), buckets, aggregation), note))
                    .isIn(acceptable);
        }

        private <T> T read(PointsReader.Query<T> query, Runnable note) throws SQLException {
            note.run();
            afterStep = note;
            writesDuringRead = random.nextBoolean();
            try {
                return reader.read(query).value();
            } finally {
                writesDuringRead = false;
                afterStep = null;
            }
        }

        @Override
        public boolean isCurrent() {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            throw new UnsupportedOperationException();
        }

        private void stopAndStart() throws SQLException {
            stepsToCrash = Integer.MAX_VALUE;
            stepsToFailure = Integer.MAX_VALUE;
            writer.finish();
            assertThat(open).isEmpty();
            reader.close();
            start();
            assertThat(inStore()).isEqualTo(inModel(model));
        }

        private void crash(Step step) {
            try {
                Path copy = Files.createDirectories(parent.resolve("life" + ++life));
                Files.copy(folder.resolve("points.db"), copy.resolve("points.db"));
                Path log = copy.resolve("points.db-wal");
                Files.copy(folder.resolve("points.db-wal"), log);
                boolean committing = step == Step.COMMITTED
                        || step == Step.SLICE_COMMITTED
                        || step == Step.PURGE_COMMITTED
                        || step == Step.ERASE_COMMITTED;
                long logBytes = Files.size(log);
                if (committing && logBytes > logBytesBefore && random.nextBoolean()) {
                    try (FileChannel torn = FileChannel.open(log, StandardOpenOption.WRITE)) {
                        torn.truncate(random.nextLong(logBytesBefore, logBytes));
                    }
                }
                nextFolder = copy;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            throw new Crash();
        }

        private void startAfterCrash() throws SQLException, IOException {
            stepsToCrash = Integer.MAX_VALUE;
            stepsToFailure = Integer.MAX_VALUE;
            writer.close();
            reader.close();
            Path abandoned = folder;
            folder = nextFolder;
            start();
            try (var files = Files.list(abandoned)) {
                files.forEach(file -> file.toFile().delete());
            }
            Map<Long, List<List<Reading>>> found = inStore();
            Model candidate = model;
            while (!inModel(candidate).equals(found) && !open.isEmpty()) {
                candidate = candidate.copy();
                candidate.apply(open.remove());
            }
            Model last = candidate;
            assertThat(inModel(candidate))
                    .as(() -> "life " + life + ": " + difference(found, inModel(last)))
                    .isEqualTo(found);
            open.clear();
            model = candidate;
            renewDevices();
        }

        private void start() throws SQLException {
            queue = new AppendQueue(SMALL.queueMessagesMax(), SMALL.queueBytesMax());
            writer = newWriter();
            reader = newReader();
            firstDeviceOfThisLife = nextDevice;
            renewDevices();
        }

        /** Numbers of devices are never used again. */
        private void renewDevices() {
            live.removeIf(model.ended::contains);
            while (live.size() < 3) {
                live.add(nextDevice++);
            }
        }

        /** By device, latest values first, then all of each key. */
        private Map<Long, List<List<Reading>>> inStore() throws SQLException {
            Map<Long, List<List<Reading>>> all = new TreeMap<>();
            for (long device = 1; device < nextDevice; device++) {
                List<List<Reading>> ofDevice = new ArrayList<>();
                ofDevice.add(reader.read(PointsReader.latest(device)).value());
                for (String key : allKeys()) {
                    ofDevice.add(reader.read(PointsReader.history(
                                    device, List.of(key), Long.MIN_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE, true))
                            .value());
                }
                all.put(device, ofDevice);
            }
            return all;
        }

        private Map<Long, List<List<Reading>>> inModel(Model from) {
            Map<Long, List<List<Reading>>> all = new TreeMap<>();
            for (long device = 1; device < nextDevice; device++) {
                List<List<Reading>> ofDevice = new ArrayList<>();
                ofDevice.add(from.latest(device));
                for (String key : allKeys()) {
                    ofDevice.add(from.history(device, key, Long.MIN_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE, true));
                }
                all.put(device, ofDevice);
            }
            return all;
        }

        private static String difference(Map<Long, List<List<Reading>>> found, Map<Long, List<List<Reading>>> wanted) {
            StringBuilder text = new StringBuilder();
            wanted.forEach((device, lists) -> {
                for (int i = 0; i < lists.size(); i++) {
                    List<Reading> missing = new ArrayList<>(lists.get(i));
                    missing.removeAll(Objects.requireNonNull(found.get(device)).get(i));
                    List<Reading> extra = new ArrayList<>(
                            Objects.requireNonNull(found.get(device)).get(i));
                    extra.removeAll(lists.get(i));
                    if (!missing.isEmpty() || !extra.isEmpty()) {
                        text.append("device ").append(device).append(i == 0 ? " latest" : " points");
                        text.append(" missing ")
                                .append(missing)
                                .append(" extra ")
                                .append(extra)
                                .append("; ");
                    }
                }
            });
            return text.toString();
        }

        private static List<String> allKeys() {
            return Stream.concat(KEYS.stream(), IntStream.of(1, 150, 299).mapToObj(i -> "k" + i))
                    .toList();
        }

        /** Lets the writer do all that is left, then looks for rows that nobody will ever read. */
        void settle() throws SQLException {
            stepsToCrash = Integer.MAX_VALUE;
            stepsToFailure = Integer.MAX_VALUE;
            for (int idle = 0; idle < 3; ) {
                clock += 2 * SECOND;
                idle = writer.step() == 0 ? 0 : idle + 1;
            }
            assertThat(open).isEmpty();
            Map<Long, List<List<Reading>>> found = inStore();
            assertThat(found).as(() -> difference(found, inModel(model))).isEqualTo(inModel(model));
            assertThat(writer.tail().bytes()).isZero();
            writer.close();
            reader.close();
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("points.db"));
                    Statement statement = connection.createStatement()) {
                assertThat(count(statement, "point")).isEqualTo(model.points());
                assertThat(count(statement, "journal")).isZero();
                assertThat(count(statement, "erasure")).isZero();
                assertThat(count(statement, "block WHERE purged IS NOT NULL")).isZero();
                assertThat(count(statement, "series WHERE block NOT IN (SELECT block FROM block)"))
                        .isZero();
                assertThat(count(statement, "latest WHERE series / 256 NOT IN (SELECT block FROM block)"))
                        .isZero();
            }
        }

        private static long count(Statement statement, String from) throws SQLException {
            try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + from)) {
                return row.getLong(1);
            }
        }

        @Override
        public void close() throws SQLException {
            writer.close();
            reader.close();
        }
    }
}
