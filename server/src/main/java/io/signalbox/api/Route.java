package io.signalbox.api;

import io.signalbox.identity.Authority;
import io.vertx.core.http.HttpMethod;
import java.util.EnumSet;
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

    private static final String LAST = "\uffff";

    static final Set<Authority> ANYBODY = Set.of();
    static final Set<Authority> ALL = EnumSet.allOf(Authority.class);
    static final Set<Authority> SYSTEM = EnumSet.of(Authority.SYS_ADMIN);
    static final Set<Authority> TENANT = EnumSet.of(Authority.TENANT_ADMIN);
    static final Set<Authority> CUSTOMER = EnumSet.of(Authority.CUSTOMER_USER);
    static final Set<Authority> ADMINS = EnumSet.of(Authority.SYS_ADMIN, Authority.TENANT_ADMIN);
    static final Set<Authority> TENANT_AND_CUSTOMER = EnumSet.of(Authority.TENANT_ADMIN, Authority.CUSTOMER_USER);

    /** Pages of the server itself, such as its health, are shown also when the API is at its limits. */
    boolean isApi() {
        return path.startsWith(API);
    }

    boolean isOpen() {
        return roles.isEmpty();
    }

    /**
     * Where it stands in the table: of two paths that fit a URL, the one with a word is before the one with a variable
     * there, and the one with a slash at the end before the one without.
     */
    String order() {
        return path.replaceAll(":\\w+", LAST) + LAST;
    }
}
