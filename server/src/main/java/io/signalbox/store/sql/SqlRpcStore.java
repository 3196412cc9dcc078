package io.signalbox.store.sql;

import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.rpc.Fingerprint;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.Loop;
import io.signalbox.store.sql.RpcTable.Encoded;
import io.signalbox.store.sql.RpcTrail.Ending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Persistent commands in core.db. The usual transitions are one statement each, without a savepoint; what they need is made
 * ready on the caller's thread.
 */
public final class SqlRpcStore implements RpcStore {
    /** How long what is left of a deleted command is kept. */
    static final Duration TOMBSTONE_KEPT = Duration.ofDays(30);

    /** Lines about answers that came after the end, in one history. */
    static final int LATE_LINES_MAX = 10;

    /** Rows that one search or one purge looks at. */
    static final int SCAN_MAX = 10_000;

    private static final int BYTES_EACH = 600;
    private static final String MAY_HAVE_RUN = "; it was sent before, and may have run";

    /** The tenant's number if the device is there and its own, and how many commands it has open, up to a bound. */
    private static final String PLACE = "SELECT d.tenant, (SELECT COUNT(*) FROM (SELECT 1 FROM rpc r"
            + " WHERE r.device = d.number AND r.is_open LIMIT ?) o) AS open"
            + " FROM device d JOIN tenant t ON t.number = d.tenant WHERE d.number = ? AND t.id = ?";

    /** The inner statement reads the index of open commands alone; asked for rows, SQLite goes through the ended ones, too. */
    static final String OPEN = RpcTable.SELECT + "WHERE r.number IN (SELECT o.number FROM rpc o WHERE o.device = ?"
            + " AND o.is_open AND o.number > ? ORDER BY o.number LIMIT ?) ORDER BY r.number";

    private static final String RECENT =
            RpcTable.SELECT + "WHERE r.device = ? AND r.number < ? ORDER BY r.number DESC LIMIT ?";

    private static final String MATCHES = " AND r.number >= ? AND r.number < ? AND (? >> r.status) & 1 = 1"
            + " AND r.created_time >= ? AND r.created_time < ?"
            + " AND r.method = COALESCE(?, r.method) AND r.caller_name = COALESCE(?, r.caller_name)"
            + " AND SUBSTR(r.method, 1, ?) = ? AND (? = '' OR r.idempotency_key = ?)"
            + " AND (? = 0 OR EXISTS (SELECT 1 FROM device d WHERE d.number = r.device AND d.customer = ?))"
            + " AND (? = 0 OR EXISTS (SELECT 1 FROM device d WHERE d.number = r.device AND d.profile = ?))"
            + " ORDER BY r.number DESC LIMIT ?";

    /** As {@link #PLACE}, of many devices of any tenants. */
    private static final String PLACES = "SELECT d.number, d.tenant, t.id AS tenant_id, (SELECT COUNT(*) FROM"
            + " (SELECT 1 FROM rpc r WHERE r.device = d.number AND r.is_open LIMIT ?) o) AS open"
            + " FROM device d JOIN tenant t ON t.number = d.tenant WHERE d.number = ANY(?)";

    private final Together<Arrival, Saved> inserts = this::insertTogether;
    private final Together<RpcTable.Update, Saved> updates = this::updateTogether;

    private final CoreWriter writer;
    private final CoreReaders readers;
    private final RpcTable table;
    private final RpcKeys keys;
    private final RpcLimits limits;
    private final RpcTrail trail;
    private long purgedTo; // writer's thread

    SqlRpcStore(
            CoreWriter writer, CoreReaders readers, RpcTable table, RpcKeys keys, RpcLimits limits, RpcTrail trail) {
        this.writer = writer;
        this.readers = readers;
        this.table = table;
        this.keys = keys;
        this.limits = limits;
        this.trail = trail;
    }

    @Override
    public void watch(Watcher watcher) {
        trail.watch(watcher);
    }

