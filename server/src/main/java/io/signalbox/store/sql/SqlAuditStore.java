package io.signalbox.store.sql;

import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.AuditPage;
import io.signalbox.audit.AuditQuery;
import io.signalbox.audit.AuditQuery.About;
import io.signalbox.audit.AuditStore;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/**
 * The audit log in core.db, many entries in a row: see {@link AuditChunk}. What was written is cheap, and who reads pays:
 * filters go over all entries of the tenant within the range of time, some million a second, on a connection of their own.
 */
public final class SqlAuditStore implements AuditStore {
    /** Entries that are in memory to find the last page that may be asked for. */
    private static final int REACH_MAX = 100_000;

    /** From the first time to the last in a row: who looks for the newest entries knows when there are no newer ones. */
    private static final long SPAN_MILLIS_MAX = 10_000;

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlAuditStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    /** What becomes a row. */
    private record Chunk(UUID tenant, long fromTime, long toTime, int entries, Optional<UUID> entity, byte[] data) {
        static Chunk of(List<AuditEntry> entries) {
            UUID entity = entries.getFirst().entityId();
            boolean isOfOne = true;
            long from = Long.MAX_VALUE;
            long to = Long.MIN_VALUE;
            for (AuditEntry entry : entries) {
                isOfOne &= entry.entityId().equals(entity);
                from = Math.min(from, entry.createdTime());
                to = Math.max(to, entry.createdTime());
            }
            return new Chunk(
                    id(entries.getFirst().caller().tenant()),
                    from,
                    to,
                    entries.size(),
                    isOfOne ? Optional.of(entity) : Optional.empty(),
                    AuditChunk.pack(entries));
        }

        void insert(Sql sql) {
            long number = sql.first(
                            "SELECT number + entries AS next FROM audit ORDER BY number DESC LIMIT 1",
                            row -> row.number("next"))
                    .orElse(1L);
            sql.update(
                    "INSERT INTO audit (number, tenant_id, from_time, to_time, entries, entity_id, data)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    number,
                    tenant,
                    fromTime,
                    toTime,
                    entries,
                    entity,
                    data);
        }
    }

    /** Packs them on the caller's thread. */
    @Override
    public CompletionStage<Void> insert(List<AuditEntry> entries) {
        List<Chunk> chunks = chunks(entries);
        return writer.writeLater(sql -> {
                    chunks.forEach(chunk -> chunk.insert(sql));
                    return chunks.size();
                })
                .thenAccept(_ -> {});
    }

    /** Keeps entries together with what else the transaction changes. The writer's thread. */
    static void insert(Sql sql, List<AuditEntry> entries) {
        chunks(entries).forEach(chunk -> chunk.insert(sql));
    }

    private static List<Chunk> chunks(List<AuditEntry> entries) {
        record Key(Optional<TenantId> tenant, long span) {}
        Map<Key, List<AuditEntry>> together = new LinkedHashMap<>();
        for (AuditEntry entry : entries) {
            Key key = new Key(entry.caller().tenant(), Math.floorDiv(entry.createdTime(), SPAN_MILLIS_MAX));
            together.computeIfAbsent(key, _ -> new ArrayList<>()).add(entry);
        }
        return together.values().stream().map(Chunk::of).toList();
    }

    /** By whole rows: an entry goes with the last of its row. */
    @Override
    public CompletionStage<Integer> purge(long time, long entriesMax, int atOnceMax) {
        return writer.writeLater(sql -> sql.update(
                "DELETE FROM audit WHERE number < (SELECT MIN(number) FROM audit) + ?"
                        + " AND (to_time < ? OR number + entries <= (SELECT MAX(number + entries) FROM audit WHERE"
                        + " number = (SELECT MAX(number) FROM audit)) - ?)",
                atOnceMax,
                time,
                entriesMax));
    }

    private static UUID id(Optional<TenantId> tenant) {
        return tenant.map(TenantId::uuid).orElse(Uuids.NULL);
    }

    @Override
    public AuditPage find(AuditQuery query) {
        long reach = (query.page() + 1L) * query.pageSize();
        if (reach > REACH_MAX) {
            throw Refusals.badRequest("Only the first " + REACH_MAX + " entries can be paged through. Narrow the time");
        }
        return readers.read(sql -> new Search(query, (int) reach).run(sql));
    }

    /** One query under way, on a reader's thread. */
    private static final class Search {
        private static final String OF_TENANT = " FROM audit WHERE tenant_id = ? AND from_time <= ? AND to_time >= ?";
        private static final String OF_ENTITY = " AND (entity_id IS NULL OR entity_id = ?)";
        private static final String WITHIN = " AND to_time <= ? AND from_time >= ?";
        private static final String NOT_WITHIN = " AND (to_time > ? OR from_time < ?)";

        private final AuditQuery query;
        private final int reach;
        private final String textSearch;
        private final Comparator<AuditPage.Stored> order;

        /** The best of what was seen, the worst of them first. */
        private final PriorityQueue<AuditPage.Stored> best;

        private long total;

        Search(AuditQuery query, int reach) {
            this.query = query;
            this.reach = reach;
            this.textSearch = query.textSearch().toLowerCase(Locale.ROOT);
            this.order = order(query);
            this.best = new PriorityQueue<>(order.reversed());
        }

