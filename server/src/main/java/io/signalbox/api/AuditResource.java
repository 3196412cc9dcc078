package io.signalbox.api;

import static io.signalbox.api.Route.ADMINS;
import static io.signalbox.api.Route.TENANT;
import static io.vertx.core.http.HttpMethod.GET;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.AuditPage;
import io.signalbox.audit.AuditQuery;
import io.signalbox.audit.AuditQuery.About;
import io.signalbox.audit.AuditStore;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/** What administrators read of the audit log (REST API §14). Each sees its own tenant, whatever it asks for. */
final class AuditResource implements Resource {
    /** A page is in memory as a whole. */
    private static final int PAGE_SIZE_MAX = 10_000;

    private static final Set<String> ENTITY_TYPES = Set.of(
            "TENANT",
            "CUSTOMER",
            "USER",
            "DASHBOARD",
            "ASSET",
            "DEVICE",
            "ALARM",
            "RULE_CHAIN",
            "RULE_NODE",
            "ENTITY_VIEW",
            "WIDGETS_BUNDLE",
            "WIDGET_TYPE",
            "TENANT_PROFILE",
            "DEVICE_PROFILE",
            "ASSET_PROFILE",
            "API_USAGE_STATE",
            "TB_RESOURCE",
            "OTA_PACKAGE",
            "EDGE",
            "RPC",
            "QUEUE",
            "NOTIFICATION_TARGET",
            "NOTIFICATION_TEMPLATE",
            "NOTIFICATION_REQUEST",
            "NOTIFICATION",
            "NOTIFICATION_RULE");

    private final AuditStore store;