    /** A new command and what is written with it, made ready outside the writer's thread. */
    private record Arrival(
            RpcOrder order,
            Encoded progress,
            Optional<byte[]> fingerprint,
            Optional<RpcTrail.Draft> acceptance,
            Optional<Ending> ending) {}

    @Override
    public boolean insert(RpcOrder order, RpcProgress progress, Loop loop, Consumer<Saved> done) {
        Arrival arrival = new Arrival(
                order,
                Encoded.of(progress, 1),
                order.idempotencyKey().map(key -> Fingerprint.of(order)),
                trail.acceptance(order),
                ending(order, progress));
        return writer.offer(
                order.tenant(),
                BYTES_EACH + 2 * order.params().length,
                post(sql -> insert(sql, arrival), loop, done, new Together.Part<>(inserts, arrival)));
    }

    @Override
    public void update(
            RpcOrder order, long number, long version, RpcProgress progress, Loop loop, Consumer<Saved> done) {
        RpcTable.Update update =
                new RpcTable.Update(number, Encoded.of(progress, version + 1), ending(order, progress));
        writer.force(
                order.tenant(),
                BYTES_EACH,
                post(sql -> update(sql, update), loop, done, new Together.Part<>(updates, update)));
    }

    private Saved update(Sql sql, RpcTable.Update update) {
        return table.update(sql, update.number(), update.progress(), update.ending())
                ? new Saved.Stored(update.number(), List.of())
                : new Saved.Outdated();
    }

    private List<@Nullable Saved> updateTogether(Sql sql, List<RpcTable.Update> all) {
        Set<Long> updated = table.updateTogether(sql, all);
        List<@Nullable Saved> saved = new ArrayList<>(all.size());
        for (RpcTable.Update one : all) {
            saved.add(updated.contains(one.number()) ? new Saved.Stored(one.number(), List.of()) : null);
        }
        return saved;
    }

    private Optional<Ending> ending(RpcOrder order, RpcProgress progress) {
        return progress.isOpen() ? Optional.empty() : Optional.of(trail.ending(order, progress));
    }

    private static CoreWriter.Post<Saved> post(
            Function<Sql, Saved> work, Loop loop, Consumer<Saved> done, Together.Part<?, Saved> part) {
        return new CoreWriter.Post<>(
                true, work, loop, done, code -> done.accept(new Saved.Failed(code)), Optional.of(part));
    }

    private static final Optional<String> CANCELLED = Optional.of("{\"error\":\"Cancelled before it was sent\"}");

    private record Place(long tenant, int open) {}

    /** Most commands are one statement behind one that reads; the rest sees itself to a savepoint. */
    private Saved insert(Sql sql, Arrival arrival) {
        RpcOrder order = arrival.order();
        Optional<Place> found = sql.first(
                PLACE,
                row -> new Place(row.number("tenant"), (int) row.number("open")),
                limits.openPerDeviceMax(),
                order.device(),
                order.tenant().uuid());
        if (found.isEmpty()) {
            return new Saved.Failed(ErrorCode.NOT_FOUND);
        }
        Place place = found.get();
        if (order.idempotencyKey().isPresent()) {
            Optional<Saved> known = keys.known(
                    sql,
                    place.tenant(),
                    order.idempotencyKey().get(),
                    arrival.fingerprint().orElseThrow(),
                    order.createdTime());
            if (known.isPresent()) {
                return known.get();
            }
        } else if (hasRoom(place, 0) && isUsual(order)) {
            Optional<Long> number = insert(sql, place, arrival);
            if (number.isPresent()) {
                return new Saved.Stored(number.get(), List.of());
            }
        }
        return sql.inSavepoint(() -> insertWithCare(sql, place, arrival));
    }

    private record PlaceOf(long device, UUID tenantId, Place place) {}

