package io.signalbox.store.sql;

import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.audit.AuditEntries;
import io.signalbox.config.AuditRpc;
import io.signalbox.ops.Health;
import io.signalbox.telemetry.Feed;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Supplier;

/** The file core.db, or a database server in its place: entities, attributes, request ids and commands, with the threads that read and write it. */
public final class CoreStore implements AutoCloseable {
    public static final String FILE = "core.db";
    static final String PART = "core";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int WRITES_MAX = 10_000;
    private static final long WRITE_BYTES_MAX = 32 << 20;
    private static final int SERVER_WRITES_SHARE = 512;
    private static final int READS_MAX = 20_000; // a burst of connects, each a read of some 20 µs

    private static final int AUDIT_READS_MAX = 20;

    private static final int QUERIES_MAX = 500;
    private static final int QUERY_READERS = 2;

    /** Longer than this no query takes. */
    private static final Duration QUERY_PATIENCE = Duration.ofSeconds(5);

    private final CoreWriter writer;
    private final CoreReaders readers;
    private final RpcTable rpcTable;
    private final RpcKeys rpcKeys;
    private final SqlRpcStore rpcs;
    private final SqlRpcSettings rpcSettings;
    private final InstantSource clock;
    private final CoreReaders auditReader;
    private final CoreReaders queryReaders;
    private final Dialect dialect;

    private CoreStore(
            CoreWriter writer,
            CoreReaders readers,
            RpcTable rpcTable,
            RpcKeys rpcKeys,
            RpcLimits rpcLimits,
            RpcTrail trail,
            SqlRpcSettings rpcSettings,
            InstantSource clock,
            CoreReaders auditReader,
            CoreReaders queryReaders,
            Dialect dialect) {
        this.writer = writer;
        this.readers = readers;
        this.rpcTable = rpcTable;
        this.rpcKeys = rpcKeys;
        this.rpcs = new SqlRpcStore(writer, readers, rpcTable, rpcKeys, rpcLimits, trail);
        this.rpcSettings = rpcSettings;
        this.clock = clock;
        this.auditReader = auditReader;
        this.queryReaders = queryReaders;
        this.dialect = dialect;
    }

    /**
     * Opens the file in {@code folder}, makes both if they are missing, and brings the schema up to date. Blocks.
     *
     * @throws SqlFailure among others when a newer version of this server made the file
     */
    public static CoreStore open(Path folder, MeterRegistry meters) {
        AuditEntries none = new AuditEntries(AuditRpc.OFF, Set.of(), 0);
        return open(file(folder), WRITES_MAX, none, new Health(InstantSource.system()), meters);
    }

    /** The file in {@code folder}, made if it is missing. */
    public static Database file(Path folder) {
        Path file = folder.resolve(FILE);
        PrivateFile.make(file);
        return new Database.SqliteFile(file);
    }

    /**
     * As {@link #open(Path, MeterRegistry)}, with at most {@code writesMax} writes that wait for their commit; tells
     * {@code health}.
     *
     * @param audit of commands, which the audit log gets in the commits by which they are accepted and end
     */
    public static CoreStore open(
            Database database, int writesMax, AuditEntries audit, Health health, MeterRegistry meters) {
        return open(database, writesMax, RpcLimits.STANDARD, audit, InstantSource.system(), health, meters);
    }

