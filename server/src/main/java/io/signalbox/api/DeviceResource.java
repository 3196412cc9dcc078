package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceFields;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.NameConflict;
import io.signalbox.registry.NewCredentials;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** Devices and who they are assigned to (REST API §5). Callers have a tenant. */
final class DeviceResource implements Resource {
    private static final String TYPE = "Device";

    static final String DEVICE = "DEVICE";

    private final DeviceService devices;
    private final ChangeAudit audit;

    DeviceResource(DeviceService devices, ChangeAudit audit) {
        this.devices = devices;
        this.audit = audit;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/device", TENANT_AND_CUSTOMER, this::save);
        table.json(POST, "/api/device-with-credentials", TENANT_AND_CUSTOMER, this::saveWithCredentials);
        table.raw(POST, "/api/customer/public/device/:deviceId", TENANT, this::assignToPublic);
        table.json(GET, "/api/device/:deviceId", TENANT_AND_CUSTOMER, this::read);
        table.json(DELETE, "/api/device/:deviceId", TENANT, this::delete);
        table.raw(POST, "/api/customer/:customerId/device/:deviceId", TENANT, this::assign);
        table.raw(DELETE, "/api/customer/device/:deviceId", TENANT, this::unassign);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section devices = all.section("Devices", "What is commanded and reports");
        namedUniquely(devices.call(POST, "/api/device", "saveDevice", "Makes or changes a device"))
                .notes("Without an id a new one.")
                .query("accessToken", Kind.TEXT, "<newToken>", "Of a new device; when absent one is made up")
                .takes(Shapes.DEVICE, "{\"name\":\"<newName>\",\"type\":\"default\"}")
                .answers(Shapes.DEVICE)
                .fails(BAD_REQUEST, "The name is missing or taken, or the access token is taken")
                .fails(NOT_FOUND, NO_DEVICE)
                .fails(VERSION_CONFLICT, CHANGED);
        devices.call(GET, "/api/device/:deviceId", "readDevice", "Reads a device")
                .answers(Shapes.DEVICE)
                .fails(NOT_FOUND, NO_DEVICE);
        devices.call(DELETE, "/api/device/:deviceId", "deleteDevice", "Deletes a device and its values")
                .notes("Its connections end, and its access token is worthless at once.")
                .fails(NOT_FOUND, NO_DEVICE);
        namedUniquely(devices.call(
                        POST,
                        "/api/device-with-credentials",
                        "saveDeviceWithCredentials",
                        "Makes or changes a device, and how it logs in"))
                .takesJson(
                        Kind.OBJECT,
                        "{\"device\":{\"name\":\"<newName>\"},\"credentials\":{\"credentialsType\":\"ACCESS_TOKEN\",\"credentialsId\":\"<newToken>\"}}")
                .answers(Shapes.DEVICE)
                .fails(BAD_REQUEST, "The name is missing or taken, or the credentials are wrong or taken")
                .fails(NOT_FOUND, NO_DEVICE)
                .fails(VERSION_CONFLICT, CHANGED);
        devices.call(
                        POST,
                        "/api/customer/public/device/:deviceId",
                        "assignDeviceToPublic",
                        "Assigns a device to the public customer")
                .notes("That customer is made when it is missing.")
                .answers(Shapes.DEVICE)
                .fails(NOT_FOUND, NO_DEVICE);
        devices.call(
                        POST,
                        "/api/customer/:customerId/device/:deviceId",
                        "assignDevice",
                        "Assigns a device to a customer")
                .answers(Shapes.DEVICE)
                .fails(NOT_FOUND, "There is no such device or customer");
        devices.call(DELETE, "/api/customer/device/:deviceId", "unassignDevice", "Takes a device from its customer")
                .answers(Shapes.DEVICE)
                .fails(BAD_REQUEST, "It has no customer")
                .fails(NOT_FOUND, NO_DEVICE);
    }

