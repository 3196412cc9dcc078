package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.ops.Rejected;
import io.signalbox.rpc.RpcFigures.Kind;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.StatisticsStore;
import io.signalbox.rpc.StatisticsStore.Counted;
import io.signalbox.rpc.StatisticsStore.Found;
import io.signalbox.rpc.StatisticsStore.Query;
import io.signalbox.rpc.Tally;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlStatisticsStoreIT {
    private final TestDatabase databases;

    @TempDir
    Path folder;

    private Fixture core;
    private TenantId tenant;
    private Device device;

    SqlStatisticsStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        tenant = core.tenant("A");
        device = core.device(tenant, "D");
    }

    @AfterEach
    void close() {
        core.close();
    }

    private static Tally tally(long successful, long expired) {
        long[] steps = new long[9];
        steps[8] = successful;
        return Tally.of(
                status -> status == RpcStatus.SUCCESSFUL ? successful : status == RpcStatus.EXPIRED ? expired : 0,
                1,
                2,
                3,
                40 * successful,
                45,
                steps);
    }

    private void add(long hour, Device of, String method, Kind kind, Tally tally) {
        List<Counted> one = List.of(new Counted(new StatisticsStore.Key(hour, of.number(), method, kind), tally));
        core.store().statistics().add(one).toCompletableFuture().join();
    }

    private Query all(TenantId of) {
        return new Query(of, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), 0, 100);
    }

    private List<Found> read(Query query) {
        List<Found> found = new ArrayList<>();
        core.store().statistics().read(query, found::add);
        return found;
    }

    private static List<String> shown(List<Found> found) {
        return found.stream()
                .map(f -> f.key().hour() + " " + f.key().method() + " "
                        + f.tally().commands())
                .toList();
    }

    @Test
    void countsOfOneKeyAreAddedAndKept() {
        add(5, device, "m", Kind.PERSISTENT, tally(2, 1));
        add(5, device, "m", Kind.PERSISTENT, tally(3, 0));
        core.reopen();

        List<Found> found = read(all(tenant));

        assertThat(found).hasSize(1);
        Tally tally = found.getFirst().tally();
        assertThat(found.getFirst().key()).isEqualTo(new StatisticsStore.Key(5, device.number(), "m", Kind.PERSISTENT));
        assertThat(found.getFirst().deviceId()).isEqualTo(device.id());
        assertThat(tally.ended(RpcStatus.SUCCESSFUL)).isEqualTo(5);
        assertThat(tally.ended(RpcStatus.EXPIRED)).isEqualTo(1);
        assertThat(tally.resent()).isEqualTo(2);
        assertThat(tally.late()).isEqualTo(4);
        assertThat(tally.duplicates()).isEqualTo(6);
        assertThat(tally.timed()).isEqualTo(5);
        assertThat(tally.meanMillis()).isEqualTo(40);
        assertThat(tally.millisMax()).isEqualTo(45);
        assertThat(tally.quantileMillis(0.5)).isEqualTo(46);
    }

    @Test
    void questionReadsWhatItIsAbout() {
        CustomerId customer = core.customer(tenant, "C");
        Device theirs = core.device(tenant, "theirs");
        core.devices()
                .update(new Device(
                        theirs.number(),
                        theirs.id(),
                        theirs.createdTime(),
                        tenant,
                        Optional.of(customer),
                        theirs.name(),
                        theirs.type(),
                        theirs.label(),
                        theirs.profile(),
                        theirs.deviceData(),
                        theirs.additionalInfo(),
                        1));
        add(5, device, "m", Kind.PERSISTENT, tally(1, 0));
        add(6, device, "n", Kind.LIGHTWEIGHT, tally(2, 0));
        add(7, theirs, "m", Kind.LIGHTWEIGHT, tally(3, 0));
        Optional<Long> none = Optional.empty();

        assertThat(shown(read(all(tenant)))).containsExactly("5 m 1", "6 n 2", "7 m 3");
        assertThat(shown(read(new Query(tenant, Optional.empty(), none, Optional.empty(), Optional.empty(), 5, 7))))
                .containsExactly("5 m 1", "6 n 2");
        assertThat(shown(
                        read(new Query(tenant, Optional.of(customer), none, Optional.empty(), Optional.empty(), 0, 9))))
                .containsExactly("7 m 3");
        assertThat(shown(read(new Query(
                        tenant,
                        Optional.empty(),
                        Optional.of(device.number()),
                        Optional.of("m"),
                        Optional.empty(),
                        0,
                        9))))
                .containsExactly("5 m 1");
        assertThat(shown(read(new Query(
                        tenant, Optional.empty(), none, Optional.empty(), Optional.of(Kind.LIGHTWEIGHT), 0, 9))))
                .containsExactly("6 n 2", "7 m 3");
    }

    @Test
    void tenantsAndDeletedDevicesAreApart() {
        TenantId other = core.tenant("B");
        Device theirs = core.device(other, "E");
        add(5, device, "ours", Kind.PERSISTENT, tally(1, 0));
        add(5, theirs, "theirs", Kind.PERSISTENT, tally(1, 0));
        assertThat(shown(read(all(tenant)))).containsExactly("5 ours 1");
        assertThat(shown(read(all(other)))).containsExactly("5 theirs 1");
        Query notOurs = new Query(
                tenant, Optional.empty(), Optional.of(theirs.number()), Optional.empty(), Optional.empty(), 0, 9);
        assertThat(read(notOurs)).isEmpty();

        core.devices().delete(device.id());
        add(5, device, "gone", Kind.PERSISTENT, tally(1, 0));
        assertThat(read(all(tenant))).isEmpty();
    }

    @Test
    void methodsThatAreInventedAreCountedTogether() {
        for (int i = 0; i < StatisticsStore.METHODS_MAX + 20; i++) {
            add(5, device, "m" + i, Kind.PERSISTENT, tally(1, 0));
        }
        add(5, device, "m3", Kind.PERSISTENT, tally(1, 0));
        List<Found> found = read(all(tenant));
        assertThat(found).hasSize(StatisticsStore.METHODS_MAX + 1);
        assertThat(shown(found)).contains("5 m3 2", "5 " + StatisticsStore.OTHER + " 20");
    }

    @Test
    void oldCountsGoAFewAtATime() {
        for (int i = 0; i < 5; i++) {
            add(i, device, "m", Kind.PERSISTENT, tally(1, 0));
        }
        SqlStatisticsStore store = core.store().statistics();
        assertThat(store.purge(4, 3).toCompletableFuture().join()).isEqualTo(3);
        assertThat(store.purge(4, 3).toCompletableFuture().join()).isEqualTo(1);
        assertThat(shown(read(all(tenant)))).containsExactly("4 m 1");
    }

    @Test
    void questionThatIsTooWideIsRefused() {
        try (Sql sql = core.sql()) {
            long of = sql.first("SELECT number FROM tenant WHERE id = ?", row -> row.number("number"), tenant.uuid())
                    .orElseThrow();
            List<Object[]> rows = IntStream.rangeClosed(0, SqlStatisticsStore.ROWS_MAX)
                    .mapToObj(i -> new Object[] {5, of, device.number(), "m" + i, true, "0 0 0 0 0;5 1;"})
                    .toList();
            sql.inTransaction(() -> {
                sql.batch(
                        "INSERT INTO rpc_statistics (hour, tenant, device, method, is_persistent, counts)"
                                + " VALUES (?, ?, ?, ?, ?, ?)",
                        rows);
                return rows.size();
            });
        }
        assertThatExceptionOfType(Rejected.class)
                .isThrownBy(() -> read(all(tenant)))
                .withMessageContaining("Narrow the time");
    }
}
