package io.signalbox.testing;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/** Persistent commands in plain maps, committed at once. Parameters are compared byte for byte. */
public final class MemoryRpcStore implements RpcStore {
    private static final long KEY_KEPT_MILLIS = Duration.ofDays(1).toMillis();

    private final Function<DeviceId, Optional<Device>> devices;
    private final TreeMap<Long, RpcRecord> records = new TreeMap<>();
    private final Map<Key, RpcOrder> keys = new HashMap<>();
    private long lastNumber;
    private long keptMillis = Long.MAX_VALUE;
    private Watcher watcher = Watcher.NOBODY;

    private record Key(TenantId tenant, String text) {}

    /** @param devices as they are now: who has them, of which profile they are */
    public MemoryRpcStore(Function<DeviceId, Optional<Device>> devices) {
        this.devices = devices;
    }

    /** How long ended commands and tombstones are kept after they were made; at first for ever. */
    public synchronized void keep(Duration time) {
        keptMillis = time.toMillis();
    }

    /** A record as it is now, without a caller who waits for it. */
    public synchronized RpcRecord add(RpcOrder order, RpcProgress progress) {
        Saved saved = save(order, progress);
        if (saved instanceof Saved.Stored(long number, List<Ended> _)) {
            return record(number);
        }
        throw new IllegalStateException("not stored: " + saved);
    }

    @Override
    public synchronized void watch(Watcher by) {
        watcher = by;
    }

    @Override
    public synchronized boolean insert(RpcOrder order, RpcProgress progress, Loop loop, Consumer<Saved> done) {
        tell(save(order, progress), loop, done);
        return true;
    }

    private static void tell(Saved saved, Loop loop, Consumer<Saved> done) {
        loop.execute(() -> done.accept(saved));
    }

    private RpcRecord record(long number) {
        RpcRecord record = records.get(number);
        if (record == null) {
            throw new IllegalArgumentException("no record " + number);
        }
        return record;
    }

    private Saved save(RpcOrder order, RpcProgress progress) {
        long now = order.createdTime();
        Optional<Key> key = order.idempotencyKey().map(text -> new Key(order.tenant(), text));
        RpcOrder before = key.map(keys::get).orElse(null);
        if (before != null && now - before.createdTime() < KEY_KEPT_MILLIS) {
            return isSame(before, order) ? new Saved.Known(before.id()) : new Saved.KeyTaken(before.id());
        }
        List<Ended> ended = new ArrayList<>();
        Optional<RpcRecord> holder = find(order.id());
        if (holder.isPresent()) {
            RpcRecord older = holder.get();
            if (!older.order().tenant().equals(order.tenant())) {
                return new Saved.Failed(ErrorCode.BAD_REQUEST);
            }
            if (isSame(older.order(), order)) {
                return new Saved.Known(order.id());
            }
            replace(older, with(older.order(), Uuids.next(now), older.order().params()), older.progress());
            supersede(older.number(), order, ended);
        }
        if (order.supersede() && order.lane().isPresent()) {
            for (RpcRecord other : List.copyOf(records.values())) {
                if (other.order().device() == order.device()
                        && other.order().lane().equals(order.lane())) {
                    supersede(other.number(), order, ended);
                }
            }
        }
        long number = ++lastNumber;
        records.put(number, new RpcRecord(number, 1, order, progress));
        if (!progress.isOpen()) {
            watcher.ended(order, progress);
        }
        key.ifPresent(k -> keys.put(k, order));
        return new Saved.Stored(number, ended);
    }

    private void supersede(long number, RpcOrder by, List<Ended> ended) {
        RpcRecord older = record(number);
        if (older.progress().isOpen()) {
            end(older, RpcStatus.SUPERSEDED, Cause.SUPERSEDED, by.createdTime(), "by " + by.id());
            ended.add(new Ended(older.order().device(), number));
        }
    }

    private static boolean isSame(RpcOrder a, RpcOrder b) {
        return a.device() == b.device()
                && a.oneWay() == b.oneWay()
                && a.method().equals(b.method())
                && Arrays.equals(a.params(), b.params())
                && a.lane().equals(b.lane())
                && a.caller().equals(b.caller());
    }

    @Override
    public synchronized void update(
            RpcOrder order, long number, long version, RpcProgress progress, Loop loop, Consumer<Saved> done) {
        RpcRecord record = records.get(number);
        Saved saved = new Saved.Outdated();
        if (record != null && record.version() == version) {
            replace(record, record.order(), progress);
            saved = new Saved.Stored(number, List.of());
        }
        tell(saved, loop, done);
    }

