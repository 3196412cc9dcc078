package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_CUSTOMER;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.GET;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.Assignable;
import io.signalbox.device.CustomerId;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.OwnedLists;
import io.signalbox.registry.OwnedQuery;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;

/**
 * Devices, or assets, by page, by name, by identifiers, and with what people see beside them (REST API §5.2, §12). Callers have
 * a tenant.
 *
 * @param <E> one of them
 * @param <F> the same, with more about it
 * @param <I> its identity
 */
final class OwnedListResource<E extends Assignable, F extends Assignable, I> implements Resource {
    private final OwnedKind kind;
    private final OwnedLists<E, F, I> lists;
    private final Function<UUID, I> identity;
    private final DeviceService customers;
    private final BiConsumer<JsonGenerator, E> writer;
    private final BiConsumer<JsonGenerator, F> infoWriter;

    OwnedListResource(
            OwnedKind kind,
            OwnedLists<E, F, I> lists,
            Function<UUID, I> identity,
            DeviceService customers,
            BiConsumer<JsonGenerator, E> writer,
            BiConsumer<JsonGenerator, F> infoWriter) {
        this.kind = kind;
        this.lists = lists;
        this.identity = identity;
        this.customers = customers;
        this.writer = writer;
        this.infoWriter = infoWriter;
    }

    @Override
    public void routes(RouteTable table) {
        String word = kind.word();
        table.json(GET, "/api/tenant/" + word, TENANT, this::byName);
        table.json(GET, "/api/tenant/" + word + "s", TENANT, this::ofTenant);
        table.json(GET, "/api/tenant/" + word + "Infos", TENANT, this::infosOfTenant);
        table.json(GET, "/api/customer/:customerId/" + word + "s", TENANT_AND_CUSTOMER, this::ofCustomer);
        table.json(GET, "/api/customer/:customerId/" + word + "Infos", TENANT_AND_CUSTOMER, this::infosOfCustomer);
        table.json(GET, "/api/" + word + "s", TENANT_AND_CUSTOMER, this::byIds);
        table.json(GET, "/api/" + word + "/types", TENANT_AND_CUSTOMER, this::types);
        table.json(GET, "/api/" + word + "/info/:" + kind.variable(), TENANT_AND_CUSTOMER, this::info);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = kind.section(all);
        String word = kind.word();
        section.call(GET, "/api/tenant/" + word, word + "ByName", "Reads the " + word + " with a name")
                .requiredQuery(word + "Name", Kind.TEXT, "<" + word + "Name>", "The name, exactly")
                .answers(kind.one())
                .fails(NOT_FOUND, kind.missing());
        filtered(section.call(GET, "/api/tenant/" + word + "s", word + "s", "Lists the " + word + "s of the tenant")
                .notes("With " + word + "Name instead of a page: the " + word + " with this name."));
        infosFiltered(section.call(
                GET,
                "/api/tenant/" + word + "Infos",
                word + "Infos",
                "Lists the " + word + "s of the tenant, with more about each"));
        filtered(section.call(
                        GET,
                        "/api/customer/:customerId/" + word + "s",
                        word + "sOfCustomer",
                        "Lists the " + word + "s of a customer"))
                .fails(NOT_FOUND, NO_CUSTOMER);
        infosFiltered(section.call(
                        GET,
                        "/api/customer/:customerId/" + word + "Infos",
                        word + "InfosOfCustomer",
                        "Lists the " + word + "s of a customer, with more about each"))
                .fails(NOT_FOUND, NO_CUSTOMER);
        section.call(GET, "/api/" + word + "s", word + "sByIds", "Reads some " + word + "s")
                .notes("Those that the caller does not see are left out.")
                .requiredQuery(
                        kind.variable() + "s", Kind.TEXT, "<" + kind.variable() + ">", "Identifiers, with commas")
                .answersList(kind.one());
        section.call(GET, "/api/" + word + "/types", word + "Types", "Lists the types that " + word + "s have")
                .answersList(Shapes.ENTITY_SUBTYPE);
        section.call(
                        GET,
                        "/api/" + word + "/info/:" + kind.variable(),
                        "read" + kind.type() + "Info",
                        "Reads " + kind.article() + ", with more about it")
                .answers(kind.info())
                .fails(NOT_FOUND, kind.missing());
    }

