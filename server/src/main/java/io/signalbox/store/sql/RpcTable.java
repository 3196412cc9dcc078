package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.rpc.Fingerprint;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows of commands. Static methods: any connection; the others are for work of the writer, and count what is open. */
final class RpcTable {
    /** Selects what {@link #read} reads; conditions follow. */
    static final String SELECT =
            "SELECT r.number, r.id, (SELECT t.id FROM tenant t WHERE t.number = r.tenant) AS tenant_id,"
                    + " r.device, r.device_id, r.created_time, r.expiration_time, r.is_open, r.status, r.request_id,"
                    + " r.attempt, r.overdue, r.version, r.checksum, r.order_checksum, r.one_way, r.method, r.retries,"
                    + " r.additional_info, r.retry_initial, r.retry_factor, r.retry_max, r.retry_jitter, r.retry_on, r.once,"
                    + " r.redeliver, r.redeliver_inherited, r.lane,"
                    + " r.supersede, r.idempotency_key, r.caller, r.caller_name, r.caller_customer, r.caller_address,"
                    + " r.device_name, r.history, r.response,"
                    + " COALESCE(r.params, (SELECT b.params FROM rpc_body b WHERE b.rpc = r.number)) AS params FROM rpc r ";

    /** A row is written anew with each update, so longer params have a row of their own. */
    static final int PARAMS_INLINE_MAX = 4 << 10;

    /** Rows that one transaction removes at most, so that others get their turn. */
    static final int SLICE = 2_000;

    private static final Logger log = LoggerFactory.getLogger(RpcTable.class);

    private static final String INSERT =
            "INSERT INTO rpc (id, tenant, device, device_id, created_time, expiration_time,"
                    + " is_open, status, request_id, attempt, overdue, version, checksum, order_checksum, one_way, method,"
                    + " retries, additional_info, retry_initial, retry_factor, retry_max, retry_jitter, retry_on, once,"
                    + " redeliver, redeliver_inherited, lane,"
                    + " supersede, idempotency_key, caller, caller_name, caller_customer, caller_address, device_name, history,"
                    + " response, params) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                    + " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    + " ON CONFLICT (id) DO NOTHING";

    /** What an update that leaves is_open as it is replaces: no index but that of ended rows has any of it. */
    private static final String PROGRESS = "UPDATE rpc SET status = ?, request_id = ?, attempt = ?, overdue = ?,"
            + " response = ?, history = ?, version = ?, checksum = ?";

    private static final String PROGRESS_OF_OPEN = PROGRESS + " WHERE number = ? AND version = ? AND is_open";

    private static final String PROGRESS_OF_ENDED = PROGRESS + " WHERE number = ? AND version = ? AND NOT is_open";

    private static final String END = PROGRESS + ", is_open = FALSE WHERE number = ? AND version = ? AND is_open";

    /** The sign keeps SQLite from reading all rows in the order of the tenants: the index of what is open has all it needs. */
    static final String COUNT_OPEN = "SELECT +tenant AS tenant, COUNT(*) AS n FROM rpc WHERE is_open GROUP BY +tenant";

    private static final String DEVICE_DELETED = "{\"error\":\"Device was deleted\"}";

    private final CoreWriter writer;
    private final TenantCounts open;
    private final RpcTrail trail;

    /**
     * @param open  of each tenant now
     * @param trail gets each end
     */
    RpcTable(CoreWriter writer, TenantCounts open, RpcTrail trail) {
        this.writer = writer;
        this.open = open;
        this.trail = trail;
    }

    /** Open commands of all tenants, as {@link #RpcTable} wants them: an index has it all. */
    static TenantCounts countOpen(Sql sql) {
        return TenantCounts.load(sql, COUNT_OPEN);
    }

    TenantCounts open() {
        return open;
    }

