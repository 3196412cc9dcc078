package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationsIT {
    @TempDir
    Path folder;

    @Test
    void secondRunChangesNothing() {
        try (Sql sql = Dialect.SQLITE.openWriter(folder.resolve("test.db"))) {
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
        try (Sql sql = Dialect.SQLITE.openWriter(folder.resolve("test.db"))) {
            assertThatExceptionOfType(SqlFailure.class).isThrownBy(() -> migrate(sql, "broken"));

            assertThat(sql.list("SELECT version FROM schema_version", row -> row.number("version")))
                    .containsExactly(1L);
            assertThat(sql.exists("SELECT 1 FROM sqlite_schema WHERE name = 'half'"))
                    .isFalse();
        }
    }

    @Test
    void newerSchemaIsRefused() {
        CoreStore.open(folder, new SimpleMeterRegistry()).close();
        try (Sql sql = Dialect.SQLITE.openWriter(folder.resolve(CoreStore.FILE))) {
            sql.update("INSERT INTO schema_version (version, name) VALUES (1000, '1000-future.sql')");
        }

        assertThatExceptionOfType(SqlFailure.class)
                .isThrownBy(() -> CoreStore.open(folder, new SimpleMeterRegistry()))
                .withMessageContaining("schema 1000 of a newer Signalbox");
    }

    private static void migrate(Sql sql, String folder) {
        new Migrations("/db/migration/" + folder, Dialect.SQLITE).apply(sql);
    }
}
