package io.signalbox.store.sql.points;

import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.session.Receipt;
import io.signalbox.store.sql.CoreReaders;
import io.signalbox.store.sql.Database;
import io.signalbox.store.sql.Fault;
import io.signalbox.store.sql.FileState;
import io.signalbox.store.sql.Migrations;
import io.signalbox.store.sql.Row;
import io.signalbox.store.sql.Sql;
import io.signalbox.store.sql.Transactions;
import io.signalbox.store.sql.points.AppendQueue.Entry;
import io.signalbox.store.sql.points.PostgresRows.Numbered;
import io.signalbox.telemetry.TelemetryStore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Time series on a database server, which keeps a journal of its own: each group commit puts its readings straight into
 * their tables, sorted, in a few statements however many there are. One thread writes, a few read.
 *
 * <p>Stages complete on a thread of the store; what depends on them must not block.
 */
public final class PostgresPoints implements TelemetryStore {
    private static final Logger log = LoggerFactory.getLogger(PostgresPoints.class);
    private static final String PART = "points";
    private static final Duration READ_PATIENCE = Duration.ofSeconds(10);

    /** Deleted devices whose late messages are dropped instead of stored for nobody. */
    private static final int PURGED_DEVICES_MAX = 10_000;

    private static final Comparator<Numbered> ORDER = Comparator.comparingLong(Numbered::device)
            .thenComparingLong(Numbered::number)
            .thenComparingLong(row -> row.reading().ts());

    private final PointsSettings settings;
    private final Transactions transactions;
    private final FileState state;
    private final CoreReaders readers;
    private final PointsMetrics metrics;
    private final AppendQueue queue;
    private final Thread thread;
    private volatile boolean closing;

    /** Set when the writer takes nothing any more: what is offered then is refused by whoever offers it. */
    private volatile boolean ended;

    // the writer's thread
    private final PostgresSeries series;
    private final Deque<Long> toClean = new ArrayDeque<>();
    private final Set<Long> purgedDevices = new LinkedHashSet<>();
    private int lastCommitMessages;

    private PostgresPoints(
            PointsSettings settings,
            Transactions transactions,
            FileState state,
            CoreReaders readers,
            PointsMetrics metrics,
            List<Long> toClean) {
        this.settings = settings;
        this.transactions = transactions;
        this.state = state;
        this.readers = readers;
        this.metrics = metrics;
        this.toClean.addAll(toClean);
        series = new PostgresSeries(settings.dictionaryBytesMax());
        queue = new AppendQueue(settings.queueMessagesMax(), settings.queueBytesMax());
        thread = Thread.ofPlatform().name("points-writer").unstarted(this::write);
        queue.writer(thread);
    }

    /**
     * Opens the tables, making them if need be. Blocks.
     *
     * @throws io.signalbox.store.sql.SqlFailure among others when another process has them, or a newer server made them
     */
    public static PostgresPoints open(
            Database database, PointsSettings settings, Health health, MeterRegistry registry) {
        FileState state = new FileState(PART, health);
        Transactions transactions = Transactions.open(database, PART, state, registry);
        try {
            Migrations migrations =
                    new Migrations("/db/migration/points-postgres", database.dialect(), "points_schema_version");
            transactions.with(migrations::apply);
            List<Long> purged =
                    transactions.with(sql -> sql.list("SELECT device FROM purged_device", row -> row.number("device")));
            CoreReaders readers = new CoreReaders(
                    "points-reader", database, settings.readers(), settings.readsWaitingMax(), READ_PATIENCE, state);
            PointsMetrics metrics = new PointsMetrics(registry);
            PostgresPoints points = new PostgresPoints(settings, transactions, state, readers, metrics, purged);
            metrics.gauges(points.queue, readers::waiting);
            points.thread.start();
            return points;
        } catch (RuntimeException e) {
            transactions.close();
            throw e;
        }
    }

    @Override
    public boolean append(long device, List<Reading> readings, Receipt receipt) {
        if (readings.isEmpty()) {
            throw new IllegalArgumentException("a message without readings");
        }
        return offer(new Entry.Append(device, List.copyOf(readings), receipt));
    }

    private boolean offer(Entry entry) {
        boolean taken = queue.offer(entry);
        if (taken && ended) {
            refuseRest();
        }
        return taken;
    }

    @Override
    public void whenWritable(Runnable task) {
        queue.whenWritable(task);
    }

    // the writer

    private void write() {
        try (transactions) {
            while (!closing || queue.messages() > 0) {
                gather();
                commit();
                clean();
            }
        } catch (Throwable e) {
            log.error("time series are no longer written", e);
            throw e;
        } finally {
            ended = true;
            refuseRest();
        }
    }

