package io.signalbox.store.sql;

import io.signalbox.device.Uuids;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The current row of a result, by column names. Valid only while its mapper runs. */
public final class Row {
    private final ResultSet result;
    private final Dialect dialect;

    Row(ResultSet result, Dialect dialect) {
        this.result = result;
        this.dialect = dialect;
    }

    /** The column, which must not be null. */
    public long number(String column) {
        return read(column, ResultSet::getLong);
    }

    /** The column, which must not be null. */
    public double decimal(String column) {
        return read(column, ResultSet::getDouble);
    }

    /** The column, which must not be null. */
    public boolean flag(String column) {
        return read(column, ResultSet::getBoolean);
    }

    /** The column, which must not be null. */
    public String text(String column) {
        return dialect.read(read(column, ResultSet::getString));
    }

    /** The column; empty for null. */
    public Optional<String> textIfAny(String column) {
        return Optional.ofNullable(readOrNull(column, ResultSet::getString)).map(dialect::read);
    }

    /** The column, which must not be null. */
    public byte[] bytes(String column) {
        return read(column, ResultSet::getBytes);
    }

    /** The column, which must not be null. */
    public UUID uuid(String column) {
        return Uuids.of(read(column, ResultSet::getBytes));
    }

    /** The column; empty for null. */
    public Optional<UUID> uuidIfAny(String column) {
        return Optional.ofNullable(readOrNull(column, ResultSet::getBytes)).map(Uuids::of);
    }

    /** Whether the column is not null. */
    public boolean has(String column) {
        return readOrNull(column, ResultSet::getObject) != null;
    }

    private <T> T read(String column, Getter<T> getter) {
        return Objects.requireNonNull(readOrNull(column, getter), column);
    }

    private <T> @Nullable T readOrNull(String column, Getter<T> getter) {
        try {
            T value = getter.get(result, column);
            return result.wasNull() ? null : value;
        } catch (SQLException e) {
            throw new SqlFailure("column " + column, e);
        }
    }

    private interface Getter<T> {
        T get(ResultSet result, String column) throws SQLException;
    }
}
