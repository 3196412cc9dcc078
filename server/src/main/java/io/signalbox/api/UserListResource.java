package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_CUSTOMER;
import static io.signalbox.api.Route.SYSTEM;
import static io.signalbox.api.Route.TENANT;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.GET;

import io.signalbox.api.Shape.Kind;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.identity.Listings;
import io.signalbox.identity.User;
import tools.jackson.core.JsonGenerator;

/** Users by page and by identifiers (REST API §10). */
final class UserListResource implements Resource {
    private final Listings listings;

    UserListResource(Listings listings) {
        this.listings = listings;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/users", TENANT_AND_CUSTOMER, this::all);
        table.json(GET, "/api/users/info", TENANT_AND_CUSTOMER, this::infos);
        table.json(GET, "/api/users/list", TENANT_AND_CUSTOMER, this::byIds);
        table.json(GET, "/api/tenant/:tenantId/users", SYSTEM, this::administrators);
        table.json(GET, "/api/customer/:customerId/users", TENANT, this::ofCustomer);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section users = all.section("Users", "Who logs in");
        page(users, "/api/users", "users", "Lists users")
                .notes(
                        "Those of the tenant, or, to a customer's user, those of its customer. With userIds instead of a page: those.")
                .answersPage(Shapes.USER);
        page(users, "/api/users/info", "userInfos", "Lists users in short").answersPage(Shapes.USER_INFO);
        users.call(GET, "/api/users/list", "usersByIds", "Reads some users")
                .notes("Those that the caller does not see are left out.")
                .requiredQuery("userIds", Kind.TEXT, "<userId>", "Identifiers, with commas")
                .answersList(Shapes.USER);
        page(users, "/api/tenant/:tenantId/users", "usersOfTenant", "Lists the administrators of a tenant")
                .answersPage(Shapes.USER);
        page(users, "/api/customer/:customerId/users", "usersOfCustomer", "Lists the users of a customer")
                .answersPage(Shapes.USER)
                .fails(NOT_FOUND, NO_CUSTOMER);
    }

    private static Description page(Descriptions.Section users, String path, String name, String summary) {
        return users.call(GET, path, name, summary).fails(BAD_REQUEST, "There is no such page or order");
    }

    private Response all(Exchange exchange) {
        return exchange.query("userIds").isPresent()
                ? byIds(exchange)
                : Paging.list(exchange, link -> listings.users(exchange.caller(), link), UserResource::write);
    }

    private Response infos(Exchange exchange) {
        return Paging.list(exchange, link -> listings.users(exchange.caller(), link), UserListResource::writeInfo);
    }

    private Response byIds(Exchange exchange) {
        return Response.list(
                listings.users(
                        exchange.caller(),
                        exchange.uuids("userIds").stream().map(UserId::new).toList()),
                UserResource::write);
    }

    private Response administrators(Exchange exchange) {
        TenantId tenant = new TenantId(exchange.uuid("tenantId"));
        return Paging.list(
                exchange, link -> listings.administrators(exchange.caller(), tenant, link), UserResource::write);
    }

    private Response ofCustomer(Exchange exchange) {
        CustomerId customer = new CustomerId(exchange.uuid("customerId"));
        return Paging.list(exchange, link -> listings.users(exchange.caller(), customer, link), UserResource::write);
    }

    private static void writeInfo(JsonGenerator json, User user) {
        json.writeStartObject();
        Json.writeId(json, "id", "USER", user.id().uuid());
        json.writeStringProperty("email", user.email());
        Json.writeText(json, "firstName", user.firstName());
        Json.writeText(json, "lastName", user.lastName());
        json.writeEndObject();
    }
}
