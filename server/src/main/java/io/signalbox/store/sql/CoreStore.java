package io.signalbox.store.sql;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The file core.db: entities, attributes and request ids, with the threads that read and write it. */
public final class CoreStore implements AutoCloseable {
    public static final String FILE = "core.db";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int WRITES_MAX = 10_000;
    private static final long WRITE_BYTES_MAX = 32 << 20;
    private static final int READS_MAX = 20_000; // a burst of connects, each a read of some 20 µs

    private static final int AUDIT_READS_MAX = 20;

    private final CoreWriter writer;
    private final CoreReaders readers;
    private final CoreReaders auditReader;

    private CoreStore(CoreWriter writer, CoreReaders readers, CoreReaders auditReader) {
        this.writer = writer;
        this.readers = readers;
        this.auditReader = auditReader;
    }

    /**
     * Opens the file in {@code folder}, makes both if they are missing, and brings the schema up to date. Blocks.
     *
     * @throws SqlFailure among others when a newer version of this server made the file
     */
    public static CoreStore open(Path folder, MeterRegistry meters) {
        return open(folder, WRITES_MAX, meters);
    }

    /** As {@link #open(Path, MeterRegistry)}, with at most {@code writesMax} writes that wait for their commit. */
    public static CoreStore open(Path folder, int writesMax, MeterRegistry meters) {
        Path file = folder.resolve(FILE);
        PrivateFile.make(file);
        Dialect dialect = Dialect.SQLITE;
        Sql sql = dialect.openWriter(file);
        try {
            new Migrations("/db/migration/core", dialect).apply(sql);
            List<Sql> connections = List.of(dialect.openReader(file), dialect.openReader(file));
            return new CoreStore(
                    new CoreWriter(sql, new CoreWriter.Limits(writesMax, WRITE_BYTES_MAX), PATIENCE, meters),
                    new CoreReaders(connections, READS_MAX, PATIENCE, meters),
                    new CoreReaders("audit-reader", List.of(dialect.openReader(file)), AUDIT_READS_MAX, PATIENCE));
        } catch (RuntimeException e) {
            sql.close();
            throw e;
        }
    }

    public SqlDeviceStore devices() {
        return new SqlDeviceStore(writer, readers);
    }

    public SqlIdentityStore identities() {
        return new SqlIdentityStore(writer, readers);
    }

    public SqlAttributeStore attributes() {
        return new SqlAttributeStore(writer, readers);
    }

    public SqlAuditStore audit() {
        return new SqlAuditStore(writer, auditReader);
    }

    public SqlRequestIds requestIds() {
        return new SqlRequestIds(writer);
    }

    /** Commits what was taken, answers reads that wait, then closes the file. Blocks. */
    @Override
    public void close() {
        readers.close();
        auditReader.close();
        writer.close();
    }
}
