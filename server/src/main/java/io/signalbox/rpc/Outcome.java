package io.signalbox.rpc;

import io.signalbox.ops.ErrorCode;
import java.util.UUID;

/** How a command ended for the caller who waits for it. */
public sealed interface Outcome {
    /** The device's own answer, or the transport's error text; any bytes, may be empty. */
    record Answered(byte[] payload) implements Outcome {}

    /** A persistent command is on disk, under this id; what becomes of it is told by its record. */
    record Accepted(UUID id) implements Outcome {}

    /** This very request was accepted before, under this id: nothing was done now. */
    record Known(UUID id) implements Outcome {}

    /** A one-way command reached the device. */
    record Delivered() implements Outcome {}

    /** The deadline came first. */
    record TimedOut(Stage stage) implements Outcome {}

    /** Not accepted: nothing was sent, and it may be repeated. */
    record Declined(ErrorCode code, String message) implements Outcome {}

    /** The server stops. */
    record ShuttingDown(Stage stage) implements Outcome {}

    /** The caller repeated a request by its idempotency key; {@code outcome} is that of the command {@code first}, never another of these. */
    record Repeated(UUID first, Outcome outcome) implements Outcome {}

    /**
     * Not known: a repeated request was begun before, and may have been sent, and may have run; or the store does not say whether
     * it has kept the command.
     */
    record Unknown() implements Outcome {}

    /** The device answered the repeated request, and the answer was too long to be remembered. */
    record NotKept() implements Outcome {}

    /** How far a command came that nobody answered. */
    enum Stage {
        /** The device was not connected while the command was open. */
        NO_SESSION,
        /** It was connected, and did not ask for commands. */
        NOT_SUBSCRIBED,
        /** It was there, but others were ahead, or it did not read. */
        WAITING,
        /** Handed to the connection, but not known to have left the server. */
        NOT_WRITTEN,
        /** Sent, and the protocol's acknowledgement did not come. */
        SENT_NOT_ACKNOWLEDGED,
        /** Delivered, and the device did not answer. */
        NO_ANSWER,
        /** Its time was over when it arrived; it was never sent. */
        EXPIRED;

        private final String header = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');

        /** The value of the header {@code Signalbox-Rpc-Outcome}. */
        public String header() {
            return header;
        }

        /** Whether a session was given the command. */
        public boolean mayHaveRun() {
            return wasSent() && this != EXPIRED;
        }

        /** What the older API tells as 408, not 409. */
        public boolean wasSent() {
            return switch (this) {
                case NO_SESSION, NOT_SUBSCRIBED, WAITING -> false;
                case NOT_WRITTEN, SENT_NOT_ACKNOWLEDGED, NO_ANSWER, EXPIRED -> true;
            };
        }
    }
}
