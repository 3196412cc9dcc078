package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_CUSTOMER;
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
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.identity.Users;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.Customer;
import io.signalbox.registry.CustomerFields;
import io.signalbox.registry.DeviceLists;
import io.signalbox.registry.DeviceService;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.core.JsonGenerator;

/** Customers (REST API §9). Callers have a tenant. */
final class CustomerResource implements Resource {
    private static final String TYPE = "Customer";
    private static final String CUSTOMER = "CUSTOMER";

    private final DeviceService devices;
    private final DeviceLists lists;
    private final Users users;
    private final ChangeAudit audit;

    CustomerResource(DeviceService devices, DeviceLists lists, Users users, ChangeAudit audit) {
        this.devices = devices;
        this.lists = lists;
        this.users = users;
        this.audit = audit;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/customers", TENANT, this::all);
        table.json(GET, "/api/customers/list", TENANT, this::byIds);
        table.json(GET, "/api/tenant/customers", TENANT, this::byTitle);
        table.json(POST, "/api/customer", TENANT, this::save);
        table.json(GET, "/api/customer/:customerId", TENANT_AND_CUSTOMER, this::read);
        table.json(GET, "/api/customer/:customerId/shortInfo", TENANT_AND_CUSTOMER, this::shortInfo);
        table.raw(GET, "/api/customer/:customerId/title", TENANT_AND_CUSTOMER, this::title);
        table.json(DELETE, "/api/customer/:customerId", TENANT, this::delete);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section customers = all.section("Customers", "Parts of a tenant that devices are assigned to");
        customers
                .call(GET, "/api/customers", "customers", "Lists the customers of the tenant")
                .notes("With customerIds instead of a page: those.")
                .answersPage(Shapes.CUSTOMER)
                .fails(BAD_REQUEST, "There is no such page or order");
        customers
                .call(GET, "/api/customers/list", "customersByIds", "Reads some customers")
                .notes("Those that the caller does not see are left out.")
                .requiredQuery("customerIds", Kind.TEXT, "<customerId>", "Identifiers, with commas")
                .answersList(Shapes.CUSTOMER);
        customers
                .call(GET, "/api/tenant/customers", "customerByTitle", "Reads the customer with a title")
                .requiredQuery("customerTitle", Kind.TEXT, "<customerTitle>", "The title, exactly")
                .answers(Shapes.CUSTOMER)
                .fails(NOT_FOUND, NO_CUSTOMER);
        customers
                .call(POST, "/api/customer", "saveCustomer", "Makes or changes a customer")
                .takes(Shapes.CUSTOMER, "{\"title\":\"<newName>\",\"country\":\"Germany\"}")
                .answers(Shapes.CUSTOMER)
                .fails(BAD_REQUEST, "The title is missing or taken")
                .fails(NOT_FOUND, NO_CUSTOMER)
                .fails(VERSION_CONFLICT, CHANGED);
        customers
                .call(GET, "/api/customer/:customerId", "readCustomer", "Reads a customer")
                .answers(Shapes.CUSTOMER)
                .fails(NOT_FOUND, NO_CUSTOMER);
        customers
                .call(GET, "/api/customer/:customerId/shortInfo", "customerInfo", "Reads a customer's title in JSON")
                .answers(Shapes.CUSTOMER_INFO)
                .fails(NOT_FOUND, NO_CUSTOMER);
        customers
                .call(GET, "/api/customer/:customerId/title", "customerTitle", "Reads a customer's title as text")
                .answersText("application/text", "Building 7")
                .fails(NOT_FOUND, NO_CUSTOMER);
        customers
                .call(DELETE, "/api/customer/:customerId", "deleteCustomer", "Deletes a customer and its users")
                .notes("Its devices stay, and belong to the tenant only.")
                .fails(NOT_FOUND, NO_CUSTOMER);
    }

    private Response all(Exchange exchange) {
        if (exchange.query("customerIds").isPresent()) {
            return byIds(exchange);
        }
        TenantId tenant = DeviceResource.tenant(exchange.caller());
        return Paging.list(exchange, link -> lists.customers(tenant, link), CustomerResource::write);
    }

    private Response byIds(Exchange exchange) {
        TenantId tenant = DeviceResource.tenant(exchange.caller());
        return Response.list(
                exchange.uuids("customerIds").stream()
                        .distinct()
                        .flatMap(id -> devices.findCustomer(new CustomerId(id)).stream())
                        .filter(customer -> customer.tenant().equals(tenant))
                        .toList(),
                CustomerResource::write);
    }

    private Response byTitle(Exchange exchange) {
        TenantId tenant = DeviceResource.tenant(exchange.caller());
        String title = exchange.required("customerTitle", "String");
        return json(lists.customerByTitle(tenant, title)
                .orElseThrow(() -> new Rejected(NOT_FOUND, "Customer with title [" + title + "] is not found")));
    }

    Response read(Exchange exchange) {
        return json(allowed(exchange, Access.Operation.READ));
    }

    Response shortInfo(Exchange exchange) {
        Customer customer = allowed(exchange, Access.Operation.READ);
        return Response.json(json -> {
            json.writeStartObject();
            json.writeStringProperty("title", customer.title());
            json.writeBooleanProperty("isPublic", PublicAccess.isPublic(customer));
            json.writeEndObject();
        });
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
        AuditAction action = id.isPresent() ? AuditAction.UPDATED : AuditAction.ADDED;
        return json(audit.of(exchange, action, CUSTOMER, id.map(CustomerId::uuid))
                .committed(Customer.class, CustomerResource::entity, () -> {
                    if (id.isEmpty()) {
                        return devices.createCustomer(tenant, fields);
                    }
                    allowed(exchange.caller(), id.get(), Access.Operation.WRITE);
                    return devices.updateCustomer(tenant, id.get(), fields, body.whole("version"));
                }));
    }

    private static ChangeAudit.Done entity(Customer customer) {
        return ChangeAudit.Done.entity(customer.id().uuid(), customer.title(), json -> write(json, customer));
    }

    /** Users first: when it breaks off the customer is still there to be deleted again. */
    Response delete(Exchange exchange) {
        UUID id = exchange.uuid("customerId");
        audit.of(exchange, AuditAction.DELETED, CUSTOMER, id)
                .behind(deleted -> ChangeAudit.Done.named(id, deleted.title()), () -> {
                    Customer customer = allowed(exchange, Access.Operation.DELETE);
                    users.deleteAllOf(customer.id());
                    devices.deleteCustomer(customer.tenant(), customer.id());
                    return customer;
                });
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
        return Response.json(json -> write(json, customer));
    }

    private static void write(JsonGenerator json, Customer customer) {
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
    }
}