    AuditResource(AuditStore store) {
        this.store = store;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, "/api/audit/logs", ADMINS, this::all);
        table.json(GET, "/api/audit/logs/entity/:entityType/:entityId", ADMINS, this::ofEntity);
        table.json(GET, "/api/audit/logs/customer/:customerId", TENANT, this::ofCustomer);
        table.json(GET, "/api/audit/logs/user/:userId", TENANT, this::ofUser);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section audit = all.section("Audit log", "Who did what");
        auditCall(audit, "/api/audit/logs", "auditLogs", "Lists what was done").answersPage(Shapes.AUDIT_LOG);
        for (Description call : List.of(
                auditCall(
                        audit,
                        "/api/audit/logs/entity/:entityType/:entityId",
                        "auditLogsOfEntity",
                        "Lists what was done to one"),
                auditCall(
                        audit,
                        "/api/audit/logs/customer/:customerId",
                        "auditLogsOfCustomer",
                        "Lists what a customer's users did"),
                auditCall(audit, "/api/audit/logs/user/:userId", "auditLogsOfUser", "Lists what a user did"))) {
            call.requiredQuery("pageSize", Kind.WHOLE, "10", "Entries of a page")
                    .requiredQuery("page", Kind.WHOLE, "0", "Number of the page, from 0")
                    .answersJson(Kind.OBJECT, "{\"data\":[],\"totalPages\":0,\"totalElements\":0,\"hasNext\":false}");
        }
    }

    private static Description auditCall(Descriptions.Section audit, String path, String name, String summary) {
        return audit.call(GET, path, name, summary)
                .query("startTime", Kind.WHOLE, "", "At or after, epoch milliseconds")
                .query("endTime", Kind.WHOLE, "", "At or before")
                .query("actionTypes", Kind.TEXT, "RPC_CALL", "With commas, like RPC_CALL");
    }

    Response all(Exchange exchange) {
        return page(exchange, new About.Everything());
    }

    Response ofEntity(Exchange exchange) {
        String type = exchange.path("entityType");
        if (!ENTITY_TYPES.contains(type)) {
            throw bad("EntityType '" + type + "' is not supported!");
        }
        return page(exchange, new About.Entity(type, exchange.uuid("entityId")));
    }

    Response ofCustomer(Exchange exchange) {
        return page(exchange, new About.OfCustomer(new CustomerId(exchange.uuid("customerId"))));
    }

    Response ofUser(Exchange exchange) {
        return page(exchange, new About.OfUser(new UserId(exchange.uuid("userId"))));
    }

    private Response page(Exchange exchange, About about) {
        AuditQuery query = query(exchange, about);
        AuditPage page = store.find(query);
        long pages = (page.total() + query.pageSize() - 1) / query.pageSize();
        return Response.json(json -> {
            json.writeStartObject();
            json.writeArrayPropertyStart("data");
            page.entries().forEach(stored -> write(json, stored));
            json.writeEndArray();
            json.writeNumberProperty("totalPages", pages);
            json.writeNumberProperty("totalElements", page.total());
            json.writeBooleanProperty("hasNext", query.page() + 1 < pages);
            json.writeEndObject();
        });
    }

    private static AuditQuery query(Exchange exchange, About about) {
        long pageSize = number(exchange, "pageSize");
        long page = number(exchange, "page");
        if (pageSize < 1) {
            throw bad("Page size must not be less than one");
        }
        if (pageSize > PAGE_SIZE_MAX) {
            throw bad("Page size must not be greater than " + PAGE_SIZE_MAX);
        }
        if (page < 0) {
            throw bad("Page index must not be less than zero");
        }
        return new AuditQuery(
                exchange.caller().tenant(),
                about,
                exchange.whole("startTime").orElse(1L),
                exchange.whole("endTime").orElse(Long.MAX_VALUE),
                actions(exchange),
                exchange.query("textSearch").orElse(""),
                order(exchange),
                descends(exchange),
                Math.toIntExact(page),
                Math.toIntExact(pageSize));
    }

    private static long number(Exchange exchange, String name) {
        exchange.required(name, "int");
        long number = exchange.whole(name).orElseThrow();
        if (number > Integer.MAX_VALUE) {
            throw bad("Parameter '" + name + "' must be an integer: " + number);
        }
        return number;
    }

    private static Set<AuditAction> actions(Exchange exchange) {
        Set<AuditAction> actions = EnumSet.noneOf(AuditAction.class);
        for (String list : exchange.queries("actionTypes")) {
            for (String name : list.split(",", -1)) {
                if (!name.isBlank()) {
                    actions.add(action(name.strip()));
                }
            }
        }
        return actions;
    }

    private static AuditAction action(String name) {
        return Arrays.stream(AuditAction.values())
                .filter(action -> action.name().equals(name))
                .findFirst()
                .orElseThrow(() -> bad("Action type '" + name + "' is not supported!"));
    }

    private static AuditQuery.Order order(Exchange exchange) {
        String property = exchange.query("sortProperty").orElse("");
        if (property.isEmpty()) {
            return AuditQuery.Order.CREATED_TIME;
        }
        return AuditQuery.Order.named(property).orElseThrow(() -> bad("Invalid sort property"));
    }

    private static boolean descends(Exchange exchange) {
        String order = exchange.query("sortOrder").orElse("");
        if (exchange.query("sortProperty").orElse("").isEmpty() || order.isEmpty() || order.equalsIgnoreCase("ASC")) {
            return false;
        }
        if (!order.equalsIgnoreCase("DESC")) {
            throw bad("Unsupported sort order '" + order + "'! Only 'ASC' or 'DESC' types are allowed.");
        }
        return true;
    }

    /** As the reference writes it, and {@code clientAddress}, which is our own. */
    private static void write(JsonGenerator json, AuditPage.Stored stored) {
        AuditEntry entry = stored.entry();
        json.writeStartObject();
        json.writeObjectPropertyStart("id");
        json.writeStringProperty("id", stored.id().toString());
        json.writeEndObject();
        json.writeNumberProperty("createdTime", entry.createdTime());
        Json.writeId(
                json,
                "tenantId",
                "TENANT",
                entry.caller().tenant().map(TenantId::uuid).orElse(Uuids.NULL));
        Json.writeId(
                json,
                "customerId",
                "CUSTOMER",
                entry.caller().customer().map(CustomerId::uuid).orElse(Uuids.NULL));
        Json.writeId(json, "entityId", entry.entityType(), entry.entityId());
        Json.writeText(json, "entityName", entry.entityName());
        Json.writeId(json, "userId", "USER", entry.caller().user().uuid());
        json.writeStringProperty("userName", entry.caller().email());
        json.writeStringProperty("clientAddress", entry.address());
        json.writeStringProperty("actionType", entry.action().name());
        json.writeName("actionData");
        json.writeRawValue(entry.actionData());
        json.writeStringProperty("actionStatus", entry.isSuccess() ? "SUCCESS" : "FAILURE");
        json.writeStringProperty("actionFailureDetails", entry.failureDetails());
        json.writeEndObject();
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
