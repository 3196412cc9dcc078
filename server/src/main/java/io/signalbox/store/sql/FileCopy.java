package io.signalbox.store.sql;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/** A copy of an SQLite file as it is at one instant, while another process goes on writing to it. */
public final class FileCopy {
    private FileCopy() {}

    /**
     * Copies what is committed when this begins, without gaps, and looks at each page of the copy. The writer is not held up;
     * its log cannot be made shorter until this is done. Blocks until the copy is on disk.
     *
     * @param to nothing, or an empty file
     * @throws SqlFailure the copy is of no use
     */
    public static void make(Path from, Path to) {
        PrivateFile.make(to);
        try (Sql sql = open(from)) {
            sql.update("VACUUM INTO ?", to.toString());
        }
        try (Sql sql = open(to)) {
            List<String> faults = sql.list("PRAGMA quick_check", row -> row.text("quick_check"));
            if (!faults.equals(List.of("ok"))) {
                throw new SqlFailure("the copy of " + from + " is damaged: " + faults.getFirst());
            }
        }
        try (FileChannel file = FileChannel.open(to, StandardOpenOption.WRITE)) {
            file.force(true);
        } catch (IOException e) {
            throw new SqlFailure("sync " + to + ": " + e);
        }
    }

    private static Sql open(Path file) {
        try {
            Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
            Sql sql = new Sql(connection, Dialect.SQLITE);
            sql.execute("PRAGMA busy_timeout = 5000");
            return sql;
        } catch (SQLException e) {
            throw new SqlFailure("open " + file, e);
        }
    }
}
