package io.signalbox.store.sql;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceInfo;
import io.signalbox.registry.DeviceLists;
import io.signalbox.registry.OwnedQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lists of devices and customers in core.db. Each is read along an index, and so are the texts that are searched. */
public final class SqlDeviceLists implements DeviceLists {
    private static final String ACTIVE =
            "EXISTS (SELECT 1 FROM attributes a WHERE a.device = d.number AND a.scope = 2 AND a.key = 'active' AND a.flag_value)";

    private static final String SELECT_INFO =
            Devices.TABLE.select("c.title AS customer_title, " + ACTIVE + " AS is_active");

    private static final RowList<Device> DEVICES = Devices.TABLE.list(Devices.SELECT, Devices::read);

    private static final RowList<DeviceInfo> INFOS = Devices.TABLE.list(SELECT_INFO, SqlDeviceLists::readInfo);

    private static final RowList<Customer> CUSTOMERS = new RowList<>(
            Customers.SELECT,
            "customer c",
            "c.number",
            Map.of("id", "c.number", "createdTime", "c.created_time", "title", "c.title", "name", "c.title"),
            Customers::read);

    private final CoreReaders readers;

    SqlDeviceLists(CoreReaders readers) {
        this.readers = readers;
    }

    @Override
    public Listed<Device> list(OwnedQuery query) {
        return read(DEVICES, query);
    }

    @Override
    public Listed<DeviceInfo> infos(OwnedQuery query) {
        return read(INFOS, query);
    }

    private <T> Listed<T> read(RowList<T> list, OwnedQuery query) {
        return Devices.TABLE.read(
                readers,
                list,
                query,
                where -> query.active().ifPresent(active -> where.and(active ? ACTIVE : "NOT " + ACTIVE)));
    }

    @Override
    public Optional<Device> find(DeviceId id) {
        return readers.read(sql -> sql.first(Devices.SELECT + "WHERE d.id = ?", Devices::read, id.uuid()));
    }

    @Override
    public Optional<Device> named(TenantId tenant, String name) {
        return readers.read(
                sql -> sql.first(Devices.SELECT + "WHERE t.id = ? AND d.name = ?", Devices::read, tenant.uuid(), name));
    }

    @Override
    public Optional<DeviceInfo> info(DeviceId id) {
        return readers.read(sql -> sql.first(SELECT_INFO + "WHERE d.id = ?", SqlDeviceLists::readInfo, id.uuid()));
    }

    private static DeviceInfo readInfo(Row row) {
        return new DeviceInfo(Devices.read(row), row.textIfAny("customer_title"), row.flag("is_active"));
    }

    @Override
    public List<String> types(TenantId tenant) {
        return readers.read(sql -> Devices.TABLE.types(sql, tenant));
    }

    @Override
    public Listed<Customer> customers(TenantId tenant, PageLink link) {
        return readers.read(sql -> Tenants.number(sql, tenant)
                .map(number -> CUSTOMERS.read(
                        sql, new Conditions().and("c.tenant = ?", number).search(link.search(), "c.search_text"), link))
                .orElse(new Listed<>(List.of(), 0)));
    }

    @Override
    public Optional<Customer> customerByTitle(TenantId tenant, String title) {
        return readers.read(sql ->
                sql.first(Customers.SELECT + "WHERE t.id = ? AND c.title = ?", Customers::read, tenant.uuid(), title));
    }
}
