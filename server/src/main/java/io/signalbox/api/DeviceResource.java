package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceFields;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.NameConflict;
import io.signalbox.registry.NewCredentials;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.core.JsonGenerator;

/** Devices and who they are assigned to (REST API §5). Callers have a tenant. */
final class DeviceResource extends OwnedResource<Device> {
    static final OwnedKind KIND = new OwnedKind(
            "device", "Devices", "What is commanded and reports", Shapes.DEVICE, Shapes.DEVICE_INFO, NO_DEVICE, true);

    private static final String TYPE = "Device";

    private final DeviceService devices;
    private final ChangeAudit audit;

    DeviceResource(DeviceService devices, ChangeAudit audit) {
        super(KIND, Device.class, devices, audit);
        this.devices = devices;
        this.audit = audit;
    }

    @Override
    Device existing(TenantId tenant, UUID id) {
        return devices.device(tenant, new DeviceId(id));
    }

    @Override
    void delete(TenantId tenant, UUID id) {
        devices.delete(tenant, new DeviceId(id));
    }

    @Override
    Device assign(TenantId tenant, UUID id, CustomerId customer) {
        return devices.assign(tenant, new DeviceId(id), customer);
    }

    @Override
    Device assignToPublic(TenantId tenant, UUID id) {
        return devices.assignToPublic(tenant, new DeviceId(id));
    }

    @Override
    Device unassign(TenantId tenant, UUID id) {
        return devices.unassign(tenant, new DeviceId(id));
    }

    @Override
    void write(JsonGenerator json, Device device) {
        DeviceJson.write(json, device);
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/device", TENANT_AND_CUSTOMER, this::save);
        table.json(POST, "/api/device-with-credentials", TENANT_AND_CUSTOMER, this::saveWithCredentials);
        super.routes(table);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section devices = KIND.section(all);
        namedUniquely(devices.call(POST, "/api/device", "saveDevice", "Makes or changes a device"))
                .notes("Without an id a new one.")
                .query("accessToken", Kind.TEXT, "<newToken>", "Of a new device; when absent one is made up")
                .takes(Shapes.DEVICE, "{\"name\":\"<newName>\",\"type\":\"default\"}")
                .answers(Shapes.DEVICE)
                .fails(BAD_REQUEST, "The name is missing or taken, or the access token is taken")
                .fails(NOT_FOUND, NO_DEVICE)
                .fails(VERSION_CONFLICT, CHANGED);
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
        describe(
                devices,
                "Deletes a device and its values",
                "Its connections end, and its access token is worthless at once.");
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

    Response save(Exchange exchange) {
        Body body = exchange.body();
        Caller caller = exchange.caller();
        Optional<DeviceId> id = body.id("id").map(DeviceId::new);
        Optional<CustomerId> customer = body.id("customerId").map(CustomerId::new);
        return json(saved(exchange, id.map(DeviceId::uuid), () -> {
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

    static Optional<DeviceFields.Transport> transport(Node deviceData) {
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
        Device saved = saved(exchange, id.map(DeviceId::uuid), () -> {
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
}
