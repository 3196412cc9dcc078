package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_CUSTOMER;
import static io.signalbox.api.Descriptions.NO_DEVICE;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.GET;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceInfo;
import io.signalbox.registry.DeviceLists;
import io.signalbox.registry.DeviceQuery;
import io.signalbox.registry.DeviceService;
import java.util.Optional;

/** Devices by page, by name, by identifiers, and with what people see beside them (REST API §5.2). Callers have a tenant. */
final class DeviceListResource implements Resource {
    private static final String TYPE = "Device";

    private final DeviceService devices;
    private final DeviceLists lists;

    DeviceListResource(DeviceService devices, DeviceLists lists) {
        this.devices = devices;
        this.lists = lists;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/tenant/device", TENANT, this::byName);
        table.json(GET, "/api/tenant/devices", TENANT, this::ofTenant);
        table.json(GET, "/api/tenant/deviceInfos", TENANT, this::infosOfTenant);
        table.json(GET, "/api/customer/:customerId/devices", TENANT_AND_CUSTOMER, this::ofCustomer);
        table.json(GET, "/api/customer/:customerId/deviceInfos", TENANT_AND_CUSTOMER, this::infosOfCustomer);
        table.json(GET, "/api/devices", TENANT_AND_CUSTOMER, this::byIds);
        table.json(GET, "/api/device/types", TENANT_AND_CUSTOMER, this::types);
        table.json(GET, "/api/device/info/:deviceId", TENANT_AND_CUSTOMER, this::info);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section devices = all.section("Devices", "What is commanded and reports");
        devices.call(GET, "/api/tenant/device", "deviceByName", "Reads the device with a name")
                .requiredQuery("deviceName", Kind.TEXT, "<deviceName>", "The name, exactly")
                .answers(Shapes.DEVICE)
                .fails(NOT_FOUND, NO_DEVICE);
        filtered(devices.call(GET, "/api/tenant/devices", "devices", "Lists the devices of the tenant")
                .notes("With deviceName instead of a page: the device with this name."));
        infosFiltered(devices.call(
                GET,
                "/api/tenant/deviceInfos",
                "deviceInfos",
                "Lists the devices of the tenant, with more about each"));
        filtered(devices.call(
                        GET,
                        "/api/customer/:customerId/devices",
                        "devicesOfCustomer",
                        "Lists the devices of a customer"))
                .fails(NOT_FOUND, NO_CUSTOMER);
        infosFiltered(devices.call(
                        GET,
                        "/api/customer/:customerId/deviceInfos",
                        "deviceInfosOfCustomer",
                        "Lists the devices of a customer, with more about each"))
                .fails(NOT_FOUND, NO_CUSTOMER);
        devices.call(GET, "/api/devices", "devicesByIds", "Reads some devices")
                .notes("Those that the caller does not see are left out.")
                .requiredQuery("deviceIds", Kind.TEXT, "<deviceId>", "Identifiers, with commas")
                .answersList(Shapes.DEVICE);
        devices.call(GET, "/api/device/types", "deviceTypes", "Lists the types that devices have")
                .answersList(Shapes.ENTITY_SUBTYPE);
        devices.call(GET, "/api/device/info/:deviceId", "readDeviceInfo", "Reads a device, with more about it")
                .answers(Shapes.DEVICE_INFO)
                .fails(NOT_FOUND, NO_DEVICE);
    }

    private static Description filtered(Description call) {
        return call.query("type", Kind.TEXT, "", "Of this type only")
                .answersPage(Shapes.DEVICE)
                .fails(BAD_REQUEST, "There is no such page or order");
    }

    private static Description infosFiltered(Description call) {
        return call.query("type", Kind.TEXT, "", "Of this type only")
                .query("deviceProfileId", Kind.UUID, "", "Of this profile only")
                .query("active", Kind.FLAG, "", "Only those that are active, or that are not")
                .answersPage(Shapes.DEVICE_INFO)
                .fails(BAD_REQUEST, "There is no such page or order");
    }

    private Response byName(Exchange exchange) {
        String name = exchange.required("deviceName", "String");
        TenantId tenant = DeviceResource.tenant(exchange.caller());
        return Response.json(json -> DeviceJson.write(json, devices.deviceByName(tenant, name)));
    }

    private Response ofTenant(Exchange exchange) {
        return exchange.query("deviceName").isPresent()
                ? byName(exchange)
                : Paging.list(
                        exchange,
                        link -> lists.devices(query(exchange, Optional.empty(), link, false)),
                        DeviceJson::write);
    }

    private Response infosOfTenant(Exchange exchange) {
        return Paging.list(
                exchange, link -> lists.infos(query(exchange, Optional.empty(), link, true)), DeviceJson::write);
    }

    private Response ofCustomer(Exchange exchange) {
        Optional<CustomerId> customer = Optional.of(customer(exchange));
        return Paging.list(exchange, link -> lists.devices(query(exchange, customer, link, false)), DeviceJson::write);
    }

    private Response infosOfCustomer(Exchange exchange) {
        Optional<CustomerId> customer = Optional.of(customer(exchange));
        return Paging.list(exchange, link -> lists.infos(query(exchange, customer, link, true)), DeviceJson::write);
    }

    private static DeviceQuery query(
            Exchange exchange, Optional<CustomerId> customer, PageLink link, boolean areInfos) {
        Optional<DeviceProfileId> profile = exchange.query("deviceProfileId")
                .filter(text -> areInfos && !text.isEmpty())
                .map(Body::uuid)
                .map(DeviceProfileId::new);
        return new DeviceQuery(
                DeviceResource.tenant(exchange.caller()),
                customer,
                exchange.query("type").filter(type -> !type.isEmpty() && profile.isEmpty()),
                profile,
                exchange.query("active")
                        .filter(text -> areInfos && !text.isEmpty())
                        .map(_ -> exchange.flag("active", false)),
                areInfos,
                link);
    }

    private CustomerId customer(Exchange exchange) {
        Caller caller = exchange.caller();
        CustomerId id = new CustomerId(exchange.uuid("customerId"));
        Customer customer = devices.customer(DeviceResource.tenant(caller), id);
        Access.customer(caller, Access.Operation.READ, customer.tenant(), id).orReject("Customer", id);
        return id;
    }

    private Response byIds(Exchange exchange) {
        return Response.list(
                exchange.uuids("deviceIds").stream()
                        .distinct()
                        .flatMap(id -> devices.find(new DeviceId(id)).stream())
                        .filter(device -> Access.device(exchange.caller(), Access.Operation.READ, device)
                                == Access.Verdict.ALLOWED)
                        .toList(),
                DeviceJson::write);
    }

    private Response types(Exchange exchange) {
        TenantId tenant = DeviceResource.tenant(exchange.caller());
        return Response.list(lists.types(tenant), (json, type) -> {
            json.writeStartObject();
            Json.writeId(json, "tenantId", "TENANT", tenant.uuid());
            json.writeStringProperty("entityType", "DEVICE");
            json.writeStringProperty("type", type);
            json.writeEndObject();
        });
    }

    private Response info(Exchange exchange) {
        DeviceId id = new DeviceId(exchange.uuid("deviceId"));
        DeviceInfo info = lists.info(id).orElseThrow(() -> Access.missing(TYPE, id));
        Access.device(exchange.caller(), Access.Operation.READ, info.device()).orReject(TYPE, id);
        return Response.json(json -> DeviceJson.write(json, info));
    }
}
