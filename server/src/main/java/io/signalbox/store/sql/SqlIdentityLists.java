package io.signalbox.store.sql;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Authority;
import io.signalbox.identity.IdentityLists;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.User;
import java.util.Map;

/** Lists of users and tenants in core.db. */
public final class SqlIdentityLists implements IdentityLists {
    private static final RowList<User> USERS = new RowList<>(
            SqlIdentityStore.SELECT_USER,
            "users u",
            "u.number",
            Map.of(
                    "id", "u.number",
                    "createdTime", "u.created_time",
                    "email", "u.email",
                    "name", "u.email",
                    "authority", "u.authority",
                    "firstName", "u.first_name",
                    "lastName", "u.last_name"),
            SqlIdentityStore::readUser);

    private static final RowList<Tenant> TENANTS = new RowList<>(
            SqlIdentityStore.SELECT_TENANT,
            "tenant t",
            "t.number",
            Map.of("id", "t.number", "createdTime", "t.created_time", "title", "t.title", "name", "t.title"),
            SqlIdentityStore::readTenant);

    private final CoreReaders readers;

    SqlIdentityLists(CoreReaders readers) {
        this.readers = readers;
    }

    @Override
    public Listed<User> users(TenantId tenant, PageLink link) {
        return users(new Conditions().and("u.tenant = (SELECT number FROM tenant WHERE id = ?)", tenant.uuid()), link);
    }

    @Override
    public Listed<User> administrators(TenantId tenant, PageLink link) {
        return users(
                new Conditions()
                        .and("u.tenant = (SELECT number FROM tenant WHERE id = ?)", tenant.uuid())
                        .and("u.authority = ?", Authority.TENANT_ADMIN.name()),
                link);
    }

    @Override
    public Listed<User> users(CustomerId customer, PageLink link) {
        return users(
                new Conditions().and("u.customer = (SELECT number FROM customer WHERE id = ?)", customer.uuid()), link);
    }

    /** Mail addresses are written in letters that every database knows. */
    private Listed<User> users(Conditions where, PageLink link) {
        return readers.read(sql -> USERS.read(sql, where.search(link.search(), "lower(u.email)"), link));
    }

    @Override
    public Listed<Tenant> tenants(PageLink link) {
        return readers.read(sql -> TENANTS.read(sql, new Conditions().search(link.search(), "t.search_text"), link));
    }
}