    /** The new commands that ask for nothing but their place, two trips for all of them. */
    private List<@Nullable Saved> insertTogether(Sql sql, List<Arrival> arrivals) {
        Long[] devices = arrivals.stream()
                .map(arrival -> arrival.order().device())
                .distinct()
                .toArray(Long[]::new);
        Map<Long, PlaceOf> places = new HashMap<>();
        sql.list(
                        PLACES,
                        row -> new PlaceOf(
                                row.number("number"), row.uuid("tenant_id"), new Place(row.number("tenant"), (int)
                                        row.number("open"))),
                        limits.openPerDeviceMax(),
                        devices)
                .forEach(of -> places.put(of.device(), of));
        Map<Long, Integer> ofDevice = new HashMap<>();
        Map<Long, Integer> ofTenant = new HashMap<>();
        List<RpcTable.New> usual = new ArrayList<>();
        for (Arrival arrival : arrivals) {
            RpcOrder order = arrival.order();
            PlaceOf of = places.get(order.device());
            if (of == null || !of.tenantId().equals(order.tenant().uuid()) || !isUsual(order)) {
                continue;
            }
            long tenant = of.place().tenant();
            if (of.place().open() + ofDevice.merge(order.device(), 1, Integer::sum) <= limits.openPerDeviceMax()
                    && table.open().of(tenant) + ofTenant.merge(tenant, 1, Integer::sum) <= limits.openPerTenantMax()) {
                usual.add(new RpcTable.New(tenant, order, arrival.progress(), arrival.acceptance(), arrival.ending()));
            }
        }
        Map<UUID, Long> numbers = usual.isEmpty() ? Map.of() : table.insertTogether(sql, usual);
        List<@Nullable Saved> saved = new ArrayList<>(arrivals.size());
        Map<UUID, Long> left = new HashMap<>(numbers);
        for (Arrival arrival : arrivals) {
            Long number = left.remove(arrival.order().id()); // who has the same id comes too late
            saved.add(number == null ? null : new Saved.Stored(number, List.of()));
        }
        return saved;
    }

    /** One statement is enough for it, if there is room. */
    private static boolean isUsual(RpcOrder order) {
        return order.idempotencyKey().isEmpty() && replaced(order).isEmpty() && RpcTable.isInline(order);
    }

    private Optional<Long> insert(Sql sql, Place place, Arrival arrival) {
        return table.insert(
                sql, place.tenant(), arrival.order(), arrival.progress(), arrival.acceptance(), arrival.ending());
    }

    private Saved insertWithCare(Sql sql, Place place, Arrival arrival) {
        RpcOrder order = arrival.order();
        List<Ended> ended = new ArrayList<>();
        Optional<RpcRecord> namesake = RpcTable.byId(sql, order.id());
        if (namesake.isPresent()) {
            RpcRecord older = namesake.get();
            if (!older.order().tenant().equals(order.tenant())) {
                return new Saved.Failed(ErrorCode.BAD_REQUEST);
            }
            if (Arrays.equals(RpcTable.fingerprint(sql, older), Fingerprint.of(order))) {
                return new Saved.Known(order.id());
            }
            giveUpId(sql, place.tenant(), older, order, ended);
        }
        replaced(order).ifPresent(lane -> supersede(sql, order, lane, ended));
        long freed =
                ended.stream().filter(end -> end.device() == order.device()).count();
        if (!hasRoom(place, freed)) {
            throw new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many open commands");
        }
        order.idempotencyKey()
                .ifPresent(key -> keys.remember(
                        sql,
                        place.tenant(),
                        key,
                        arrival.fingerprint().orElseThrow(),
                        order.id(),
                        order.createdTime(),
                        Optional.empty()));
        long number = insert(sql, place, arrival).orElseThrow();
        return new Saved.Stored(number, List.copyOf(ended));
    }

    private boolean hasRoom(Place place, long freed) {
        return place.open() - freed < limits.openPerDeviceMax()
                && table.open().of(place.tenant()) < limits.openPerTenantMax();
    }

