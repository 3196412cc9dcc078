package io.signalbox.store.sql;

import io.signalbox.testing.PostgresServer;
import java.nio.file.Path;
import java.util.HexFormat;

/** The kinds of database that hold the store; {@link EveryDatabase} runs a test with each. */
public enum TestDatabase {
    SQLITE {
        @Override
        Database in(Path folder) {
            return CoreStore.file(folder);
        }

        @Override
        Database empty(Path folder) {
            return new Database.SqliteFile(folder.resolve("test.db"));
        }
    },

    POSTGRES {
        @Override
        Database in(Path folder) {
            String schema = "s" + HexFormat.of().toHexDigits(folder.toString().hashCode());
            return new Database.Postgres(PostgresServer.shared().schema(schema), folder.toString());
        }

        @Override
        Database empty(Path folder) {
            return in(folder);
        }
    };

    /** That of core.db in the folder, with what it had before. */
    abstract Database in(Path folder);

    /** One without any tables, at first. */
    abstract Database empty(Path folder);
}
