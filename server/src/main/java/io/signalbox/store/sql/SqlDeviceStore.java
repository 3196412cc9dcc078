package io.signalbox.store.sql;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceLookup;
import io.signalbox.registry.DeviceProfile;
import io.signalbox.registry.DeviceStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Devices, credentials, profiles and customers in core.db. */
public final class SqlDeviceStore implements DeviceStore, DeviceLookup {
    private final CoreWriter writer;
    private final CoreReaders readers;
    private final RpcTable rpcs;
    private final RpcKeys keys;
    private final InstantSource clock;

    /** @param clock when the commands of a deleted device ended */
    SqlDeviceStore(CoreWriter writer, CoreReaders readers, RpcTable rpcs, RpcKeys keys, InstantSource clock) {
        this.writer = writer;
        this.readers = readers;
        this.rpcs = rpcs;
        this.keys = keys;
        this.clock = clock;
    }

    @Override
    public Optional<Device> device(DeviceId id) {
        return readers.read(sql -> device(sql, id));
    }

    @Override
    public CompletionStage<Optional<Device>> find(DeviceId id) {
        return readers.readLater(sql -> device(sql, id));
    }

    @Override
    public Optional<Device> deviceByName(TenantId tenant, String name) {
        return readers.read(
                sql -> sql.first(Devices.SELECT + "WHERE t.id = ? AND d.name = ?", Devices::read, tenant.uuid(), name));
    }

    @Override
    public Optional<Device> deviceByAccessToken(String token) {
        return readers.read(sql -> deviceByAccessToken(sql, token));
    }

    @Override
    public CompletionStage<Optional<Device>> findByAccessToken(String token) {
        return readers.readLater(sql -> deviceByAccessToken(sql, token));
    }

    @Override
    public Optional<DeviceCredentials> credentials(DeviceId id) {
        return readers.read(sql -> credentials(sql, id));
    }

    private static Optional<DeviceCredentials> credentials(Sql sql, DeviceId id) {
        return sql.first(
                "SELECT k.id, k.created_time, k.type, k.credentials_id, k.credentials_value, k.version"
                        + " FROM device_credentials k JOIN device d ON d.number = k.device WHERE d.id = ?",
                row -> new DeviceCredentials(
                        row.uuid("id"),
                        row.number("created_time"),
                        id,
                        DeviceCredentials.Type.valueOf(row.text("type")),
                        row.text("credentials_id"),
                        row.textIfAny("credentials_value"),
                        row.number("version")),
                id.uuid());
    }

    @Override
    public DeviceCredentials updateCredentials(DeviceCredentials credentials) {
        return writer.write(sql -> {
            if (sql.exists(
                    "SELECT 1 FROM device_credentials WHERE credentials_id = ? AND id <> ?",
                    credentials.credentialsId(),
                    credentials.id())) {
                throw Refusals.badRequest("Device credentials are already assigned to another device!");
            }
            int updated = sql.update(
                    "UPDATE device_credentials SET type = ?, credentials_id = ?, credentials_value = ?,"
                            + " version = version + 1 WHERE id = ? AND version = ?",
                    credentials.type().name(),
                    credentials.credentialsId(),
                    credentials.credentialsValue(),
                    credentials.id(),
                    credentials.version());
            Optional<DeviceCredentials> saved = credentials(sql, credentials.device());
            if (updated == 0) {
                throw saved.isPresent()
                        ? Refusals.conflict("Device credentials")
                        : Refusals.notFound("Device", credentials.device());
            }
            return saved.orElseThrow();
        });
    }

    @Override
    public Device insert(Device device, DeviceCredentials credentials) {
        return writer.write(sql -> {
            long tenant = Tenants.require(sql, device.tenant());
            TenantLimits.DEVICES.check(sql, tenant);
            Devices.TABLE.refuseTakenName(
                    sql, tenant, device.name(), device.id().uuid());
            if (sql.exists("SELECT 1 FROM device_credentials WHERE credentials_id = ?", credentials.credentialsId())) {
                throw Refusals.badRequest("Device credentials are already assigned to another device!");
            }
            long number = sql.first(
                            "INSERT INTO device (id, created_time, tenant, customer, name, label, search_text, profile,"
                                    + " device_data, additional_info, version)"
                                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING number",
                            row -> row.number("number"),
                            device.id().uuid(),
                            device.createdTime(),
                            tenant,
                            Devices.TABLE.customerNumber(sql, tenant, device.customer()),
                            device.name(),
                            device.label(),
                            SearchText.of(device.name(), device.label()),
                            Devices.TABLE.profileNumber(
                                    sql, tenant, device.profile().uuid()),
                            device.deviceData(),
                            device.additionalInfo())
                    .orElseThrow();
            sql.update(
                    "INSERT INTO device_credentials (device, id, created_time, type, credentials_id, credentials_value,"
                            + " version) VALUES (?, ?, ?, ?, ?, ?, 1)",
                    number,
                    credentials.id(),
                    credentials.createdTime(),
                    credentials.type().name(),
                    credentials.credentialsId(),
                    credentials.credentialsValue());
            SqlPresenceStore.begin(sql, number, device.createdTime());
            return device(sql, device.id()).orElseThrow();
        });
    }

