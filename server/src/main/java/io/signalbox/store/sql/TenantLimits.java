package io.signalbox.store.sql;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.HashMap;
import java.util.Map;

/** What profiles allow their tenants. A tenant without a limit pays one look, one with a limit a count up to it. */
enum TenantLimits {
    DEVICES("max_devices", "device", "DEVICE", "Devices limit reached"),
    ASSETS("max_assets", "asset", "ASSET", "Assets limit reached"),
    CUSTOMERS("max_customers", "customer", "CUSTOMER", "Customers limit reached"),
    USERS("max_users", "users", "USER", "Users limit reached");

    private static final String PROFILE = " FROM tenant t JOIN tenant_profile p ON p.number = t.profile"
            + " OR (t.profile IS NULL AND p.is_default) WHERE ";

    private final String limit;
    private final String count;
    private final String entityType;
    private final String refusal;

    TenantLimits(String column, String table, String entityType, String refusal) {
        this.limit = "SELECT p." + column + " AS n" + PROFILE + "t.number = ?";
        this.count = "SELECT COUNT(*) AS n FROM (SELECT 1 FROM " + table + " WHERE tenant = ? LIMIT ?) AS these";
        this.entityType = entityType;
        this.refusal = refusal;
    }

    /**
     * Call it before one more is stored.
     *
     * @throws Rejected {@code ENTITIES_LIMIT_EXCEEDED}
     */
    void check(Sql sql, long tenant) {
        long max = sql.first(limit, row -> row.number("n"), tenant).orElse(0L);
        if (max > 0 && sql.first(count, row -> row.number("n"), tenant, max).orElseThrow() >= max) {
            throw new Rejected(
                    ErrorCode.ENTITIES_LIMIT_EXCEEDED, refusal, Map.of("entityType", entityType, "limit", max));
        }
    }

    /** Days that ended commands are kept, by tenant; those without a limit are not in it. */
    static Map<Long, Long> rpcTtlDays(Sql sql) {
        Map<Long, Long> days = new HashMap<>();
        sql.list(
                        "SELECT t.number, p.rpc_ttl_days" + PROFILE + "p.rpc_ttl_days > 0",
                        row -> Map.entry(row.number("number"), row.number("rpc_ttl_days")))
                .forEach(entry -> days.put(entry.getKey(), entry.getValue()));
        return days;
    }
}
