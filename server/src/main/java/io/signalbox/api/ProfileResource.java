package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
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
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.registry.Profile;
import io.signalbox.registry.ProfileService;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.core.JsonGenerator;

/**
 * Profiles of one kind (REST API §8): what is alike with all kinds. Callers have a tenant.
 *
 * @param <P> a profile
 * @param <I> its identity
 */
abstract class ProfileResource<P extends Profile<I>, I> implements Resource {
    static final String NO_PROFILE = "There is no such profile";

    private final ProfileKind kind;
    private final ProfileService<P, I> profiles;
    private final Function<UUID, I> identity;
    private final Function<TenantId, P> defaults;
    private final Class<P> type;
    private final ChangeAudit audit;

    /** @param defaults the default of a tenant, made when it is missing */
    ProfileResource(
            ProfileKind kind,
            ProfileService<P, I> profiles,
            Function<UUID, I> identity,
            Function<TenantId, P> defaults,
            Class<P> type,
            ChangeAudit audit) {
        this.kind = kind;
        this.profiles = profiles;
        this.identity = identity;
        this.defaults = defaults;
        this.type = type;
        this.audit = audit;
    }

    abstract Listed<P> list(TenantId tenant, PageLink link);

    /** Makes or changes the one in the body. */
    abstract P save(TenantId tenant, Body body);

    abstract void write(JsonGenerator json, P profile);

    abstract void writeInfo(JsonGenerator json, P profile);

    /** Says what is to be said of the call that saves. */
    abstract void describeSave(Description call);

    @Override
    public void routes(RouteTable table) {
        String base = "/api/" + kind.word();
        String one = base + "/:" + kind.variable();
        table.json(GET, base + "s", TENANT, this::all);
        table.json(GET, base + "Infos", TENANT_AND_CUSTOMER, this::infos);
        table.json(GET, base + "Infos/list", TENANT, this::infosByIds);
        table.json(GET, base + "/names", TENANT_AND_CUSTOMER, this::names);
        table.json(GET, base + "Info/default", TENANT_AND_CUSTOMER, this::defaultInfo);
        table.json(GET, base + "Info/:" + kind.variable(), TENANT_AND_CUSTOMER, this::info);
        table.json(GET, one, TENANT, this::read);
        table.json(POST, base, TENANT, this::save);
        table.raw(POST, one + "/default", TENANT, this::makeDefault);
        table.json(DELETE, one, TENANT, this::delete);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = all.section(kind.section(), kind.about());
        String word = kind.word();
        String base = "/api/" + word;
        String one = base + "/:" + kind.variable();
        section.call(GET, base + "s", word + "s", "Lists the profiles of the tenant")
                .answersPage(kind.one())
                .fails(BAD_REQUEST, "There is no such page or order");
        describeInfos(section.call(GET, base + "Infos", word + "Infos", "Lists the profiles of the tenant in short")
                .answersPage(kind.info())
                .fails(BAD_REQUEST, "There is no such page, order or filter"));
        section.call(GET, base + "Infos/list", word + "InfosByIds", "Reads some profiles in short")
                .notes("Those that the caller does not see are left out.")
                .requiredQuery(
                        kind.variable() + "s", Kind.TEXT, "<" + kind.variable() + ">", "Identifiers, with commas")
                .answersList(kind.info());
        section.call(GET, base + "/names", word + "Names", "Lists the names of all profiles")
                .query("activeOnly", Kind.FLAG, "", "Only of those that " + kind.members() + " have")
                .answersList(Shapes.ENTITY_NAME);
        section.call(
                        GET,
                        base + "Info/default",
                        "default" + kind.titled() + "Info",
                        "Reads the default profile in short")
                .answers(kind.info());
        section.call(GET, base + "Info/:" + kind.variable(), word + "Info", "Reads a profile in short")
                .answers(kind.info())
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(GET, one, "read" + kind.titled(), "Reads a profile")
                .answers(kind.one())
                .fails(NOT_FOUND, NO_PROFILE);
        describeSave(section.call(POST, base, "save" + kind.titled(), "Makes or changes a profile")
                .notes("Without an id a new one. A save replaces all of it.")
                .answers(kind.one())
                .fails(NOT_FOUND, NO_PROFILE)
                .fails(VERSION_CONFLICT, CHANGED));
        section.call(POST, one + "/default", "make" + kind.titled() + "Default", "Makes a profile the default")
                .answers(kind.one())
                .fails(NOT_FOUND, NO_PROFILE);
        section.call(DELETE, one, "delete" + kind.titled(), "Deletes a profile")
                .fails(BAD_REQUEST, "It is the default, or " + kind.members() + " have it")
                .fails(NOT_FOUND, NO_PROFILE);
    }

