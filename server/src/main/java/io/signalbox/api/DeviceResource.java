package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.NOT_IMPLEMENTED;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceFields;
import io.signalbox.registry.DeviceService;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Devices, their credentials and who they are assigned to (REST API §5, §6). Callers have a tenant. */
final class DeviceResource implements Resource {
    private static final String TYPE = "Device";
    private static final Node DEFAULT = new Node.Members(Map.of("type", new Node.Text("DEFAULT")));

    private final DeviceService devices;

    DeviceResource(DeviceService devices) {
        this.devices = devices;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/tenant/device", TENANT, this::byName);
        table.json(GET, "/api/tenant/devices", TENANT, this::byName);
        table.json(POST, "/api/device", TENANT_AND_CUSTOMER, this::save);
        table.json(GET, "/api/device/:deviceId", TENANT_AND_CUSTOMER, this::read);
        table.json(DELETE, "/api/device/:deviceId", TENANT, this::delete);
        table.json(GET, "/api/device/:deviceId/credentials", TENANT_AND_CUSTOMER, this::credentials);
        table.raw(POST, "/api/customer/:customerId/device/:deviceId", TENANT, this::assign);
        table.raw(DELETE, "/api/customer/device/:deviceId", TENANT, this::unassign);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section devices = all.section("Devices", "What is commanded and reports");
        for (String path : List.of("/api/tenant/device", "/api/tenant/devices")) {
            boolean isOne = path.endsWith("device");
            devices.call(GET, path, isOne ? "deviceByName" : "devicesByName", "Reads the device with a name")
                    .notes("Lists of devices are not there yet.")
                    .requiredQuery("deviceName", Kind.TEXT, "<deviceName>", "The name, exactly")
                    .answers(Shapes.DEVICE)
                    .fails(NOT_FOUND, NO_DEVICE)
                    .fails(NOT_IMPLEMENTED, "Without a name");
        }
        devices.call(POST, "/api/device", "saveDevice", "Makes or changes a device")
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
        devices.call(GET, "/api/device/:deviceId/credentials", "deviceCredentials", "Reads how a device logs in")
                .answers(Shapes.DEVICE_CREDENTIALS)
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

    Response read(Exchange exchange) {
        return json(allowed(exchange, Access.Operation.READ));
    }

    /** The one device with this name; lists of devices are not there yet. */
    Response byName(Exchange exchange) {
        String name = exchange.query("deviceName")
                .orElseThrow(() -> new Rejected(ErrorCode.NOT_IMPLEMENTED, "Lists of devices are not supported yet"));
        return json(devices.deviceByName(tenant(exchange.caller()), name));
    }

    Response credentials(Exchange exchange) {
        Device device = allowed(exchange, Access.Operation.READ_CREDENTIALS);
        DeviceCredentials credentials = devices.credentials(device.tenant(), device.id());
        return Response.json(json -> {
            json.writeStartObject();
            json.writeObjectPropertyStart("id");
            json.writeStringProperty("id", credentials.id().toString());
            json.writeEndObject();
            json.writeNumberProperty("createdTime", credentials.createdTime());
            Json.writeId(json, "deviceId", "DEVICE", credentials.device().uuid());
            json.writeStringProperty("credentialsType", credentials.type().name());
            json.writeStringProperty("credentialsId", credentials.credentialsId());
            Json.writeText(json, "credentialsValue", credentials.credentialsValue());
            json.writeNumberProperty("version", credentials.version());
            json.writeEndObject();
        });
    }

    Response save(Exchange exchange) {
        Body body = exchange.body();
        Caller caller = exchange.caller();
        Optional<DeviceId> id = body.id("id").map(DeviceId::new);
        Optional<CustomerId> customer = body.id("customerId").map(CustomerId::new);
        if (id.isEmpty()) {
            Access.createDevice(caller).orReject(TYPE, "");
            return json(devices.create(tenant(caller), fields(body, customer), exchange.query("accessToken")));
        }
        Device old = devices.device(tenant(caller), id.get());
        Access.device(caller, Access.Operation.WRITE, old).orReject(TYPE, id.get());
        // only its tenant gives a device away
        Optional<CustomerId> owner = caller.authority() == Authority.CUSTOMER_USER ? old.customer() : customer;
        return json(devices.update(old.tenant(), old.id(), fields(body, owner), body.whole("version")));
    }

    private static DeviceFields fields(Body body, Optional<CustomerId> customer) {
        return new DeviceFields(
                body.text("name").orElse(""),
                body.text("type"),
                body.text("label"),
                body.id("deviceProfileId").map(DeviceProfileId::new),
                customer,
                body.value("deviceData").map(DeviceResource::deviceData),
                body.object("additionalInfo"));
    }

    /** What the client said of the transport counts while it fits the profile, and profiles have the default transport only. */
    private static String deviceData(Node given) {
        Optional<Node> transport = Body.of(given)
                .value("transportConfiguration")
                .filter(value -> value instanceof Node.Members(Map<String, Node> members)
                        && new Node.Text("DEFAULT").equals(members.get("type")));
        Map<String, Node> data = new LinkedHashMap<>();
        data.put("configuration", DEFAULT);
        data.put("transportConfiguration", transport.orElse(DEFAULT));
        return Json.text(json -> new Node.Members(data).write(json));
    }

    Response delete(Exchange exchange) {
        Device device = allowed(exchange, Access.Operation.DELETE);
        devices.delete(device.tenant(), device.id());
        return Response.empty();
    }

    Response assign(Exchange exchange) {
        CustomerId customer = new CustomerId(exchange.uuid("customerId"));
        Device device = allowed(exchange, Access.Operation.ASSIGN_TO_CUSTOMER);
        return json(devices.assign(device.tenant(), device.id(), customer));
    }

    Response unassign(Exchange exchange) {
        Device device = allowed(exchange, Access.Operation.UNASSIGN_FROM_CUSTOMER);
        return json(devices.unassign(device.tenant(), device.id()));
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
        return Response.json(json -> {
            json.writeStartObject();
            Json.writeId(json, "id", "DEVICE", device.id().uuid());
            json.writeNumberProperty("createdTime", device.createdTime());
            Json.writeId(json, "tenantId", "TENANT", device.tenant().uuid());
            Json.writeId(
                    json,
                    "customerId",
                    "CUSTOMER",
                    device.customer().map(CustomerId::uuid).orElse(Uuids.NULL));
            json.writeStringProperty("name", device.name());
            json.writeStringProperty("type", device.type());
            Json.writeText(json, "label", device.label());
            Json.writeId(
                    json, "deviceProfileId", "DEVICE_PROFILE", device.profile().uuid());
            json.writeName("deviceData");
            json.writeRawValue(device.deviceData());
            json.writeNullProperty("firmwareId");
            json.writeNullProperty("softwareId");
            json.writeNullProperty("externalId");
            json.writeNumberProperty("version", device.version());
            Json.writeRaw(json, "additionalInfo", device.additionalInfo());
            json.writeEndObject();
        });
    }
}