    @Override
    public CompletionStage<Optional<RpcSettings.OfDevice>> settings(long device) {
        return CompletableFuture.completedFuture(Optional.of(
                new RpcSettings.OfDevice(new DeviceProfileId(Uuids.NULL), RpcSettings.NONE, RpcSettings.NONE)));
    }

    @Override
    public synchronized CompletionStage<List<RpcRecord>> open(long device, long afterNumber, int limit) {
        return CompletableFuture.completedStage(records.tailMap(afterNumber, false).values().stream()
                .filter(r -> r.progress().isOpen() && r.order().device() == device)
                .limit(limit)
                .toList());
    }

    @Override
    public CompletionStage<Optional<RpcRecord>> findLater(UUID id) {
        return CompletableFuture.completedStage(find(id));
    }

    @Override
    public synchronized CompletionStage<List<RpcRecord>> read(List<Long> numbers) {
        return CompletableFuture.completedStage(
                numbers.stream().filter(records::containsKey).map(this::record).toList());
    }

    @Override
    public synchronized CompletionStage<List<RpcRecord>> recent(long device, long beforeNumber, int limit) {
        return CompletableFuture.completedStage(records.headMap(beforeNumber, false).descendingMap().values().stream()
                .filter(r -> r.order().device() == device)
                .limit(limit)
                .toList());
    }

    @Override
    public synchronized CompletionStage<Optional<Long>> late(long device, int requestId, String answer, long now) {
        Optional<RpcRecord> of = records.descendingMap().values().stream()
                .filter(r -> r.order().device() == device
                        && r.progress().requestId() == requestId
                        && !r.progress().isOpen())
                .findFirst();
        of.filter(r -> r.progress().status() != RpcStatus.DELETED).ifPresent(r -> {
            RpcProgress p = r.progress();
            Cause cause = p.status() == RpcStatus.SUCCESSFUL ? Cause.DUPLICATE_REPLY : Cause.LATE_REPLY;
            HistoryEntry entry = new HistoryEntry(now, cause, p.status(), p.attempt(), 0, answer);
            replace(r, r.order(), p.ended(p.status(), p.response(), entry));
            watcher.late(r.order(), cause == Cause.DUPLICATE_REPLY);
        });
        return CompletableFuture.completedStage(of.map(RpcRecord::number));
    }

    @Override
    public synchronized CompletionStage<List<Ended>> expire(long before, long now, int limit) {
        List<RpcRecord> over = records.values().stream()
                .filter(r -> r.progress().isOpen() && r.order().expirationTime() < before)
                .limit(limit)
                .toList();
        for (RpcRecord r : over) {
            RpcProgress p = r.progress();
            HistoryEntry entry = new HistoryEntry(now, Cause.EXPIRED, RpcStatus.EXPIRED, p.attempt(), 0, "");
            replace(r, r.order(), p.ended(RpcStatus.EXPIRED, p.response(), entry));
        }
        return CompletableFuture.completedStage(over.stream()
                .map(r -> new Ended(r.order().device(), r.number()))
                .toList());
    }

    @Override
    public synchronized CompletionStage<Integer> purge(long now, int limit) {
        keys.values().removeIf(order -> now - order.createdTime() >= KEY_KEPT_MILLIS);
        List<Long> old = records.values().stream()
                .filter(r -> !r.progress().isOpen() && now - r.order().createdTime() > keptMillis)
                .map(RpcRecord::number)
                .limit(limit)
                .toList();
        old.forEach(records::remove);
        return CompletableFuture.completedStage(old.size());
    }

    @Override
    public synchronized long openCount() {
        return records.values().stream().filter(r -> r.progress().isOpen()).count();
    }

    @Override
    public synchronized OptionalLong earliestExpiration() {
        return records.values().stream()
                .filter(r -> r.progress().isOpen())
                .mapToLong(r -> r.order().expirationTime())
                .min();
    }

    @Override
    public synchronized Optional<RpcRecord> find(UUID id) {
        return records.values().stream().filter(r -> r.order().id().equals(id)).findFirst();
    }

    @Override
    public synchronized Change cancel(UUID id, long now, String by) {
        Optional<RpcRecord> found = find(id);
        if (found.isEmpty() || found.get().progress().status() == RpcStatus.DELETED) {
            return new Change.Missing();
        }
        RpcRecord record = found.get();
        if (!record.progress().isOpen()) {
            return new Change.AlreadyEnded(record);
        }
        return record.progress().attempt() > 0
                ? new Change.AlreadySent(record)
                : new Change.Done(end(record, RpcStatus.CANCELLED, Cause.CANCELLED, now, "by " + by));
    }

