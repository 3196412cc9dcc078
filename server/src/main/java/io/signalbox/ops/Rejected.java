package io.signalbox.ops;

/** A request that is refused for a reason its sender should read. Carries no stack trace: it costs little, and is no fault of ours. */
public final class Rejected extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final String members;

    /** @param message for the sender, as the specification words it */
    public Rejected(ErrorCode code, String message) {
        this(code, message, "");
    }

    /** @param members JSON text of what the error object has beside the usual, without braces; empty: nothing */
    public Rejected(ErrorCode code, String message, String members) {
        super(message, null, false, false);
        this.code = code;
        this.members = members;
    }

    public String members() {
        return members;
    }

    public ErrorCode code() {
        return code;
    }

    /** The message; unlike {@link #getMessage} it is never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
