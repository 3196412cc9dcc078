package io.signalbox.api;

import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.device.Assignable;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import java.util.UUID;
import tools.jackson.core.JsonGenerator;

/**
 * One device, or one asset, and who it is assigned to (REST API §5, §12): the calls that both have alike. Callers have a tenant.
 *
 * @param <E> one of them
 */
abstract class OwnedResource<E extends Assignable> implements Resource {
    private final OwnedKind kind;

    OwnedResource(OwnedKind kind) {
        this.kind = kind;
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
        E one = allowed(exchange, Access.Operation.DELETE);
        delete(one.tenant(), id(exchange));
        return Response.empty();
    }

    Response assignToPublic(Exchange exchange) {
        E one = allowed(exchange, Access.Operation.ASSIGN_TO_CUSTOMER);
        return json(assignToPublic(one.tenant(), id(exchange)));
    }

    Response assign(Exchange exchange) {
        CustomerId customer = new CustomerId(exchange.uuid("customerId"));
        E one = allowed(exchange, Access.Operation.ASSIGN_TO_CUSTOMER);
        return json(assign(one.tenant(), id(exchange), customer));
    }

    Response unassign(Exchange exchange) {
        E one = allowed(exchange, Access.Operation.UNASSIGN_FROM_CUSTOMER);
        return json(unassign(one.tenant(), id(exchange)));
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