    @Override
    public Device update(Device device) {
        return writer.write(sql -> {
            long tenant = Tenants.require(sql, device.tenant());
            Devices.TABLE.refuseTakenName(
                    sql, tenant, device.name(), device.id().uuid());
            int updated = sql.update(
                    "UPDATE device SET customer = ?, name = ?, label = ?, search_text = ?, profile = ?, device_data = ?,"
                            + " additional_info = ?, version = version + 1 WHERE id = ? AND tenant = ? AND version = ?",
                    Devices.TABLE.customerNumber(sql, tenant, device.customer()),
                    device.name(),
                    device.label(),
                    SearchText.of(device.name(), device.label()),
                    Devices.TABLE.profileNumber(sql, tenant, device.profile().uuid()),
                    device.deviceData(),
                    device.additionalInfo(),
                    device.id().uuid(),
                    tenant,
                    device.version());
            Optional<Device> saved = device(sql, device.id());
            if (updated == 0) {
                throw saved.isPresent() ? Refusals.conflict("Device") : Refusals.notFound("Device", device.id());
            }
            return saved.orElseThrow();
        });
    }

    @Override
    public Device claim(Device device, CustomerId customer, String claimingData) {
        return writer.write(sql -> {
            long tenant = Tenants.require(sql, device.tenant());
            int updated = sql.update(
                    "UPDATE device SET customer = ?, version = version + 1 WHERE id = ? AND tenant = ? AND customer IS NULL"
                            + " AND EXISTS (SELECT 1 FROM attributes a WHERE a.device = device.number AND a.scope = 2"
                            + " AND a.key = 'claimingData' AND a.json_value = ?)",
                    Devices.TABLE.customerNumber(sql, tenant, Optional.of(customer)),
                    device.id().uuid(),
                    tenant,
                    claimingData);
            Optional<Device> saved = device(sql, device.id());
            if (updated == 0) {
                throw saved.isPresent() ? Refusals.conflict("Device") : Refusals.notFound("Device", device.id());
            }
            return saved.orElseThrow();
        });
    }

    /** Its open commands end with it. */
    @Override
    public boolean delete(DeviceId id) {
        return writer.write(sql -> {
            Optional<Long> number =
                    sql.first("SELECT number FROM device WHERE id = ?", row -> row.number("number"), id.uuid());
            number.ifPresent(found -> {
                rpcs.endAllOf(sql, found, clock.millis());
                Devices.remove(sql, found);
            });
            return number.isPresent();
        });
    }

    @Override
    public List<Long> tombstones(int limit) {
        return readers.read(sql -> sql.list(
                "SELECT device FROM device_tombstone ORDER BY device LIMIT ?", row -> row.number("device"), limit));
    }

    @Override
    public void purged(long number) {
        writer.write(sql -> sql.update("DELETE FROM device_tombstone WHERE device = ?", number));
    }

    @Override
    public List<Device> devicesOf(TenantId tenant, long afterNumber, int limit) {
        return readers.read(sql -> sql.list(
                Devices.SELECT + "WHERE t.id = ? AND d.number > ? ORDER BY d.number LIMIT ?",
                Devices::read,
                tenant.uuid(),
                afterNumber,
                limit));
    }

    @Override
    public Optional<DeviceProfile> profile(TenantId tenant, String name) {
        return readers.read(sql -> DeviceProfiles.TABLE.profile(sql, tenant, name));
    }

    @Override
    public Optional<DeviceProfile> profile(DeviceProfileId id) {
        return readers.read(sql -> DeviceProfiles.TABLE.profile(sql, id.uuid()));
    }

    @Override
    public Optional<DeviceProfile> defaultProfile(TenantId tenant) {
        return readers.read(sql -> DeviceProfiles.TABLE.defaultProfile(sql, tenant));
    }

    @Override
    public DeviceProfile insertProfile(DeviceProfile profile) {
        return writer.write(sql -> DeviceProfiles.TABLE
                .profile(sql, profile.tenant(), profile.name())
                .orElseGet(() -> {
                    DeviceProfiles.insert(sql, profile);
                    return profile;
                }));
    }

    @Override
    public Optional<Customer> customer(CustomerId id) {
        return readers.read(sql -> customer(sql, id));
    }

