package io.signalbox.api;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/** Headers that every answer of the API has, and those that let browsers of any origin in (REST API §1). Event loop. */
public final class ApiHeaders {
    private static final CharSequence NO_CACHE =
            HttpHeaders.createOptimized("no-cache, no-store, max-age=0, must-revalidate");
    private static final CharSequence PRAGMA = HttpHeaders.createOptimized("pragma");
    private static final CharSequence PRAGMA_NO_CACHE = HttpHeaders.createOptimized("no-cache");
    private static final CharSequence ZERO = HttpHeaders.createOptimized("0");
    private static final CharSequence CONTENT_TYPE_OPTIONS = HttpHeaders.createOptimized("x-content-type-options");
    private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
    private static final CharSequence REFERRER_POLICY = HttpHeaders.createOptimized("referrer-policy");
    private static final CharSequence STRICT_ORIGIN = HttpHeaders.createOptimized("strict-origin-when-cross-origin");
    private static final CharSequence OPENER_POLICY = HttpHeaders.createOptimized("cross-origin-opener-policy");
    private static final CharSequence SAME_ORIGIN = HttpHeaders.createOptimized("same-origin");
    private static final String VARY_ON = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

    private ApiHeaders() {}

    /** Puts them on the answer to this request; may be repeated. */
    public static void apply(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        response.putHeader(HttpHeaders.CACHE_CONTROL, NO_CACHE);
        response.putHeader(PRAGMA, PRAGMA_NO_CACHE);
        response.putHeader(HttpHeaders.EXPIRES, ZERO);
        response.putHeader(CONTENT_TYPE_OPTIONS, NOSNIFF);
        response.putHeader(REFERRER_POLICY, STRICT_ORIGIN);
        response.putHeader(OPENER_POLICY, SAME_ORIGIN);
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin != null && isPlain(origin)) {
            response.putHeader(HttpHeaders.VARY, VARY_ON);
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
    }

    /** Answers a browser that asks before it calls; false: this request does not ask. Such requests carry no token. */
    public static boolean answersPreflight(HttpServerRequest request) {
        if (!request.method().equals(HttpMethod.OPTIONS)) {
            return false;
        }
        String method = request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
        if (method == null || !isPlain(method) || request.getHeader(HttpHeaders.ORIGIN) == null) {
            return false;
        }
        apply(request);
        HttpServerResponse response = request.response();
        response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, method);
        @Nullable String headers = request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
        if (headers != null && isPlain(headers)) {
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers);
        }
        response.putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, "1800");
        response.end();
        return true;
    }

    /** What may be sent back in a header: visible ASCII and spaces, so that nobody smuggles another header in. */
    private static boolean isPlain(String value) {
        return value.chars().allMatch(c -> c >= ' ' && c <= '~');
    }
}
