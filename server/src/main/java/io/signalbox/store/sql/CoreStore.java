package io.signalbox.store.sql;

import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.audit.AuditEntries;
import io.signalbox.config.AuditRpc;
import io.signalbox.ops.Health;
import io.signalbox.telemetry.Feed;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The file core.db: entities, attributes, request ids and commands, with the threads that read and write it. */
public final class CoreStore implements AutoCloseable {
    public static final String FILE = "core.db";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int WRITES_MAX = 10_000;
    private static final long WRITE_BYTES_MAX = 32 << 20;
    private static final int READS_MAX = 20_000; // a burst of connects, each a read of some 20 µs

    private static final int AUDIT_READS_MAX = 20;

    private final CoreWriter writer;
    private final CoreReaders readers;
    private final RpcTable rpcTable;
    private final RpcKeys rpcKeys;
    private final SqlRpcStore rpcs;
    private final SqlRpcSettings rpcSettings;
    private final InstantSource clock;
    private final CoreReaders auditReader;

    private CoreStore(
            CoreWriter writer,
            CoreReaders readers,
            RpcTable rpcTable,
            RpcKeys rpcKeys,
            RpcLimits rpcLimits,
            RpcTrail trail,
            SqlRpcSettings rpcSettings,
            InstantSource clock,
            CoreReaders auditReader) {
        this.writer = writer;
        this.readers = readers;
        this.rpcTable = rpcTable;
        this.rpcKeys = rpcKeys;
        this.rpcs = new SqlRpcStore(writer, readers, rpcTable, rpcKeys, rpcLimits, trail);
        this.rpcSettings = rpcSettings;
        this.clock = clock;
        this.auditReader = auditReader;
    }

    /**
     * Opens the file in {@code folder}, makes both if they are missing, and brings the schema up to date. Blocks.
     *
     * @throws SqlFailure among others when a newer version of this server made the file
     */
    public static CoreStore open(Path folder, MeterRegistry meters) {
        AuditEntries none = new AuditEntries(AuditRpc.OFF, Set.of(), 0);
        return open(folder, WRITES_MAX, none, new Health(InstantSource.system()), meters);
    }

    /**
     * As {@link #open(Path, MeterRegistry)}, with at most {@code writesMax} writes that wait for their commit; tells
     * {@code health}.
     *
     * @param audit of commands, which the audit log gets in the commits by which they are accepted and end
     */
    public static CoreStore open(Path folder, int writesMax, AuditEntries audit, Health health, MeterRegistry meters) {
        return open(folder, writesMax, RpcLimits.STANDARD, audit, InstantSource.system(), health, meters);
    }

    /** As {@link #open(Path, int, AuditEntries, Health, MeterRegistry)}, with limits of its own for commands, and a clock for what a deletion ends. */
    public static CoreStore open(
            Path folder,
            int writesMax,
            RpcLimits rpcLimits,
            AuditEntries audit,
            InstantSource clock,
            Health health,
            MeterRegistry meters) {
        Path file = folder.resolve(FILE);
        PrivateFile.make(file);
        Dialect dialect = Dialect.SQLITE;
        Sql sql = dialect.openWriter(file);
        try {
            new Migrations("/db/migration/core", dialect).apply(sql);
            FileState state = new FileState("core", health);
            TenantCounts open = readable(() -> RpcTable.countOpen(sql), new TenantCounts(), state);
            TenantCounts remembered = readable(() -> RpcKeys.count(sql), new TenantCounts(), state);
            boolean hasMasks = readable(() -> SqlRpcSettings.hasMasks(sql), false, state);
            List<Sql> connections = List.of(dialect.openReader(file), dialect.openReader(file));
            CoreReaders readers = new CoreReaders(connections, READS_MAX, PATIENCE, state, meters);
            CoreWriter writer =
                    new CoreWriter(sql, new CoreWriter.Limits(writesMax, WRITE_BYTES_MAX), PATIENCE, state, meters);
            SqlRpcSettings rpcSettings = new SqlRpcSettings(writer, readers, hasMasks);
            RpcTrail trail = new RpcTrail(writer, audit, rpcSettings);
            return new CoreStore(
                    writer,
                    readers,
                    new RpcTable(writer, open, trail),
                    new RpcKeys(writer, remembered, rpcLimits.keysPerTenantMax()),
                    rpcLimits,
                    trail,
                    rpcSettings,
                    clock,
                    new CoreReaders(
                            "audit-reader", List.of(dialect.openReader(file)), AUDIT_READS_MAX, PATIENCE, state));
        } catch (RuntimeException e) {
            sql.close();
            throw e;
        }
    }

    /** Nothing where the file is corrupt: it does not matter there, since nothing is written. */
    private static <T> T readable(Supplier<T> reading, T nothing, FileState state) {
        try {
            return reading.get();
        } catch (SqlFailure e) {
            if (state.readFailed(e)) {
                return nothing;
            }
            throw e;
        }
    }

    public SqlDeviceStore devices() {
        return new SqlDeviceStore(writer, readers, rpcTable, rpcKeys, clock);
    }

    public SqlIdentityStore identities() {
        return new SqlIdentityStore(writer, readers, rpcTable, rpcKeys);
    }

    public SqlRpcStore rpcs() {
        return rpcs;
    }

    public SqlRpcSettings rpcSettings() {
        return rpcSettings;
    }

    /** @param feed hears of each commit of attributes */
    public SqlAttributeStore attributes(Feed feed) {
        return new SqlAttributeStore(writer, readers, feed);
    }

    public SqlAuditStore audit() {
        return new SqlAuditStore(writer, auditReader);
    }

    public SqlStatisticsStore statistics() {
        return new SqlStatisticsStore(writer, auditReader);
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
