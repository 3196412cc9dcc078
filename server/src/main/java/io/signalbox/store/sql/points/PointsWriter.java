package io.signalbox.store.sql.points;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.payload.Reading;
import io.signalbox.store.sql.FileState;
import io.signalbox.store.sql.points.AppendQueue.Entry;
import io.signalbox.store.sql.points.Steps.Step;
import io.signalbox.store.sql.points.Tail.Decided;
import io.signalbox.store.sql.points.Tail.Point;
import io.signalbox.telemetry.Erase;
import io.signalbox.telemetry.Feed;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of the file. {@link #step} does what is due: one group commit, if messages wait, and one slice of a move or
 * of a purge, if one is under way; so that neither waits for more than one of the other.
 *
 * <pre>
 * commit   journal row, new series, purged blocks | commit, sync | tail replaced | receipts told
 * move     tail frozen into one sorted run | slices: points, latest | the last slice deletes the journal rows | frozen dropped
 * purge    (committed with the messages before it) | slices: points | keys, latest | after the next move: the block
 * erasure  (committed among the messages, in order) | cut out of the tail | slices: points | the last takes the erasure
 * </pre>
 *
 * <p>A move goes by series, not by journal row, since what costs is the number of pages touched. A crash in its midst repeats
 * it: the journal still has all of it, in order, and writing a point twice is writing it once. Readers lay the frozen run
 * over the table until its last slice is on disk, so a reading is in sight all the time.
 *
 * <p>All but {@link #tail}: writer thread only, blocks on the disk. The thread is whoever calls
 * {@link #step}, so that a test can be it.
 */
final class PointsWriter {
    /** What a series of a slice costs, measured in readings: a page to be dirtied, against a row on it. */
    static final int SERIES_COST = 8;

    private static final Logger log = LoggerFactory.getLogger(PointsWriter.class);
    private static final long RETRY_NANOS = 1_000_000_000L;
    private static final long NEVER = Long.MAX_VALUE;

    /** So often readings are looked for whose time is over. */
    private static final long SWEEP_NANOS = 5_000_000_000L;

    /** So much larger are the slices while the tail is more than half full, or it would grow faster than it is moved. */
    private static final int HURRY = 4;

    /** Deleted devices whose late messages are dropped instead of stored for nobody. */
    private static final int PURGED_DEVICES_MAX = 10_000;

    /** The log is busy: readers kept it from starting anew by itself. */
    private static final long LOG_BYTES_BUSY = 32L << 20;

    private final PointsFile file;
    private final PointsSettings settings;
    private final AppendQueue queue;
    private final FileState state;
    private final PointsMetrics metrics;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Steps steps;
    private final Feed feed;
    private final Throttled failureLog;

    /** Replaced after the commit that it tells of, before any receipt hears of it. */
    private volatile Tail tail;

    private @Nullable WriterConnection connection;

    /** The connection's statements cannot be relied on: the driver leaves one that failed half done. */
    private boolean spoilt;

    // the group commit
    private int lastCommitMessages;
    private boolean gathering;
    private long gatherUntil;

    // the move
    private boolean moving;
    private int movedReadings;
    private long movedUpTo;
    private long nextMove;

    // purges: block → newest journal row that may hold readings of it
    private final Map<Long, Long> purged;
    private final Deque<Long> toClean;
    private final Deque<Long> cleaned = new ArrayDeque<>();
    private final Set<Long> purgedDevices = new LinkedHashSet<>();
    private boolean cleaningIsNext;

    // deletions: journal row → range that still has rows in the point table
    private final SortedMap<Long, Erasure> erasures = new TreeMap<>();

    // the latest values that were decided when the move under way began
    private Map<Long, Decided> movedDecided = Map.of();

    // readings whose time is over
    private long nextSweep;

    // after a failure of a slice
    private boolean stuck;
    private long retryAt;
    private long nextLogRestart;

    // while the file takes no writes
    private long nextProbe;

    /** Opens the file and reads the journal back into the tail. */
    PointsWriter(
            PointsFile file,
            PointsSettings settings,
            AppendQueue queue,
            FileState state,
            PointsMetrics metrics,
            Feed feed,
            InstantSource clock,
            LongSupplier nanoTime,
            Steps steps)
            throws SQLException {
        this.file = file;
        this.settings = settings;
        this.queue = queue;
        this.state = state;
        this.metrics = metrics;
        this.feed = feed;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.steps = steps;
        failureLog = new Throttled(log, nanoTime);
        WriterConnection opened = WriterConnection.open(file, settings.dictionaryBytesMax());
        connection = opened;
        try {
            purged = opened.purgedBlocks();
            erasures.putAll(opened.erasures());
            toClean = new ArrayDeque<>(purged.keySet());
            tail = replay(opened);
        } catch (SQLException | RuntimeException e) {
            opened.close();
            throw e;
        }
        long now = nanoTime.getAsLong();
        nextMove = now + settings.moveEvery().toNanos();
        nextLogRestart = now;
        retryAt = now;
        nextProbe = now;
        nextSweep = now;
    }

    private Tail replay(WriterConnection from) throws SQLException {
        long started = nanoTime.getAsLong();
        Tail[] replayed = {Tail.empty(0)};
        long[] firstRow = {0};
        from.readJournal((row, body) -> {
            firstRow[0] = firstRow[0] == 0 ? row : firstRow[0];
            replayed[0] = switch (JournalCodec.decode(body)) {
                case JournalCodec.Row.Readings(Run run) -> replayed[0].plus(run, row);
                case JournalCodec.Row.Erased(Erasure erasure) -> replayed[0].without(erasure, row);
            };
        });
        // A purged block or an erasure may name a row that is gone; numbers go on after it, or the block would wait for
        // them
        // in vain.
        long lastRow = Math.max(
                replayed[0].lastRow(),
                purged.values().stream().mapToLong(Long::longValue).max().orElse(0));
        long erasedUpTo = erasures.isEmpty() ? 0 : erasures.lastKey();
        lastRow = Math.max(lastRow, erasedUpTo);
        movedUpTo = firstRow[0] == 0 ? lastRow : firstRow[0] - 1;
        from.commit();
        if (firstRow[0] != 0) {
            log.info(
                    "journal replayed file={} bytes={} millis={}",
                    file.path(),
                    replayed[0].bytes(),
                    (nanoTime.getAsLong() - started) / 1_000_000);
        }
        return new Tail(
                Run.EMPTY,
                replayed[0].live(),
                movedUpTo,
                lastRow,
                Math.max(erasedUpTo, replayed[0].erasedUpTo()),
                replayed[0].decided());
    }

    private boolean isPurged(long series) {
        return !purged.isEmpty() && purged.containsKey(SeriesDictionary.block(series));
    }

    /** What is committed and not moved yet. Any thread. */
    Tail tail() {
        return tail;
    }

    /** Commits until nothing waits any more, then closes the file; what a move left behind stays in the journal. */
    void finish() {
        while (queue.messages() > 0) {
            gathering = false;
            lastCommitMessages = 0;
            step();
        }
        close();
    }

    /** Closes the file as it is. */
    void close() {
        WriterConnection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                log.warn("time series not closed cleanly; the journal is replayed at the next start", e);
            }
        }
    }

    /** Does what is due, then waits on the queue until something is. */
    void stepAndWait() {
        long wait = step();
        if (wait > 0) {
            queue.await(gathering ? settings.gatherMessages() : 1, wait);
        }
    }

    /**
     * Does what is due.
     *
     * @return nanoseconds until something may be due again if no message comes; 0: at once
     */
    long step() {
        long now = nanoTime.getAsLong();
        long commitIn = commitIn(now);
        boolean worked = commitIn == 0;
        if (worked) {
            commit();
        }
        worked |= maintain(now);
        return worked ? 0 : Math.min(commitIn, maintenanceIn(now));
    }

    private long commitIn(long now) {
        int waiting = queue.messages();
        boolean full = tail.bytes() >= settings.tailBytesMax();
        if (waiting == 0 || (full && !stuck && !state.isOver())) {
            gathering = false;
            return NEVER; // a full tail is being moved; that goes before
        }
        if (lastCommitMessages <= 1 || waiting >= settings.gatherMessages()) {
            return 0;
        }
        if (!gathering) {
            gathering = true;
            gatherUntil = now + settings.gather().toNanos();
        }
        return Math.max(0, gatherUntil - now);
    }

    private void commit() {
        gathering = false;
        List<Entry> batch = new ArrayList<>();
        queue.take(settings.commitMessagesMax(), settings.commitBytesMax(), batch);
        runWaiters();
        lastCommitMessages = batch.size();
        if (state.isOver() || (stuck && tail.bytes() >= settings.tailBytesMax())) {
            refuse(batch); // nothing can be moved, so nothing more is taken
            return;
        }
        try {
            commit(batch);
        } catch (SQLException | RuntimeException e) {
            failed("readings refused, their commit failed", e);
            overwrite();
            refuse(batch);
        }
    }

    private void commit(List<Entry> batch) throws SQLException {
        long started = nanoTime.getAsLong();
        Batch written = new Batch(connection(), tail);
        for (Entry entry : batch) {
            written.add(entry);
        }
        written.flush();
        WriterConnection to = written.to;
        long row = written.next.lastRow();
        List<Long> blocks = new ArrayList<>();
        for (long device : written.purged) {
            blocks.addAll(to.giveUpBlocks(device, row));
        }
        steps.at(Step.COMMIT_WRITTEN);
        to.commit();
        // From here on nothing may fail: the readings are on disk.
        to.dictionary().committed();
        for (long block : blocks) {
            purged.put(block, row);
            toClean.add(block);
        }
        rememberPurged(written.purged);
        erasures.putAll(written.erased);
        steps.at(Step.COMMITTED);
        boolean hasWritten = row > tail.lastRow();
        movedReadings = moved(tail.frozen(), written.next.frozen());
        tail = written.next;
        if (hasWritten) {
            state.written();
        }
        steps.at(Step.PUBLISHED);
        feed(batch, row);
        metrics.committed(batch.size(), nanoTime.getAsLong() - started);
        tell(batch);
    }

    /** How many of the readings in {@code after}, which is {@code before} without some, are moved already. */
    private int moved(Run before, Run after) {
        if (movedReadings == 0 || before == after) {
            return movedReadings;
        }
        long series = before.series(movedReadings - 1);
        long ts = before.ts(movedReadings - 1);
        int at = after.floor(series, ts);
        boolean isThere = at < after.size() && after.series(at) == series && after.ts(at) == ts;
        return isThere ? at + 1 : at;
    }

    /** Tells who follows; it must not fail the commit, which is done. */
    private void feed(List<Entry> batch, long row) {
        if (feed.isIdle()) {
            return;
        }
        for (Entry entry : batch) {
            if (entry instanceof Entry.Append append) {
                try {
                    feed.points(append.device(), row, append.readings());
                } catch (RuntimeException e) {
                    log.error("a follower of readings failed", e);
                }
            }
        }
    }

    /** What one commit writes, entry by entry, so that of two with one key and time the later stays. */
    private final class Batch {
        private final WriterConnection to;
        private final Set<Long> purged = new LinkedHashSet<>();
        private final SortedMap<Long, Erasure> erased = new TreeMap<>();
        private Tail next;
        private Run.Builder readings = new Run.Builder();

        Batch(WriterConnection to, Tail from) {
            this.to = to;
            this.next = from;
        }

        void add(Entry entry) throws SQLException {
            switch (entry) {
                case Entry.Append append -> {
                    long device = append.device();
                    if (!isGone(device)) {
                        for (Reading reading : append.readings()) {
                            readings.add(
                                    to.dictionary().series(device, reading.key()),
                                    reading.ts(),
                                    reading.value(),
                                    append.expiresAt());
                        }
                    }
                }
                case Entry.Erased erasure -> {
                    if (!isGone(erasure.device())) {
                        flush();
                        for (String key : erasure.erase().keys()) {
                            erase(erasure.device(), key, erasure.erase());
                        }
                    }
                }
                case Entry.Purge purge -> purged.add(purge.device());
            }
        }

        private boolean isGone(long device) {
            return purgedDevices.contains(device) || purged.contains(device);
        }

        /** Puts the readings so far into a row of the journal. */
        void flush() throws SQLException {
            if (!readings.isEmpty()) {
                Run run = readings.build();
                long row = next.lastRow() + 1;
                to.appendRow(row, JournalCodec.encode(run));
                next = next.plus(run, row);
                readings = new Run.Builder();
            }
        }

        private void erase(long device, String key, Erase erase) throws SQLException {
            long series = to.dictionary().find(device, key);
            Span range = new Span(erase.startTs(), erase.endTs());
            if (series < 0 || range.isEmpty()) {
                return;
            }
            long row = next.lastRow() + 1;
            Optional<Point> latest = latest(series);
            Erasure kept = new Erasure(series, range.startTs(), range.endTs(), new Erasure.Latest.Kept());
            Erasure erasure = kept;
            if (latest.isPresent() && range.has(latest.get().ts())) {
                Optional<Point> then = !erase.latest()
                        ? latest
                        : erase.rewriteLatest() ? newest(series, range, next.without(kept, row)) : Optional.empty();
                erasure = new Erasure(
                        series,
                        range.startTs(),
                        range.endTs(),
                        then.map(point -> (Erasure.Latest) new Erasure.Latest.Is(point))
                                .orElseGet(Erasure.Latest.Gone::new));
            }
            to.appendRow(row, JournalCodec.encode(erasure));
            to.insertErasure(erasure, row);
            next = next.without(erasure, row);
            erased.put(row, erasure);
        }

        private Optional<Point> latest(long series) throws SQLException {
            Decided decided = next.decided(series);
            return decided != null ? decided.point() : newer(to.latest(series), next.latest(series));
        }

        /** The newest reading that is left without {@code range}. */
        private Optional<Point> newest(long series, Span range, Tail left) throws SQLException {
            List<Span> hidden = new ArrayList<>();
            hidden.add(range);
            for (SortedMap<Long, Erasure> each : List.of(erasures, erased)) {
                each.values().stream()
                        .filter(other -> other.series() == series)
                        .forEach(other -> hidden.add(new Span(other.startTs(), other.endTs())));
            }
            return newer(to.newest(series, hidden), left.latest(series));
        }

        /** Of equal times the one of the tail. */
        private static Optional<Point> newer(Optional<Point> moved, Optional<Point> inTail) {
            boolean isMoved = moved.isPresent()
                    && (inTail.isEmpty() || moved.get().ts() > inTail.get().ts());
            return isMoved ? moved : inTail;
        }
    }

    private void rememberPurged(Set<Long> devices) {
        purgedDevices.addAll(devices);
        var eldest = purgedDevices.iterator();
        while (purgedDevices.size() > PURGED_DEVICES_MAX) {
            eldest.next();
            eldest.remove();
        }
    }

    /** Tells the batch that it is kept. Any thread. */
    static void tell(List<Entry> batch) {
        Answers answers = new Answers();
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (Entry entry : batch) {
            switch (entry) {
                case Entry.Append append -> answers.add(append.receipt());
                case Entry.Erased erased -> calls.add(erased.done());
                case Entry.Purge purge -> calls.add(purge.done());
            }
        }
        answers.stored();
        calls.forEach(call -> call.complete(null));
    }

    /** Tells the batch that it is not kept. Any thread. */
    static void refuse(List<Entry> batch) {
        Answers answers = new Answers();
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (Entry entry : batch) {
            switch (entry) {
                case Entry.Append append -> answers.add(append.receipt());
                case Entry.Erased erased -> calls.add(erased.done());
                case Entry.Purge purge -> calls.add(purge.done());
            }
        }
        answers.refused(ErrorCode.STORE_UNAVAILABLE);
        calls.forEach(call -> call.completeExceptionally(
                new Rejected(ErrorCode.STORE_UNAVAILABLE, "Time series cannot be written at the moment")));
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

    private boolean maintain(long now) {
        if (state.isOver()) {
            return false;
        }
        probe(now);
        if (stuck && now - retryAt < 0) {
            return false;
        }
        try {
            boolean worked = maintainOnce(now);
            if (worked) {
                stuck = false;
            }
            return worked;
        } catch (SQLException | RuntimeException e) {
            failed("journal not moved, will be tried again", e);
            stuck = true;
            retryAt = now + RETRY_NANOS;
            return false;
        }
    }

    /** Takes the place of what is in the log already if only the sync failed: a crash now would bring it back. */
    private void overwrite() {
        if (state.isFailing() && !state.isOver()) {
            try {
                connection().probe();
            } catch (SQLException | RuntimeException e) {
                failed("log not overwritten, or not synced", e);
            }
        }
    }

    /** Without messages nobody else would notice that the file takes writes again. */
    private void probe(long now) {
        if (!state.isFailing() || now - nextProbe < 0) {
            return;
        }
        nextProbe = now + RETRY_NANOS;
        try {
            connection().probe();
            state.written();
        } catch (SQLException | RuntimeException e) {
            failed("time series take no writes", e);
        }
    }

    private boolean maintainOnce(long now) throws SQLException {
        boolean purge =
                !toClean.isEmpty() || (!cleaned.isEmpty() && purged.getOrDefault(cleaned.peek(), 0L) <= movedUpTo);
        boolean isMoveDue = !moving && moveIn(now) == 0;
        Optional<Long> obstacle =
                isMoveDue ? erasures.keySet().stream().filter(this::isInTheWay).findFirst() : Optional.empty();
        Optional<Long> erasure =
                obstacle.isEmpty() && !erasures.isEmpty() ? Optional.of(erasures.firstKey()) : obstacle;
        boolean move = moving || (isMoveDue && obstacle.isEmpty());
        boolean sweep = now - nextSweep >= 0;
        boolean cleaning = purge || erasure.isPresent() || sweep;
        if (cleaning && (cleaningIsNext || !move)) {
            cleaningIsNext = false;
            if (erasure.isPresent()) {
                eraseSlice(erasure.get());
            } else if (purge) {
                purgeSlice();
            } else {
                return sweepSlice(now);
            }
            return true;
        }
        cleaningIsNext = true;
        if (moving) {
            moveSlice();
            return true;
        }
        if (move) {
            tail = tail.freeze(this::isPurged);
            moving = true;
            movedReadings = 0;
            movedDecided = tail.decided();
            nextMove = now + settings.moveEvery().toNanos();
            steps.at(Step.FROZEN);
            return true;
        }
        if (now - nextLogRestart >= 0 && file.logBytes() > LOG_BYTES_BUSY) {
            nextLogRestart = now + RETRY_NANOS;
            connection().restartLog();
        }
        return false;
    }

    /** Whether a move that begins now would write into the range, and so be deleted with it. */
    private boolean isInTheWay(long row) {
        Erasure erasure = erasures.get(row);
        return erasure != null && tail.hasLive(erasure.series(), new Span(erasure.startTs(), erasure.endTs()));
    }

    private long maintenanceIn(long now) {
        if (state.isOver()) {
            return NEVER;
        }
        long wait = stuck ? Math.max(1, retryAt - now) : Math.min(moveIn(now), Math.max(1, nextSweep - now));
        return state.isFailing() ? Math.min(wait, Math.max(1, nextProbe - now)) : wait;
    }

    private long moveIn(long now) {
        if (tail.lastRow() == movedUpTo) {
            return NEVER;
        }
        return isHalfFull() ? 0 : Math.max(0, nextMove - now);
    }

    private boolean isHalfFull() {
        return tail.bytes() >= settings.tailBytesMax() / 2;
    }

    private void moveSlice() throws SQLException {
        long started = nanoTime.getAsLong();
        WriterConnection to = connection();
        Run run = tail.frozen();
        int end = movedReadings;
        int costMax = isHalfFull() ? HURRY * settings.sliceCostMax() : settings.sliceCostMax();
        for (int cost = 0; end < run.size() && cost < costMax; end++) {
            boolean newSeries = end == movedReadings || run.series(end) != run.series(end - 1);
            cost += newSeries ? 1 + SERIES_COST : 1;
        }
        for (int i = movedReadings; i < end; i++) {
            long series = run.series(i);
            if (!isPurged(series)) { // purged since the move began
                boolean latest = i + 1 == end || run.series(i + 1) != series;
                to.put(series, run.ts(i), run.value(i), run.expires(i), latest);
            }
        }
        to.flush();
        boolean last = end == run.size();
        if (last) {
            for (Map.Entry<Long, Decided> decided : movedDecided.entrySet()) {
                if (!isPurged(decided.getKey())) {
                    to.setLatest(decided.getKey(), decided.getValue().point());
                }
            }
            to.deleteRows(tail.frozenUpTo());
        }
        steps.at(Step.SLICE_WRITTEN);
        to.commit();
        int moved = end - movedReadings;
        movedReadings = end;
        if (last) {
            moving = false;
            movedUpTo = tail.frozenUpTo();
            movedDecided = Map.of();
        }
        steps.at(Step.SLICE_COMMITTED);
        if (last) {
            steps.at(Step.MOVED);
            tail = tail.moved();
        }
        metrics.moved(moved, last, nanoTime.getAsLong() - started);
    }

    /**
     * Deletes some rows of purged blocks. The row of a block itself goes last, when the journal has no reading of it any
     * more: until then a replay must know that the block is purged.
     */
    private void purgeSlice() throws SQLException {
        long started = nanoTime.getAsLong();
        WriterConnection to = connection();
        int budget = settings.purgeRowsMax();
        List<Long> cleanedNow = new ArrayList<>();
        for (long block : toClean) {
            int points = to.deletePoints(block, budget);
            budget -= points;
            if (budget <= 0) {
                break;
            }
            budget -= 1 + to.deleteKeys(block);
            cleanedNow.add(block);
            if (budget <= 0) {
                break;
            }
        }
        List<Long> gone = new ArrayList<>();
        for (long block : cleaned) {
            if (budget <= 0 || purged.getOrDefault(block, 0L) > movedUpTo) {
                break;
            }
            to.deleteBlock(block);
            budget--;
            gone.add(block);
        }
        steps.at(Step.PURGE_WRITTEN);
        to.commit();
        for (long block : cleanedNow) {
            toClean.remove();
            cleaned.add(block);
        }
        for (long block : gone) {
            cleaned.remove();
            purged.remove(block);
        }
        steps.at(Step.PURGE_COMMITTED);
        metrics.purged(settings.purgeRowsMax() - budget, nanoTime.getAsLong() - started);
    }

    /** Deletes some rows of an erasure; with the last of them the erasure itself. */
    private void eraseSlice(long row) throws SQLException {
        long started = nanoTime.getAsLong();
        WriterConnection to = connection();
        Erasure erasure = Objects.requireNonNull(erasures.get(row));
        int max = isHalfFull() ? HURRY * settings.purgeRowsMax() : settings.purgeRowsMax();
        int deleted = to.deleteRange(erasure.series(), new Span(erasure.startTs(), erasure.endTs()), max);
        boolean last = deleted < max;
        if (last) {
            to.deleteErasure(row);
        }
        steps.at(Step.ERASE_WRITTEN);
        to.commit();
        if (last) {
            erasures.remove(row);
        }
        steps.at(Step.ERASE_COMMITTED);
        metrics.purged(deleted, nanoTime.getAsLong() - started);
    }

    /** Deletes some readings whose time is over; false: there were none. */
    private boolean sweepSlice(long now) throws SQLException {
        long started = nanoTime.getAsLong();
        WriterConnection to = connection();
        int deleted = to.deleteExpired(clock.millis(), settings.purgeRowsMax());
        if (deleted < settings.purgeRowsMax()) {
            nextSweep = now + SWEEP_NANOS;
        }
        to.commit();
        metrics.purged(deleted, nanoTime.getAsLong() - started);
        return deleted > 0;
    }

    /** The open connection, or a new one after a failure that spoilt the last. */
    private WriterConnection connection() throws SQLException {
        WriterConnection open = connection;
        if (open != null && !spoilt) {
            return open;
        }
        WriterConnection fresh = WriterConnection.open(file, settings.dictionaryBytesMax());
        close(); // not before: the last one takes the log's index along, which needs a disk that takes writes
        connection = fresh;
        spoilt = false;
        return fresh;
    }

    private void failed(String event, Exception cause) {
        metrics.failed();
        if (!state.writeFailed(cause)) {
            failureLog.warn(event, cause);
        }
        WriterConnection open = connection;
        if (open != null) {
            try {
                open.rollback();
            } catch (SQLException e) {
                log.debug("rollback failed", e);
                spoilt = true;
            }
        }
        spoilt |= cause instanceof SQLException;
    }
}