    @Override
    public synchronized Change delete(UUID id, long now, String by) {
        Optional<RpcRecord> found = find(id);
        if (found.isEmpty() || found.get().progress().status() == RpcStatus.DELETED) {
            return new Change.Missing();
        }
        RpcRecord r = found.get();
        HistoryEntry entry = new HistoryEntry(
                now, Cause.DELETED, RpcStatus.DELETED, r.progress().attempt(), 0, "by " + by);
        return new Change.Done(replace(
                r, with(r.order(), id, new byte[0]), r.progress().ended(RpcStatus.DELETED, Optional.empty(), entry)));
    }

    private RpcRecord end(RpcRecord r, RpcStatus as, Cause cause, long now, String detail) {
        HistoryEntry entry = new HistoryEntry(now, cause, as, r.progress().attempt(), 0, detail);
        String response = "{\"error\":\"" + as.name().toLowerCase(java.util.Locale.ROOT) + "\"}";
        return replace(r, r.order(), r.progress().ended(as, Optional.of(response), entry));
    }

    private RpcRecord replace(RpcRecord old, RpcOrder order, RpcProgress progress) {
        RpcRecord next = new RpcRecord(old.number(), old.version() + 1, order, progress);
        records.put(next.number(), next);
        if (old.progress().isOpen() && !progress.isOpen()) {
            watcher.ended(order, progress);
        }
        return next;
    }

    private static RpcOrder with(RpcOrder o, UUID id, byte[] params) {
        return new RpcOrder(
                id,
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.createdTime(),
                o.expirationTime(),
                o.oneWay(),
                o.method(),
                params,
                o.retries(),
                o.additionalInfo(),
                o.retryPolicy(),
                o.once(),
                o.redeliver(),
                o.lane(),
                o.supersede(),
                o.idempotencyKey(),
                o.caller(),
                o.callerName(),
                o.origin());
    }

    @Override
    public synchronized Listing list(
            long device, Optional<RpcStatus> compatible, Sort sort, boolean ascending, int page, int pageSize) {
        List<RpcRecord> all = records.values().stream()
                .filter(r -> r.order().device() == device)
                .filter(r -> {
                    Optional<RpcStatus> seen = r.progress().status().compatible();
                    return seen.isPresent() && (compatible.isEmpty() || compatible.equals(seen));
                })
                .sorted((ascending ? by(sort) : by(sort).reversed()).thenComparing(by(Sort.ID)))
                .toList();
        return new Listing(
                all.stream().skip((long) page * pageSize).limit(pageSize).toList(), all.size());
    }

    private static Comparator<RpcRecord> by(Sort sort) {
        return switch (sort) {
            case ID -> Comparator.comparing(r -> r.order().id().toString());
            case CREATED_TIME -> Comparator.comparingLong(r -> r.order().createdTime());
            case EXPIRATION_TIME -> Comparator.comparingLong(r -> r.order().expirationTime());
            case STATUS ->
                Comparator.comparing(r ->
                        r.progress().status().compatible().map(RpcStatus::name).orElse(""));
        };
    }

    @Override
    public synchronized Found search(Query query, Optional<Long> before, int limit) {
        List<RpcRecord> found = records.headMap(before.orElse(Long.MAX_VALUE), false).descendingMap().values().stream()
                .filter(r -> matches(query, r))
                .limit(limit + 1L)
                .toList();
        return found.size() <= limit
                ? new Found(found, Optional.empty())
                : new Found(
                        found.subList(0, limit),
                        Optional.of(found.get(limit - 1).number()));
    }

    private boolean matches(Query q, RpcRecord r) {
        RpcOrder o = r.order();
        RpcStatus status = r.progress().status();
        Optional<Device> device = devices.apply(o.deviceId());
        return o.tenant().equals(q.tenant())
                && (q.customer().isEmpty() || q.customer().equals(device.flatMap(Device::customer)))
                && q.device().map(number -> number == o.device()).orElse(true)
                && (q.profile().isEmpty()
                        || q.profile().equals(device.map(d -> d.profile().uuid())))
                && q.method().map(o.method()::equals).orElse(true)
                && (q.states().isEmpty() || q.states().contains(status))
                && q.from().map(from -> o.createdTime() >= from).orElse(true)
                && q.to().map(to -> o.createdTime() < to).orElse(true)
                && q.caller().map(o.callerName()::equals).orElse(true)
                && q.text().map(text -> hasText(o, text)).orElse(true)
                && (q.idempotencyKey().isEmpty() || q.idempotencyKey().equals(o.idempotencyKey()))
                && (q.includeDeleted() || status != RpcStatus.DELETED);
    }

    private static boolean hasText(RpcOrder order, String text) {
        return order.method().startsWith(text)
                || order.id().toString().equals(text)
                || order.deviceId().toString().equals(text);
    }
}