    static Description namedUniquely(Description call) {
        return call.query(
                        "nameConflictPolicy",
                        Kind.TEXT,
                        "",
                        "FAIL (when absent), or UNIQUIFY: a new name is changed when it is taken")
                .query("uniquifySeparator", Kind.TEXT, "", "Between name and change; _ when absent")
                .query("uniquifyStrategy", Kind.TEXT, "", "RANDOM (when absent) or INCREMENTAL");
    }

    Response read(Exchange exchange) {
        return json(allowed(exchange, Access.Operation.READ));
    }

    Response save(Exchange exchange) {
        Body body = exchange.body();
        Caller caller = exchange.caller();
        Optional<DeviceId> id = body.id("id").map(DeviceId::new);
        Optional<CustomerId> customer = body.id("customerId").map(CustomerId::new);
        return json(saved(exchange, id, () -> {
            if (id.isEmpty()) {
                Access.createDevice(caller).orReject(TYPE, "");
                return devices.create(
                        tenant(caller),
                        fields(body, customer),
                        devices.accessToken(exchange.query("accessToken")),
                        nameConflict(exchange));
            }
            Device old = devices.device(tenant(caller), id.get());
            Access.device(caller, Access.Operation.WRITE, old).orReject(TYPE, id.get());
            // only its tenant gives a device away
            Optional<CustomerId> owner = caller.authority() == Authority.CUSTOMER_USER ? old.customer() : customer;
            return devices.update(old.tenant(), old.id(), fields(body, owner), body.whole("version"));
        }));
    }

    private Device saved(Exchange exchange, Optional<DeviceId> id, Supplier<Device> change) {
        AuditAction action = id.isPresent() ? AuditAction.UPDATED : AuditAction.ADDED;
        return audit.of(exchange, action, DEVICE, id.map(DeviceId::uuid))
                .committed(Device.class, DeviceResource::entity, change);
    }

    private static ChangeAudit.Done entity(Device device) {
        return ChangeAudit.Done.entity(device.id().uuid(), device.name(), json -> DeviceJson.write(json, device));
    }

    private static DeviceFields fields(Body body, Optional<CustomerId> customer) {
        return new DeviceFields(
                body.text("name").orElse(""),
                body.text("type"),
                body.text("label"),
                body.id("deviceProfileId").map(DeviceProfileId::new),
                customer,
                body.value("deviceData").flatMap(DeviceResource::transport),
                body.object("additionalInfo"));
    }

    private static Optional<DeviceFields.Transport> transport(Node deviceData) {
        return Body.of(deviceData)
                .value("transportConfiguration")
                .map(given ->
                        new DeviceFields.Transport(Body.of(given).text("type").orElse(""), Json.text(given::write)));
    }

    static NameConflict nameConflict(Exchange exchange) {
        return new NameConflict(
                exchange.choice("nameConflictPolicy", "FAIL", "UNIQUIFY").equals("UNIQUIFY"),
                exchange.query("uniquifySeparator").orElse("_"),
                exchange.choice("uniquifyStrategy", "RANDOM", "INCREMENTAL").equals("INCREMENTAL"));
    }

    /** As {@link #save}, with credentials; those of a device that is there already are replaced. */
    private Response saveWithCredentials(Exchange exchange) {
        Body body = exchange.body();
        Body device = Body.of(body.value("device")
                .orElseThrow(() -> new Rejected(BAD_REQUEST, "Validation error: device must not be null")));
        NewCredentials credentials = CredentialsResource.read(Body.of(body.value("credentials")
                .orElseThrow(() -> new Rejected(BAD_REQUEST, "Validation error: credentials must not be null"))));
        Caller caller = exchange.caller();
        Optional<DeviceId> id = device.id("id").map(DeviceId::new);
        Optional<CustomerId> customer = device.id("customerId").map(CustomerId::new);
        Device saved = saved(exchange, id, () -> {
            if (id.isEmpty()) {
                Access.createDevice(caller).orReject(TYPE, "");
                return devices.create(tenant(caller), fields(device, customer), credentials, nameConflict(exchange));
            }
            Device old = devices.device(tenant(caller), id.get());
            Access.device(caller, Access.Operation.WRITE_CREDENTIALS, old).orReject(TYPE, id.get());
            return devices.update(old.tenant(), old.id(), fields(device, customer), device.whole("version"));
        });
        if (id.isPresent()) {
            UUID present = devices.credentials(saved.tenant(), saved.id()).id();
            CredentialsResource.changed(
                    audit,
                    exchange,
                    saved,
                    () -> devices.updateCredentials(
                            saved.tenant(), saved.id(), present, credentials, Optional.empty()));
        }
        return json(saved);
    }

