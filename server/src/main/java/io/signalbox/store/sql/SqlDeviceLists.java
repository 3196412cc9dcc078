package io.signalbox.store.sql;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceInfo;
import io.signalbox.registry.DeviceLists;
import io.signalbox.registry.DeviceQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lists of devices and customers in core.db. Each is read along an index, and so are the texts that are searched. */
public final class SqlDeviceLists implements DeviceLists {
    private static final String ACTIVE =
            "EXISTS (SELECT 1 FROM attributes a WHERE a.device = d.number AND a.scope = 2 AND a.key = 'active' AND a.flag_value)";

    private static final String SEARCH = "d.search_text LIKE ? ESCAPE '!'";

    private static final String SEARCH_WIDELY = SEARCH
            + " OR d.profile IN (SELECT number FROM device_profile WHERE tenant = ? AND search_text LIKE ? ESCAPE '!')"
            + " OR d.customer IN (SELECT number FROM customer WHERE tenant = ? AND search_text LIKE ? ESCAPE '!')";

    private static final String SELECT_INFO =
            Devices.COLUMNS + ", c.title AS customer_title, " + ACTIVE + " AS is_active" + Devices.FROM;

    private static final Map<String, String> DEVICE_ORDERS = Map.of(
            "id", "d.number",
            "createdTime", "d.created_time",
            "name", "d.name",
            "label", "d.label",
            "type", "p.name",
            "deviceProfileName", "p.name",
            "customerTitle", "c.title");

    private static final RowList<Device> DEVICES =
            new RowList<>(Devices.SELECT, "device d", "d.number", DEVICE_ORDERS, Devices::read);

    private static final RowList<DeviceInfo> INFOS =
            new RowList<>(SELECT_INFO, "device d", "d.number", DEVICE_ORDERS, SqlDeviceLists::readInfo);

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
    public Listed<Device> devices(DeviceQuery query) {
        return read(DEVICES, query);
    }

    @Override
    public Listed<DeviceInfo> infos(DeviceQuery query) {
        return read(INFOS, query);
    }

    private <T> Listed<T> read(RowList<T> list, DeviceQuery query) {
        return readers.read(sql -> Tenants.number(sql, query.tenant())
                .map(tenant -> list.read(sql, conditions(tenant, query), query.link()))
                .orElse(new Listed<>(List.of(), 0)));
    }

    private static Conditions conditions(long tenant, DeviceQuery query) {
        Conditions where = new Conditions().and("d.tenant = ?", tenant);
        query.type()
                .ifPresent(type -> where.and(
                        "d.profile = (SELECT number FROM device_profile WHERE tenant = ? AND name = ?)", tenant, type));
        where.andIf(
                query.profile().map(profile -> profile.uuid()),
                "d.profile = (SELECT number FROM device_profile WHERE id = ?)");
        where.andIf(
                query.customer().map(customer -> customer.uuid()),
                "d.customer = (SELECT number FROM customer WHERE id = ?)");
        query.active().ifPresent(active -> where.and(active ? ACTIVE : "NOT " + ACTIVE));
        query.link().search().map(SearchText::pattern).ifPresent(pattern -> {
            if (query.isWide()) {
                where.and(SEARCH_WIDELY, pattern, tenant, pattern, tenant, pattern);
            } else {
                where.and(SEARCH, pattern);
            }
        });
        return where;
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
        return readers.read(sql -> sql.list(
                "SELECT p.name FROM device_profile p JOIN tenant t ON t.number = p.tenant WHERE t.id = ?"
                        + " AND EXISTS (SELECT 1 FROM device d WHERE d.profile = p.number) ORDER BY p.name",
                row -> row.text("name"),
                tenant.uuid()));
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
