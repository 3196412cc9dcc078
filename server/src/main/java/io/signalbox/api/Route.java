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
    boolean isOpen() {
        return roles.isEmpty();
    }
}