    @Override
    public Customer insertCustomer(Customer customer) {
        return writer.write(sql -> {
            refuseTakenTitle(sql, Tenants.require(sql, customer.tenant()), customer);
            return insert(sql, customer);
        });
    }

    @Override
    public Customer publicCustomer(Customer customer) {
        return writer.write(sql -> sql.first(
                        Customers.SELECT + "WHERE t.id = ? AND c.title = ?",
                        Customers::read,
                        customer.tenant().uuid(),
                        customer.title())
                .orElseGet(() -> insert(sql, customer)));
    }

    private static Customer insert(Sql sql, Customer customer) {
        TenantLimits.CUSTOMERS.check(sql, Tenants.require(sql, customer.tenant()));
        sql.update(
                "INSERT INTO customer (id, created_time, tenant, title, search_text, contact, additional_info, version)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
                customer.id().uuid(),
                customer.createdTime(),
                Tenants.require(sql, customer.tenant()),
                customer.title(),
                SearchText.of(customer.title()),
                customer.contact(),
                customer.additionalInfo());
        return customer(sql, customer.id()).orElseThrow();
    }

    @Override
    public Customer updateCustomer(Customer customer) {
        return writer.write(sql -> {
            long tenant = Tenants.require(sql, customer.tenant());
            refuseTakenTitle(sql, tenant, customer);
            int updated = sql.update(
                    "UPDATE customer SET title = ?, search_text = ?, contact = ?, additional_info = ?, version = version + 1"
                            + " WHERE id = ? AND tenant = ? AND version = ?",
                    customer.title(),
                    SearchText.of(customer.title()),
                    customer.contact(),
                    customer.additionalInfo(),
                    customer.id().uuid(),
                    tenant,
                    customer.version());
            Optional<Customer> saved = customer(sql, customer.id());
            if (updated == 0) {
                throw saved.isPresent() ? Refusals.conflict("Customer") : Refusals.notFound("Customer", customer.id());
            }
            return saved.orElseThrow();
        });
    }

    @Override
    public List<Device> deleteCustomer(CustomerId id) {
        List<Device> unassigned = new ArrayList<>();
        int slice;
        do {
            slice = writer.write(sql -> Assets.unassignSlice(sql, id));
        } while (slice == Devices.SLICE);
        do {
            List<Device> devices = writer.write(sql -> unassignSlice(sql, id));
            unassigned.addAll(devices);
            slice = devices.size();
        } while (slice == Devices.SLICE);
        return unassigned;
    }

    /** Unassigns some devices of the customer; when none are left, the customer goes, and its users with it. */
    private static List<Device> unassignSlice(Sql sql, CustomerId customer) {
        List<DeviceId> ids = sql.list(
                "SELECT d.id FROM device d JOIN customer c ON c.number = d.customer WHERE c.id = ?"
                        + " ORDER BY d.number LIMIT ?",
                row -> new DeviceId(row.uuid("id")),
                customer.uuid(),
                Devices.SLICE);
        List<Device> devices = new ArrayList<>();
        for (DeviceId id : ids) {
            sql.update("UPDATE device SET customer = NULL, version = version + 1 WHERE id = ?", id.uuid());
            devices.add(device(sql, id).orElseThrow());
        }
        if (ids.size() < Devices.SLICE) {
            while (Assets.unassignSlice(sql, customer) == Devices.SLICE) {
                // those that were assigned meanwhile
            }
            EntityRows.forget(sql, EntityRows.USERS_OF_CUSTOMER, customer.uuid());
            EntityRows.forget(sql, "?", customer.uuid());
            sql.update("DELETE FROM customer WHERE id = ?", customer.uuid());
        }
        return devices;
    }

    @Override
    public List<Device> deleteAllOf(TenantId tenant) {
        return Devices.removeAllOf(writer, rpcs, keys, tenant, (sql, number) -> {});
    }

    private static Optional<Device> device(Sql sql, DeviceId id) {
        return sql.first(Devices.SELECT + "WHERE d.id = ?", Devices::read, id.uuid());
    }

    private static Optional<Device> deviceByAccessToken(Sql sql, String token) {
        return sql.first(
                Devices.SELECT + "JOIN device_credentials k ON k.device = d.number"
                        + " WHERE k.credentials_id = ? AND k.type = 'ACCESS_TOKEN'",
                Devices::read,
                token);
    }

    private static Optional<Customer> customer(Sql sql, CustomerId id) {
        return sql.first(Customers.SELECT + "WHERE c.id = ?", Customers::read, id.uuid());
    }

    private static void refuseTakenTitle(Sql sql, long tenant, Customer customer) {
        if (sql.exists(
                "SELECT 1 FROM customer WHERE tenant = ? AND title = ? AND id <> ?",
                tenant,
                customer.title(),
                customer.id().uuid())) {
            throw Refusals.badRequest("Customer with such title already exists!");
        }
    }
}
