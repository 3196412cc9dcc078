package io.signalbox.store.sql.points;

import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Health;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.session.Receipt;
import io.signalbox.store.sql.FileState;
import io.signalbox.store.sql.points.AppendQueue.Entry;
import io.signalbox.telemetry.Aggregation;
import io.signalbox.telemetry.Buckets;
import io.signalbox.telemetry.Erase;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryStore;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Time series in SQLite, file {@code points.db}. One thread writes, a few read.
 *
 * <p>Stages of reads complete on a reader's thread, those of purges on the writer's; what depends on them must not block.
 * That no other process writes the file is the caller's care.
 */
public final class PointsStore implements TelemetryStore {
    /** In the data folder. */
    public static final String FILE = PointsFile.NAME;

    /** Devices whose latest values are read at once without delaying those of others. */
    static final int DEVICES_AT_ONCE = 100;

    private static final Logger log = LoggerFactory.getLogger(PointsStore.class);

    private final AppendQueue queue;
    private final PointsWriter writer;
    private final PointsReaders readers;

    /** Apart from the others, since a read may take seconds. */
    private final PointsReaders historyReaders;

    private final Thread writerThread;
    private volatile boolean closing;

    /** Set when the writer takes nothing any more: what is offered then is refused by whoever offers it. */
    private volatile boolean ended;

    /**
     * Opens {@code points.db} in {@code folder}, creating it if need be. Blocks.
     *
     * @param health   learns whether the file takes writes
     * @param feed     hears of each commit
     * @param clock    says when the time of a reading is over
     * @param nanoTime a clock that never goes back, {@link System#nanoTime} but for tests
     * @throws IllegalStateException the file cannot be opened, or is a newer server's
     */
    public static PointsStore open(
            Path folder,
            PointsSettings settings,
            Health health,
            MeterRegistry registry,
            Feed feed,
            InstantSource clock,
            LongSupplier nanoTime) {
        return open(folder, settings, health, registry, feed, clock, nanoTime, Steps.NONE);
    }

    static PointsStore open(
            Path folder,
            PointsSettings settings,
            Health health,
            MeterRegistry registry,
            Feed feed,
            InstantSource clock,
            LongSupplier nanoTime,
            Steps steps) {
        PointsFile file = new PointsFile(folder, true);
        try {
            PointsMetrics metrics = new PointsMetrics(registry);
            AppendQueue queue = new AppendQueue(settings.queueMessagesMax(), settings.queueBytesMax());
            FileState state = new FileState("points", health);
            PointsWriter writer = new PointsWriter(file, settings, queue, state, metrics, feed, clock, nanoTime, steps);
            PointsReaders.Opener opener = () -> new PointsReader(file, writer::tail, steps);
            Throttled failureLog = new Throttled(log, nanoTime);
            PointsReaders readers = new PointsReaders("points-reader", opener, settings, state, failureLog);
            PointsReaders historyReaders =
                    new PointsReaders("points-history-reader", opener, settings, state, failureLog);
            metrics.gauges(queue, writer::tail, () -> readers.waiting() + historyReaders.waiting());
            return new PointsStore(queue, writer, readers, historyReaders);
        } catch (SQLException e) {
            throw new IllegalStateException("time series cannot be opened: " + file.path(), e);
        }
    }

    private PointsStore(AppendQueue queue, PointsWriter writer, PointsReaders readers, PointsReaders historyReaders) {
        this.queue = queue;
        this.writer = writer;
        this.readers = readers;
        this.historyReaders = historyReaders;
        writerThread = Thread.ofPlatform().name("points-writer").unstarted(this::write);
        queue.writer(writerThread);
        writerThread.start();
    }

    private void write() {
        try {
            while (!closing) {
                writer.stepAndWait();
            }
            writer.finish();
        } catch (Throwable e) {
            log.error("time series are no longer written", e);
            throw e;
        } finally {
            ended = true;
            refuseRest();
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

    @Override
    public CompletionStage<Snapshot<List<Reading>>> latest(long device, List<String> keys) {
        return readers.read(PointsReader.latest(device, List.copyOf(keys)));
    }

    @Override
    public CompletionStage<Snapshot<List<Reading>>> latest(long device) {
        return readers.read(PointsReader.latest(device));
    }

    /** Of many devices on the readers of histories, since it takes long. */
    @Override
    public CompletionStage<Snapshot<Map<Long, List<Reading>>>> latest(List<Long> devices, List<String> keys) {
        PointsReaders some = devices.size() > DEVICES_AT_ONCE ? historyReaders : readers;
        return some.read(PointsReader.latest(List.copyOf(devices), List.copyOf(keys)));
    }

    @Override
    public CompletionStage<Snapshot<List<Reading>>> history(
            long device, List<String> keys, long startTs, long endTs, int limit, boolean ascending) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be at least 1: " + limit);
        }
        return historyReaders.read(PointsReader.history(device, List.copyOf(keys), startTs, endTs, limit, ascending));
    }

    @Override
    public CompletionStage<Snapshot<List<Reading>>> aggregate(
            long device, List<String> keys, Buckets buckets, Aggregation aggregation) {
        return historyReaders.read(PointsReader.aggregate(device, List.copyOf(keys), buckets, aggregation));
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
     * Their rows are deleted after that, in slices, and this goes on at the next start. Messages of the device that come
     * later are dropped; their receipts hear "stored".
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
        if (!join(writerThread)) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until the thread has ended, whatever interrupts the caller; returns false if something did. */
    static boolean join(Thread thread) {
        boolean quiet = true;
        while (true) {
            try {
                thread.join();
                return quiet;
            } catch (InterruptedException _) {
                quiet = false;
            }
        }
    }
}
