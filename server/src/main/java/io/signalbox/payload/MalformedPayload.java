package io.signalbox.payload;

/** A body that does not follow its grammar; the message is for the sender and names what was met, shortened. */
public final class MalformedPayload extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What is wrong with it, for those who word the failure themselves. */
    enum Kind {
        SYNTAX,
        SHAPE,
        KEY
    }

    private final Kind kind;

    public MalformedPayload(String message) {
        this(message, Kind.SHAPE);
    }

    MalformedPayload(String message, Kind kind) {
        super(message, null, false, false);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** The message; unlike {@link #getMessage} it is never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
