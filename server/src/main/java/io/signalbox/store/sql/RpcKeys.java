package io.signalbox.store.sql;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.rpc.RpcStore.Saved;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Idempotency keys: callers' own names for requests, remembered for a day. For work of the writer. */
final class RpcKeys {
    private static final long REMEMBERED_MILLIS = Duration.ofDays(1).toMillis();

    private final CoreWriter writer;
    private final TenantCounts counts;
    private final long perTenantMax;

    RpcKeys(CoreWriter writer, TenantCounts counts, long perTenantMax) {
        this.writer = writer;
        this.counts = counts;
        this.perTenantMax = perTenantMax;
    }

    /** Keys of all tenants now, as {@link #RpcKeys} wants them. */
    static TenantCounts count(Sql sql) {
        return TenantCounts.load(sql, "SELECT tenant, COUNT(*) AS n FROM rpc_key GROUP BY tenant");
    }

    /**
     * A key that is in use.
     *
     * @param outcome code of {@link CallOutcome}; empty: the command is persistent
     */
    record Known(UUID id, byte[] fingerprint, Optional<Long> outcome) {}

    /** What is remembered of the key; empty: it is not in use. */
    Optional<Known> find(Sql sql, long tenant, String key, long now) {
        return sql.first(
                "SELECT rpc_id, fingerprint, outcome FROM rpc_key WHERE tenant = ? AND key = ? AND created_time > ?",
                row -> new Known(
                        row.uuid("rpc_id"),
                        row.bytes("fingerprint"),
                        row.has("outcome") ? Optional.of(row.number("outcome")) : Optional.empty()),
                tenant,
                key,
                now - REMEMBERED_MILLIS);
    }

    /** The answer to a persistent request whose key is in use; empty: it is not. */
    Optional<Saved> known(Sql sql, long tenant, String key, byte[] fingerprint, long now) {
        return find(sql, tenant, key, now)
                .map(known -> Arrays.equals(known.fingerprint(), fingerprint)
                        ? new Saved.Known(known.id())
                        : new Saved.KeyTaken(known.id()));
    }

    /**
     * Remembers a key that is not in use.
     *
     * @param outcome as of {@link Known}
     * @throws Rejected {@code TOO_MANY_REQUESTS}
     */
    void remember(Sql sql, long tenant, String key, byte[] fingerprint, UUID id, long now, Optional<Long> outcome) {
        forget(sql, tenant, key); // one that is older than a day may still be there
        if (counts.of(tenant) >= perTenantMax) {
            throw new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many idempotency keys");
        }
        sql.update(
                "INSERT INTO rpc_key (tenant, key, rpc_id, fingerprint, created_time, outcome) VALUES (?, ?, ?, ?, ?, ?)",
                tenant,
                key,
                id,
                fingerprint,
                now,
                outcome);
        count(tenant, 1);
    }

    /** The command for which the key stands has another id now. */
    static void renamed(Sql sql, long tenant, String key, UUID from, UUID to) {
        sql.update("UPDATE rpc_key SET rpc_id = ? WHERE tenant = ? AND key = ? AND rpc_id = ?", to, tenant, key, from);
    }

    /** Forgets keys that are older than a day, {@code limit} at most. */
    int purge(Sql sql, long now, int limit) {
        record Old(long tenant, String key) {}
        List<Old> old = sql.list(
                "SELECT tenant, key FROM rpc_key WHERE created_time <= ? ORDER BY created_time LIMIT ?",
                row -> new Old(row.number("tenant"), row.text("key")),
                now - REMEMBERED_MILLIS,
                limit);
        for (Old key : old) {
            forget(sql, key.tenant(), key.key());
        }
        return old.size();
    }

    /** Forgets keys of a tenant, {@link RpcTable#SLICE} at most. */
    int removeSliceOf(Sql sql, long tenant) {
        List<String> keys = sql.list(
                "SELECT key FROM rpc_key WHERE tenant = ? LIMIT ?", row -> row.text("key"), tenant, RpcTable.SLICE);
        keys.forEach(key -> forget(sql, tenant, key));
        return keys.size();
    }

    /** The key is free again, if it stands for this command. */
    void release(Sql sql, long tenant, String key, UUID id) {
        int gone = sql.update("DELETE FROM rpc_key WHERE tenant = ? AND key = ? AND rpc_id = ?", tenant, key, id);
        count(tenant, -gone);
    }

    private void forget(Sql sql, long tenant, String key) {
        int gone = sql.update("DELETE FROM rpc_key WHERE tenant = ? AND key = ?", tenant, key);
        count(tenant, -gone);
    }

    private void count(long tenant, long more) {
        counts.add(tenant, more);
        writer.ifUndone(() -> counts.add(tenant, -more));
    }
}