    /** Waits for messages; for company, too, if the commit before had some. */
    private void gather() {
        boolean hasNoWork = queue.messages() == 0 && (toClean.isEmpty() || state.isFailing());
        if (hasNoWork && !closing) {
            queue.await(1, transactions.idleNanosMax());
        }
        boolean isBusy = lastCommitMessages > 1 && queue.messages() > 0;
        if (isBusy && queue.messages() < settings.gatherMessages() && !closing) {
            queue.await(settings.gatherMessages(), settings.gather().toNanos());
        }
    }

    private void commit() {
        List<Entry> batch = new ArrayList<>();
        queue.take(settings.commitMessagesMax(), settings.commitBytesMax(), batch);
        runWaiters();
        lastCommitMessages = batch.size();
        if (state.isOver()) {
            PointsWriter.refuse(batch);
            return;
        }
        long started = System.nanoTime();
        Set<Long> purged = new HashSet<>();
        try {
            transactions.run((sql, _) -> put(sql, batch, purged), this::refuseOthers);
        } catch (RuntimeException e) {
            series.undone();
            metrics.failed();
            if (Fault.of(e).isEmpty()) {
                log.error("readings refused, their commit failed messages={}", batch.size(), e);
            }
            PointsWriter.refuse(batch);
            return;
        }
        series.committed();
        toClean.addAll(purged);
        rememberPurged(purged);
        if (!batch.isEmpty()) {
            metrics.committed(batch.size(), System.nanoTime() - started);
            PointsWriter.tell(batch);
        }
    }

    /** While nobody knows whether a batch was committed, what comes after it is refused: nothing of it was begun. */
    private boolean refuseOthers(Duration atMost) {
        queue.await(1, atMost.toNanos());
        List<Entry> others = new ArrayList<>();
        queue.take(settings.commitMessagesMax(), settings.commitBytesMax(), others);
        runWaiters();
        PointsWriter.refuse(others);
        return !closing;
    }

    private void put(Sql sql, List<Entry> batch, Set<Long> purged) {
        series.undone(); // of an attempt before
        purged.clear();
        List<Entry.Append> kept = new ArrayList<>();
        for (Entry entry : batch) {
            switch (entry) {
                case Entry.Append append -> kept.add(append);
                case Entry.Purge purge -> purged.add(purge.device());
            }
        }
        kept.removeIf(append -> purged.contains(append.device()) || purgedDevices.contains(append.device()));
        if (!kept.isEmpty()) {
            series.load(sql, kept.stream().map(Entry.Append::device).toList());
            put(sql, kept);
        }
        for (long device : purged) {
            sql.update("INSERT INTO purged_device (device) VALUES (?) ON CONFLICT (device) DO NOTHING", device);
            sql.update("DELETE FROM series WHERE device = ?", device);
            series.remove(device);
        }
    }

    private void put(Sql sql, List<Entry.Append> messages) {
        List<Numbered> readings = new ArrayList<>();
        Set<Place> added = new HashSet<>();
        for (Entry.Append message : messages) {
            long device = message.device();
            for (Reading reading : message.readings()) {
                long number = series.find(device, reading.key());
                if (number == 0) {
                    number = series.add(device, reading.key());
                    added.add(new Place(device, number));
                }
                readings.add(new Numbered(device, number, reading));
            }
        }
        readings.sort(ORDER); // stable: of two with one key and time the later stays behind the earlier
        List<Numbered> points = new ArrayList<>();
        List<Numbered> newSeries = new ArrayList<>();
        List<Numbered> latest = new ArrayList<>();
        for (int i = 0; i < readings.size(); i++) {
            Numbered row = readings.get(i);
            boolean isLast = i + 1 == readings.size();
            if (isLast || ORDER.compare(row, readings.get(i + 1)) != 0) {
                points.add(row);
            }
            if (isLast || !isSameSeries(row, readings.get(i + 1))) {
                (added.contains(new Place(row.device(), row.number())) ? newSeries : latest).add(row);
            }
        }
        if (!newSeries.isEmpty()) {
            PostgresRows.putSeries(sql, newSeries);
        }
        if (!latest.isEmpty()) {
            PostgresRows.putLatest(sql, latest);
        }
        PostgresRows.putPoints(sql, points);
    }

    private record Place(long device, long number) {}

    private static boolean isSameSeries(Numbered one, Numbered other) {
        return one.device() == other.device() && one.number() == other.number();
    }

