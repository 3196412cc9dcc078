package io.signalbox.ops;

import java.util.Map;

/** A request that is refused for a reason its sender should read. Carries no stack trace: it costs little, and is no fault of ours. */
public final class Rejected extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final transient Map<String, Object> members;

    /** @param message for the sender, as the specification words it */
    public Rejected(ErrorCode code, String message) {
        this(code, message, Map.of());
    }

    /** @param members texts and numbers that the error object has besides the usual ones */
    public Rejected(ErrorCode code, String message, Map<String, Object> members) {
        super(message, null, false, false);
        this.code = code;
        this.members = Map.copyOf(members);
    }

    public ErrorCode code() {
        return code;
    }

    public Map<String, Object> members() {
        return members;
    }

    /** The message; unlike {@link #getMessage} it is never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