    /** The lane of which it replaces what is open. */
    private static Optional<String> replaced(RpcOrder order) {
        return order.supersede() ? order.lane() : Optional.empty();
    }

    /** Another request of the tenant wants this id: the older gets one of its own, and ends if it is open. */
    private void giveUpId(Sql sql, long tenant, RpcRecord older, RpcOrder newer, List<Ended> ended) {
        UUID own = Uuids.next(newer.createdTime());
        RpcRecord renamed = table.rename(sql, older, own);
        older.order().idempotencyKey().ifPresent(key -> RpcKeys.renamed(sql, tenant, key, newer.id(), own));
        if (older.progress().isOpen()) {
            String detail = "its id " + newer.id() + " was taken by another request, and it got " + own;
            end(sql, renamed, newer.id(), detail, newer.createdTime(), ended);
        }
    }

    private void supersede(Sql sql, RpcOrder order, String lane, List<Ended> ended) {
        List<Long> numbers = sql.list(
                "SELECT number FROM rpc WHERE device = ? AND lane = ? AND is_open AND lane IS NOT NULL ORDER BY number",
                row -> row.number("number"),
                order.device(),
                lane);
        for (long number : numbers) {
            RpcTable.readable(sql, number)
                    .ifPresent(older ->
                            end(sql, older, order.id(), "replaced by " + order.id(), order.createdTime(), ended));
        }
    }

    private void end(Sql sql, RpcRecord older, UUID by, String detail, long now, List<Ended> ended) {
        String suffix = older.progress().attempt() > 0 ? MAY_HAVE_RUN : "";
        Optional<String> response = Optional.of("{\"error\":\"Superseded by " + by + "\"}");
        table.end(sql, older, RpcStatus.SUPERSEDED, response, Cause.SUPERSEDED, now, detail + suffix);
        ended.add(new Ended(older.order().device(), older.number()));
    }

    @Override
    public CompletionStage<List<RpcRecord>> open(long device, long afterNumber, int limit) {
        return readers.readLater(sql -> page(sql, PAGE_BYTES, OPEN, device, afterNumber, limit));
    }

    @Override
    public CompletionStage<Optional<RpcSettings.OfDevice>> settings(long device) {
        return readers.readLater(sql -> SqlRpcSettings.ofDevice(sql, device));
    }

    @Override
    public CompletionStage<Optional<RpcRecord>> findLater(UUID id) {
        return readers.readLater(sql -> RpcTable.byId(sql, id));
    }

    @Override
    public CompletionStage<List<RpcRecord>> read(List<Long> numbers) {
        return readers.readLater(sql -> numbers.stream()
                .flatMap(number -> RpcTable.readable(sql, number).stream())
                .toList());
    }

    @Override
    public CompletionStage<List<RpcRecord>> recent(long device, long beforeNumber, int limit) {
        return readers.readLater(sql -> page(sql, PAGE_BYTES, RECENT, device, beforeNumber, limit));
    }

    /** The rows of a query up to the one with which their texts reach {@code bytesMax}. */
    private static List<RpcRecord> page(Sql sql, long bytesMax, String query, Object... parameters) {
        List<RpcRecord> records = new ArrayList<>();
        long[] bytes = {0};
        sql.each(
                query,
                row -> {
                    RpcRecord record = RpcTable.read(row);
                    records.add(record);
                    bytes[0] += record.textBytes();
                    return bytes[0] < bytesMax;
                },
                parameters);
        return records;
    }

    private static boolean isCut(List<RpcRecord> page, long bytesMax) {
        return page.stream().mapToLong(RpcRecord::textBytes).sum() >= bytesMax;
    }