    private void rememberPurged(Set<Long> devices) {
        purgedDevices.addAll(devices);
        var eldest = purgedDevices.iterator();
        while (purgedDevices.size() > PURGED_DEVICES_MAX) {
            eldest.next();
            eldest.remove();
        }
    }

    /** Deletes a slice of the points of a device that is gone, so that commits wait for no more. */
    private void clean() {
        Long device = toClean.peek();
        if (device == null || state.isFailing()) {
            return;
        }
        long started = System.nanoTime();
        int[] gone = {0};
        try {
            transactions.run(
                    (sql, _) -> {
                        gone[0] = sql.update(
                                "DELETE FROM point WHERE device = ? AND (number, ts) IN (SELECT number, ts FROM point"
                                        + " WHERE device = ? ORDER BY number, ts LIMIT ?)",
                                device,
                                device,
                                settings.purgeRowsMax());
                        if (gone[0] < settings.purgeRowsMax()) {
                            sql.update("DELETE FROM purged_device WHERE device = ?", device);
                        }
                    },
                    this::refuseOthers);
        } catch (RuntimeException e) {
            metrics.failed();
            if (Fault.of(e).isEmpty()) {
                log.error("points of a deleted device not removed device={}", device, e);
                toClean.remove(); // the next start tries again
            }
            return;
        }
        metrics.purged(gone[0], System.nanoTime() - started);
        if (gone[0] < settings.purgeRowsMax()) {
            toClean.remove();
        }
    }

    private void runWaiters() {
        for (Runnable task = queue.pollWritable(); task != null; task = queue.pollWritable()) {
            try {
                task.run();
            } catch (RuntimeException e) {
                log.warn("task that waited for room failed", e);
            }
        }
    }

    private void refuseRest() {
        List<Entry> rest = new ArrayList<>();
        queue.drain(rest);
        PointsWriter.refuse(rest);
        for (Runnable task = queue.pollWritable(); task != null; task = queue.pollWritable()) {
            task.run();
        }
    }

    // reads: each is one statement, so that it sees the state after one commit

    @Override
    public CompletionStage<List<Reading>> latest(long device, List<String> keys) {
        List<String> wanted = List.copyOf(new LinkedHashSet<>(keys));
        byte[][] encoded = wanted.stream().map(Wtf8::encode).toArray(byte[][]::new);
        return readers.readLater(sql -> {
            Map<String, Reading> found = new HashMap<>();
            sql.list(
                            "SELECT key, " + PostgresRows.VALUE + " FROM series WHERE device = ? AND key = ANY (?)",
                            PostgresPoints::latest,
                            device,
                            encoded)
                    .forEach(reading -> found.put(reading.key(), reading));
            return wanted.stream().filter(found::containsKey).map(found::get).toList();
        });
    }

    @Override
    public CompletionStage<List<Reading>> latest(long device) {
        return readers.readLater(sql -> sql
                .list(
                        "SELECT key, " + PostgresRows.VALUE + " FROM series WHERE device = ?",
                        PostgresPoints::latest,
                        device)
                .stream()
                .sorted(Comparator.comparing(Reading::key))
                .toList());
    }

    private static Reading latest(Row row) {
        return PostgresRows.read(Wtf8.decode(row.bytes("key")), row);
    }

    @Override
    public CompletionStage<List<Reading>> history(
            long device, String key, long startTs, long endTs, int limit, boolean ascending) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1: " + limit);
        }
        String range = "SELECT " + PostgresRows.VALUE + " FROM point WHERE device = ? AND number ="
                + " (SELECT number FROM series WHERE device = ? AND key = ?) AND ts >= ? AND ts < ? ORDER BY ts ";
        return readers.readLater(sql -> sql.list(
                range + (ascending ? "ASC LIMIT ?" : "DESC LIMIT ?"),
                row -> PostgresRows.read(key, row),
                device,
                device,
                Wtf8.encode(key),
                startTs,
                endTs,
                limit));
    }

    /**
     * {@inheritDoc}
     *
     * <p>The stage completes when the end of the device is committed: nobody sees its readings any more, also after a crash.
     * Their rows are deleted after that, in slices, and this goes on at the next start.
     */
    @Override
    public CompletionStage<Void> purge(long device) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (!offer(new Entry.Purge(device, done))) {
            done.completeExceptionally(
                    new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many messages wait for the store"));
        }
        return done;
    }

    @Override
    public void close() {
        readers.close();
        closing = true;
        queue.wake();
        if (!PointsStore.join(thread)) {
            Thread.currentThread().interrupt();
        }
    }
}
