package io.signalbox.payload;

/** A body that does not follow its grammar; the message is for the sender and names what was met, shortened. */
public final class MalformedPayload extends RuntimeException {
    private static final long serialVersionUID = 1;

    public MalformedPayload(String message) {
        super(message, null, false, false);
    }
}
