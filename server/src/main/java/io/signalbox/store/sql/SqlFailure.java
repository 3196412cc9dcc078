package io.signalbox.store.sql;

import java.sql.SQLException;
import java.util.Set;

/** The database refused or failed. The message names the statement, never its parameters. */
public final class SqlFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Busy, out of memory, interrupted, input or output failed, disk full: SQLite may end the transaction by itself. */
    private static final Set<Integer> SQLITE_ENDS = Set.of(5, 7, 9, 10, 13);

    private final boolean mayEndTransaction;

    public SqlFailure(String message) {
        super(message);
        this.mayEndTransaction = false;
    }

    public SqlFailure(String statement, SQLException cause) {
        super(cause.getMessage() + " in: " + statement, cause);
        this.mayEndTransaction = SQLITE_ENDS.contains(cause.getErrorCode());
    }

    /** Whether the database may have undone the whole transaction, as it does when the disk is full. */
    boolean mayEndTransaction() {
        return mayEndTransaction;
    }
}
