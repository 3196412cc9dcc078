package io.signalbox.store.sql;

import java.sql.SQLException;
import java.util.Optional;

/** What is wrong with a file or its disk, when that is why a statement failed. */
public enum Fault {
    FULL("disk full"),
    READ_ONLY("read-only"),
    IO("input or output failed"),
    /** Stays so until somebody has looked at the file: nothing is guessed, nothing is written. */
    CORRUPT("corrupt");

    private final String text;

    Fault(String text) {
        this.text = text;
    }

    /** As the health page words it. */
    public String text() {
        return text;
    }

    /** Empty: a failure of another kind, which says nothing about the file. */
    public static Optional<Fault> of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException e) {
                return of(e.getErrorCode());
            }
        }
        return Optional.empty();
    }

    private static Optional<Fault> of(int code) {
        return switch (code & 0xff) { // the rest of an extended code says where
            case 3, 8 -> Optional.of(READ_ONLY);
            case 10, 14 -> Optional.of(IO);
            case 11, 26 -> Optional.of(CORRUPT);
            case 13 -> Optional.of(FULL);
            default -> Optional.empty();
        };
    }
}
