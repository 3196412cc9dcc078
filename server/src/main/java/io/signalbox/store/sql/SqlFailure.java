package io.signalbox.store.sql;

import java.sql.SQLException;

/** The database refused or failed. The message names the statement, never its parameters. */
public final class SqlFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SqlFailure(String message) {
        super(message);
    }

    public SqlFailure(String statement, SQLException cause) {
        super(cause.getMessage() + " in: " + statement, cause);
    }
}
