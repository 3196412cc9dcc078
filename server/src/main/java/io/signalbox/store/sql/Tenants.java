package io.signalbox.store.sql;

import io.signalbox.device.TenantId;
import java.util.Optional;

/** Tenants by their numbers. */
final class Tenants {
    private Tenants() {}

    static Optional<Long> number(Sql sql, TenantId tenant) {
        return sql.first("SELECT number FROM tenant WHERE id = ?", row -> row.number("number"), tenant.uuid());
    }

    /** @throws io.signalbox.ops.Rejected {@code NOT_FOUND} */
    static long require(Sql sql, TenantId tenant) {
        return number(sql, tenant).orElseThrow(() -> Refusals.notFound("Tenant", tenant));
    }
}
