package io.signalbox.api;

import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.audit.AuditAction;
import io.signalbox.device.Assignable;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceService;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import tools.jackson.core.JsonGenerator;

/**
 * One device, or one asset, and who it is assigned to (REST API §5, §12): the calls that both have alike. Callers have a tenant.
 *
 * @param <E> one of them
 */
abstract class OwnedResource<E extends Assignable> implements Resource {
    private final OwnedKind kind;
    private final Class<E> type;
    private final DeviceService customers;
    private final ChangeAudit audit;

    /**
     * @param type      of which stores save it
     * @param customers to whom it is assigned
     */
    OwnedResource(OwnedKind kind, Class<E> type, DeviceService customers, ChangeAudit audit) {
        this.kind = kind;
        this.type = type;
        this.customers = customers;
        this.audit = audit;
    }

    /** @throws io.signalbox.ops.Rejected {@code NOT_FOUND}: the tenant has none with this identifier */
    abstract E existing(TenantId tenant, UUID id);

    abstract void delete(TenantId tenant, UUID id);

    abstract E assign(TenantId tenant, UUID id, CustomerId customer);

    abstract E assignToPublic(TenantId tenant, UUID id);

    abstract E unassign(TenantId tenant, UUID id);

    abstract void write(JsonGenerator json, E one);

    @Override
    public void routes(RouteTable table) {
        String id = kind.word() + "/:" + kind.variable();
        table.json(GET, "/api/" + id, TENANT_AND_CUSTOMER, this::read);
        table.json(DELETE, "/api/" + id, TENANT, this::delete);
        table.raw(POST, "/api/customer/public/" + id, TENANT, this::assignToPublic);
        table.raw(POST, "/api/customer/:customerId/" + id, TENANT, this::assign);
        table.raw(DELETE, "/api/customer/" + id, TENANT, this::unassign);
    }

    /** @param deletion what else goes with it */
    void describe(Descriptions.Section section, String summary, String deletion) {
        String word = kind.word();
        String id = word + "/:" + kind.variable();
        section.call(GET, "/api/" + id, "read" + kind.type(), "Reads " + kind.article())
                .answers(kind.one())
                .fails(NOT_FOUND, kind.missing());
        section.call(DELETE, "/api/" + id, "delete" + kind.type(), summary)
                .notes(deletion)
                .fails(NOT_FOUND, kind.missing());
        section.call(
                        POST,
                        "/api/customer/public/" + id,
                        "assign" + kind.type() + "ToPublic",
                        "Assigns " + kind.article() + " to the public customer")
                .notes("That customer is made when it is missing.")
                .answers(kind.one())
                .fails(NOT_FOUND, kind.missing());
        section.call(
                        POST,
                        "/api/customer/:customerId/" + id,
                        "assign" + kind.type(),
                        "Assigns " + kind.article() + " to a customer")
                .answers(kind.one())
                .fails(NOT_FOUND, "There is no such " + word + " or customer");
        section.call(
                        DELETE,
                        "/api/customer/" + id,
                        "unassign" + kind.type(),
                        "Takes " + kind.article() + " from its customer")
                .answers(kind.one())
                .fails(BAD_REQUEST, "It has no customer")
                .fails(NOT_FOUND, kind.missing());
    }

    Response read(Exchange exchange) {
        return json(allowed(exchange, Access.Operation.READ));
    }

    Response delete(Exchange exchange) {
        UUID id = id(exchange);
        ChangeAudit.Change deletion = audit.of(exchange, AuditAction.DELETED, kind.entityType(), id);
        E one = deletion.checked(() -> allowed(exchange, Access.Operation.DELETE));
        return deletion.committed(Boolean.class, _ -> ChangeAudit.Done.named(id, one.name()), () -> {
            delete(one.tenant(), id);
            return Response.empty();
        });
    }

    Response assignToPublic(Exchange exchange) {
        return json(assigned(exchange, Customer.PUBLIC, one -> assignToPublic(one.tenant(), id(exchange))));
    }

    Response assign(Exchange exchange) {
        CustomerId customer = new CustomerId(exchange.uuid("customerId"));
        return json(
                assigned(exchange, title(Optional.of(customer)), one -> assign(one.tenant(), id(exchange), customer)));
    }

    private E assigned(Exchange exchange, String title, UnaryOperator<E> change) {
        return audit.of(exchange, AuditAction.ASSIGNED_TO_CUSTOMER, kind.entityType(), id(exchange))
                .committed(
                        type,
                        saved -> owned(saved, "assigned", saved.customer(), title),
                        () -> change.apply(allowed(exchange, Access.Operation.ASSIGN_TO_CUSTOMER)));
    }

    Response unassign(Exchange exchange) {
        ChangeAudit.Change change =
                audit.of(exchange, AuditAction.UNASSIGNED_FROM_CUSTOMER, kind.entityType(), id(exchange));
        E one = change.checked(() -> allowed(exchange, Access.Operation.UNASSIGN_FROM_CUSTOMER));
        String title = title(one.customer());
        return json(change.committed(
                type,
                saved -> owned(saved, "unassigned", one.customer(), title),
                () -> unassign(one.tenant(), id(exchange))));
    }

    /** Makes or changes one, and says so in the commit. */
    E saved(Exchange exchange, Optional<UUID> id, Supplier<E> change) {
        AuditAction action = id.isPresent() ? AuditAction.UPDATED : AuditAction.ADDED;
        return audit.of(exchange, action, kind.entityType(), id)
                .committed(
                        type,
                        saved -> ChangeAudit.Done.entity(saved.uuid(), saved.name(), json -> write(json, saved)),
                        change);
    }

    private String title(Optional<CustomerId> customer) {
        return customer.flatMap(customers::findCustomer).map(Customer::title).orElse("");
    }

    /** @param how {@code assigned} or {@code unassigned} */
    static ChangeAudit.Done owned(Assignable one, String how, Optional<CustomerId> customer, String title) {
        return new ChangeAudit.Done(one.uuid(), one.name(), json -> {
            json.writeStringProperty("entityId", one.uuid().toString());
            json.writeStringProperty(
                    how + "CustomerId",
                    customer.map(CustomerId::uuid).orElse(Uuids.NULL).toString());
            json.writeStringProperty(how + "CustomerName", title);
        });
    }

    private E allowed(Exchange exchange, Access.Operation operation) {
        UUID id = id(exchange);
        E one = existing(tenant(exchange.caller()), id);
        Access.device(exchange.caller(), operation, one).orReject(kind.type(), id);
        return one;
    }

    private UUID id(Exchange exchange) {
        return exchange.uuid(kind.variable());
    }

    /** The table of routes lets only callers with a tenant get here. */
    static TenantId tenant(Caller caller) {
        return caller.tenant().orElseThrow(Access::forbidden);
    }

    Response json(E one) {
        return Response.json(json -> write(json, one));
    }
}