    private Description filtered(Description call) {
        return call.query("type", Kind.TEXT, "", "Of this type only")
                .answersPage(kind.one())
                .fails(BAD_REQUEST, "There is no such page or order");
    }

    private Description infosFiltered(Description call) {
        call.query("type", Kind.TEXT, "", "Of this type only")
                .query(profileId(), Kind.UUID, "", "Of this profile only");
        if (kind.hasActivity()) {
            call.query("active", Kind.FLAG, "", "Only those that are active, or that are not");
        }
        return call.answersPage(kind.info()).fails(BAD_REQUEST, "There is no such page or order");
    }

    private String profileId() {
        return kind.word() + "ProfileId";
    }

    private Response byName(Exchange exchange) {
        String name = exchange.required(kind.word() + "Name", "String");
        TenantId tenant = OwnedResource.tenant(exchange.caller());
        return Response.json(json -> writer.accept(
                json,
                lists.named(tenant, name).orElseThrow(() -> new Rejected(NOT_FOUND, "Requested item wasn't found!"))));
    }

    private Response ofTenant(Exchange exchange) {
        return exchange.query(kind.word() + "Name").isPresent()
                ? byName(exchange)
                : Paging.list(exchange, link -> lists.list(query(exchange, Optional.empty(), link, false)), writer);
    }

    private Response infosOfTenant(Exchange exchange) {
        return Paging.list(exchange, link -> lists.infos(query(exchange, Optional.empty(), link, true)), infoWriter);
    }

    private Response ofCustomer(Exchange exchange) {
        Optional<CustomerId> customer = Optional.of(customer(exchange));
        return Paging.list(exchange, link -> lists.list(query(exchange, customer, link, false)), writer);
    }

    private Response infosOfCustomer(Exchange exchange) {
        Optional<CustomerId> customer = Optional.of(customer(exchange));
        return Paging.list(exchange, link -> lists.infos(query(exchange, customer, link, true)), infoWriter);
    }

    private OwnedQuery query(Exchange exchange, Optional<CustomerId> customer, PageLink link, boolean areInfos) {
        Optional<UUID> profile = exchange.query(profileId())
                .filter(text -> areInfos && !text.isEmpty())
                .map(Body::uuid);
        return new OwnedQuery(
                OwnedResource.tenant(exchange.caller()),
                customer,
                exchange.query("type").filter(type -> !type.isEmpty() && profile.isEmpty()),
                profile,
                exchange.query("active")
                        .filter(text -> areInfos && kind.hasActivity() && !text.isEmpty())
                        .map(_ -> exchange.flag("active", false)),
                areInfos,
                link);
    }

    private CustomerId customer(Exchange exchange) {
        Caller caller = exchange.caller();
        CustomerId id = new CustomerId(exchange.uuid("customerId"));
        Customer customer = customers.customer(OwnedResource.tenant(caller), id);
        Access.customer(caller, Access.Operation.READ, customer.tenant(), id).orReject("Customer", id);
        return id;
    }

    private Response byIds(Exchange exchange) {
        return Response.list(
                exchange.uuids(kind.variable() + "s").stream()
                        .distinct()
                        .flatMap(id -> lists.find(identity.apply(id)).stream())
                        .filter(one ->
                                Access.device(exchange.caller(), Access.Operation.READ, one) == Access.Verdict.ALLOWED)
                        .toList(),
                writer);
    }

    private Response types(Exchange exchange) {
        TenantId tenant = OwnedResource.tenant(exchange.caller());
        return Response.list(lists.types(tenant), (json, type) -> {
            json.writeStartObject();
            Json.writeId(json, "tenantId", "TENANT", tenant.uuid());
            json.writeStringProperty("entityType", kind.entityType());
            json.writeStringProperty("type", type);
            json.writeEndObject();
        });
    }

    private Response info(Exchange exchange) {
        UUID id = exchange.uuid(kind.variable());
        F info = lists.info(identity.apply(id)).orElseThrow(() -> Access.missing(kind.type(), id));
        Access.device(exchange.caller(), Access.Operation.READ, info).orReject(kind.type(), id);
        return Response.json(json -> infoWriter.accept(json, info));
    }
}
