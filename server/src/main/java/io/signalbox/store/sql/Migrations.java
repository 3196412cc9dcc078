package io.signalbox.store.sql;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The numbered schema changes of one database: resources {@code <folder>/0001-what.sql}, in the order in which the resource
 * {@code <folder>/index} lists them, since a folder of a jar is slow to list. A file that was released never changes.
 */
public final class Migrations {
    private final String folder;
    private final Dialect dialect;
    private final String versions;

    /** @param folder absolute resource path without a slash at its end, like {@code /db/migration/core} */
    public Migrations(String folder, Dialect dialect) {
        this(folder, dialect, "schema_version");
    }

    /** As the other, for tables that share a database with others: {@code versions} is the table that counts these. */
    public Migrations(String folder, Dialect dialect, String versions) {
        this.folder = folder;
        this.dialect = dialect;
        this.versions = versions;
    }

    /**
     * Brings the database to the newest schema, each change in its own transaction. Does nothing when it is there.
     *
     * @param sql may write, and is in no transaction
     * @return the version that it has now
     * @throws SqlFailure also when a newer version of this server made the database: it stays as it is
     */
    public int apply(Sql sql) {
        sql.execute("CREATE TABLE IF NOT EXISTS " + versions
                + " (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL)");
        long present = sql.first(
                        "SELECT COALESCE(MAX(version), 0) AS version FROM " + versions, row -> row.number("version"))
                .orElse(0L);
        List<String> names =
                read("index").lines().filter(line -> !line.isBlank()).toList();
        if (present > names.size()) {
            throw new SqlFailure("the database has schema " + present + " of a newer Signalbox; this one knows "
                    + names.size() + ". Start the newer one, or restore a backup");
        }
        for (int version = (int) present + 1; version <= names.size(); version++) {
            apply(sql, version, names.get(version - 1));
        }
        return names.size();
    }

    private void apply(Sql sql, int version, String name) {
        if (!name.startsWith("%04d-".formatted(version))) {
            throw new IllegalStateException(folder + "/index: line " + version + " is " + name);
        }
        List<String> statements = statements(dialect.spell(read(name)));
        sql.inTransaction(() -> {
            statements.forEach(sql::execute);
            return sql.update("INSERT INTO " + versions + " (version, name) VALUES (?, ?)", version, name);
        });
    }

    /** A statement ends with a semicolon at the end of its line; comments have lines of their own. */
    private static List<String> statements(String script) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        for (String line : script.lines().toList()) {
            if (line.isBlank() || line.startsWith("--")) {
                continue;
            }
            statement.append(line).append('\n');
            if (line.endsWith(";")) {
                statements.add(statement.toString());
                statement.setLength(0);
            }
        }
        if (!statement.isEmpty()) {
            throw new IllegalStateException("a migration ends within a statement: " + statement);
        }
        return statements;
    }

    private String read(String name) {
        try (InputStream resource = Migrations.class.getResourceAsStream(folder + "/" + name)) {
            if (resource == null) {
                throw new IllegalStateException("no resource " + folder + "/" + name);
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(folder + "/" + name, e);
        }
    }
}
