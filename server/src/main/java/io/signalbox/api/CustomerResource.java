package io.signalbox.api;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.identity.Users;
import io.signalbox.registry.Customer;
import io.signalbox.registry.CustomerFields;
import io.signalbox.registry.DeviceService;
import java.util.Map;
import java.util.Optional;

/** Customers (REST API §9). Callers have a tenant. */
final class CustomerResource {
    private static final String TYPE = "Customer";

    private final DeviceService devices;
    private final Users users;

    CustomerResource(DeviceService devices, Users users) {
        this.devices = devices;
        this.users = users;
    }

    Response read(Exchange exchange) {
        return json(allowed(exchange, Access.Operation.READ));
    }

    Response shortInfo(Exchange exchange) {
        Customer customer = allowed(exchange, Access.Operation.READ);
        return Response.json(json -> {
            json.writeStartObject();
            json.writeStringProperty("title", customer.title());
            json.writeBooleanProperty("isPublic", isPublic(customer));
            json.writeEndObject();
        });
    }

    private static boolean isPublic(Customer customer) {
        return customer.additionalInfo()
                .map(Json::read)
                .filter(info -> info instanceof Node.Members(Map<String, Node> members)
                        && new Node.Flag(true).equals(members.get("isPublic")))
                .isPresent();
    }

    Response title(Exchange exchange) {
        return Response.text(
                "application/text", allowed(exchange, Access.Operation.READ).title());
    }

    Response save(Exchange exchange) {
        Body body = exchange.body();
        TenantId tenant = DeviceResource.tenant(exchange.caller());
        CustomerFields fields = new CustomerFields(
                body.text("title").orElse(""), body.text("email"), Contact.read(body), body.object("additionalInfo"));
        Optional<CustomerId> id = body.id("id").map(CustomerId::new);
        if (id.isEmpty()) {
            return json(devices.createCustomer(tenant, fields));
        }
        allowed(exchange.caller(), id.get(), Access.Operation.WRITE);
        return json(devices.updateCustomer(tenant, id.get(), fields, body.whole("version")));
    }

    /** Users first: when it breaks off the customer is still there to be deleted again. */
    Response delete(Exchange exchange) {
        Customer customer = allowed(exchange, Access.Operation.DELETE);
        users.deleteAllOf(customer.id());
        devices.deleteCustomer(customer.tenant(), customer.id());
        return Response.empty();
    }

    private Customer allowed(Exchange exchange, Access.Operation operation) {
        return allowed(exchange.caller(), new CustomerId(exchange.uuid("customerId")), operation);
    }

    private Customer allowed(Caller caller, CustomerId id, Access.Operation operation) {
        Customer customer = devices.customer(DeviceResource.tenant(caller), id);
        Access.customer(caller, operation, customer.tenant(), id).orReject(TYPE, id);
        return customer;
    }

    private static Response json(Customer customer) {
        return Response.json(json -> {
            json.writeStartObject();
            Json.writeId(json, "id", "CUSTOMER", customer.id().uuid());
            json.writeNumberProperty("createdTime", customer.createdTime());
            Json.writeId(json, "tenantId", "TENANT", customer.tenant().uuid());
            json.writeStringProperty("title", customer.title());
            json.writeStringProperty("name", customer.title());
            Contact.write(json, customer.contact());
            json.writeNullProperty("externalId");
            json.writeNumberProperty("version", customer.version());
            Json.writeRaw(json, "additionalInfo", customer.additionalInfo());
            json.writeEndObject();
        });
    }
}
