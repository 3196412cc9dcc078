package io.signalbox.api;

import io.signalbox.identity.Authority;
import io.vertx.core.http.HttpMethod;
import java.util.Set;

/**
 * One line of the table of URLs.
 *
 * @param path  with variables as {@code :name}
 * @param roles who may call it; empty: anybody, without a token
 * @param json  whether bodies must be labelled JSON, or not at all
 */
record Route(HttpMethod method, String path, Set<Authority> roles, boolean json, Endpoint endpoint) {
    static final String API = "/api/";

    /** Pages of the server itself, such as its health, are shown also when the API is at its limits. */
    boolean isApi() {
        return path.startsWith(API);
    }

    boolean isOpen() {
        return roles.isEmpty();
    }
}