    /** As {@link #open(Database, int, AuditEntries, Health, MeterRegistry)}, with limits of its own for commands, and a clock for what a deletion ends. */
    public static CoreStore open(
            Database database,
            int writesMax,
            RpcLimits rpcLimits,
            AuditEntries audit,
            InstantSource clock,
            Health health,
            MeterRegistry meters) {
        FileState state = new FileState(PART, health);
        Transactions transactions = Transactions.open(database, PART, state, meters);
        try {
            transactions.with(sql -> new Migrations("/db/migration/core", database.dialect()).apply(sql));
            TenantCounts open =
                    transactions.with(sql -> readable(() -> RpcTable.countOpen(sql), new TenantCounts(), state));
            TenantCounts remembered =
                    transactions.with(sql -> readable(() -> RpcKeys.count(sql), new TenantCounts(), state));
            boolean hasMasks = transactions.with(sql -> readable(() -> SqlRpcSettings.hasMasks(sql), false, state));
            CoreReaders readers =
                    new CoreReaders(database, database.dialect().readersMax(), READS_MAX, PATIENCE, state, meters);
            CoreReaders auditReader = new CoreReaders("audit-reader", database, 1, AUDIT_READS_MAX, PATIENCE, state);
            CoreReaders queryReaders =
                    new CoreReaders("query-reader", database, QUERY_READERS, QUERIES_MAX, QUERY_PATIENCE, state);
            CoreWriter writer = new CoreWriter(
                    transactions,
                    new CoreWriter.Limits(writesMax, WRITE_BYTES_MAX, SERVER_WRITES_SHARE),
                    PATIENCE,
                    state,
                    meters);
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
                    auditReader,
                    queryReaders,
                    database.dialect());
        } catch (RuntimeException e) {
            transactions.close();
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

    /** Whether {@link #mark} was called with this name, ever. Blocks. */
    public boolean isMarked(String name) {
        return readers.read(sql -> sql.exists("SELECT 1 FROM store_mark WHERE name = ?", name));
    }

    /** Says something of the whole store, for good. Blocks. */
    public void mark(String name) {
        writer.write(sql -> sql.update("INSERT INTO store_mark (name) VALUES (?) ON CONFLICT (name) DO NOTHING", name));
    }

    public SqlDeviceStore devices() {
        return new SqlDeviceStore(writer, readers, rpcTable, rpcKeys, clock);
    }

    public SqlDeviceLists deviceLists() {
        return new SqlDeviceLists(readers);
    }

    CoreReaders queryReaders() {
        return queryReaders;
    }

    public SqlEntityStore entities() {
        return new SqlEntityStore(queryReaders, dialect);
    }

    public SqlDeviceProfileStore deviceProfiles() {
        return new SqlDeviceProfileStore(writer, readers);
    }

    public SqlAssetStore assets() {
        return new SqlAssetStore(writer, readers);
    }

    public SqlAssetProfileStore assetProfiles() {
        return new SqlAssetProfileStore(writer, readers);
    }

    public SqlTenantProfileStore tenantProfiles() {
        return new SqlTenantProfileStore(writer, readers);
    }

    public SqlIdentityLists identityLists() {
        return new SqlIdentityLists(readers);
    }

    public SqlIdentityStore identities() {
        return new SqlIdentityStore(writer, readers, rpcTable, rpcKeys);
    }

    public SqlRpcStore rpcs() {
        return rpcs;
    }

    public SqlCallStore calls() {
        return new SqlCallStore(writer, rpcKeys);
    }

    public SqlRpcSettings rpcSettings() {
        return rpcSettings;
    }

    /** @param feed hears of each commit of attributes */
    public SqlAttributeStore attributes(Feed feed) {
        return new SqlAttributeStore(writer, readers, feed);
    }

    /**
     * @param feed    hears of each commit
     * @param timeout until a silent device is inactive, unless its own attribute says
     */
    public SqlPresenceStore presence(Feed feed, Duration timeout) {
        return new SqlPresenceStore(writer, readers, feed, timeout);
    }

    public SqlUserSettingsStore userSettings() {
        return new SqlUserSettingsStore(writer, readers);
    }

    public SqlUsageStore usages() {
        return new SqlUsageStore(readers);
    }

    public SqlEventStore events() {
        return new SqlEventStore(writer, readers);
    }

    public SqlRelationStore relations() {
        return new SqlRelationStore(writer, readers);
    }

    public SqlEntityNumbers entityNumbers() {
        return new SqlEntityNumbers(writer, readers);
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
        queryReaders.close();
        writer.close();
    }
}