    @Override
    public CompletionStage<Optional<Long>> late(long device, int requestId, String answer, long now) {
        return writer.writeLater(sql -> sql.first(
                        RpcTable.SELECT + "WHERE r.device = ? AND r.request_id = ? AND NOT r.is_open"
                                + " AND r.request_id > 0 ORDER BY r.number DESC LIMIT 1",
                        RpcTable::read,
                        device,
                        requestId)
                .map(record -> {
                    if (takesLateAnswers(record)) {
                        RpcProgress was = record.progress();
                        Cause cause = was.status() == RpcStatus.SUCCESSFUL ? Cause.DUPLICATE_REPLY : Cause.LATE_REPLY;
                        HistoryEntry line = RpcTable.line(record, cause, was.status(), now, answer);
                        trail.late(record.order(), cause == Cause.DUPLICATE_REPLY);
                        table.replace(sql, record, was.ended(was.status(), was.response(), line));
                    }
                    return record.number();
                }));
    }

    private static boolean takesLateAnswers(RpcRecord record) {
        long lines = record.progress().history().stream()
                .filter(line -> line.cause() == Cause.LATE_REPLY || line.cause() == Cause.DUPLICATE_REPLY)
                .count();
        return record.progress().status() != RpcStatus.DELETED && lines < LATE_LINES_MAX;
    }

    @Override
    public CompletionStage<List<Ended>> expire(long before, long now, int limit) {
        return writer.writeLater(sql -> {
            List<Ended> ended = new ArrayList<>();
            List<Long> numbers = sql.list(
                    "SELECT number FROM rpc WHERE is_open AND expiration_time < ? ORDER BY expiration_time LIMIT ?",
                    row -> row.number("number"),
                    before,
                    limit);
            for (long number : numbers) {
                RpcTable.readable(sql, number).ifPresent(record -> {
                    table.end(sql, record, RpcStatus.EXPIRED, Cause.EXPIRED, now, "");
                    ended.add(new Ended(record.order().device(), number));
                });
            }
            return List.copyOf(ended);
        });
    }

    @Override
    public CompletionStage<Integer> purge(long now, int limit) {
        return writer.writeLater(sql -> {
            int gone = table.remove(
                    sql,
                    sql.list(
                            "SELECT number FROM rpc WHERE deleted_time IS NOT NULL AND deleted_time < ?"
                                    + " ORDER BY deleted_time LIMIT ?",
                            row -> row.number("number"),
                            now - TOMBSTONE_KEPT.toMillis(),
                            limit));
            gone += purgeEnded(sql, now, limit - gone);
            return gone + keys.purge(sql, now, limit - gone);
        });
    }

    /**
     * Removes ended commands that are older than their tenant's profile wants. Looks at a stretch of rows, and goes on behind
     * it the next time: rows that stay do not stop it.
     */
    private int purgeEnded(Sql sql, long now, int limit) {
        record Seen(long number, long tenant, boolean isOpen, long createdTime) {}
        Map<Long, Long> days = TenantLimits.rpcTtlDays(sql);
        LongStream all = days.values().stream().mapToLong(Long::longValue);
        OptionalLong fewest =
                (limits.ttlDays() > 0 ? LongStream.concat(all, LongStream.of(limits.ttlDays())) : all).min();
        if (fewest.isEmpty()) {
            return 0;
        }
        List<Seen> stretch = sql.list(
                "SELECT number, tenant, is_open, created_time FROM rpc WHERE number > ? ORDER BY number LIMIT ?",
                row -> new Seen(
                        row.number("number"), row.number("tenant"), row.flag("is_open"), row.number("created_time")),
                purgedTo,
                SCAN_MAX);
        List<Long> old = new ArrayList<>();
        long next = stretch.size() < SCAN_MAX ? 0 : stretch.getLast().number();
        for (Seen row : stretch) {
            if (row.createdTime() >= now - Duration.ofDays(fewest.getAsLong()).toMillis()) {
                next = 0; // all that follow are about as young
                break;
            }
            long kept = days.getOrDefault(row.tenant(), (long) limits.ttlDays());
            if (!row.isOpen()
                    && kept > 0
                    && row.createdTime() < now - Duration.ofDays(kept).toMillis()) {
                if (old.size() == limit) {
                    next = row.number() - 1;
                    break;
                }
                old.add(row.number());
            }
        }
        purgedTo = next;
        return table.remove(sql, old);
    }