    private Response assignToPublic(Exchange exchange) {
        return json(assigned(exchange, Customer.PUBLIC, () -> {
            Device device = allowed(exchange, Access.Operation.ASSIGN_TO_CUSTOMER);
            return devices.assignToPublic(device.tenant(), device.id());
        }));
    }

    Response delete(Exchange exchange) {
        UUID id = exchange.uuid("deviceId");
        String name = devices.find(new DeviceId(id)).map(Device::name).orElse("");
        return audit.of(exchange, AuditAction.DELETED, DEVICE, id)
                .committed(Boolean.class, _ -> ChangeAudit.Done.named(id, name), () -> {
                    Device device = allowed(exchange, Access.Operation.DELETE);
                    devices.delete(device.tenant(), device.id());
                    return Response.empty();
                });
    }

    Response assign(Exchange exchange) {
        CustomerId customer = new CustomerId(exchange.uuid("customerId"));
        return json(assigned(exchange, title(customer), () -> {
            Device device = allowed(exchange, Access.Operation.ASSIGN_TO_CUSTOMER);
            return devices.assign(device.tenant(), device.id(), customer);
        }));
    }

    private String title(CustomerId customer) {
        return devices.findCustomer(customer).map(Customer::title).orElse("");
    }

    private Device assigned(Exchange exchange, String title, Supplier<Device> change) {
        return audit.of(exchange, AuditAction.ASSIGNED_TO_CUSTOMER, DEVICE, exchange.uuid("deviceId"))
                .committed(
                        Device.class,
                        device -> owned(device, device.customer().orElseThrow(), title, "assigned"),
                        change);
    }

    /** @param how {@code assigned} or {@code unassigned} */
    static ChangeAudit.Done owned(Device device, CustomerId customer, String title, String how) {
        return new ChangeAudit.Done(device.id().uuid(), device.name(), json -> {
            json.writeStringProperty("entityId", device.id().toString());
            json.writeStringProperty(how + "CustomerId", customer.toString());
            json.writeStringProperty(how + "CustomerName", title);
        });
    }

    Response unassign(Exchange exchange) {
        UUID id = exchange.uuid("deviceId");
        CustomerId customer =
                devices.find(new DeviceId(id)).flatMap(Device::customer).orElse(new CustomerId(Uuids.NULL));
        String title = title(customer);
        return json(audit.of(exchange, AuditAction.UNASSIGNED_FROM_CUSTOMER, DEVICE, id)
                .committed(Device.class, device -> owned(device, customer, title, "unassigned"), () -> {
                    Device device = allowed(exchange, Access.Operation.UNASSIGN_FROM_CUSTOMER);
                    return devices.unassign(device.tenant(), device.id());
                }));
    }

    private Device allowed(Exchange exchange, Access.Operation operation) {
        DeviceId id = new DeviceId(exchange.uuid("deviceId"));
        Device device = devices.device(tenant(exchange.caller()), id);
        Access.device(exchange.caller(), operation, device).orReject(TYPE, id);
        return device;
    }

    /** The table of routes lets only callers with a tenant get here. */
    static TenantId tenant(Caller caller) {
        return caller.tenant().orElseThrow(Access::forbidden);
    }

    private static Response json(Device device) {
        return Response.json(json -> DeviceJson.write(json, device));
    }
}
