package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.signalbox.config.PostgresUrl;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore.Saved;
import io.signalbox.session.Loop;
import io.signalbox.testing.CutCommits;
import io.signalbox.testing.CutCommits.Cut;
import io.signalbox.testing.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is told of commands is true, whatever happens to the database and the way to it. */
@Timeout(180)
class PostgresLossIT {
    private static final long NOW = Fixture.NOW;
    private static final RpcLimits LIMITS = new RpcLimits(1_000_000, 1_000_000, 1_000, 0);
    private static final int IN_FLIGHT = 40;
    private static final int ANSWERS_EACH = 300;

    private final TaskLoop loop = new TaskLoop();
    private final Set<UUID> stored = new HashSet<>();
    private final Set<UUID> failed = new HashSet<>();
    private int inFlight;

    @Test
    void serverThatIsKilledUnderLoadLosesNothingAndInventsNothing() throws InterruptedException {
        try (PostgresServer server = PostgresServer.open();
                Fixture core = new Fixture(new Database.Postgres(server.url(), "here"), LIMITS)) {
            Device device = core.device(core.tenant("A"), "D");
            for (int round = 0; round < 3; round++) {
                run(core, device, () -> stored.size() >= ANSWERS_EACH);
                server.kill();
                run(core, device, () -> !failed.isEmpty());
                assertThat(core.health().ready().text()).contains("core DOWN: database cannot be reached since");
                server.start();
                awaitHealth(core);
                drain();
                check(core);
                stored.clear();
                failed.clear();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Cut.class)
    void commitWithoutAnswerIsLookedUp(Cut how) throws Exception {
        PostgresUrl direct = PostgresServer.shared().newSchema();
        try (CutCommits between = new CutCommits(direct.port());
                Fixture core = new Fixture(new Database.Postgres(through(between, direct), "here"), LIMITS)) {
            Device device = core.device(core.tenant("A"), "D");

            between.cutNext(how);
            send(core, device);
            drain();

            assertThat(between.hasCut()).isTrue();
            assertThat(stored).hasSize(1);
            check(core);
            assertThat(core.store().rpcs().openCount()).isEqualTo(1);
        }
    }

    @Test
    void idleReadersFindTheirWayBack() throws InterruptedException {
        try (PostgresServer server = PostgresServer.open();
                Fixture core = new Fixture(new Database.Postgres(server.url(), "here"), LIMITS)) {
            TenantId tenant = core.tenant("A");
            server.kill();
            server.start();

            for (int i = 0; i < 10; i++) {
                assertThat(core.identities().tenant(tenant)).isPresent();
            }
        }
    }

    @Test
    void databaseHasOneOwner() {
        PostgresUrl url = PostgresServer.shared().newSchema();
        Fixture first = new Fixture(new Database.Postgres(url, "here"), LIMITS);
        assertThatExceptionOfType(SqlFailure.class)
                .isThrownBy(() -> new Fixture(new Database.Postgres(url, "there"), LIMITS))
                .withMessageContaining(
                        "is in use by process " + ProcessHandle.current().pid())
                .withMessageNotContaining(url.password().orElseThrow());
        first.close();
        new Fixture(new Database.Postgres(url, "there"), LIMITS).close();
    }

    @Test
    void ownerThatWasReplacedWritesNothing() throws InterruptedException {
        PostgresUrl url = PostgresServer.shared().newSchema();
        try (Fixture deposed = new Fixture(new Database.Postgres(url, "here"), LIMITS)) {
            Device device = deposed.device(deposed.tenant("A"), "D");
            try (Fixture successor = new Fixture(new Database.Postgres(url, "here"), LIMITS)) {
                send(deposed, device);
                drain();

                assertThat(failed).hasSize(1);
                check(successor);
                assertThat(deposed.health().ready().text()).contains("core DOWN: taken over by another process");
            }
        }
    }

    @Test
    void databaseThatWasPutBackIsNotWritten() throws InterruptedException {
        PostgresUrl url = PostgresServer.shared().newSchema();
        try (Fixture core = new Fixture(new Database.Postgres(url, "here"), LIMITS)) {
            Device device = core.device(core.tenant("A"), "D");
            try (Sql sql = core.sql()) {
                sql.update("UPDATE store_owner SET commits = commits - 1");
            }
            send(core, device);
            drain();

            assertThat(failed).hasSize(1);
            check(core);
        }
    }

    private static PostgresUrl through(CutCommits between, PostgresUrl direct) {
        return new PostgresUrl(
                "127.0.0.1",
                between.port(),
                direct.database(),
                direct.user(),
                direct.password(),
                Map.copyOf(direct.options()));
    }

    /** Keeps commands coming until {@code isDone}; leaves what is under way. */
    private void run(Fixture core, Device device, BooleanSupplier isDone) throws InterruptedException {
        while (!isDone.getAsBoolean()) {
            while (inFlight < IN_FLIGHT) {
                send(core, device);
            }
            loop.runNext();
        }
    }

    private void drain() throws InterruptedException {
        while (inFlight > 0) {
            loop.runNext();
        }
    }

    private static void awaitHealth(Fixture core) throws InterruptedException {
        while (core.health().ready().httpStatus() != 200) {
            Thread.onSpinWait();
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** Stored is there, failed is not. */
    private void check(Fixture core) {
        Set<UUID> present = new HashSet<>();
        try (Sql sql = core.sql()) {
            present.addAll(sql.list("SELECT id FROM rpc", row -> row.uuid("id")));
        }
        assertThat(present).containsAll(stored);
        assertThat(failed).noneMatch(present::contains);
    }

    private void send(Fixture core, Device device) {
        RpcOrder order = order(device);
        RpcProgress progress = new RpcProgress(
                RpcStatus.QUEUED,
                true,
                0,
                0,
                0,
                Optional.empty(),
                List.of(new HistoryEntry(NOW, HistoryEntry.Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, "")));
        inFlight++;
        boolean isTaken = core.store().rpcs().insert(order, progress, loop, saved -> {
            inFlight--;
            switch (saved) {
                case Saved.Stored _, Saved.Known _ -> stored.add(order.id());
                case Saved.Failed _, Saved.Outdated _, Saved.KeyTaken _ -> failed.add(order.id());
            }
        });
        assertThat(isTaken).isTrue();
    }

    private static RpcOrder order(Device device) {
        return new RpcOrder(
                Uuids.next(NOW),
                device.tenant(),
                device.number(),
                device.id(),
                NOW,
                NOW + 60_000,
                true,
                "m",
                "1".getBytes(UTF_8),
                OptionalInt.empty(),
                Optional.empty(),
                RetryPolicy.STANDARD,
                false,
                Optional.of(true),
                Optional.empty(),
                false,
                Optional.empty(),
                new UserId(Uuids.next(NOW)),
                "a@example.org",
                RpcOrder.Origin.UNKNOWN);
    }

    /** The test's own thread, task by task. */
    private static final class TaskLoop implements Loop {
        private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

        void runNext() throws InterruptedException {
            List<Runnable> due = new ArrayList<>();
            Runnable first = tasks.poll(30, TimeUnit.SECONDS);
            assertThat(first).as("an answer of the store within 30 seconds").isNotNull();
            due.add(first);
            tasks.drainTo(due);
            due.forEach(Runnable::run);
        }

        @Override
        public boolean isCurrent() {
            return false;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            throw new UnsupportedOperationException();
        }
    }
}
