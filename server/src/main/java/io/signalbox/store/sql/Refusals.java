package io.signalbox.store.sql;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;

/** Refusals as the REST API words them. {@code type} is the name that starts a sentence, like {@code Device}. */
final class Refusals {
    private Refusals() {}

    static Rejected badRequest(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }

    static Rejected conflict(String type) {
        return new Rejected(ErrorCode.VERSION_CONFLICT, type + " was already changed by someone else");
    }

    static Rejected notFound(String type, Object id) {
        return new Rejected(ErrorCode.NOT_FOUND, type + " with id [" + id + "] is not found");
    }

    /** The store is full. */
    static Rejected tooMany() {
        return new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many requests are waiting for the store");
    }

    /** The store failed, is slow, or is closed. */
    static Rejected unavailable() {
        return new Rejected(ErrorCode.STORE_UNAVAILABLE, "The store is unavailable, try again later");
    }
}
