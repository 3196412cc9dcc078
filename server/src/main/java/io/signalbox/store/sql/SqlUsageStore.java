package io.signalbox.store.sql;

import io.signalbox.device.TenantId;
import io.signalbox.identity.Usage;
import io.signalbox.identity.Usage.Count;
import io.signalbox.identity.UsageStore;

/** Counts rows of core.db, each along an index. */
public final class SqlUsageStore implements UsageStore {
    private static final String COUNTS = "SELECT (SELECT COUNT(*) FROM device WHERE tenant = t.number) AS devices,"
            + " (SELECT COUNT(*) FROM asset WHERE tenant = t.number) AS assets,"
            + " (SELECT COUNT(*) FROM customer WHERE tenant = t.number) AS customers,"
            + " (SELECT COUNT(*) FROM users WHERE tenant = t.number) AS users_of,"
            + " COALESCE(p.max_devices, 0) AS max_devices, COALESCE(p.max_assets, 0) AS max_assets,"
            + " COALESCE(p.max_customers, 0) AS max_customers, COALESCE(p.max_users, 0) AS max_users"
            + " FROM tenant t LEFT JOIN tenant_profile p ON p.number = t.profile"
            + " OR (t.profile IS NULL AND p.is_default) WHERE t.id = ?";

    private static final Count NONE = new Count(0, 0);

    private final CoreReaders readers;

    SqlUsageStore(CoreReaders readers) {
        this.readers = readers;
    }

    @Override
    public Usage usage(TenantId tenant) {
        return readers.read(sql -> sql.first(COUNTS, SqlUsageStore::read, tenant.uuid()))
                .orElse(new Usage(NONE, NONE, NONE, NONE));
    }

    private static Usage read(Row row) {
        return new Usage(
                new Count(row.number("devices"), row.number("max_devices")),
                new Count(row.number("assets"), row.number("max_assets")),
                new Count(row.number("customers"), row.number("max_customers")),
                new Count(row.number("users_of"), row.number("max_users")));
    }
}
