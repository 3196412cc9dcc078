package io.signalbox.simulator;

/** The peer sent bytes that its protocol does not allow, or more than we take; the connection is of no use any more. */
final class MalformedMessage extends RuntimeException {
    private static final long serialVersionUID = 1;

    MalformedMessage(String message) {
        super(message);
    }
}
