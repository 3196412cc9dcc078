package io.signalbox.testing;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Stored commands whose commits happen when a test says so, or fail, or are lost with the process. One thread.
 *
 * <p>What a simulation does not need is not there.
 */
public final class SimulatedRpcStore implements RpcStore {
    public static final DeviceProfileId PROFILE = new DeviceProfileId(new UUID(4, 1));
    private static final RpcSettings.OfDevice NOTHING_SET =
            new RpcSettings.OfDevice(PROFILE, RpcSettings.NONE, RpcSettings.NONE);

    private final Map<Long, RpcSettings.OfDevice> settings = new HashMap<>();
    private final TreeMap<Long, RpcRecord> committed = new TreeMap<>();
    private final ArrayDeque<Work> queue = new ArrayDeque<>();
    private final ArrayDeque<Runnable> reads = new ArrayDeque<>();
    private long numbers;
    private boolean full;
    private BiConsumer<Optional<RpcRecord>, RpcRecord> observer = (_, _) -> {};
    private Watcher watcher = Watcher.NOBODY;

    /** A write on its way to its commit. */
    private record Work(Runnable change, Loop loop, Consumer<Saved> done, List<Saved> result) {}

    /** Whether new commands are turned away. */
    public void setFull(boolean isFull) {
        full = isFull;
    }

    /** Sees each record that is committed, with the one it takes the place of. */
    public void observe(BiConsumer<Optional<RpcRecord>, RpcRecord> by) {
        observer = by;
    }

    @Override
    public void watch(Watcher by) {
        watcher = by;
    }

    /** Whether something waits for its commit or for being read. */
    public boolean isBusy() {
        return !queue.isEmpty() || !reads.isEmpty();
    }

    /** Writes that wait for their commit. */
    public int waiting() {
        return queue.size();
    }

    /** Commits the first {@code writes} that wait, all or, when it {@code fails}, none of them. */
    public void commit(int writes, boolean fails) {
        for (int i = 0; i < writes && !queue.isEmpty(); i++) {
            Work work = queue.remove();
            if (fails) {
                work.result().add(new Saved.Failed(ErrorCode.STORE_UNAVAILABLE));
            } else {
                work.change().run();
            }
            Saved saved = work.result().getFirst();
            work.loop().execute(() -> work.done().accept(saved));
        }
    }

    /** Answers the read that waits longest. */
    public void read() {
        Runnable read = reads.poll();
        if (read != null) {
            read.run();
        }
    }

    /** The process ends: what waits never happened, and nobody hears of it. */
    public void crash() {
        queue.clear();
        reads.clear();
    }

    public Map<Long, RpcRecord> committed() {
        return Map.copyOf(committed);
    }

    public Optional<RpcRecord> byNumber(long number) {
        return Optional.ofNullable(committed.get(number));
    }

    public Optional<RpcRecord> byId(UUID id) {
        return committed.values().stream()
                .filter(record -> record.order().id().equals(id))
                .findFirst();
    }

    @Override
    public boolean insert(RpcOrder order, RpcProgress progress, Loop loop, Consumer<Saved> done) {
        if (full) {
            return false;
        }
        List<Saved> result = new ArrayList<>(1);
        enqueue(
                () -> {
                    long number = ++numbers;
                    put(new RpcRecord(number, 1, order, progress));
                    result.add(new Saved.Stored(number, List.of()));
                },
                loop,
                done,
                result);
        return true;
    }

    @Override
    public void update(
            RpcOrder order, long number, long version, RpcProgress progress, Loop loop, Consumer<Saved> done) {
        List<Saved> result = new ArrayList<>(1);
        enqueue(
                () -> {
                    RpcRecord before = committed.get(number);
                    if (before == null || before.version() != version) {
                        result.add(new Saved.Outdated());
                    } else {
                        put(new RpcRecord(number, version + 1, before.order(), progress));
                        result.add(new Saved.Stored(number, List.of()));
                    }
                },
                loop,
                done,
                result);
    }

    /** The store's own thread, which is the test's. */
    private static final Loop DIRECT = new Loop() {
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
    };

    private void enqueue(Runnable change, Loop loop, Consumer<Saved> done, List<Saved> result) {
        queue.add(new Work(change, loop, done, result));
    }

    /** What is set for a device from now on; at first nothing. */
    public void set(long device, RpcSettings.OfDevice now) {
        settings.put(device, now);
    }

    @Override
    public CompletionStage<Optional<RpcSettings.OfDevice>> settings(long device) {
        CompletableFuture<Optional<RpcSettings.OfDevice>> found = new CompletableFuture<>();
        reads.add(() -> found.complete(Optional.of(settings.getOrDefault(device, NOTHING_SET))));
        return found;
    }

    @Override
    public CompletionStage<List<RpcRecord>> open(long device, long afterNumber, int limit) {
        CompletableFuture<List<RpcRecord>> found = new CompletableFuture<>();
        reads.add(() -> found.complete(committed.tailMap(afterNumber, false).values().stream()
                .filter(record ->
                        record.order().device() == device && record.progress().isOpen())
                .limit(limit)
                .toList()));
        return found;
    }

