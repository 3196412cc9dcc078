package io.signalbox.store.sql;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many rows of a kind each tenant has, in the memory of the one thread that writes them: a limit costs no count of rows.
 * Counted anew from an index at each start. Only {@link #total} is for any thread.
 */
final class TenantCounts {
    private final Map<Long, Long> byTenant = new HashMap<>();
    private final AtomicLong total = new AtomicLong();

    /** @param counting selects {@code tenant} and {@code n} */
    static TenantCounts load(Sql sql, String counting) {
        TenantCounts counts = new TenantCounts();
        sql.list(counting, row -> Map.entry(row.number("tenant"), row.number("n")))
                .forEach(entry -> counts.add(entry.getKey(), entry.getValue()));
        return counts;
    }

    long of(long tenant) {
        return byTenant.getOrDefault(tenant, 0L);
    }

    void add(long tenant, long more) {
        byTenant.merge(tenant, more, (a, b) -> a + b == 0 ? null : a + b);
        total.addAndGet(more);
    }

    /** Of all tenants, with those whose commit is under way. */
    long total() {
        return total.get();
    }
}
