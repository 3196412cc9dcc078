package io.signalbox.api;

import static io.signalbox.api.Route.ANYBODY;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.signalbox.identity.Authority;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** What the resources fill with their routes. What is not here or on a faster path does not exist. */
final class RouteTable {
    private final List<Route> routes = new ArrayList<>();

    /** A call whose body, if it has one, must be labelled JSON. */
    void json(HttpMethod method, String path, Set<Authority> roles, Endpoint endpoint) {
        routes.add(new Route(method, path, roles, method.equals(POST) || method.equals(PUT), endpoint));
    }

    /** A call that takes bodies as they are, or none. */
    void raw(HttpMethod method, String path, Set<Authority> roles, Endpoint endpoint) {
        routes.add(new Route(method, path, roles, false, endpoint));
    }

    /** A page outside {@code /api}, for anybody. */
    void plain(String path, Supplier<Page> page) {
        raw(GET, path, ANYBODY, _ -> {
            Page made = page.get();
            return new Response(made.status(), made.contentType(), Buffer.buffer(made.body()), Map.of());
        });
    }

    /** All of them; of those that fit a URL the first is meant, in whatever order they were added. */
    List<Route> sorted() {
        return routes.stream().sorted(Comparator.comparing(Route::order)).toList();
    }
}
