package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.AuditPage;
import io.signalbox.audit.AuditQuery;
import io.signalbox.audit.AuditQuery.About;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.rpc.RpcStore.Saved;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What persistent commands leave in the audit log, and what a watcher hears. */
@EveryDatabase
class RpcTrailIT {
    private static final long NOW = Fixture.NOW;
    private static final RpcLimits LIMITS = new RpcLimits(2, 8, 3, 10);
    private static final UserId CALLER = new UserId(Uuids.next(NOW));
    private static final CustomerId CUSTOMER = new CustomerId(Uuids.next(NOW));

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private final RecordingLoop loop = new RecordingLoop();
    private final List<String> heard = new ArrayList<>();
    private Fixture core;
    private TenantId tenant;
    private Device device;

    RpcTrailIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder.resolve("data")), LIMITS);
        tenant = core.tenant("A");
        device = core.device(tenant, "D");
        core.store().rpcs().watch(new RpcStore.Watcher() {
            @Override
            public void ended(RpcOrder order, RpcProgress progress) {
                heard.add(progress.status() + " " + order.method());
            }

            @Override
            public void late(RpcOrder order, boolean isDuplicate) {
                heard.add((isDuplicate ? "duplicate " : "late ") + order.method());
            }
        });
    }

    @AfterEach
    void close() {
        core.close();
    }

    private RpcOrder order(String method) {
        return order(Uuids.next(NOW), method, Optional.empty());
    }

    private RpcOrder order(UUID id, String method, Optional<String> lane) {
        return new RpcOrder(
                id,
                tenant,
                device.number(),
                device.id(),
                NOW,
                NOW + 60_000,
                false,
                method,
                "{\"pin\":7,\"on\":true}".getBytes(UTF_8),
                OptionalInt.empty(),
                Optional.empty(),
                RetryPolicy.STANDARD,
                false,
                Optional.empty(),
                lane,
                lane.isPresent(),
                Optional.empty(),
                CALLER,
                "a@example.org",
                new RpcOrder.Origin(Optional.of(CUSTOMER), "192.0.2.7", "D"));
    }

    private static RpcProgress progress(RpcStatus status, boolean isOpen, int attempt, String response, Cause cause) {
        return new RpcProgress(
                status,
                isOpen,
                attempt * 9,
                attempt,
                0,
                Optional.of(response).filter(text -> !text.isEmpty()),
                List.of(new HistoryEntry(NOW + 5, cause, status, attempt, 0, "")));
    }

    private static RpcProgress accepted() {
        return progress(RpcStatus.QUEUED, true, 0, "", Cause.ACCEPTED);
    }

    private Saved insert(RpcOrder order, RpcProgress progress) throws InterruptedException {
        List<Saved> saved = new ArrayList<>();
        assertThat(core.store().rpcs().insert(order, progress, loop, saved::add))
                .isTrue();
        loop.runNext();
        return saved.getFirst();
    }

    private long insert(RpcOrder order) throws InterruptedException {
        return ((Saved.Stored) insert(order, accepted())).number();
    }

    private Saved update(long number, long version, RpcOrder order, RpcProgress progress) throws InterruptedException {
        List<Saved> saved = new ArrayList<>();
        core.store().rpcs().update(order, number, version, progress, loop, saved::add);
        loop.runNext();
        return saved.getFirst();
    }

    private static List<AuditEntry> entries(Fixture of, TenantId tenant) {
        AuditPage page = of.store()
                .audit()
                .find(new AuditQuery(
                        Optional.of(tenant),
                        new About.Everything(),
                        0,
                        Long.MAX_VALUE,
                        Set.of(),
                        "",
                        AuditQuery.Order.CREATED_TIME,
                        false,
                        0,
                        100));
        return page.entries().stream().map(AuditPage.Stored::entry).toList();
    }

    /** Outcome and failure of each entry. */
    private List<String> told() {
        return entries(core, tenant).stream()
                .map(entry ->
                        entry.actionData().replaceAll(".*\"method\":\"(\\w+)\".*\"outcome\":\"([a-z-]+)\".*", "$1 $2")
                                + (entry.isSuccess() ? "" : ": " + entry.failureDetails()))
                .toList();
    }

    @Test
    void acceptanceAndEndAreInTheCommitsThatMadeThem() throws Exception {
        assumeTrue(databases == TestDatabase.SQLITE, "copies files");
        RpcOrder order = order("m");
        long number = insert(order);
        update(number, 1, order, progress(RpcStatus.DELIVERED, true, 1, "", Cause.ACKNOWLEDGED));
        update(number, 2, order, progress(RpcStatus.SUCCESSFUL, false, 1, "{\"pin\":1,\"ok\":true}", Cause.REPLIED));

        Path crashed = Files.createDirectory(folder.resolve("crashed"));
        for (String file : List.of(CoreStore.FILE, CoreStore.FILE + "-wal")) {
            Files.copy(folder.resolve("data").resolve(file), crashed.resolve(file));
        }
        try (Fixture after = new Fixture(crashed, LIMITS)) {
            List<AuditEntry> entries = entries(after, tenant);
            assertThat(entries).hasSize(2);
            String both = "{\"entityId\":\"" + device.id() + "\",\"oneWay\":false,\"method\":\"m\",";
            String named = "\"rpcId\":\"" + order.id() + "\",\"outcome\":";
            assertThat(entries.getFirst().actionData())
                    .isEqualTo(both + "\"params\":\"{\\\"pin\\\":\\\"***\\\",\\\"on\\\":true}\"," + named
                            + "\"accepted\"}");
            assertThat(entries.getLast().actionData())
                    .isEqualTo(both + named
                            + "\"successful\",\"response\":\"{\\\"pin\\\":\\\"***\\\",\\\"ok\\\":true}\"}");
            assertThat(entries).allSatisfy(entry -> {
                assertThat(entry.isSuccess()).isTrue();
                assertThat(entry.address()).isEqualTo("192.0.2.7");
                assertThat(entry.entityName()).contains("D");
                assertThat(entry.caller().email()).isEqualTo("a@example.org");
                assertThat(entry.caller().customer()).contains(CUSTOMER);
            });
            assertThat(entries.getFirst().createdTime()).isEqualTo(NOW);
            assertThat(entries.getLast().createdTime()).isEqualTo(NOW + 5);
        }
        assertThat(heard).containsExactly("SUCCESSFUL m");
    }

    @Test
    void whatIsMaskedForTheDeviceIsHiddenToo() throws Exception {
        RpcSettings settings = new RpcSettings(
                Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.of(List.of("on", "ok")));
        assertThat(core.store().rpcSettings().save(device.id(), settings)).isTrue();
        RpcOrder order = order("m");
        long number = insert(order);
        update(number, 1, order, progress(RpcStatus.SUCCESSFUL, false, 1, "{\"ok\":\"secret\"}", Cause.REPLIED));
        List<AuditEntry> entries = entries(core, tenant);
        assertThat(entries).hasSize(2);
        assertThat(entries.getFirst().actionData()).contains("{\\\"pin\\\":\\\"***\\\",\\\"on\\\":\\\"***\\\"}");
        assertThat(entries.getLast().actionData())
                .contains("{\\\"ok\\\":\\\"***\\\"}")
                .doesNotContain("secret");
    }

    @Test
    void everyWayToEndLeavesOneEntry() throws Exception {
        RpcOrder cancelled = order("cancelled");
        insert(cancelled);
        core.store().rpcs().cancel(cancelled.id(), NOW + 10, "b@example.org");
        RpcOrder deleted = order("deleted");
        insert(deleted);
        core.store().rpcs().delete(deleted.id(), NOW + 11, "b@example.org");
        insert(order(Uuids.next(NOW), "older", Optional.of("lane")));
        RpcOrder newer = order(Uuids.next(NOW), "newer", Optional.of("lane"));
        long number = insert(newer);
        update(number, 1, newer, progress(RpcStatus.FAILED, false, 1, "", Cause.RETRIES_EXHAUSTED));
        insert(order("late"), progress(RpcStatus.EXPIRED, false, 0, "", Cause.EXPIRED));
        insert(order("swept"));
        core.store()
                .rpcs()
                .expire(NOW + 60_001, NOW + 60_100, 10)
                .toCompletableFuture()
                .join();
        insert(order("orphan"));
        core.devices().delete(device.id());

        assertThat(told())
                .containsExactlyInAnyOrder(
                        "cancelled accepted",
                        "cancelled cancelled: Cancelled by b@example.org",
                        "deleted accepted",
                        "deleted deleted: Deleted by b@example.org",
                        "older accepted",
                        "older superseded: Superseded: replaced by " + newer.id(),
                        "newer accepted",
                        "newer failed: RPC Error: TIMEOUT",
                        "late accepted",
                        "late expired: RPC Error: NO_ACTIVE_CONNECTION",
                        "swept accepted",
                        "swept expired: RPC Error: NO_ACTIVE_CONNECTION",
                        "orphan accepted",
                        "orphan failed: The device was deleted");
        assertThat(heard)
                .containsExactly(
                        "CANCELLED cancelled",
                        "DELETED deleted",
                        "SUPERSEDED older",
                        "FAILED newer",
                        "EXPIRED late",
                        "EXPIRED swept",
                        "FAILED orphan");
    }

    @Test
    void whatWasNotAcceptedOrDidNotHappenLeavesNothing() throws Exception {
        RpcOrder first = order("first");
        long number = insert(first);
        insert(order("second"));
        assertThat(insert(order("third"), accepted())).isInstanceOf(Saved.Failed.class); // two are the limit
        assertThat(insert(first, accepted())).isInstanceOf(Saved.Known.class);
        RpcProgress end = progress(RpcStatus.SUCCESSFUL, false, 1, "1", Cause.REPLIED);
        assertThat(update(number, 7, first, end)).isInstanceOf(Saved.Outdated.class);

        assertThat(told()).containsExactly("first accepted", "second accepted");
        assertThat(heard).isEmpty();
    }

    @Test
    void whatComesBehindTheEndIsNoOtherEnd() throws Exception {
        RpcOrder order = order("m");
        long number = insert(order);
        update(number, 1, order, progress(RpcStatus.EXPIRED, false, 1, "", Cause.EXPIRED));
        core.store().rpcs().late(device.number(), 9, "1", NOW + 100);
        core.store().rpcs().delete(order.id(), NOW + 200, "b@example.org");

        assertThat(told()).containsExactly("m accepted", "m expired: RPC Error: TIMEOUT");
        assertThat(heard).containsExactly("EXPIRED m", "late m");
    }
}
