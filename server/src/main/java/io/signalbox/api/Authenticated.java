package io.signalbox.api;

import io.signalbox.identity.Caller;
import io.signalbox.identity.Tokens;
import io.signalbox.ops.ErrorCode;

/** Who makes a request, or how it is turned away. */
public sealed interface Authenticated {
    record As(Tokens.Verified token) implements Authenticated {
        public Caller caller() {
            return token.caller();
        }
    }

    /** @param text for the error object */
    record Refused(ErrorCode code, String text) implements Authenticated {}
}
