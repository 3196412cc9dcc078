package io.signalbox.api;

import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import java.util.Optional;
import java.util.UUID;

/** Who makes a request, or how it is turned away. */
public sealed interface Authenticated {
    /**
     * @param login     to which the token belongs; empty for an API key
     * @param expiresAt epoch seconds
     */
    record As(Caller caller, Optional<UUID> login, long expiresAt) implements Authenticated {}

    /** @param text for the error object */
    record Refused(ErrorCode code, String text) implements Authenticated {}
}