    /** Says by what else the list in short can be filtered. */
    void describeInfos(Description call) {}

    private Response all(Exchange exchange) {
        return Paging.list(exchange, link -> list(withDefault(exchange), link), this::write);
    }

    Response infos(Exchange exchange) {
        return Paging.list(exchange, link -> list(withDefault(exchange), link), this::writeInfo);
    }

    private Response infosByIds(Exchange exchange) {
        return Response.list(
                profiles.profiles(
                        tenant(exchange),
                        exchange.uuids(kind.variable() + "s").stream()
                                .map(identity)
                                .toList()),
                this::writeInfo);
    }

    private Response names(Exchange exchange) {
        return Response.list(
                profiles.names(withDefault(exchange), exchange.flag("activeOnly", false)), (json, profile) -> {
                    json.writeStartObject();
                    Json.writeId(json, "id", kind.type(), profile.uuid());
                    json.writeStringProperty("name", profile.name());
                    json.writeEndObject();
                });
    }

    private Response defaultInfo(Exchange exchange) {
        P profile = defaults.apply(tenant(exchange));
        return Response.json(json -> writeInfo(json, profile));
    }

    private Response info(Exchange exchange) {
        P profile = profiles.profile(tenant(exchange), id(exchange));
        return Response.json(json -> writeInfo(json, profile));
    }

    private Response read(Exchange exchange) {
        return json(profiles.profile(tenant(exchange), id(exchange)));
    }

    private Response save(Exchange exchange) {
        Body body = exchange.body();
        Optional<UUID> id = body.id("id");
        AuditAction action = id.isPresent() ? AuditAction.UPDATED : AuditAction.ADDED;
        return json(changed(exchange, action, id, () -> save(tenant(exchange), body)));
    }

    private Response makeDefault(Exchange exchange) {
        Optional<UUID> id = Optional.of(exchange.uuid(kind.variable()));
        return json(
                changed(exchange, AuditAction.UPDATED, id, () -> profiles.makeDefault(tenant(exchange), id(exchange))));
    }

    private P changed(Exchange exchange, AuditAction action, Optional<UUID> id, Supplier<P> change) {
        return audit.of(exchange, action, kind.type(), id)
                .committed(
                        type,
                        saved -> ChangeAudit.Done.entity(saved.uuid(), saved.name(), json -> write(json, saved)),
                        change);
    }

    private Response delete(Exchange exchange) {
        UUID id = exchange.uuid(kind.variable());
        return audit.of(exchange, AuditAction.DELETED, kind.type(), id)
                .committed(Integer.class, _ -> ChangeAudit.Done.named(id, ""), () -> {
                    profiles.delete(tenant(exchange), id(exchange));
                    return Response.empty();
                });
    }

    /** The caller's tenant, which has a default profile: one that an older server made may have had none of this kind. */
    private TenantId withDefault(Exchange exchange) {
        return defaults.apply(tenant(exchange)).tenant();
    }

    static TenantId tenant(Exchange exchange) {
        return OwnedResource.tenant(exchange.caller());
    }

    private I id(Exchange exchange) {
        return identity.apply(exchange.uuid(kind.variable()));
    }

    private Response json(P profile) {
        return Response.json(json -> write(json, profile));
    }
}
