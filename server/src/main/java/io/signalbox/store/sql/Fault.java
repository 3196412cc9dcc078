package io.signalbox.store.sql;

import java.sql.SQLException;
import java.util.Optional;

/** What is wrong with a file, its disk or a database, when that is why a statement failed. */
public enum Fault {
    FULL("disk full"),
    READ_ONLY("read-only"),
    IO("input or output failed"),
    UNREACHABLE("database cannot be reached"),
    /** Stays so until somebody has looked at the file: nothing is guessed, nothing is written. */
    CORRUPT("corrupt"),
    /** Stays so until this process ends: what it knows of the store is not true any more. */
    TAKEN_OVER("taken over by another process, or put back to an older state");

    private final String text;

    Fault(String text) {
        this.text = text;
    }

    /** As the health page words it. */
    public String text() {
        return text;
    }

    /** Whether only a start ends it. */
    boolean isForGood() {
        return this == CORRUPT || this == TAKEN_OVER;
    }

    /** Empty: a failure of another kind, which says nothing about the file or the database. */
    public static Optional<Fault> of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Lease.Lost) {
                return Optional.of(TAKEN_OVER);
            }
            if (cause instanceof SQLException e) {
                return e.getSQLState() == null ? ofSqlite(e.getErrorCode()) : ofState(e.getSQLState());
            }
        }
        return Optional.empty();
    }

    private static Optional<Fault> ofSqlite(int code) {
        return switch (code & 0xff) { // the rest of an extended code says where
            case 3, 8 -> Optional.of(READ_ONLY);
            case 10, 14 -> Optional.of(IO);
            case 11, 26 -> Optional.of(CORRUPT);
            case 13 -> Optional.of(FULL);
            default -> Optional.empty();
        };
    }

    /** The state that PostgreSQL gives with an error; a class of them has its first two letters. */
    static Optional<Fault> ofState(String state) {
        return switch (state) {
            case "25006" -> Optional.of(READ_ONLY);
            case "53100" -> Optional.of(FULL);
            case "58030" -> Optional.of(IO);
            // too many connections; ended, crashed, starting; refused; renamed or dropped; ended for idling
            case "53300", "57P01", "57P02", "57P03", "57P05", "28000", "28P01", "3D000", "25P03" ->
                Optional.of(UNREACHABLE);
            default -> state.startsWith("08") ? Optional.of(UNREACHABLE) : Optional.empty();
        };
    }
}