    /** @throws SqlFailure the row is not as it was written */
    static RpcRecord read(Row row) {
        RpcOrder order = new RpcOrder(
                row.uuid("id"),
                new TenantId(row.uuid("tenant_id")),
                row.number("device"),
                new DeviceId(row.uuid("device_id")),
                row.number("created_time"),
                row.number("expiration_time"),
                row.flag("one_way"),
                row.text("method"),
                row.text("params").getBytes(UTF_8),
                row.has("retries") ? OptionalInt.of((int) row.number("retries")) : OptionalInt.empty(),
                row.textIfAny("additional_info"),
                policy(row),
                row.flag("once"),
                row.flag("redeliver_inherited") ? Optional.empty() : Optional.of(row.flag("redeliver")),
                row.textIfAny("lane"),
                row.flag("supersede"),
                row.textIfAny("idempotency_key"),
                new UserId(row.uuid("caller")),
                row.text("caller_name"),
                new RpcOrder.Origin(
                        row.has("caller_customer")
                                ? Optional.of(new CustomerId(row.uuid("caller_customer")))
                                : Optional.empty(),
                        row.text("caller_address"),
                        row.text("device_name")));
        long version = row.number("version");
        Encoded encoded = new Encoded(
                row.number("status"),
                row.flag("is_open"),
                (int) row.number("request_id"),
                (int) row.number("attempt"),
                (int) row.number("overdue"),
                row.textIfAny("response"),
                row.bytes("history"),
                version);
        long number = row.number("number");
        if (checksum(order) != row.number("order_checksum") || encoded.checksum() != row.number("checksum")) {
            throw damaged(number);
        }
        RpcProgress progress = new RpcProgress(
                StatusCode.status(encoded.status()),
                encoded.isOpen(),
                encoded.requestId(),
                encoded.attempt(),
                encoded.overdue(),
                encoded.response(),
                HistoryCodec.decode(encoded.history()));
        return new RpcRecord(number, version, order, progress);
    }

    private static RetryPolicy policy(Row row) {
        long number = row.number("number");
        try {
            return new RetryPolicy(
                    row.number("retry_initial"),
                    row.decimal("retry_factor"),
                    row.number("retry_max"),
                    row.decimal("retry_jitter"),
                    RetryCode.failures(row.number("retry_on")));
        } catch (IllegalArgumentException e) {
            throw damaged(number);
        }
    }

    private static SqlFailure damaged(long number) {
        return new SqlFailure("row " + number + " of table rpc is damaged: its checksum is another");
    }

    static Optional<RpcRecord> byId(Sql sql, UUID id) {
        return sql.first(SELECT + "WHERE r.id = ?", RpcTable::read, id);
    }

    static Optional<RpcRecord> byNumber(Sql sql, long number) {
        return sql.first(SELECT + "WHERE r.number = ?", RpcTable::read, number);
    }

    /** As {@link #byNumber}, but empty also when the row is damaged, which is logged: for work that others must not wait for. */
    static Optional<RpcRecord> readable(Sql sql, long number) {
        try {
            return byNumber(sql, number);
        } catch (SqlFailure e) {
            if (e.spoilsTransaction()) {
                throw e;
            }
            log.error("command cannot be read rpc={}", number, e);
            return Optional.empty();
        }
    }

    /** A command's progress as its row has it. Made outside the writer's thread, which has enough to do. */
    record Encoded(
            long status,
            boolean isOpen,
            int requestId,
            int attempt,
            int overdue,
            Optional<String> response,
            byte[] history,
            long version) {
        static Encoded of(RpcProgress progress, long version) {
            return new Encoded(
                    StatusCode.of(progress.status()),
                    progress.isOpen(),
                    progress.requestId(),
                    progress.attempt(),
                    progress.overdue(),
                    progress.response(),
                    HistoryCodec.encode(progress.history()),
                    version);
        }

        long checksum() {
            return new RowChecksum()
                    .add(status)
                    .add(isOpen)
                    .add(requestId)
                    .add(attempt)
                    .add(overdue)
                    .add(response)
                    .add(history)
                    .add(version)
                    .value();
        }
    }

