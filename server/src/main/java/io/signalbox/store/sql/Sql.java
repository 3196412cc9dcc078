package io.signalbox.store.sql;

import io.signalbox.device.Uuids;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One database connection with its prepared statements. One thread at a time, a platform thread; every call blocks.
 *
 * <p>Statements are kept prepared by their text, so texts must be constants: a changing number of parameters is a loop, or a
 * {@link #batch}. Parameters are {@code Long}, {@code Integer}, {@code Double}, {@code Boolean}, {@code String},
 * {@code byte[]}, {@code UUID} (kept as 16 bytes), or an {@code Optional} of these, empty for null; on PostgreSQL also
 * {@code Long[]}, {@code Double[]} and {@code byte[][]}, with nulls.
 *
 * <p>A statement that failed is prepared anew: the driver leaves it half done, and it would fail for ever.
 *
 * <p>All methods throw {@link SqlFailure}.
 */
public final class Sql implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sql.class);
    private static final int ROWS_FETCHED = 100;

    private final Connection connection;
    private final Dialect dialect;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    /** The statement that runs now. */
    private volatile @Nullable PreparedStatement running;

    /** @param connection in auto-commit mode; closed with this */
    public Sql(Connection connection, Dialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
    }

    /** All rows of a query. */
    public <T> List<T> list(String sql, Function<Row, T> mapper, Object... parameters) {
        return run(sql, parameters, statement -> {
            running = statement;
            try (ResultSet result = statement.executeQuery()) {
                Row row = new Row(result, dialect);
                List<T> rows = new ArrayList<>();
                while (result.next()) {
                    rows.add(mapper.apply(row));
                }
                return rows;
            } finally {
                running = null;
            }
        });
    }

    /** As {@link #list}, of a text that is put together for this once: it is not kept prepared. */
    public <T> List<T> listOnce(String sql, Function<Row, T> mapper, Object... parameters) {
        try {
            return list(sql, mapper, parameters);
        } finally {
            forget(sql);
        }
    }

    /** Ends the query that runs now, if one does: it fails. Any thread; who calls sees to it that it is the right one. */
    void cancel() {
        PreparedStatement statement = running;
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                log.debug("query not cancelled", e);
            }
        }
    }

    /** Gives the rows of a query to {@code each} until it says false: for results that are too large for a list. In no transaction. */
    public void each(String sql, Predicate<Row> each, Object... parameters) {
        if (dialect.fetchesInTransactions()) {
            inTransaction(() -> fetchEach(sql, each, parameters));
        } else {
            fetchEach(sql, each, parameters);
        }
    }

    private boolean fetchEach(String sql, Predicate<Row> each, Object... parameters) {
        return run(sql, parameters, statement -> {
            statement.setFetchSize(ROWS_FETCHED);
            try (ResultSet result = statement.executeQuery()) {
                Row row = new Row(result, dialect);
                boolean wantsMore = true;
                while (wantsMore && result.next()) {
                    wantsMore = each.test(row);
                }
                return wantsMore;
            }
        });
    }

    /** The first row of a query, or of a statement with RETURNING; further ones are not read. */
    public <T> Optional<T> first(String sql, Function<Row, T> mapper, Object... parameters) {
        return run(sql, parameters, statement -> {
            try (ResultSet result = statement.executeQuery()) {
                return result.next() ? Optional.of(mapper.apply(new Row(result, dialect))) : Optional.empty();
            }
        });
    }

    /** Whether the query has a row. */
    public boolean exists(String sql, Object... parameters) {
        return first(sql, row -> true, parameters).isPresent();
    }

    /** Runs one statement; the number of rows it touched. */
    public int update(String sql, Object... parameters) {
        return run(sql, parameters, PreparedStatement::executeUpdate);
    }

    /** Runs a statement that is not worth keeping prepared. */
    public void execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new SqlFailure(sql, e);
        }
    }

    /** Runs one statement for each array of parameters. */
    public void batch(String sql, List<Object[]> rows) {
        try {
            PreparedStatement statement = prepare(sql);
            try {
                for (Object[] row : rows) {
                    bind(statement, row);
                    statement.addBatch();
                }
                statement.executeBatch();
            } finally {
                statement.clearBatch();
            }
        } catch (SQLException e) {
            forget(sql);
            throw new SqlFailure(sql, e);
        }
    }

    /**
     * Runs one statement that has RETURNING for each array of parameters, in one trip.
     *
     * @return all the rows
     */
    <T> List<T> batchReturning(String sql, Function<Row, T> mapper, List<Object[]> rows) {
        try {
            PreparedStatement statement = prepare(sql, Statement.RETURN_GENERATED_KEYS);
            try {
                for (Object[] row : rows) {
                    bind(statement, row);
                    statement.addBatch();
                }
                statement.executeBatch();
                try (ResultSet result = statement.getGeneratedKeys()) {
                    Row row = new Row(result, dialect);
                    List<T> returned = new ArrayList<>(rows.size());
                    while (result.next()) {
                        returned.add(mapper.apply(row));
                    }
                    return returned;
                }
            } finally {
                statement.clearBatch();
            }
        } catch (SQLException e) {
            forget(sql);
            throw new SqlFailure(sql, e);
        }
    }

    /** Whether each statement is a trip to a server and back. */
    boolean isRemote() {
        return dialect == Dialect.POSTGRES;
    }

    /** Runs {@code work} in a transaction of its own: all of it is kept, or, when it throws, nothing. */
    public <T> T inTransaction(Supplier<T> work) {
        begin();
        boolean done = false;
        try {
            T result = work.get();
            commit();
            done = true;
            return result;
        } finally {
            if (!done) {
                rollback();
            }
        }
    }

    /** Within a transaction: runs {@code work}, and undoes all of it when it throws, unless the transaction is lost anyway. */
    <T> T inSavepoint(Supplier<T> work) {
        update("SAVEPOINT part");
        T result;
        try {
            result = work.get();
        } catch (RuntimeException e) {
            if (!(e instanceof SqlFailure failure && failure.mayEndTransaction())) {
                update("ROLLBACK TO SAVEPOINT part");
                update("RELEASE SAVEPOINT part");
            }
            throw e;
        }
        update("RELEASE SAVEPOINT part");
        return result;
    }

    void begin() {
        run("begin", () -> dialect.begin(this));
    }

    /** Throws when the transaction is not kept; it may still be open then. */
    void commit() {
        run("commit", () -> dialect.commit(this));
    }

    /** Ends the transaction if there still is one: some errors end it by themselves. Never throws. */
    void rollback() {
        try {
            run("rollback", () -> dialect.rollback(this));
        } catch (SqlFailure e) {
            // no transaction is open
        }
    }

    @Override
    public void close() {
        try {
            for (PreparedStatement statement : prepared.values()) {
                statement.close();
            }
            connection.close();
        } catch (SQLException e) {
            throw new SqlFailure("close", e);
        }
    }

    Connection connection() {
        return connection;
    }

    private static void run(String what, Ending ending) {
        try {
            ending.run();
        } catch (SQLException e) {
            throw new SqlFailure(what, e);
        }
    }

    private <T> T run(String sql, Object[] parameters, Execution<T> execution) {
        try {
            PreparedStatement statement = prepare(sql);
            bind(statement, parameters);
            return execution.run(statement);
        } catch (SQLException e) {
            forget(sql);
            throw new SqlFailure(sql, e);
        }
    }

    private PreparedStatement prepare(String sql) throws SQLException {
        return prepare(sql, Statement.NO_GENERATED_KEYS);
    }

    /** A statement is always prepared with the same {@code keys}. */
    private PreparedStatement prepare(String sql, int keys) throws SQLException {
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql, keys);
            prepared.put(sql, statement);
        }
        return statement;
    }

    private void forget(String sql) {
        try (PreparedStatement _ = prepared.remove(sql)) {
            // closed
        } catch (SQLException e) {
            // It tells once more why it failed.
        }
    }

    private void bind(PreparedStatement statement, Object[] parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            bind(statement, i + 1, parameters[i]);
        }
    }

    private void bind(PreparedStatement statement, int index, Object parameter) throws SQLException {
        switch (parameter) {
            case Long n -> statement.setLong(index, n);
            case Integer n -> statement.setInt(index, n);
            case Double n -> statement.setDouble(index, n);
            case Boolean flag -> statement.setBoolean(index, flag);
            case String text -> statement.setString(index, dialect.stored(text));
            case byte[] bytes -> statement.setBytes(index, bytes);
            case UUID uuid -> statement.setBytes(index, Uuids.bytes(uuid));
            case Long[] numbers -> statement.setArray(index, connection.createArrayOf("int8", numbers));
            case Double[] numbers -> statement.setArray(index, connection.createArrayOf("float8", numbers));
            case byte[][] each -> statement.setArray(index, connection.createArrayOf("bytea", each));
            case Optional<?> optional when optional.isPresent() -> bind(statement, index, optional.get());
            case Optional<?> _ -> statement.setNull(index, Types.NULL);
            default -> throw new IllegalArgumentException("no SQL type for " + parameter.getClass());
        }
    }

    private interface Ending {
        void run() throws SQLException;
    }

    private interface Execution<T> {
        T run(PreparedStatement statement) throws SQLException;
    }
}
