package io.signalbox.api;

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
import java.util.Map;
import java.util.Optional;

/** Devices, their credentials and who they are assigned to (REST API §5, §6). Callers have a tenant. */
final class DeviceResource {
    private static final String TYPE = "Device";
    private static final Node DEFAULT = new Node.Members(Map.of("type", new Node.Text("DEFAULT")));

    private final DeviceService devices;

    DeviceResource(DeviceService devices) {
        this.devices = devices;
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
