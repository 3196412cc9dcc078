package io.signalbox.store.sql;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Customer;

/** Rows of customers. */
final class Customers {
    /** Selects what {@link #read} reads; conditions follow. */
    static final String SELECT =
            "SELECT c.id, c.created_time, t.id AS tenant_id, c.title, c.contact, c.additional_info, c.version"
                    + " FROM customer c JOIN tenant t ON t.number = c.tenant ";

    private Customers() {}

    static Customer read(Row row) {
        return new Customer(
                new CustomerId(row.uuid("id")),
                row.number("created_time"),
                new TenantId(row.uuid("tenant_id")),
                row.text("title"),
                row.text("contact"),
                row.textIfAny("additional_info"),
                row.number("version"));
    }
}
