package io.signalbox.api;

import io.signalbox.ops.ErrorBody;
import io.signalbox.ops.ErrorCode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.InstantSource;
import java.util.Map;

/** The JSON error object (REST API §2). */
public final class Errors {
    private final InstantSource clock;

    public Errors(InstantSource clock) {
        this.clock = clock;
    }

    /** Ends the answer to this request with the error object and all usual headers. Event loop. */
    public void write(HttpServerRequest request, ErrorCode code, String message) {
        ApiHeaders.apply(request);
        HttpServerResponse response = request.response();
        response.setStatusCode(code.httpStatus());
        response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
        response.end(body(code, message, Map.of()));
    }

    /** The error object, with more members than the usual ones. Any thread. */
    Buffer body(ErrorCode code, String message, Map<String, Object> members) {
        return Buffer.buffer(ErrorBody.json(code, message, members, clock.millis()));
    }
}