    @Override
    public long openCount() {
        return table.open().total();
    }

    @Override
    public OptionalLong earliestExpiration() {
        return readers.read(sql -> sql.first(
                        "SELECT expiration_time FROM rpc WHERE is_open ORDER BY expiration_time LIMIT 1",
                        row -> OptionalLong.of(row.number("expiration_time")))
                .orElse(OptionalLong.empty()));
    }

    @Override
    public Optional<RpcRecord> find(UUID id) {
        return readers.read(sql -> RpcTable.byId(sql, id));
    }

    @Override
    public Change cancel(UUID id, long now, String by) {
        return change(id, (sql, record) -> {
            if (!record.progress().isOpen()) {
                return new Change.AlreadyEnded(record);
            }
            if (record.progress().attempt() > 0) {
                return new Change.AlreadySent(record);
            }
            return new Change.Done(table.end(sql, record, RpcStatus.CANCELLED, CANCELLED, Cause.CANCELLED, now, by));
        });
    }

    @Override
    public Change delete(UUID id, long now, String by) {
        return change(id, (sql, record) -> new Change.Done(table.bury(sql, record, now, by)));
    }

    private interface Changing {
        Change of(Sql sql, RpcRecord record);
    }

    private Change change(UUID id, Changing changing) {
        return writer.write(sql -> RpcTable.byId(sql, id)
                .filter(record -> record.progress().status() != RpcStatus.DELETED)
                .map(record -> changing.of(sql, record))
                .orElseGet(Change.Missing::new));
    }

    @Override
    public Listing list(
            long device, Optional<RpcStatus> compatible, Sort sort, boolean ascending, int page, int pageSize) {
        long states = StatusCode.mask(Stream.of(RpcStatus.values())
                .filter(status -> status.compatible()
                        .filter(seen -> compatible.isEmpty() || compatible.get() == seen)
                        .isPresent())
                .toList());
        String order = " ORDER BY " + column(sort) + (ascending ? " ASC, number ASC" : " DESC, number DESC");
        return readers.read(sql -> {
            long total = sql.first(
                            "SELECT COUNT(*) AS n FROM rpc WHERE device = ? AND (? >> status) & 1 = 1 AND NOT is_renamed",
                            row -> row.number("n"),
                            device,
                            states)
                    .orElseThrow();
            List<RpcRecord> records = page(
                    sql,
                    LIST_BYTES,
                    RpcTable.SELECT + "WHERE r.number IN (SELECT number FROM rpc WHERE device = ?"
                            + " AND (? >> status) & 1 = 1 AND NOT is_renamed" + order + " LIMIT ? OFFSET ?)" + order,
                    device,
                    states,
                    pageSize,
                    (long) page * pageSize);
            if (isCut(records, LIST_BYTES)) {
                throw new Rejected(
                        ErrorCode.BAD_REQUEST,
                        "The commands of this page are longer than " + LIST_BYTES
                                + " bytes. Please reduce the page size.");
            }
            return new Listing(records, total);
        });
    }

    /** What rows are sorted by; the states by the names that the older API has for them. */
    private static String column(Sort sort) {
        return switch (sort) {
            case ID -> "id";
            case CREATED_TIME -> "created_time";
            case EXPIRATION_TIME -> "expiration_time";
            case STATUS ->
                "CASE status WHEN 3 THEN 1 WHEN 7 THEN 2 WHEN 6 THEN 3 WHEN 8 THEN 3 WHEN 9 THEN 3 WHEN 1 THEN 4"
                        + " WHEN 2 THEN 5 WHEN 5 THEN 6 ELSE 7 END";
        };
    }