        private static Comparator<AuditPage.Stored> order(AuditQuery query) {
            Comparator<AuditPage.Stored> byTime = Comparator.comparingLong(
                            (AuditPage.Stored stored) -> stored.entry().createdTime())
                    .thenComparing(AuditPage.Stored::id);
            Comparator<AuditEntry> byColumn = switch (query.order()) {
                case CREATED_TIME -> Comparator.comparingLong(AuditEntry::createdTime);
                case ENTITY_TYPE -> Comparator.comparing(AuditEntry::entityType);
                case ENTITY_NAME ->
                    Comparator.comparing(entry -> entry.entityName().orElse(""));
                case USER_NAME -> Comparator.comparing(entry -> entry.caller().email());
                case ACTION_TYPE -> Comparator.comparing(entry -> entry.action().name());
                case ACTION_STATUS -> Comparator.comparing(entry -> !entry.isSuccess());
            };
            Comparator<AuditPage.Stored> wanted = Comparator.comparing(AuditPage.Stored::entry, byColumn);
            return (query.descending() ? wanted.reversed() : wanted).thenComparing(byTime);
        }

        AuditPage run(Sql sql) {
            List<Object> range = List.of(id(query.tenant()), query.toTime(), query.fromTime());
            if (takesAll()) {
                total = countAll(sql, range);
            }
            List<Object> parameters = new ArrayList<>(range);
            String where = OF_TENANT;
            if (query.about() instanceof About.Entity(var _, UUID id)) {
                where += OF_ENTITY;
                parameters.add(id);
            }
            // The index has all of this: only rows that matter are read.
            sql.each(
                    "SELECT number, from_time, to_time" + where + " ORDER BY from_time"
                            + (query.descending() ? " DESC" : ""),
                    row -> take(sql, row),
                    parameters.toArray());
            List<AuditPage.Stored> found = new ArrayList<>(best);
            found.sort(order);
            int from = Math.min(found.size(), reach - query.pageSize());
            return new AuditPage(List.copyOf(found.subList(from, found.size())), total);
        }

        /** Whole rows count by what they say; only those at the ends of the range are read. */
        private long countAll(Sql sql, List<Object> range) {
            Object[] twice = {range.get(0), range.get(1), range.get(2), range.get(1), range.get(2)};
            long[] count = {
                sql.first(
                                "SELECT COALESCE(SUM(entries), 0) AS entries" + OF_TENANT + WITHIN,
                                row -> row.number("entries"),
                                twice)
                        .orElseThrow()
            };
            sql.each(
                    "SELECT data" + OF_TENANT + NOT_WITHIN,
                    row -> {
                        AuditChunk.Reader.read(
                                row.bytes("data"), query.tenant(), entry -> count[0] += isWanted(entry) ? 1 : 0);
                        return true;
                    },
                    twice);
            return count[0];
        }

        /** False: no later row matters. */
        private boolean take(Sql sql, Row row) {
            long fromTime = row.number("from_time");
            if (takesAll() && isBehind(fromTime, row.number("to_time"))) {
                return !isBehind(fromTime, fromTime + SPAN_MILLIS_MAX);
            }
            long number = row.number("number");
            long[] place = {number};
            byte[] data = sql.first("SELECT data FROM audit WHERE number = ?", found -> found.bytes("data"), number)
                    .orElseThrow();
            AuditChunk.Reader.read(data, query.tenant(), entry -> {
                if (isWanted(entry)) {
                    total += takesAll() ? 0 : 1;
                    if (!isBehind(entry.time, entry.time)) {
                        keep(new AuditPage.Stored(Uuids.of(entry.time, place[0]), entry.entry()));
                    }
                }
                place[0]++;
            });
            return true;
        }

        private void keep(AuditPage.Stored stored) {
            best.add(stored);
            if (best.size() > reach) {
                best.remove();
            }
        }

        private boolean takesAll() {
            return query.about() instanceof About.Everything && query.actions().isEmpty() && textSearch.isEmpty();
        }

        /** Whether nothing within these times can come on the page any more. */
        private boolean isBehind(long fromTime, long toTime) {
            if (query.order() != AuditQuery.Order.CREATED_TIME || best.size() < reach) {
                return false;
            }
            long worst = best.element().entry().createdTime();
            return query.descending() ? toTime < worst : fromTime > worst;
        }

        private boolean isWanted(AuditChunk.Reader entry) {
            if (entry.time < query.fromTime() || entry.time > query.toTime()) {
                return false;
            }
            boolean isAbout = switch (query.about()) {
                case About.Everything() -> true;
                case About.Entity(String type, UUID id) -> entry.entityId.equals(id) && entry.entityType.equals(type);
                case About.OfCustomer(CustomerId customer) ->
                    entry.caller.customer().equals(Optional.of(customer));
                case About.OfUser(UserId user) -> entry.caller.user().equals(user);
            };
            return isAbout
                    && (query.actions().isEmpty() || query.actions().contains(entry.action))
                    && (textSearch.isEmpty() || hasText(entry));
        }

        private boolean hasText(AuditChunk.Reader entry) {
            return has(entry.entityType)
                    || has(entry.entityName.orElse(""))
                    || has(entry.caller.email())
                    || has(entry.action.name())
                    || has(entry.isSuccess ? "success" : "failure");
        }

        private boolean has(String text) {
            return text.toLowerCase(Locale.ROOT).contains(textSearch);
        }
    }
}
