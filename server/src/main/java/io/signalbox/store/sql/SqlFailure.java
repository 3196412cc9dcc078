package io.signalbox.store.sql;

import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;

/** The database refused or failed. The message names the statement, never its parameters. */
public final class SqlFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Busy, out of memory, interrupted, input or output failed, disk full: SQLite may end the transaction by itself. */
    private static final Set<Integer> SQLITE_ENDS = Set.of(5, 7, 9, 10, 13);

    /** Two transactions met: the database wants one of them to come again. */
    private static final Set<String> TO_BE_REPEATED = Set.of("40001", "40P01");

    private static final String CONNECTION_LOST = "08";

    private final String state;
    private final boolean mayEndTransaction;
    private final boolean isPlain;

    /** One that says all that whoever runs a server needs. */
    public SqlFailure(String message) {
        super(message);
        this.isPlain = true;
        this.state = "";
        this.mayEndTransaction = false;
    }

    public SqlFailure(String statement, SQLException cause) {
        super(cause.getMessage() + " in: " + statement, cause);
        this.isPlain = false;
        this.state = state(cause);
        this.mayEndTransaction = mayEnd(state, cause.getErrorCode());
    }

    /** A database that cannot be opened. */
    SqlFailure(String reason, Database database, SQLException cause) {
        super(database + ": " + reason, cause);
        this.isPlain = true;
        this.state = state(cause);
        this.mayEndTransaction = true;
    }

    private static String state(SQLException cause) {
        String state = cause.getSQLState();
        return state == null ? "" : state; // SQLite has none
    }

    private static boolean mayEnd(String state, int code) {
        return state.isEmpty()
                ? SQLITE_ENDS.contains(code)
                : TO_BE_REPEATED.contains(state) || Fault.ofState(state).isPresent();
    }

    /** Whether the message says all that whoever starts a server needs: the rest is for programmers. */
    public boolean isPlain() {
        return isPlain;
    }

    /** Whether the database may have undone the whole transaction, as it does when the disk is full. */
    boolean mayEndTransaction() {
        return mayEndTransaction;
    }

    /** Whether the transaction takes nothing more until it was rolled back, at least to a savepoint: PostgreSQL wants that. */
    boolean spoilsTransaction() {
        return mayEndTransaction || !state.isEmpty();
    }

    /** Whether the same transaction may well succeed when it is tried again. */
    boolean isPassing() {
        return TO_BE_REPEATED.contains(state);
    }

    /** Whether the connection is gone; of a commit, nobody knows then whether it happened. */
    boolean isConnectionLost() {
        return state.startsWith(CONNECTION_LOST) || Fault.ofState(state).equals(Optional.of(Fault.UNREACHABLE));
    }
}