    static long checksum(RpcOrder order) {
        UUID caller = order.caller().uuid();
        RowChecksum checksum = new RowChecksum();
        if (order.redeliver().isEmpty()) { // older rows have no word of it in their checksums
            checksum.add(true);
        }
        checksum.add(order.id().getMostSignificantBits())
                .add(order.id().getLeastSignificantBits())
                .add(order.device())
                .add(order.deviceId().uuid().getMostSignificantBits())
                .add(order.deviceId().uuid().getLeastSignificantBits())
                .add(order.createdTime())
                .add(order.expirationTime())
                .add(order.oneWay())
                .add(order.method())
                .add(order.params())
                .add(order.retries().orElse(-1))
                .add(order.additionalInfo())
                .add(order.retryPolicy().initialMillis())
                .add(order.retryPolicy().factor())
                .add(order.retryPolicy().maxMillis())
                .add(order.retryPolicy().jitter())
                .add(order.redeliver().orElse(true))
                .add(order.lane())
                .add(order.supersede())
                .add(order.idempotencyKey())
                .add(caller.getMostSignificantBits())
                .add(caller.getLeastSignificantBits())
                .add(order.callerName());
        if (order.once() || !order.retryPolicy().retryOn().equals(RetryPolicy.RETRY_ON_STANDARD)) {
            checksum.add(RetryCode.mask(order.retryPolicy().retryOn())).add(order.once()); // older rows have neither
        }
        RpcOrder.Origin origin = order.origin();
        if (!origin.equals(RpcOrder.Origin.UNKNOWN)) { // rows from before it was kept have none in their checksums
            checksum.add(origin.customer().map(CustomerId::toString))
                    .add(origin.address())
                    .add(origin.deviceName());
        }
        return checksum.value();
    }

    static boolean isInline(RpcOrder order) {
        return order.params().length <= PARAMS_INLINE_MAX;
    }

    /**
     * The number of the new row; empty: the id is in use, and nothing was written. One statement if {@link #isInline}.
     *
     * @param acceptance for the audit log
     * @param ending     present when the progress is that of an end
     */
    Optional<Long> insert(
            Sql sql,
            long tenant,
            RpcOrder order,
            Encoded progress,
            Optional<RpcTrail.Draft> acceptance,
            Optional<RpcTrail.Ending> ending) {
        Optional<Long> number =
                sql.first(INSERT + " RETURNING number", row -> row.number("number"), columns(tenant, order, progress));
        if (number.isPresent()) {
            if (!isInline(order)) {
                sql.update(
                        "INSERT INTO rpc_body (rpc, params) VALUES (?, ?)",
                        number.get(),
                        new String(order.params(), UTF_8));
            }
            inserted(sql, new New(tenant, order, progress, acceptance, ending));
        }
        return number;
    }

    /** What {@link #insert} takes; {@link #isInline}. */
    record New(
            long tenant,
            RpcOrder order,
            Encoded progress,
            Optional<RpcTrail.Draft> acceptance,
            Optional<RpcTrail.Ending> ending) {}

    /** As {@link #insert} for each, in one trip. The numbers of the new rows by their ids. */
    Map<UUID, Long> insertTogether(Sql sql, List<New> all) {
        Map<UUID, Long> numbers = new HashMap<>();
        List<Object[]> rows = all.stream()
                .map(one -> columns(one.tenant(), one.order(), one.progress()))
                .toList();
        sql.batchReturning(
                INSERT + " RETURNING number, id", row -> numbers.put(row.uuid("id"), row.number("number")), rows);
        Set<UUID> counted = new HashSet<>();
        for (New one : all) {
            UUID id = one.order().id();
            if (numbers.containsKey(id) && counted.add(id)) {
                inserted(sql, one);
            }
        }
        return numbers;
    }

    private void inserted(Sql sql, New row) {
        if (row.progress().isOpen()) {
            count(row.tenant(), 1);
        }
        row.acceptance().ifPresent(draft -> trail.accepted(sql, draft));
        row.ending().ifPresent(end -> trail.ended(sql, end));
    }

    private static Object[] columns(long tenant, RpcOrder order, Encoded progress) {
        RetryPolicy policy = order.retryPolicy();
        OptionalInt retries = order.retries();
        return new Object[] {
            order.id(),
            tenant,
            order.device(),
            order.deviceId().uuid(),
            order.createdTime(),
            order.expirationTime(),
            progress.isOpen(),
            progress.status(),
            progress.requestId(),
            progress.attempt(),
            progress.overdue(),
            progress.version(),
            progress.checksum(),
            checksum(order),
            order.oneWay(),
            order.method(),
            retries.isPresent() ? Optional.of(retries.getAsInt()) : Optional.empty(),
            order.additionalInfo(),
            policy.initialMillis(),
            policy.factor(),
            policy.maxMillis(),
            policy.jitter(),
            RetryCode.mask(policy.retryOn()),
            order.once(),
            order.redeliver().orElse(true),
            order.redeliver().isEmpty(),
            order.lane(),
            order.supersede(),
            order.idempotencyKey(),
            order.caller().uuid(),
            order.callerName(),
            order.origin().customer().map(CustomerId::uuid),
            order.origin().address(),
            order.origin().deviceName(),
            progress.history(),
            progress.response(),
            isInline(order) ? Optional.of(new String(order.params(), UTF_8)) : Optional.empty()
        };
    }

