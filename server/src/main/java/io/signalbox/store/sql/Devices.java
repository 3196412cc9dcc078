package io.signalbox.store.sql;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.ArrayList;
import java.util.List;

/** What several stores do to the rows of devices. */
final class Devices {
    static final OwnedTable TABLE = new OwnedTable(
            "device",
            "device_profile",
            "SELECT d.number, d.id, d.created_time, t.id AS tenant_id, c.id AS customer_id, d.name,"
                    + " p.name AS type, d.label, p.id AS profile_id, d.device_data, d.additional_info, d.version");

    /** Selects what {@link #read} reads; conditions follow. */
    static final String SELECT = TABLE.select();

    /** Devices that one transaction removes or changes at most, so that others get their turn. */
    static final int SLICE = 500;

    private Devices() {}

    static Device read(Row row) {
        return new Device(
                row.number("number"),
                new DeviceId(row.uuid("id")),
                row.number("created_time"),
                new TenantId(row.uuid("tenant_id")),
                row.uuidIfAny("customer_id").map(CustomerId::new),
                row.text("name"),
                row.text("type"),
                row.textIfAny("label"),
                new DeviceProfileId(row.uuid("profile_id")),
                row.text("device_data"),
                row.textIfAny("additional_info"),
                row.number("version"));
    }

    /** @throws Rejected {@code NOT_FOUND}: no device has this number any more */
    static void require(Sql sql, long number) {
        if (!sql.exists("SELECT 1 FROM device WHERE number = ?", number)) {
            throw new Rejected(ErrorCode.NOT_FOUND, "Requested item wasn't found!");
        }
    }

    /** Removes the device with its credentials, attributes, relations and request ids, and leaves its tombstone. */
    static void remove(Sql sql, long number) {
        EntityRows.forgetDevice(sql, number);
        sql.update("INSERT INTO device_tombstone (device) VALUES (?)", number);
        sql.update("DELETE FROM device WHERE number = ?", number);
    }

    /**
     * Removes everything that belongs to a tenant, its commands first, in transactions of {@link #SLICE} devices. It may be repeated after a
     * failure, and leaves nothing behind that was made meanwhile.
     *
     * @param last what else the last transaction does; it gets the tenant's number
     * @return the devices that were there; nothing when there is no such tenant
     */
    static List<Device> removeAllOf(CoreWriter writer, RpcTable rpcs, RpcKeys keys, TenantId tenant, Last last) {
        List<Device> removed = new ArrayList<>();
        boolean isMore;
        do {
            Slice slice = writer.write(sql -> Tenants.number(sql, tenant)
                    .map(number -> removeSlice(sql, rpcs, keys, number, last))
                    .orElse(new Slice(List.of(), false)));
            removed.addAll(slice.devices());
            isMore = slice.isMore();
        } while (isMore);
        return removed;
    }

    private record Slice(List<Device> devices, boolean isMore) {}

    /** The end of a removal. */
    interface Last {
        void run(Sql sql, long tenant);
    }

    private static Slice removeSlice(Sql sql, RpcTable rpcs, RpcKeys keys, long tenant, Last last) {
        if (rpcs.removeSliceOf(sql, tenant) == RpcTable.SLICE || keys.removeSliceOf(sql, tenant) == RpcTable.SLICE) {
            return new Slice(List.of(), true);
        }
        if (EntityRows.removeRelationsSliceOf(sql, tenant) == SLICE || Assets.removeSliceOf(sql, tenant) == SLICE) {
            return new Slice(List.of(), true);
        }
        List<Device> devices =
                sql.list(SELECT + "WHERE d.tenant = ? ORDER BY d.number LIMIT ?", Devices::read, tenant, SLICE);
        devices.forEach(device -> remove(sql, device.number()));
        if (devices.size() < SLICE) {
            EntityRows.forgetAllOf(sql, tenant);
            sql.update("DELETE FROM customer WHERE tenant = ?", tenant);
            sql.update("DELETE FROM device_profile WHERE tenant = ?", tenant);
            sql.update("DELETE FROM asset_profile WHERE tenant = ?", tenant);
            last.run(sql, tenant);
        }
        return new Slice(devices, devices.size() == SLICE);
    }
}
