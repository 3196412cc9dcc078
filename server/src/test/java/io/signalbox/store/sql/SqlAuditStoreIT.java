package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.audit.AuditAction;
import io.signalbox.audit.AuditCaller;
import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.AuditPage;
import io.signalbox.audit.AuditQuery;
import io.signalbox.audit.AuditQuery.About;
import io.signalbox.audit.AuditQuery.Order;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlAuditStoreIT {
    private static final Optional<TenantId> TENANT = Optional.of(new TenantId(new UUID(1, 1)));
    private static final Optional<TenantId> OTHER = Optional.of(new TenantId(new UUID(1, 2)));
    private static final CustomerId CUSTOMER = new CustomerId(new UUID(2, 1));
    private static final AuditCaller ADMIN =
            new AuditCaller(new UserId(new UUID(3, 1)), "admin@a.org", TENANT, Optional.empty());
    private static final AuditCaller USER =
            new AuditCaller(new UserId(new UUID(3, 2)), "User@a.org", TENANT, Optional.of(CUSTOMER));
    private static final AuditCaller STRANGER =
            new AuditCaller(new UserId(new UUID(3, 3)), "x@b.org", OTHER, Optional.empty());
    private static final AuditCaller SYSTEM =
            new AuditCaller(new UserId(new UUID(3, 4)), "sys@c.org", Optional.empty(), Optional.empty());

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private Fixture core;
    private SqlAuditStore audit;

    SqlAuditStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        audit = core.store().audit();
    }

    @AfterEach
    void close() {
        core.close();
    }

    private static UUID device(int number) {
        return new UUID(9, number);
    }

    private static AuditEntry entry(AuditCaller caller, long time, int device) {
        return new AuditEntry(
                time,
                caller,
                "192.0.2.1",
                "DEVICE",
                device(device),
                Optional.of("Device " + device),
                AuditAction.RPC_CALL,
                "{\"entityId\":\"" + device(device) + "\",\"method\":\"m\"}",
                true,
                "");
    }

    private void insert(AuditEntry... entries) {
        audit.insert(List.of(entries)).toCompletableFuture().join();
    }

    private static AuditQuery all(Optional<TenantId> tenant) {
        return new AuditQuery(
                tenant, new About.Everything(), 1, Long.MAX_VALUE, Set.of(), "", Order.CREATED_TIME, false, 0, 100);
    }

    private static AuditQuery about(About about) {
        return new AuditQuery(TENANT, about, 1, Long.MAX_VALUE, Set.of(), "", Order.CREATED_TIME, false, 0, 100);
    }

    private static AuditQuery search(String text, AuditAction... actions) {
        return new AuditQuery(
                TENANT,
                new About.Everything(),
                1,
                Long.MAX_VALUE,
                Set.of(actions),
                text,
                Order.CREATED_TIME,
                false,
                0,
                100);
    }

    private static AuditQuery sorted(Order order, boolean descending, int page, int pageSize) {
        return new AuditQuery(
                TENANT, new About.Everything(), 1, Long.MAX_VALUE, Set.of(), "", order, descending, page, pageSize);
    }

    private List<Long> times(AuditQuery query) {
        AuditPage page = audit.find(query);
        assertThat(page.total()).isGreaterThanOrEqualTo(page.entries().size());
        return page.entries().stream()
                .map(stored -> stored.entry().createdTime())
                .toList();
    }

    @Test
    void whatWasWrittenComesBack() {
        AuditEntry failed = new AuditEntry(
                5,
                USER,
                "",
                "CUSTOMER",
                device(7),
                Optional.empty(),
                AuditAction.UPDATED,
                "{\"entity\":{\"name\":\"ünï ' \\\" 😀\"}}",
                false,
                "because");
        insert(entry(ADMIN, 4, 1), failed);
        core.reopen();
        audit = core.store().audit();

        AuditPage page = audit.find(all(TENANT));
        assertThat(page.entries()).extracting(AuditPage.Stored::entry).containsExactly(entry(ADMIN, 4, 1), failed);
        assertThat(page.entries())
                .extracting(AuditPage.Stored::id)
                .doesNotHaveDuplicates()
                .isSorted();
        insert(entry(USER, 6, 1));
        assertThat(times(all(TENANT))).containsExactly(4L, 5L, 6L);
    }

    @Test
    void eachTenantSeesItsOwn() {
        insert(entry(ADMIN, 1, 1), entry(STRANGER, 2, 1), entry(SYSTEM, 3, 1));
        assertThat(times(all(TENANT))).containsExactly(1L);
        assertThat(times(all(OTHER))).containsExactly(2L);
        assertThat(times(all(Optional.empty()))).containsExactly(3L);
        assertThat(times(about(new About.Entity("DEVICE", device(1))))).containsExactly(1L);
        assertThat(times(about(new About.OfUser(STRANGER.user())))).isEmpty();
    }

    @Test
    void isFilteredByWhatItIsAbout() {
        insert(entry(ADMIN, 1, 1), entry(USER, 2, 1), entry(USER, 3, 2));
        assertThat(times(about(new About.Entity("DEVICE", device(1))))).containsExactly(1L, 2L);
        assertThat(times(about(new About.Entity("CUSTOMER", device(1))))).isEmpty();
        assertThat(times(about(new About.OfCustomer(CUSTOMER)))).containsExactly(2L, 3L);
        assertThat(times(about(new About.OfUser(ADMIN.user())))).containsExactly(1L);
    }

    @Test
    void isFilteredByTimeActionAndText() {
        insert(entry(ADMIN, 1, 1), entry(USER, 2, 2), entry(USER, 3, 3));
        AuditQuery range =
                new AuditQuery(TENANT, new About.Everything(), 2, 2, Set.of(), "", Order.CREATED_TIME, false, 0, 10);
        assertThat(times(range)).containsExactly(2L);
        assertThat(times(search("", AuditAction.RPC_CALL, AuditAction.ADDED))).hasSize(3);
        assertThat(times(search("", AuditAction.ADDED))).isEmpty();
        assertThat(times(search("uSer@"))).containsExactly(2L, 3L);
        assertThat(times(search("vice 1"))).containsExactly(1L);
        assertThat(times(search("rpc_"))).hasSize(3);
        assertThat(times(search("rpc%call"))).isEmpty();
        assertThat(times(search("success"))).hasSize(3);
        assertThat(times(search("failure"))).isEmpty();
    }

    @Test
    void pagesAndSorts() {
        insert(entry(USER, 3, 1), entry(ADMIN, 1, 3), entry(USER, 2, 2));
        assertThat(times(sorted(Order.CREATED_TIME, false, 0, 2))).containsExactly(1L, 2L);
        assertThat(times(sorted(Order.CREATED_TIME, false, 1, 2))).containsExactly(3L);
        assertThat(times(sorted(Order.CREATED_TIME, false, 2, 2))).isEmpty();
        assertThat(audit.find(sorted(Order.CREATED_TIME, false, 2, 2)).total()).isEqualTo(3);
        assertThat(times(sorted(Order.CREATED_TIME, true, 0, 2))).containsExactly(3L, 2L);
        assertThat(times(sorted(Order.ENTITY_NAME, false, 0, 3))).containsExactly(3L, 2L, 1L);
        assertThat(times(sorted(Order.USER_NAME, true, 0, 3))).containsExactly(1L, 2L, 3L);
        for (Order order : Order.values()) {
            assertThat(times(sorted(order, true, 0, 3))).hasSize(3);
        }
    }

    @Test
    void anEntityIsFoundAmongMany() {
        List<AuditEntry> entries = new ArrayList<>();
        IntStream.rangeClosed(1, 40_000).forEach(i -> entries.add(entry(ADMIN, i, i % 10_000)));
        audit.insert(entries).toCompletableFuture().join();
        assertThat(times(about(new About.Entity("DEVICE", device(17)))))
                .containsExactly(17L, 10_017L, 20_017L, 30_017L);
    }

    @Test
    void purgeTakesTheOldestAndNoMoreThanAllowed() {
        IntStream.rangeClosed(1, 10).forEach(i -> insert(entry(ADMIN, i, i)));
        assertThat(purge(6, 100, 3)).isEqualTo(3);
        assertThat(purge(6, 100, 3)).isEqualTo(2);
        assertThat(purge(6, 100, 3)).isZero();
        assertThat(times(all(TENANT))).containsExactly(6L, 7L, 8L, 9L, 10L);
        assertThat(purge(1, 2, 100)).isEqualTo(3);
        assertThat(times(all(TENANT))).containsExactly(9L, 10L);
        assertThat(purge(100, 2, 100)).isEqualTo(2);
        assertThat(purge(100, 2, 100)).isZero();
        assertThat(times(about(new About.Entity("DEVICE", device(9))))).isEmpty();
    }

    @Test
    void purgeLeavesWhatHasAYoungerEntryInItsRow() {
        insert(entry(ADMIN, 1, 1), entry(ADMIN, 9, 1));
        insert(entry(ADMIN, 2, 1));
        assertThat(purge(5, 100, 100)).isEqualTo(1);
        assertThat(times(all(TENANT))).containsExactly(1L, 9L);
    }

    @Test
    void severalRowsAreOneListInOrder() {
        for (int i = 0; i < 30; i += 3) {
            insert(entry(ADMIN, i + 2, 1), entry(USER, i + 5, 2), entry(STRANGER, i, 1), entry(ADMIN, i + 1, 1));
        }
        List<Long> oldest = times(sorted(Order.CREATED_TIME, false, 0, 100));
        assertThat(oldest).hasSize(30).isSorted();
        assertThat(times(sorted(Order.CREATED_TIME, true, 0, 100))).isEqualTo(oldest.reversed());
        for (int page = 0; page < 10; page++) {
            assertThat(times(sorted(Order.CREATED_TIME, true, page, 4)))
                    .isEqualTo(oldest.reversed().subList(page * 4 > 30 ? 30 : page * 4, Math.min(30, page * 4 + 4)));
            assertThat(audit.find(sorted(Order.CREATED_TIME, true, page, 4)).total())
                    .isEqualTo(30);
            assertThat(times(sorted(Order.CREATED_TIME, false, page, 4)))
                    .isEqualTo(oldest.subList(page * 4 > 30 ? 30 : page * 4, Math.min(30, page * 4 + 4)));
        }
        assertThat(times(about(new About.Entity("DEVICE", device(1))))).hasSize(20);
    }

    @Test
    void rowsAtTheEndsOfTheRangeCountInPart() {
        for (int i = 1; i <= 60_000; i += 2_000) {
            insert(entry(ADMIN, i, 1), entry(ADMIN, i + 1_000, 1), entry(ADMIN, i + 12_000, 1));
        }
        AuditQuery query = new AuditQuery(
                TENANT, new About.Everything(), 2_001, 30_001, Set.of(), "", Order.CREATED_TIME, true, 0, 5);
        AuditQuery filtered = new AuditQuery(
                TENANT, new About.OfUser(ADMIN.user()), 2_001, 30_001, Set.of(), "", Order.CREATED_TIME, true, 0, 5);
        assertThat(audit.find(query)).isEqualTo(audit.find(filtered));
        assertThat(audit.find(query).total()).isEqualTo(15 + 14 + 10);
    }

    private int purge(long before, long entriesMax, int atOnceMax) {
        return audit.purge(before, entriesMax, atOnceMax).toCompletableFuture().join();
    }
}
