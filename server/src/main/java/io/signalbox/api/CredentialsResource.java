package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.audit.AuditAction;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceCredentials;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.NewCredentials;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;

/** How devices log in (REST API §6). Callers have a tenant. */
final class CredentialsResource implements Resource {
    private static final String TYPE = "Device";

    /** In the audit log: who reads it need not get in with it. */
    private static final String HIDDEN = "***";

    private final DeviceService devices;
    private final ChangeAudit audit;

    CredentialsResource(DeviceService devices, ChangeAudit audit) {
        this.devices = devices;
        this.audit = audit;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/device/:deviceId/credentials", TENANT_AND_CUSTOMER, this::ofDevice);
        table.json(POST, "/api/device/credentials", TENANT, this::save);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section devices = all.section("Devices", "What is commanded and reports");
        devices.call(GET, "/api/device/:deviceId/credentials", "deviceCredentials", "Reads how a device logs in")
                .answers(Shapes.DEVICE_CREDENTIALS)
                .fails(NOT_FOUND, NO_DEVICE);
        devices.call(POST, "/api/device/credentials", "saveDeviceCredentials", "Changes how a device logs in")
                .notes("Takes what was read, changed. The device's connections end.")
                .takes(Shapes.DEVICE_CREDENTIALS, """
                        {"id":{"id":"<credentialsId>"},"deviceId":{"entityType":"DEVICE","id":"<deviceId>"},"credentialsType":"ACCESS_TOKEN","credentialsId":"<newToken>"}""")
                .answers(Shapes.DEVICE_CREDENTIALS)
                .fails(BAD_REQUEST, "They are not whole, or another device has them")
                .fails(NOT_FOUND, NO_DEVICE)
                .fails(VERSION_CONFLICT, CHANGED);
    }

    private Response ofDevice(Exchange exchange) {
        DeviceId id = new DeviceId(exchange.uuid("deviceId"));
        Device device = devices.device(DeviceResource.tenant(exchange.caller()), id);
        Access.device(exchange.caller(), Access.Operation.READ_CREDENTIALS, device)
                .orReject(TYPE, id);
        DeviceCredentials credentials = devices.credentials(device.tenant(), id);
        audit.read(
                exchange,
                AuditAction.CREDENTIALS_READ,
                DeviceResource.KIND.entityType(),
                ChangeAudit.Done.named(id.uuid(), device.name()));
        return json(credentials);
    }

    private Response save(Exchange exchange) {
        Body body = exchange.body();
        TenantId tenant = DeviceResource.tenant(exchange.caller());
        DeviceId device = body.id("deviceId")
                .map(DeviceId::new)
                .orElseThrow(() -> bad("Device credentials should be assigned to device!"));
        NewCredentials credentials = read(body);
        UUID id = body.id("id").orElseThrow(() -> bad("Unable to update non-existent device credentials!"));
        return json(changed(
                audit,
                exchange,
                devices.device(tenant, device),
                () -> devices.updateCredentials(tenant, device, id, credentials, body.whole("version"))));
    }

    /** Changes credentials and says so, but not which they are. */
    static DeviceCredentials changed(
            ChangeAudit audit, Exchange exchange, Device device, Supplier<DeviceCredentials> change) {
        return audit.of(
                        exchange,
                        AuditAction.CREDENTIALS_UPDATED,
                        DeviceResource.KIND.entityType(),
                        device.id().uuid())
                .committed(
                        DeviceCredentials.class,
                        saved -> new ChangeAudit.Done(device.id().uuid(), device.name(), json -> {
                            json.writeStringProperty("entityId", device.id().toString());
                            json.writeObjectPropertyStart("credentials");
                            json.writeStringProperty(
                                    "credentialsType", saved.type().name());
                            json.writeStringProperty("credentialsId", HIDDEN);
                            json.writeNumberProperty("version", saved.version());
                            json.writeEndObject();
                        }),
                        change);
    }

    /** @throws Rejected {@code BAD_REQUEST}, in the words of the reference */
    static NewCredentials read(Body body) {
        String type =
                body.text("credentialsType").orElseThrow(() -> bad("Device credentials type should be specified"));
        Optional<String> value = body.text("credentialsValue");
        return switch (type) {
            case "ACCESS_TOKEN" ->
                new NewCredentials.AccessToken(body.text("credentialsId").orElse(""));
            case "X509_CERTIFICATE" -> new NewCredentials.Certificate(value.orElse(""));
            case "MQTT_BASIC" -> basic(value.orElse(""));
            case "LWM2M_CREDENTIALS" -> lwm2m(body.text("credentialsId").orElse(""), value.orElse(""));
            default -> throw bad("Unknown credentials type '" + type + "'");
        };
    }

    private static NewCredentials basic(String text) {
        Body body = object(text, "Invalid credentials body for simple mqtt credentials!");
        Optional<String> clientId = body.text("clientId").filter(some -> !some.isEmpty());
        Optional<String> userName = body.text("userName").filter(some -> !some.isEmpty());
        Optional<String> password = body.text("password").filter(some -> !some.isEmpty());
        return new NewCredentials.MqttBasic(clientId, userName, password, Json.text(json -> {
            json.writeStartObject();
            Json.writeText(json, "clientId", clientId);
            Json.writeText(json, "userName", userName);
            Json.writeText(json, "password", password);
            json.writeEndObject();
        }));
    }

    private static NewCredentials lwm2m(String id, String text) {
        String wrong = "Invalid credentials body for LwM2M credentials!";
        Node client = object(text, wrong).value("client").orElseThrow(() -> bad(wrong));
        return new NewCredentials.Lwm2m(Body.of(client).text("endpoint").orElse(id), text);
    }

    private static Body object(String text, String otherwise) {
        try {
            return Body.of(Json.read(text));
        } catch (JacksonException | Rejected e) {
            throw bad(otherwise);
        }
    }

    private static Response json(DeviceCredentials credentials) {
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

    private static Rejected bad(String text) {
        return new Rejected(BAD_REQUEST, text);
    }
}
