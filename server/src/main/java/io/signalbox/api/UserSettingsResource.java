package io.signalbox.api;

import static io.signalbox.api.Route.ALL;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.signalbox.api.Shape.Kind;
import io.signalbox.identity.UserSettingsStore;
import io.signalbox.ops.Rejected;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What clients keep for the user who calls: one JSON object of theirs (REST API §10). */
final class UserSettingsResource implements Resource {
    private static final String PATH = "/api/user/settings";
    private static final String EXAMPLE = "{\"openedMenuSections\":[\"devices\"]}";
    private static final int CHARS_MAX = 65_536;

    private final UserSettingsStore store;

    UserSettingsResource(UserSettingsStore store) {
        this.store = store;
    }

    @Override
    public void routes(RouteTable table) {
        table.json(GET, PATH, ALL, this::read);
        table.json(POST, PATH, ALL, this::replace);
        table.json(PUT, PATH, ALL, this::merge);
        table.json(DELETE, PATH + "/:paths", ALL, this::remove);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = all.section("Users", "Who logs in");
        section.call(GET, PATH, "userSettings", "Reads what clients keep for the caller")
                .answersJson(Kind.OBJECT, "{}");
        section.call(POST, PATH, "saveUserSettings", "Replaces what clients keep for the caller")
                .takesJson(Kind.OBJECT, EXAMPLE)
                .answersJson(Kind.OBJECT, EXAMPLE)
                .fails(BAD_REQUEST, "It is no object, or has more than 65,536 characters");
        section.call(PUT, PATH, "changeUserSettings", "Adds to what clients keep for the caller")
                .notes("Members of objects are put in, or in place of those of the same name.")
                .takesJson(Kind.OBJECT, EXAMPLE)
                .fails(BAD_REQUEST, "It is no object, or all of it has more than 65,536 characters");
        section.call(DELETE, PATH + "/:paths", "deleteUserSettings", "Takes members from what clients keep")
                .notes("Names with commas; of objects in objects with dots: menu.opened,theme.");
    }

    private Response read(Exchange exchange) {
        String kept = store.settings(exchange.caller().user()).orElse("{}");
        return Response.json(json -> json.writeRawValue(kept));
    }

    private Response replace(Exchange exchange) {
        Node.Members given = object(Json.read(exchange.bytes()));
        String kept = store.change(exchange.caller().user(), _ -> text(given));
        return Response.json(json -> json.writeRawValue(kept));
    }

    private Response merge(Exchange exchange) {
        Node.Members given = object(Json.read(exchange.bytes()));
        store.change(exchange.caller().user(), kept -> text(merged(Json.read(kept), given)));
        return Response.empty();
    }

    private Response remove(Exchange exchange) {
        List<List<String>> paths = new ArrayList<>();
        for (String path : exchange.path("paths").split(",", -1)) {
            paths.add(List.of(path.split("\\.", -1)));
        }
        store.change(exchange.caller().user(), kept -> {
            Node settings = Json.read(kept);
            for (List<String> path : paths) {
                settings = without(settings, path);
            }
            return text(settings);
        });
        return Response.empty();
    }

    private static Node.Members object(Node body) {
        if (body instanceof Node.Members members) {
            return members;
        }
        throw new Rejected(BAD_REQUEST, "Invalid request body: a JSON object was expected");
    }

    private static String text(Node settings) {
        String text = Json.text(settings::write);
        if (text.length() > CHARS_MAX) {
            throw new Rejected(BAD_REQUEST, "User settings can't have more than " + CHARS_MAX + " characters!");
        }
        return text;
    }

    /** The parser's limit of depth bounds the recursion. */
    private static Node merged(Node kept, Node given) {
        if (!(kept instanceof Node.Members(Map<String, Node> old)
                && given instanceof Node.Members(Map<String, Node> more))) {
            return given;
        }
        Map<String, Node> all = new LinkedHashMap<>(old);
        more.forEach((name, value) ->
                all.put(name, old.containsKey(name) ? merged(old.getOrDefault(name, value), value) : value));
        return new Node.Members(all);
    }

    private static Node without(Node node, List<String> path) {
        if (!(node instanceof Node.Members(Map<String, Node> members)) || !members.containsKey(path.getFirst())) {
            return node;
        }
        Map<String, Node> rest = new LinkedHashMap<>(members);
        if (path.size() == 1) {
            rest.remove(path.getFirst());
        } else {
            rest.computeIfPresent(path.getFirst(), (_, inner) -> without(inner, path.subList(1, path.size())));
        }
        return new Node.Members(rest);
    }
}
