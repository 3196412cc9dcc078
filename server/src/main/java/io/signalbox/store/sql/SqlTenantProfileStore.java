package io.signalbox.store.sql;

import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import io.signalbox.identity.TenantProfile;
import io.signalbox.identity.TenantProfileStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tenant profiles in core.db. */
public final class SqlTenantProfileStore implements TenantProfileStore {
    private static final String TYPE = "Tenant profile";
    private static final String SELECT =
            "SELECT p.id, p.created_time, p.name, p.description, p.is_default, p.is_isolated, p.data, p.max_devices,"
                    + " p.max_assets, p.max_customers, p.max_users, p.rpc_ttl_days FROM tenant_profile p ";

    private static final RowList<TenantProfile> PROFILES = new RowList<>(
            SELECT,
            "tenant_profile p",
            "p.number",
            Map.of(
                    "id", "p.number",
                    "createdTime", "p.created_time",
                    "name", "p.name",
                    "description", "p.description",
                    "isDefault", "p.is_default"),
            SqlTenantProfileStore::read);

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlTenantProfileStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public Optional<TenantProfile> profile(TenantProfileId id) {
        return readers.read(sql -> profile(sql, id));
    }

    @Override
    public TenantProfile defaultProfile(TenantProfile ifNone) {
        Optional<TenantProfile> present = readers.read(SqlTenantProfileStore::defaultProfile);
        return present.isPresent()
                ? present.get()
                : writer.write(sql -> defaultProfile(sql).orElseGet(() -> insert(sql, ifNone)));
    }

    private static Optional<TenantProfile> defaultProfile(Sql sql) {
        return sql.first(SELECT + "WHERE p.is_default", SqlTenantProfileStore::read);
    }

    @Override
    public Listed<TenantProfile> profiles(PageLink link) {
        return readers.read(sql -> PROFILES.read(sql, new Conditions().search(link.search(), "p.search_text"), link));
    }

    @Override
    public List<TenantProfile> all() {
        return readers.read(sql -> sql.list(SELECT + "ORDER BY p.number", SqlTenantProfileStore::read));
    }

    @Override
    public List<TenantId> tenantsOf(TenantProfileId id) {
        return readers.read(sql -> sql.list(
                "SELECT t.id FROM tenant t JOIN tenant_profile p ON p.number = t.profile"
                        + " OR (t.profile IS NULL AND p.is_default) WHERE p.id = ?",
                row -> new TenantId(row.uuid("id")),
                id.uuid()));
    }

    @Override
    public TenantProfile insert(TenantProfile profile) {
        return writer.write(sql -> {
            refuseTakenName(sql, profile);
            return insert(sql, profile);
        });
    }

    private static TenantProfile insert(Sql sql, TenantProfile profile) {
        sql.update(
                "INSERT INTO tenant_profile (id, created_time, name, search_text, description, is_default, is_isolated,"
                        + " data, max_devices, max_assets, max_customers, max_users, rpc_ttl_days)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                profile.id().uuid(),
                profile.createdTime(),
                profile.name(),
                SearchText.of(profile.name()),
                profile.description(),
                profile.isDefault(),
                profile.isIsolated(),
                profile.data(),
                profile.limits().devicesMax(),
                profile.limits().assetsMax(),
                profile.limits().customersMax(),
                profile.limits().usersMax(),
                profile.limits().rpcTtlDays());
        return profile;
    }

    @Override
    public TenantProfile update(TenantProfile profile) {
        return writer.write(sql -> {
            refuseTakenName(sql, profile);
            sql.update(
                    "UPDATE tenant_profile SET name = ?, search_text = ?, description = ?, is_isolated = ?, data = ?,"
                            + " max_devices = ?, max_assets = ?, max_customers = ?, max_users = ?, rpc_ttl_days = ? WHERE id = ?",
                    profile.name(),
                    SearchText.of(profile.name()),
                    profile.description(),
                    profile.isIsolated(),
                    profile.data(),
                    profile.limits().devicesMax(),
                    profile.limits().assetsMax(),
                    profile.limits().customersMax(),
                    profile.limits().usersMax(),
                    profile.limits().rpcTtlDays(),
                    profile.id().uuid());
            return require(sql, profile.id());
        });
    }

    @Override
    public void delete(TenantProfileId id) {
        writer.write(sql -> {
            if (require(sql, id).isDefault()) {
                throw Refusals.badRequest("Deletion of Default Tenant Profile is prohibited!");
            }
            if (sql.exists(
                    "SELECT 1 FROM tenant t JOIN tenant_profile p ON p.number = t.profile WHERE p.id = ?", id.uuid())) {
                throw Refusals.badRequest("The tenant profile referenced by the tenants cannot be deleted!");
            }
            return sql.update("DELETE FROM tenant_profile WHERE id = ?", id.uuid());
        });
    }

    /** Tenants for whom nobody named one get the new one. */
    @Override
    public TenantProfile makeDefault(TenantProfileId id) {
        return writer.write(sql -> {
            require(sql, id);
            sql.update("UPDATE tenant_profile SET is_default = ? WHERE is_default", false);
            sql.update("UPDATE tenant_profile SET is_default = ? WHERE id = ?", true, id.uuid());
            return require(sql, id);
        });
    }

    private static TenantProfile require(Sql sql, TenantProfileId id) {
        return profile(sql, id).orElseThrow(() -> Refusals.notFound(TYPE, id));
    }

    private static Optional<TenantProfile> profile(Sql sql, TenantProfileId id) {
        return sql.first(SELECT + "WHERE p.id = ?", SqlTenantProfileStore::read, id.uuid());
    }

    private static void refuseTakenName(Sql sql, TenantProfile profile) {
        if (sql.exists(
                "SELECT 1 FROM tenant_profile WHERE name = ? AND id <> ?",
                profile.name(),
                profile.id().uuid())) {
            throw Refusals.badRequest("Tenant profile with such name already exists!");
        }
    }

    private static TenantProfile read(Row row) {
        return new TenantProfile(
                new TenantProfileId(row.uuid("id")),
                row.number("created_time"),
                row.text("name"),
                row.text("description"),
                row.flag("is_default"),
                row.flag("is_isolated"),
                row.text("data"),
                new TenantProfile.Limits(
                        row.number("max_devices"),
                        row.number("max_assets"),
                        row.number("max_customers"),
                        row.number("max_users"),
                        row.number("rpc_ttl_days")));
    }
}
