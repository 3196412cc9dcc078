package io.signalbox.api;

import static io.signalbox.api.Descriptions.NO_ENTITY;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.api.Shape.Kind;
import io.signalbox.audit.AuditAction;
import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.Relation;
import io.signalbox.registry.Relation.Direction;
import io.signalbox.registry.Relation.Group;
import io.signalbox.registry.Relations;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import tools.jackson.core.JsonGenerator;

/** Relations between entities (REST API §12). Callers have a tenant: they change what they may write at both ends, and see what they may read. */
final class RelationResource implements Resource {
    private static final String NO_RELATION = "There is no such relation, or the caller does not see one of its ends";
    private static final String ONE = "/api/relation";
    private static final String MANY = "/api/relations";
    private static final String EXAMPLE =
            "{\"from\":{\"entityType\":\"ASSET\",\"id\":\"<assetId>\"},\"to\":{\"entityType\":\"DEVICE\",\"id\":\"<deviceId>\"},"
                    + "\"type\":\"Contains\",\"typeGroup\":\"COMMON\"}";
    private static final String QUERY =
            "{\"parameters\":{\"rootId\":\"<relatedAssetId>\",\"rootType\":\"ASSET\",\"direction\":\"FROM\",\"maxLevel\":2},"
                    + "\"filters\":[{\"relationType\":\"Contains\",\"entityTypes\":[\"DEVICE\"]}]}";

    private final Relations relations;
    private final Entities entities;
    private final ChangeAudit audit;

