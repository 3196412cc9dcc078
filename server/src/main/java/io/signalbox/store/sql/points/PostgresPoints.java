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
import io.signalbox.store.sql.Sql;
import io.signalbox.store.sql.Transactions;
import io.signalbox.store.sql.points.AppendQueue.Entry;
import io.signalbox.store.sql.points.PostgresRows.Numbered;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Erase;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
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
    static final String PART = "points";
    private static final Duration READ_PATIENCE = Duration.ofSeconds(10);

    /** Deleted devices whose late messages are dropped instead of stored for nobody. */
    private static final int PURGED_DEVICES_MAX = 10_000;

    private static final Comparator<Numbered> ORDER = Comparator.comparingLong(Numbered::device)
            .thenComparingLong(Numbered::number)
            .thenComparingLong(row -> row.reading().ts());

    private static final Duration EXPIRED_EVERY = Duration.ofSeconds(1);

    private final PointsSettings settings;
    private final Feed feed;
    private final InstantSource clock;
    private final Transactions transactions;
    private final FileState state;
    private final CoreReaders readers;

    /** Apart from the others, since a read may take seconds. */
    private final CoreReaders historyReaders;

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
    private long nextExpired = System.nanoTime();

    private PostgresPoints(
            PointsSettings settings,
            Transactions transactions,
            FileState state,
            CoreReaders readers,
            CoreReaders historyReaders,
            PointsMetrics metrics,
            Feed feed,
            InstantSource clock,
            List<Long> toClean) {
        this.settings = settings;
        this.feed = feed;
        this.clock = clock;
        this.historyReaders = historyReaders;
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
     * @param feed  hears of each commit
     * @param clock says when the time of a reading is over
     * @throws io.signalbox.store.sql.SqlFailure among others when another process has them, or a newer server made them
     */
    public static PostgresPoints open(
            Database database,
            PointsSettings settings,
            Health health,
            MeterRegistry registry,
            Feed feed,
            InstantSource clock) {
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
            CoreReaders historyReaders = new CoreReaders(
                    "points-history-reader",
                    database,
                    settings.readers(),
                    settings.readsWaitingMax(),
                    READ_PATIENCE,
                    state);
            PointsMetrics metrics = new PointsMetrics(registry);
            PostgresPoints points = new PostgresPoints(
                    settings, transactions, state, readers, historyReaders, metrics, feed, clock, purged);
            metrics.gauges(points.queue, () -> readers.waiting() + historyReaders.waiting());
            points.thread.start();
            return points;
        } catch (RuntimeException e) {
            transactions.close();
            throw e;
        }
    }

    @Override
    public boolean append(long device, List<Reading> readings, long expiresAt, Receipt receipt) {
        if (readings.isEmpty()) {
            throw new IllegalArgumentException("a message without readings");
        }
        return offer(new Entry.Append(device, List.copyOf(readings), expiresAt, receipt));
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
                removeExpired();
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
            queue.await(1, Math.min(transactions.idleNanosMax(), EXPIRED_EVERY.toNanos()));
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
            feed(batch);
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

    /** Tells who follows; it must not fail the commit, which is done. */
    private void feed(List<Entry> batch) {
        if (feed.isIdle()) {
            return;
        }
        long commit = transactions.commits();
        for (Entry entry : batch) {
            if (entry instanceof Entry.Append append && !purgedDevices.contains(append.device())) {
                try {
                    feed.points(append.device(), commit, append.readings());
                } catch (RuntimeException e) {
                    log.error("a follower failed", e);
                }
            }
        }
    }

    /** In the order of the batch, so that a deletion takes what came before it and nothing else. */
    private void put(Sql sql, List<Entry> batch, Set<Long> purged) {
        series.undone(); // of an attempt before
        purged.clear();
        for (Entry entry : batch) {
            if (entry instanceof Entry.Purge purge) {
                purged.add(purge.device());
            }
        }
        List<Entry.Append> together = new ArrayList<>();
        for (Entry entry : batch) {
            switch (entry) {
                case Entry.Append append
                when purged.contains(append.device()) || purgedDevices.contains(append.device()) -> {}
                case Entry.Append append -> together.add(append);
                case Entry.Erased erased -> {
                    putAll(sql, together);
                    together.clear();
                    PostgresErasures.erase(sql, erased.device(), erased.erase(), settings.purgeRowsMax());
                }
                case Entry.Purge _ -> {}
            }
        }
        putAll(sql, together);
        for (long device : purged) {
            sql.update("INSERT INTO purged_device (device) VALUES (?) ON CONFLICT (device) DO NOTHING", device);
            sql.update("DELETE FROM series WHERE device = ?", device);
            series.remove(device);
        }
    }

    private void putAll(Sql sql, List<Entry.Append> messages) {
        if (messages.isEmpty()) {
            return;
        }
        series.load(sql, messages.stream().map(Entry.Append::device).toList());
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
                readings.add(new Numbered(device, number, reading, message.expiresAt()));
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

    /** Once a second; more often while there are more than a slice of them. */
    private void removeExpired() {
        long now = System.nanoTime();
        if (state.isFailing() || state.isOver() || now - nextExpired < 0) {
            return;
        }
        int[] gone = {0};
        try {
            transactions.run(
                    (sql, _) -> gone[0] = sql.update(
                            "DELETE FROM point WHERE (device, number, ts) IN (SELECT device, number, ts FROM point"
                                    + " WHERE expires <= ? ORDER BY expires LIMIT ?)",
                            clock.millis(),
                            settings.purgeRowsMax()),
                    this::refuseOthers);
        } catch (RuntimeException e) {
            metrics.failed();
            if (Fault.of(e).isEmpty()) {
                log.error("readings whose time is over not removed", e);
            }
        }
        boolean isMore = gone[0] == settings.purgeRowsMax();
        nextExpired = isMore ? now : System.nanoTime() + EXPIRED_EVERY.toNanos();
        if (gone[0] > 0) {
            metrics.purged(gone[0], System.nanoTime() - now);
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

    @Override
    public CompletionStage<Snapshot<List<Reading>>> latest(long device, List<String> keys) {
        return readers.readLater(PostgresReads.latest(device, keys));
    }

    @Override
    public CompletionStage<Snapshot<List<Reading>>> latest(long device) {
        return readers.readLater(PostgresReads.latest(device));
    }

    /** Of many devices on the readers of histories, since it takes long. */
    @Override
    public CompletionStage<Snapshot<Map<Long, List<Reading>>>> latest(List<Long> devices, List<String> keys) {
        CoreReaders some = devices.size() > PointsStore.DEVICES_AT_ONCE ? historyReaders : readers;
        return some.readLater(PostgresReads.latest(List.copyOf(devices), List.copyOf(keys)));
    }

    @Override
    public CompletionStage<Snapshot<List<Reading>>> history(
            long device, List<String> keys, long startTs, long endTs, int limit, boolean ascending) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1: " + limit);
        }
        return historyReaders.readLater(PostgresReads.history(device, keys, startTs, endTs, limit, ascending));
    }

    @Override
    public CompletionStage<Snapshot<List<Reading>>> aggregate(
            long device, List<String> keys, Buckets buckets, Aggregation aggregation) {
        return historyReaders.readLater(PostgresReads.aggregate(device, keys, buckets, aggregation));
    }

    @Override
    public CompletionStage<Void> erase(long device, Erase erase) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (erase.keys().size() > ERASED_KEYS_MAX) {
            done.completeExceptionally(
                    new Rejected(ErrorCode.BAD_REQUEST, "More than " + ERASED_KEYS_MAX + " keys at once"));
        } else if (!offer(new Entry.Erased(device, erase, done))) {
            done.completeExceptionally(
                    new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many messages wait for the store"));
        }
        return done;
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
        historyReaders.close();
        closing = true;
        queue.wake();
        if (!PointsStore.join(thread)) {
            Thread.currentThread().interrupt();
        }
    }
}