    /**
     * Replaces the progress of the row if it has the version before, and was not ended by then if it is to be open. One
     * statement that writes.
     *
     * @param ending present when the progress is that of an end
     * @return whether the row was as expected
     */
    boolean update(Sql sql, long number, Encoded progress, Optional<RpcTrail.Ending> ending) {
        if (progress.isOpen()) {
            return update(sql, PROGRESS_OF_OPEN, number, progress);
        }
        Optional<Long> tenant =
                sql.first(END + " RETURNING tenant", row -> row.number("tenant"), columns(number, progress));
        if (tenant.isPresent()) {
            count(tenant.get(), -1);
            ending.ifPresent(end -> trail.ended(sql, end));
        }
        return tenant.isPresent() || update(sql, PROGRESS_OF_ENDED, number, progress);
    }

    /** What {@link #update(Sql, long, Encoded, Optional)} takes. */
    record Update(long number, Encoded progress, Optional<RpcTrail.Ending> ending) {}

    /** As {@link #update(Sql, long, Encoded, Optional)} for each, in two trips, but no row that has ended. The numbers of the rows that were as expected. */
    Set<Long> updateTogether(Sql sql, List<Update> all) {
        Set<Long> updated = new HashSet<>();
        List<Object[]> open = rows(all.stream().filter(one -> one.progress().isOpen()));
        if (!open.isEmpty()) {
            sql.batchReturning(PROGRESS_OF_OPEN + " RETURNING number", row -> updated.add(row.number("number")), open);
        }
        List<Update> ending =
                all.stream().filter(one -> !one.progress().isOpen()).toList();
        if (!ending.isEmpty()) {
            Map<Long, Long> tenants = new HashMap<>();
            sql.batchReturning(
                    END + " RETURNING number, tenant",
                    row -> tenants.put(row.number("number"), row.number("tenant")),
                    rows(ending.stream()));
            for (Update one : ending) {
                Long tenant = tenants.get(one.number());
                if (tenant != null && updated.add(one.number())) {
                    count(tenant, -1);
                    one.ending().ifPresent(end -> trail.ended(sql, end));
                }
            }
        }
        return updated;
    }

    private static List<Object[]> rows(Stream<Update> updates) {
        return updates.map(one -> columns(one.number(), one.progress())).toList();
    }

    private static boolean update(Sql sql, String statement, long number, Encoded progress) {
        return sql.update(statement, columns(number, progress)) > 0;
    }

    private static Object[] columns(long number, Encoded progress) {
        return new Object[] {
            progress.status(),
            progress.requestId(),
            progress.attempt(),
            progress.overdue(),
            progress.response(),
            progress.history(),
            progress.version(),
            progress.checksum(),
            number,
            progress.version() - 1
        };
    }

    /** Replaces the progress of a record that was read in the same transaction. */
    RpcRecord replace(Sql sql, RpcRecord record, RpcProgress progress) {
        long version = record.version() + 1;
        Optional<RpcTrail.Ending> ending = record.progress().isOpen() && !progress.isOpen()
                ? Optional.of(trail.ending(record.order(), progress))
                : Optional.empty();
        if (!update(sql, record.number(), Encoded.of(progress, version), ending)) {
            throw new SqlFailure("row " + record.number() + " of table rpc changed within a transaction");
        }
        return new RpcRecord(record.number(), version, record.order(), progress);
    }

    /** Ends a record that was read in the same transaction. */
    RpcRecord end(Sql sql, RpcRecord record, RpcStatus as, Cause cause, long now, String detail) {
        return end(sql, record, as, record.progress().response(), cause, now, detail);
    }

    /** @param response JSON text, for clients that know the state only as a failure */
    RpcRecord end(
            Sql sql, RpcRecord record, RpcStatus as, Optional<String> response, Cause cause, long now, String detail) {
        return replace(sql, record, record.progress().ended(as, response, line(record, cause, as, now, detail)));
    }

    static HistoryEntry line(RpcRecord record, Cause cause, RpcStatus status, long now, String detail) {
        return new HistoryEntry(now, cause, status, record.progress().attempt(), 0, detail);
    }