    @Override
    public Found search(Query query, Optional<Long> before, int limit) {
        return readers.read(sql -> search(sql, query, before.orElse(Long.MAX_VALUE), limit));
    }

    private static Found search(Sql sql, Query query, long before, int limit) {
        Optional<Long> tenant = Tenants.number(sql, query.tenant());
        Optional<Long> customer = query.customer()
                .flatMap(id ->
                        sql.first("SELECT number FROM customer WHERE id = ?", row -> row.number("number"), id.uuid()));
        Optional<Long> profile = query.profile()
                .flatMap(id ->
                        sql.first("SELECT number FROM device_profile WHERE id = ?", row -> row.number("number"), id));
        Optional<UUID> id = query.text().flatMap(SqlRpcStore::asId);
        boolean isNowhere = tenant.isEmpty()
                || (query.customer().isPresent() && customer.isEmpty())
                || (query.profile().isPresent() && profile.isEmpty());
        if (isNowhere) {
            return new Found(List.of(), Optional.empty());
        }
        Window window =
                id.isPresent() ? window(sql, id.get(), before) : window(sql, tenant.get(), query.device(), before);
        String prefix = id.isPresent() ? "" : query.text().orElse("");
        String key = query.idempotencyKey().orElse("");
        String within =
                query.device().isPresent() ? "WHERE r.device = ? AND +r.tenant = ?" : "WHERE ? = 0 AND r.tenant = ?";
        List<RpcRecord> records = page(
                sql,
                LIST_BYTES,
                RpcTable.SELECT + within + MATCHES,
                query.device().orElse(0L),
                tenant.get(),
                window.from(),
                window.to(),
                states(query),
                query.from().orElse(Long.MIN_VALUE),
                query.to().orElse(Long.MAX_VALUE),
                query.method(),
                query.caller(),
                prefix.codePointCount(0, prefix.length()),
                prefix,
                key,
                key,
                customer.orElse(0L),
                customer.orElse(0L),
                profile.orElse(0L),
                profile.orElse(0L),
                limit);
        if (records.size() == limit || isCut(records, LIST_BYTES)) {
            return new Found(records, Optional.of(records.getLast().number()));
        }
        return new Found(records, window.isCut() ? Optional.of(window.from()) : Optional.empty());
    }

    /** Numbers from {@code from} to below {@code to}; cut: there are more rows below. */
    private record Window(long from, long to, boolean isCut) {}

    /** As many rows as one search may look at: an index alone tells where they end. */
    private static Window window(Sql sql, long tenant, Optional<Long> device, long before) {
        Optional<Long> last = device.isPresent()
                ? sql.first(
                        "SELECT number FROM rpc WHERE device = ? AND number < ? ORDER BY number DESC LIMIT 1 OFFSET ?",
                        row -> row.number("number"),
                        device.get(),
                        before,
                        SCAN_MAX - 1)
                : sql.first(
                        "SELECT number FROM rpc WHERE tenant = ? AND number < ? ORDER BY number DESC LIMIT 1 OFFSET ?",
                        row -> row.number("number"),
                        tenant,
                        before,
                        SCAN_MAX - 1);
        return new Window(last.orElse(0L), before, last.isPresent());
    }

    /** The one row that has the id, or none. */
    private static Window window(Sql sql, UUID id, long before) {
        return sql.first("SELECT number FROM rpc WHERE id = ?", row -> row.number("number"), id)
                .map(number -> new Window(number, Math.min(number + 1, before), false))
                .orElse(new Window(0, 0, false));
    }

    private static Optional<UUID> asId(String text) {
        try {
            return Optional.of(Uuids.parse(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static long states(Query query) {
        long asked = query.states().isEmpty()
                ? StatusCode.mask(List.of(RpcStatus.values()))
                : StatusCode.mask(query.states());
        return query.includeDeleted() ? asked : asked & StatusCode.mask(StatusCode.notDeleted());
    }
}
