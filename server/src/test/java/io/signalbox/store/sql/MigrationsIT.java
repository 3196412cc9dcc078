package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class MigrationsIT {
    private final TestDatabase databases;

    @TempDir
    Path folder;

    MigrationsIT(TestDatabase databases) {
        this.databases = databases;
    }

    @Test
    void secondRunChangesNothing() {
        try (Sql sql = databases.empty(folder).openWriter()) {
            migrate(sql, "good");
            sql.update("INSERT INTO thing (name, size) VALUES ('a', 1)");
            migrate(sql, "good");

            assertThat(sql.list("SELECT name FROM thing", row -> row.text("name")))
                    .containsExactly("a");
            assertThat(sql.list("SELECT version FROM schema_version ORDER BY version", row -> row.number("version")))
                    .containsExactly(1L, 2L);
        }
    }

    @Test
    void failingMigrationLeavesTheSchemaBeforeIt() {
        try (Sql sql = databases.empty(folder).openWriter()) {
            assertThatExceptionOfType(SqlFailure.class).isThrownBy(() -> migrate(sql, "broken"));

            assertThat(sql.list("SELECT version FROM schema_version", row -> row.number("version")))
                    .containsExactly(1L);
            assertThatExceptionOfType(SqlFailure.class).isThrownBy(() -> sql.exists("SELECT 1 FROM half"));
        }
    }

    @Test
    void newerSchemaIsRefused() {
        Fixture core = new Fixture(databases.in(folder));
        core.close();
        try (Sql sql = core.sql()) {
            sql.update("INSERT INTO schema_version (version, name) VALUES (1000, '1000-future.sql')");
        }

        assertThatExceptionOfType(SqlFailure.class)
                .isThrownBy(core::reopen)
                .withMessageContaining("schema 1000 of a newer Signalbox");
    }

    private void migrate(Sql sql, String name) {
        new Migrations("/db/migration/" + name, databases.empty(folder).dialect()).apply(sql);
    }
}