    /** Gives the record another id; its idempotency key, if any, is the caller's to correct. */
    RpcRecord rename(Sql sql, RpcRecord record, UUID id) {
        RpcOrder order = record.order();
        RpcOrder renamed = new RpcOrder(
                id,
                order.tenant(),
                order.device(),
                order.deviceId(),
                order.createdTime(),
                order.expirationTime(),
                order.oneWay(),
                order.method(),
                order.params(),
                order.retries(),
                order.additionalInfo(),
                order.retryPolicy(),
                order.once(),
                order.redeliver(),
                order.lane(),
                order.supersede(),
                order.idempotencyKey(),
                order.caller(),
                order.callerName(),
                order.origin());
        sql.update(
                "UPDATE rpc SET id = ?, order_checksum = ?, is_renamed = TRUE WHERE number = ?",
                id,
                checksum(renamed),
                record.number());
        return replace(
                sql, new RpcRecord(record.number(), record.version(), renamed, record.progress()), record.progress());
    }

    /** Erases what the caller and the device said, but for the history, and keeps what tells this request from others. */
    RpcRecord bury(Sql sql, RpcRecord record, long now, String by) {
        RpcOrder order = record.order();
        RpcOrder erased = new RpcOrder(
                order.id(),
                order.tenant(),
                order.device(),
                order.deviceId(),
                order.createdTime(),
                order.expirationTime(),
                order.oneWay(),
                order.method(),
                "null".getBytes(UTF_8),
                order.retries(),
                Optional.empty(),
                order.retryPolicy(),
                order.once(),
                order.redeliver(),
                order.lane(),
                order.supersede(),
                order.idempotencyKey(),
                order.caller(),
                order.callerName(),
                order.origin());
        sql.update("DELETE FROM rpc_body WHERE rpc = ?", record.number());
        sql.update(
                "UPDATE rpc SET params = 'null', additional_info = NULL, order_checksum = ?, deleted_time = ?,"
                        + " fingerprint = ? WHERE number = ?",
                checksum(erased),
                now,
                Fingerprint.of(order),
                record.number());
        RpcRecord tombstone = new RpcRecord(record.number(), record.version(), erased, record.progress());
        return end(sql, tombstone, RpcStatus.DELETED, Optional.empty(), Cause.DELETED, now, by);
    }

    /** What tells the request of this record from others, also when it is a tombstone. */
    static byte[] fingerprint(Sql sql, RpcRecord record) {
        if (record.progress().status() != RpcStatus.DELETED) {
            return Fingerprint.of(record.order());
        }
        return sql.first(
                        "SELECT fingerprint FROM rpc WHERE number = ?",
                        row -> row.bytes("fingerprint"),
                        record.number())
                .orElseThrow();
    }

    /** Fails the open commands of a device that is being deleted. */
    void endAllOf(Sql sql, long device, long now) {
        List<Long> numbers = sql.list(
                "SELECT number FROM rpc WHERE device = ? AND is_open ORDER BY number",
                row -> row.number("number"),
                device);
        for (long number : numbers) {
            readable(sql, number)
                    .ifPresent(record -> end(
                            sql, record, RpcStatus.FAILED, Optional.of(DEVICE_DELETED), Cause.DEVICE_DELETED, now, ""));
        }
    }

    /** Removes commands of a tenant, {@link #SLICE} at most. */
    int removeSliceOf(Sql sql, long tenant) {
        return remove(
                sql,
                sql.list(
                        "SELECT number FROM rpc WHERE tenant = ? ORDER BY number LIMIT ?",
                        row -> row.number("number"),
                        tenant,
                        SLICE));
    }

    int remove(Sql sql, List<Long> numbers) {
        record Gone(long tenant, boolean isOpen) {}
        List<Gone> gone = new ArrayList<>();
        for (long number : numbers) {
            sql.first(
                            "DELETE FROM rpc WHERE number = ? RETURNING tenant, is_open",
                            row -> new Gone(row.number("tenant"), row.flag("is_open")),
                            number)
                    .ifPresent(gone::add);
        }
        gone.stream().filter(Gone::isOpen).forEach(row -> count(row.tenant(), -1));
        return gone.size();
    }

    private void count(long tenant, long more) {
        open.add(tenant, more);
        writer.ifUndone(() -> open.add(tenant, -more));
    }
}