    @Override
    public CompletionStage<Optional<Long>> late(long device, int requestId, String answer, long now) {
        CompletableFuture<Optional<Long>> kept = new CompletableFuture<>();
        List<Saved> result = new ArrayList<>(1);
        enqueue(
                () -> {
                    Optional<RpcRecord> of = committed.values().stream()
                            .filter(record -> record.order().device() == device
                                    && record.progress().requestId() == requestId
                                    && !record.progress().isOpen())
                            .reduce((_, later) -> later);
                    of.ifPresent(record -> addLate(record, answer, now));
                    result.add(new Saved.Stored(of.map(RpcRecord::number).orElse(0L), List.of()));
                },
                DIRECT,
                saved -> {
                    if (saved instanceof Saved.Stored(long number, List<Ended> _)) {
                        kept.complete(number == 0 ? Optional.empty() : Optional.of(number));
                    } else {
                        kept.completeExceptionally(new IllegalStateException("not kept"));
                    }
                },
                result);
        return kept;
    }

    private void addLate(RpcRecord record, String answer, long now) {
        RpcProgress p = record.progress();
        HistoryEntry.Cause cause =
                p.status() == RpcStatus.SUCCESSFUL ? HistoryEntry.Cause.DUPLICATE_REPLY : HistoryEntry.Cause.LATE_REPLY;
        watcher.late(record.order(), p.status() == RpcStatus.SUCCESSFUL);
        replace(
                record,
                p.ended(p.status(), p.response(), new HistoryEntry(now, cause, p.status(), p.attempt(), 0, answer)));
    }

    /** Ends an unsent command as a caller would. */
    public Optional<Ended> cancel(long number, long now) {
        RpcRecord record = committed.get(number);
        if (record == null || !record.progress().isOpen() || record.progress().attempt() > 0) {
            return Optional.empty();
        }
        end(record, RpcStatus.CANCELLED, HistoryEntry.Cause.CANCELLED, now);
        return Optional.of(new Ended(record.order().device(), number));
    }

    /** Ends an open command as a newer one of its lane would. */
    public Optional<Ended> supersede(long number, long now) {
        RpcRecord record = committed.get(number);
        if (record == null || !record.progress().isOpen()) {
            return Optional.empty();
        }
        end(record, RpcStatus.SUPERSEDED, HistoryEntry.Cause.SUPERSEDED, now);
        return Optional.of(new Ended(record.order().device(), number));
    }

    @Override
    public CompletionStage<List<Ended>> expire(long before, long now, int limit) {
        List<Ended> ended = new ArrayList<>();
        for (RpcRecord record : List.copyOf(committed.values())) {
            if (ended.size() < limit
                    && record.progress().isOpen()
                    && record.order().expirationTime() < before) {
                end(record, RpcStatus.EXPIRED, HistoryEntry.Cause.EXPIRED, now);
                ended.add(new Ended(record.order().device(), record.number()));
            }
        }
        return CompletableFuture.completedFuture(ended);
    }

    private void end(RpcRecord record, RpcStatus as, HistoryEntry.Cause cause, long now) {
        RpcProgress p = record.progress();
        replace(record, p.ended(as, p.response(), new HistoryEntry(now, cause, as, p.attempt(), 0, "")));
    }

    private void replace(RpcRecord record, RpcProgress progress) {
        put(new RpcRecord(record.number(), record.version() + 1, record.order(), progress));
    }

    private void put(RpcRecord record) {
        RpcRecord before = committed.put(record.number(), record);
        observer.accept(Optional.ofNullable(before), record);
        boolean wasOpen = before == null || before.progress().isOpen();
        if (wasOpen && !record.progress().isOpen()) {
            watcher.ended(record.order(), record.progress());
        }
    }

    @Override
    public CompletionStage<Optional<RpcRecord>> findLater(UUID id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<List<RpcRecord>> read(List<Long> numbers) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<List<RpcRecord>> recent(long device, long beforeNumber, int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Integer> purge(long now, int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long openCount() {
        return committed.values().stream()
                .filter(record -> record.progress().isOpen())
                .count();
    }

    @Override
    public OptionalLong earliestExpiration() {
        return committed.values().stream()
                .filter(r -> r.progress().isOpen())
                .mapToLong(r -> r.order().expirationTime())
                .min();
    }

    @Override
    public Optional<RpcRecord> find(UUID id) {
        return byId(id);
    }

    @Override
    public Change cancel(UUID id, long now, String by) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Change delete(UUID id, long now, String by) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Listing list(
            long device, Optional<RpcStatus> compatible, Sort sort, boolean ascending, int page, int pageSize) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Found search(Query query, Optional<Long> before, int limit) {
        throw new UnsupportedOperationException();
    }
}