    RelationResource(Relations relations, Entities entities, ChangeAudit audit) {
        this.relations = relations;
        this.entities = entities;
        this.audit = audit;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, ONE, TENANT_AND_CUSTOMER, this::save);
        table.json(POST, "/api/v2/relation", TENANT_AND_CUSTOMER, this::saveAndAnswer);
        table.json(GET, ONE, TENANT_AND_CUSTOMER, this::read);
        table.json(DELETE, ONE, TENANT_AND_CUSTOMER, this::delete);
        table.json(DELETE, "/api/v2/relation", TENANT_AND_CUSTOMER, this::deleteAndAnswer);
        table.json(DELETE, MANY, TENANT_AND_CUSTOMER, this::deleteAll);
        table.json(GET, MANY, TENANT_AND_CUSTOMER, exchange -> byQuery(exchange, false));
        table.json(GET, MANY + "/info", TENANT_AND_CUSTOMER, exchange -> byQuery(exchange, true));
        table.json(POST, MANY, TENANT_AND_CUSTOMER, exchange -> walk(exchange, false));
        table.json(POST, MANY + "/info", TENANT_AND_CUSTOMER, exchange -> walk(exchange, true));
        for (Direction direction : Direction.values()) {
            String path = path(MANY, direction);
            table.json(GET, path, TENANT_AND_CUSTOMER, exchange -> byPath(exchange, direction, false));
            table.json(
                    GET, path + "/:relationType", TENANT_AND_CUSTOMER, exchange -> byPath(exchange, direction, false));
            table.json(
                    GET,
                    path(MANY + "/info", direction),
                    TENANT_AND_CUSTOMER,
                    exchange -> byPath(exchange, direction, true));
        }
    }

    private static String path(String base, Direction direction) {
        return base + (direction == Direction.FROM ? "/from" : "/to") + "/:entityType/:entityId";
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = all.section("Relations", "Which entity contains, manages or uses which");
        saves(section.call(POST, ONE, "saveRelation", "Makes or changes a relation"));
        saves(section.call(POST, "/api/v2/relation", "saveRelationV2", "Makes or changes a relation, and gives it"))
                .answers(Shapes.RELATION);
        ofOne(section.call(GET, ONE, "readRelation", "Reads a relation")).answers(Shapes.RELATION);
        ofOne(section.call(DELETE, ONE, "deleteRelation", "Deletes a relation"));
        ofOne(section.call(DELETE, "/api/v2/relation", "deleteRelationV2", "Deletes a relation, and gives it"))
                .answers(Shapes.RELATION);
        section.call(DELETE, MANY, "deleteRelations", "Deletes all relations of an entity")
                .notes("In both directions, those of the group COMMON.")
                .requiredQuery("entityId", Kind.UUID, "<assetId>", "Identifier of the entity")
                .requiredQuery("entityType", Kind.TEXT, "ASSET", "Its kind")
                .fails(NOT_FOUND, NO_ENTITY);
        byEnd(section.call(GET, MANY, "relations", "Lists the relations of an entity"))
                .answersList(Shapes.RELATION);
        byEnd(section.call(GET, MANY + "/info", "relationInfos", "Lists the relations of an entity, with names"))
                .answersList(Shapes.RELATION_INFO);
        section.call(POST, MANY, "findRelations", "Finds relations along a way")
                .notes("From a root, level by level; at most 10,000 relations are passed.")
                .takes(Shapes.RELATIONS_QUERY, QUERY)
                .answersList(Shapes.RELATION)
                .fails(BAD_REQUEST, "The query makes no sense, or there are too many relations")
                .fails(NOT_FOUND, NO_ENTITY);
        section.call(POST, MANY + "/info", "findRelationInfos", "Finds relations along a way, with names")
                .takes(Shapes.RELATIONS_QUERY, QUERY)
                .answersList(Shapes.RELATION_INFO)
                .fails(BAD_REQUEST, "The query makes no sense, or there are too many relations")
                .fails(NOT_FOUND, NO_ENTITY);
        for (Direction direction : Direction.values()) {
            String path = path(MANY, direction);
            String word = direction == Direction.FROM ? "From" : "To";
            String summary = "Lists the relations " + word.toLowerCase(Locale.ROOT) + " an entity";
            group(section.call(GET, path, "relations" + word, summary))
                    .answersList(Shapes.RELATION)
                    .fails(NOT_FOUND, NO_ENTITY);
            group(section.call(GET, path + "/:relationType", "relations" + word + "OfType", summary + " of one type"))
                    .answersList(Shapes.RELATION)
                    .fails(NOT_FOUND, NO_ENTITY);
            group(section.call(GET, path(MANY + "/info", direction), "relationInfos" + word, summary + ", with names"))
                    .answersList(Shapes.RELATION_INFO)
                    .fails(NOT_FOUND, NO_ENTITY);
        }
    }

    private static Description group(Description call) {
        return call.query("relationTypeGroup", Kind.TEXT, "", "COMMON when absent");
    }

    private static Description saves(Description call) {
        return call.takes(Shapes.RELATION, EXAMPLE)
                .fails(BAD_REQUEST, "An end or the type is missing")
                .fails(NOT_FOUND, NO_ENTITY);
    }

    private static Description ofOne(Description call) {
        return group(call.requiredQuery("fromId", Kind.UUID, "<relatedAssetId>", "Identifier of the one end")
                        .requiredQuery("fromType", Kind.TEXT, "ASSET", "Its kind")
                        .requiredQuery("relationType", Kind.TEXT, "Contains", "The type, exactly")
                        .requiredQuery("toId", Kind.UUID, "<deviceId>", "Identifier of the other end")
                        .requiredQuery("toType", Kind.TEXT, "DEVICE", "Its kind"))
                .fails(NOT_FOUND, NO_RELATION);
    }

    private static Description byEnd(Description call) {
        return group(call.notes("Names one of the ends.")
                        .query("fromId", Kind.UUID, "<relatedAssetId>", "Identifier of the entity from which they lead")
                        .query("fromType", Kind.TEXT, "ASSET", "Its kind")
                        .query("toId", Kind.UUID, "", "Identifier of the entity to which they lead")
                        .query("toType", Kind.TEXT, "", "Its kind")
                        .query("relationType", Kind.TEXT, "", "Of this type only"))
                .fails(NOT_FOUND, NO_ENTITY);
    }

    private Response save(Exchange exchange) {
        store(exchange);
        return Response.empty();
    }

    private Response saveAndAnswer(Exchange exchange) {
        Relation saved = store(exchange);
        return Response.json(json -> write(json, saved));
    }

    private Relation store(Exchange exchange) {
        Body body = exchange.body();
        Relation relation = new Relation(
                end(body, "from"),
                end(body, "to"),
                body.text("type").orElseThrow(() -> bad("Relation type should be specified!")),
                body.text("typeGroup")
                        .map(text -> Body.word(Group.class, "typeGroup", text))
                        .orElse(Group.COMMON),
                body.value("additionalInfo").map(value -> Json.text(value::write)),
                0);
        Entities.Found from = may(exchange.caller(), Access.Operation.WRITE, relation.from());
        may(exchange.caller(), Access.Operation.WRITE, relation.to());
        return audit.of(
                        exchange,
                        AuditAction.RELATION_ADD_OR_UPDATE,
                        relation.from().type().name(),
                        relation.from().uuid())
                .committed(
                        Relation.class,
                        saved -> done(saved, from),
                        () -> relations.save(OwnedResource.tenant(exchange.caller()), relation));
    }

    private static EntityId end(Body body, String member) {
        return body.entityId(member).orElseThrow(() -> bad("Relation should contain " + member + " entity!"));
    }

    private Response read(Exchange exchange) {
        Relation wanted = wanted(exchange);
        may(exchange.caller(), Access.Operation.READ, wanted.from());
        may(exchange.caller(), Access.Operation.READ, wanted.to());
        Relation found = relations.find(wanted.from(), wanted.to(), wanted.type(), wanted.group());
        return Response.json(json -> write(json, found));
    }

    private Response delete(Exchange exchange) {
        remove(exchange);
        return Response.empty();
    }

    private Response deleteAndAnswer(Exchange exchange) {
        Relation deleted = remove(exchange);
        return Response.json(json -> write(json, deleted));
    }

    private Relation remove(Exchange exchange) {
        Relation wanted = wanted(exchange);
        Entities.Found from = may(exchange.caller(), Access.Operation.WRITE, wanted.from());
        may(exchange.caller(), Access.Operation.WRITE, wanted.to());
        return audit.of(
                        exchange,
                        AuditAction.RELATION_DELETED,
                        wanted.from().type().name(),
                        wanted.from().uuid())
                .committed(
                        Object.class,
                        _ -> done(wanted, from),
                        () -> relations.delete(wanted.from(), wanted.to(), wanted.type(), wanted.group()));
    }

    private static ChangeAudit.Done done(Relation relation, Entities.Found from) {
        return new ChangeAudit.Done(relation.from().uuid(), from.name(), json -> {
            json.writeName("relation");
            write(json, relation);
        });
    }

    private Response deleteAll(Exchange exchange) {
        EntityId entity = entity(exchange, "entity");
        Entities.Found found = may(exchange.caller(), Access.Operation.WRITE, entity);
        audit.of(exchange, AuditAction.RELATIONS_DELETED, entity.type().name(), entity.uuid())
                .committed(
                        Object.class,
                        _ -> ChangeAudit.Done.named(entity.uuid(), found.name()),
                        () -> relations.deleteAllOf(entity, Group.COMMON));
        return Response.empty();
    }

    private Response byQuery(Exchange exchange, boolean areInfos) {
        Direction direction = exchange.query("fromId").isPresent() ? Direction.FROM : Direction.TO;
        EntityId entity = entity(exchange, direction == Direction.FROM ? "from" : "to");
        Optional<String> type = exchange.query("relationType").filter(text -> !text.isEmpty());
        return list(exchange, entity, direction, type, areInfos);
    }

    private Response byPath(Exchange exchange, Direction direction, boolean areInfos) {
        EntityId entity = new EntityId(
                Body.word(EntityType.class, "entityType", exchange.path("entityType")), exchange.uuid("entityId"));
        Optional<String> type = Optional.of(exchange.pathOr("relationType", "")).filter(text -> !text.isEmpty());
        return list(exchange, entity, direction, type, areInfos);
    }

    private Response list(
            Exchange exchange, EntityId entity, Direction direction, Optional<String> type, boolean areInfos) {
        may(exchange.caller(), Access.Operation.READ, entity);
        return answer(exchange.caller(), relations.list(entity, direction, type, group(exchange)), areInfos);
    }

    private Response walk(Exchange exchange, boolean areInfos) {
        Body body = exchange.body();
        Body parameters =
                Body.of(body.value("parameters").orElseThrow(() -> bad("Query parameters should be specified!")));
        EntityId root = new EntityId(
                Body.word(EntityType.class, "rootType", required(parameters, "rootType")),
                Body.uuid(required(parameters, "rootId")));
        long levels = parameters.whole("maxLevel").orElse(1L);
        Relations.Walk walk = new Relations.Walk(
                root,
                parameters
                        .text("direction")
                        .map(text -> Body.word(Direction.class, "direction", text))
                        .orElse(Direction.FROM),
                parameters
                        .text("relationTypeGroup")
                        .map(text -> Body.word(Group.class, "relationTypeGroup", text))
                        .orElse(Group.COMMON),
                levels < 1 ? Integer.MAX_VALUE : (int) Math.min(levels, Integer.MAX_VALUE),
                parameters.flag("fetchLastLevelOnly").orElse(false),
                body.items("filters").stream().map(RelationResource::filter).toList());
        may(exchange.caller(), Access.Operation.READ, root);
        return answer(exchange.caller(), relations.walk(walk), areInfos);
    }

    private static Relations.Filter filter(Node item) {
        Body filter = Body.of(item);
        Set<EntityType> types = new HashSet<>();
        for (Node type : filter.items("entityTypes")) {
            if (!(type instanceof Node.Text(String text))) {
                throw bad("Invalid request body: 'entityTypes' must be texts");
            }
            types.add(Body.word(EntityType.class, "entityTypes", text));
        }
        return new Relations.Filter(filter.text("relationType").filter(text -> !text.isEmpty()), types);
    }

    private static String required(Body body, String member) {
        return body.text(member).orElseThrow(() -> bad("Validation error: " + member + " must not be null"));
    }

    /** Those whose ends the caller sees; an administrator of the tenant sees all. */
    private Response answer(Caller caller, List<Relation> found, boolean areInfos) {
        Map<EntityId, Entities.Found> ends = new HashMap<>();
        boolean asks = areInfos || caller.authority() == Authority.CUSTOMER_USER;
        List<Relation> visible = found.stream()
                .filter(relation ->
                        !asks || (isVisible(caller, ends, relation.from()) && isVisible(caller, ends, relation.to())))
                .toList();
        BiConsumer<JsonGenerator, Relation> writer =
                areInfos ? (json, relation) -> writeInfo(json, relation, ends) : RelationResource::write;
        return Response.list(visible, writer);
    }

    private boolean isVisible(Caller caller, Map<EntityId, Entities.Found> known, EntityId entity) {
        return known.computeIfAbsent(entity, id -> entities.find(caller, Access.Operation.READ, id))
                        .verdict()
                == Access.Verdict.ALLOWED;
    }

    private Entities.Found may(Caller caller, Access.Operation operation, EntityId entity) {
        Entities.Found found = entities.find(caller, operation, entity);
        found.verdict().orReject(entity.type().title(), entity.uuid());
        return found;
    }

    private static Relation wanted(Exchange exchange) {
        return new Relation(
                entity(exchange, "from"),
                entity(exchange, "to"),
                exchange.required("relationType", "String"),
                group(exchange),
                Optional.empty(),
                0);
    }

    /** @param end {@code from}, {@code to} or {@code entity} */
    private static EntityId entity(Exchange exchange, String end) {
        String id = exchange.required(end + "Id", "String");
        return new EntityId(
                Body.word(EntityType.class, end + "Type", exchange.required(end + "Type", "String")), Body.uuid(id));
    }

    private static Group group(Exchange exchange) {
        return exchange.query("relationTypeGroup")
                .filter(text -> !text.isEmpty())
                .map(text -> Body.word(Group.class, "relationTypeGroup", text))
                .orElse(Group.COMMON);
    }

    private static void write(JsonGenerator json, Relation relation) {
        json.writeStartObject();
        writeMembers(json, relation);
        json.writeEndObject();
    }

    private static void writeInfo(JsonGenerator json, Relation relation, Map<EntityId, Entities.Found> ends) {
        json.writeStartObject();
        writeMembers(json, relation);
        json.writeStringProperty("fromName", name(ends, relation.from()));
        json.writeStringProperty("toName", name(ends, relation.to()));
        json.writeEndObject();
    }

    private static String name(Map<EntityId, Entities.Found> ends, EntityId entity) {
        return ends.getOrDefault(entity, Entities.Found.MISSING).name();
    }

    private static void writeMembers(JsonGenerator json, Relation relation) {
        Json.writeId(
                json, "from", relation.from().type().name(), relation.from().uuid());
        Json.writeId(json, "to", relation.to().type().name(), relation.to().uuid());
        json.writeStringProperty("type", relation.type());
        json.writeStringProperty("typeGroup", relation.group().name());
        json.writeNumberProperty("version", relation.version());
        Json.writeRaw(json, "additionalInfo", relation.additionalInfo());
    }

    private static Rejected bad(String text) {
        return new Rejected(BAD_REQUEST, text);
    }
}
