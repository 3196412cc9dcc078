package io.signalbox.store.sql;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetProfile;

/** Rows of assets and their profiles. */
final class Assets {
    static final OwnedTable TABLE = new OwnedTable(
            "asset",
            "asset_profile",
            "SELECT d.id, d.created_time, t.id AS tenant_id, c.id AS customer_id, d.name, p.name AS type, d.label,"
                    + " p.id AS profile_id, d.additional_info, d.version");

    /** Selects what {@link #read} reads; conditions follow. */
    static final String SELECT = TABLE.select();

    /** Selects what {@link #readProfile} reads; conditions follow. */
    static final String SELECT_PROFILE =
            "SELECT p.id, p.created_time, t.id AS tenant_id, p.name, p.description, p.is_default, p.extras, p.version"
                    + " FROM asset_profile p JOIN tenant t ON t.number = p.tenant ";

    static final ProfileTable<AssetProfile> PROFILES = new ProfileTable<>(
            new ProfileTable.Words("asset", "Asset profile", "asset_profile", "asset"),
            SELECT_PROFILE,
            Assets::readProfile);

    private Assets() {}

    static Asset read(Row row) {
        return new Asset(
                new AssetId(row.uuid("id")),
                row.number("created_time"),
                new TenantId(row.uuid("tenant_id")),
                row.uuidIfAny("customer_id").map(CustomerId::new),
                row.text("name"),
                row.text("type"),
                row.textIfAny("label"),
                new AssetProfileId(row.uuid("profile_id")),
                row.textIfAny("additional_info"),
                row.number("version"));
    }

    static AssetProfile readProfile(Row row) {
        return new AssetProfile(
                new AssetProfileId(row.uuid("id")),
                row.number("created_time"),
                new TenantId(row.uuid("tenant_id")),
                row.text("name"),
                row.text("description"),
                row.flag("is_default"),
                row.text("extras"),
                row.number("version"));
    }

    static void insertProfile(Sql sql, AssetProfile profile) {
        sql.update(
                "INSERT INTO asset_profile (id, created_time, tenant, name, search_text, description, is_default, extras,"
                        + " version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
                profile.id().uuid(),
                profile.createdTime(),
                Tenants.require(sql, profile.tenant()),
                profile.name(),
                SearchText.of(profile.name()),
                profile.description(),
                profile.isDefault(),
                profile.extras());
    }

    /** Takes at most {@link Devices#SLICE} assets from the customer; returns how many. */
    static int unassignSlice(Sql sql, CustomerId customer) {
        return sql.update(
                "UPDATE asset SET customer = NULL, version = version + 1 WHERE number IN (SELECT a.number FROM asset a"
                        + " JOIN customer c ON c.number = a.customer WHERE c.id = ? ORDER BY a.number LIMIT ?)",
                customer.uuid(),
                Devices.SLICE);
    }

    /** Removes at most {@link Devices#SLICE} assets of the tenant; returns how many. */
    static int removeSliceOf(Sql sql, long tenant) {
        return sql.update(
                "DELETE FROM asset WHERE number IN (SELECT number FROM asset WHERE tenant = ? ORDER BY number LIMIT ?)",
                tenant,
                Devices.SLICE);
    }
}
