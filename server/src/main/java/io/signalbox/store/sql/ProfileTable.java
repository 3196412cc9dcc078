package io.signalbox.store.sql;

import io.signalbox.device.TenantId;
import io.signalbox.registry.Profile;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The table of one kind of profiles: what is alike with all of them. Its alias is {@code p}, that of the tenant {@code t}.
 *
 * @param <P> a row
 */
final class ProfileTable<P extends Profile<?>> {
    private final Words words;
    private final String select;
    private final Function<Row, P> reader;
    private final String hasMembers;
    private final String secondDefault;
    private final String takenName;
    private final String delete;
    private final String noDefault;
    private final String makeDefault;

    /**
     * How it is called.
     *
     * @param thing   as texts name what has such profiles: {@code device}
     * @param profile as sentences begin with it: {@code Device profile}
     * @param table   of the profiles
     * @param members table of what has them, by its column {@code profile}
     */
    record Words(String thing, String profile, String table, String members) {}

    /** @param select what {@code reader} reads; conditions follow */
    ProfileTable(Words words, String select, Function<Row, P> reader) {
        this.words = words;
        this.select = select;
        this.reader = reader;
        this.hasMembers = "EXISTS (SELECT 1 FROM " + words.members + " d WHERE d.profile = p.number)";
        this.secondDefault = "SELECT 1 FROM " + words.table + " WHERE tenant = ? AND is_default";
        this.takenName = "SELECT 1 FROM " + words.table + " WHERE tenant = ? AND name = ? AND id <> ?";
        this.delete = "DELETE FROM " + words.table + " WHERE id = ?";
        this.noDefault =
                "UPDATE " + words.table + " SET is_default = ?, version = version + 1 WHERE tenant = ? AND is_default";
        this.makeDefault = "UPDATE " + words.table + " SET is_default = ?, version = version + 1 WHERE id = ?";
    }

    Optional<P> profile(Sql sql, UUID id) {
        return sql.first(select + "WHERE p.id = ?", reader, id);
    }

    Optional<P> profile(Sql sql, TenantId tenant, String name) {
        return sql.first(select + "WHERE t.id = ? AND p.name = ?", reader, tenant.uuid(), name);
    }

    Optional<P> defaultProfile(Sql sql, TenantId tenant) {
        return sql.first(select + "WHERE t.id = ? AND p.is_default", reader, tenant.uuid());
    }

    P require(Sql sql, UUID id) {
        return profile(sql, id).orElseThrow(() -> Refusals.notFound(words.profile, id));
    }

    /**
     * The row behind an update that named its version.
     *
     * @param updated how many rows that touched
     */
    P saved(Sql sql, UUID id, int updated) {
        P saved = require(sql, id);
        if (updated == 0) {
            throw Refusals.conflict(words.profile);
        }
        return saved;
    }

    List<P> names(Sql sql, TenantId tenant, boolean activeOnly) {
        String active = activeOnly ? "AND " + hasMembers + " " : "";
        return sql.list(select + "WHERE t.id = ? " + active + "ORDER BY p.name", reader, tenant.uuid());
    }

    void refuseSecondDefault(Sql sql, P profile) {
        if (profile.isDefault() && sql.exists(secondDefault, Tenants.require(sql, profile.tenant()))) {
            throw Refusals.badRequest(
                    "Another default " + words.thing + " profile is present in scope of current tenant!");
        }
    }

    void refuseTakenName(Sql sql, P profile) {
        if (sql.exists(takenName, Tenants.require(sql, profile.tenant()), profile.name(), profile.uuid())) {
            throw Refusals.badRequest(words.profile + " with such name already exists!");
        }
    }

    boolean hasMembers(Sql sql, UUID id) {
        return sql.exists("SELECT 1 FROM " + words.table + " p WHERE p.id = ? AND " + hasMembers, id);
    }

    int delete(Sql sql, UUID id) {
        if (require(sql, id).isDefault()) {
            throw Refusals.badRequest("Deletion of Default " + titled() + " Profile is prohibited!");
        }
        if (hasMembers(sql, id)) {
            throw Refusals.badRequest(
                    "The " + words.thing + " profile referenced by the " + words.thing + "s cannot be deleted!");
        }
        EntityRows.forget(sql, "?", id);
        return sql.update(delete, id);
    }

    P makeDefault(Sql sql, UUID id) {
        P profile = require(sql, id);
        if (!profile.isDefault()) {
            sql.update(noDefault, false, Tenants.require(sql, profile.tenant()));
            sql.update(makeDefault, true, id);
        }
        return require(sql, id);
    }

    private String titled() {
        return Character.toUpperCase(words.thing.charAt(0)) + words.thing.substring(1);
    }
}
