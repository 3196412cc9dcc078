package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.TenantProfile;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.registry.DeviceProfile;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RetryPolicy.Failure;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore.Change;
import io.signalbox.rpc.RpcStore.Ended;
import io.signalbox.rpc.RpcStore.Found;
import io.signalbox.rpc.RpcStore.Listing;
import io.signalbox.rpc.RpcStore.Query;
import io.signalbox.rpc.RpcStore.Saved;
import io.signalbox.rpc.RpcStore.Sort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EveryDatabase
class SqlRpcStoreIT {
    private static final long NOW = Fixture.NOW;
    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final RpcLimits LIMITS = new RpcLimits(5, 8, 3, 10);
    private static final UserId CALLER = new UserId(Uuids.next(NOW));

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private final RecordingLoop loop = new RecordingLoop();
    private Fixture core;
    private TenantId tenant;
    private Device device;

    SqlRpcStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder.resolve("data")), LIMITS);
        tenant = core.tenant("A");
        device = core.device(tenant, "D");
    }

    @AfterEach
    void close() {
        core.close();
    }

    // acceptance

    @ParameterizedTest
    @ValueSource(ints = {0, 4_000, 4_096, 100_000})
    void commandComesBackAsItWasGiven(int extra) throws InterruptedException {
        RpcOrder order = new RpcOrder(
                Uuids.next(NOW),
                tenant,
                device.number(),
                device.id(),
                NOW,
                NOW + 60_000,
                true,
                "sät 😀",
                ("{\"p\":\"" + "x".repeat(extra) + "ü\"}").getBytes(UTF_8),
                OptionalInt.of(3),
                Optional.of("{\"a\":1}"),
                new RetryPolicy(500, 1.5, 60_000, 0.25, EnumSet.complementOf(EnumSet.of(Failure.NO_ANSWER))),
                true,
                Optional.of(true),
                Optional.of("lane"),
                true,
                Optional.of("key"),
                CALLER,
                "a@example.org",
                new RpcOrder.Origin(Optional.of(new CustomerId(Uuids.next(NOW))), "192.0.2.7", "D"));

        long number = stored(insert(order)).number();

        assertThat(number).isPositive();
        RpcRecord expected = new RpcRecord(number, 1, order, accepted());
        assertSame(rpcs().find(order.id()).orElseThrow(), expected);
        core.reopen();
        assertSame(rpcs().find(order.id()).orElseThrow(), expected);
        assertSame(openOf(device.number()).getFirst(), expected);
        assertThat(rpcs().openCount()).isEqualTo(1);
    }

    @Test
    void whatWasToldIsThereAfterACrash() throws Exception {
        assumeTrue(databases == TestDatabase.SQLITE, "copies files");
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            numbers.add(stored(insert(order())).number());
        }
        update(numbers.get(1), 1, sent(7));
        update(numbers.get(2), 1, accepted().ended(RpcStatus.FAILED, Optional.empty(), line(Cause.REFUSED)));

        Path crashed = Files.createDirectory(folder.resolve("crashed"));
        for (String file : List.of(CoreStore.FILE, CoreStore.FILE + "-wal")) {
            Files.copy(folder.resolve("data").resolve(file), crashed.resolve(file));
        }

        try (Fixture after = new Fixture(crashed, LIMITS)) {
            assertThat(after.store().rpcs().openCount()).isEqualTo(4);
            assertThat(after.store()
                            .rpcs()
                            .open(device.number(), numbers.getFirst(), 10)
                            .toCompletableFuture()
                            .join())
                    .extracting(RpcRecord::number)
                    .containsExactly(numbers.get(1), numbers.get(3), numbers.get(4));
        }
    }

    @Test
    void numbersRiseAndAreNotReused() throws InterruptedException {
        long first = stored(insert(order())).number();
        RpcOrder last = order();
        long second = stored(insert(last)).number();
        core.identities().deleteTenant(tenant);
        tenant = core.tenant("B");
        device = core.device(tenant, "D");

        assertThat(second).isGreaterThan(first);
        assertThat(stored(insert(order())).number()).isGreaterThan(second);
    }

    @Test
    void deviceThatIsGoneTakesNoCommand() throws InterruptedException {
        RpcOrder order = order();
        core.devices().delete(device.id());

        assertThat(insert(order)).isEqualTo(new Saved.Failed(ErrorCode.NOT_FOUND));
        assertThat(rpcs().find(order.id())).isEmpty();
    }

    @Test
    void closedStoreSaysSo() throws InterruptedException {
        SqlRpcStore rpcs = rpcs();
        core.close();
        List<Saved> saved = new ArrayList<>();

        assertThat(rpcs.insert(order(), accepted(), loop, saved::add)).isTrue();
        rpcs.update(order(), 1, 1, sent(1), loop, saved::add);
        loop.runNext();
        loop.runNext();

        assertThat(saved).hasSize(2).containsOnly(new Saved.Failed(ErrorCode.STORE_UNAVAILABLE));
        core = new Fixture(databases.in(folder.resolve("data")), LIMITS);
    }

    /** The writer of a database server does them in a few statements. */
    @Test
    void whatComesTogetherEndsAsIfItCameOneByOne() throws InterruptedException {
        Device other = core.device(tenant, "E");
        List<RpcOrder> orders = new ArrayList<>(orders(7));
        orders.add(orders.get(3));
        orders.add(order(core.device(core.tenant("B"), "F")));
        for (int i = 0; i < 4; i++) {
            orders.add(order(other));
        }
        Map<Integer, Saved> saved =
                together(orders.size(), i -> done -> rpcs().insert(orders.get(i), accepted(), loop, done));
        for (int i = 0; i < orders.size(); i++) {
            Saved of = Objects.requireNonNull(saved.get(i));
            switch (i) {
                case 5, 6, 12 -> assertThat(of).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
                case 7 -> assertThat(of).isEqualTo(new Saved.Known(orders.get(3).id()));
                default -> assertThat(of).isInstanceOf(Saved.Stored.class);
            }
        }
        List<RpcRecord> records = new ArrayList<>(openOf(device.number()));
        assertThat(records)
                .extracting(record -> record.order().id())
                .isEqualTo(orders.subList(0, 5).stream().map(RpcOrder::id).toList());
        records.addAll(openOf(other.number()));
        assertThat(rpcs().openCount()).isEqualTo(9);

        Map<Integer, Saved> sent = together(8, i -> done -> {
            RpcRecord record = records.get(i);
            rpcs().update(record.order(), record.number(), i == 4 ? 7 : 1, sent(i + 1), loop, done);
            return true;
        });
        RpcProgress failed = accepted().ended(RpcStatus.FAILED, Optional.empty(), line(Cause.REFUSED));
        Map<Integer, Saved> ended = together(8, i -> done -> {
            RpcRecord record = records.get(i);
            rpcs().update(record.order(), record.number(), 2, failed, loop, done);
            return true;
        });
        for (int i = 0; i < 8; i++) {
            Saved expected = i == 4
                    ? new Saved.Outdated()
                    : new Saved.Stored(records.get(i).number(), List.of());
            assertThat(sent).containsEntry(i, expected);
            assertThat(ended).containsEntry(i, expected);
        }
        assertThat(rpcs().openCount()).isEqualTo(2);
        assertSame(openOf(device.number()).getFirst(), records.get(4));
    }

    /** Calls while the writer waits, so that most of them are one batch; what each came to. */
    private Map<Integer, Saved> together(int calls, IntFunction<Predicate<Consumer<Saved>>> call)
            throws InterruptedException {
        Map<Integer, Saved> saved = new HashMap<>();
        try (Sql sql = core.sql()) {
            sql.inTransaction(() -> {
                if (databases != TestDatabase.SQLITE) {
                    sql.list("SELECT token FROM store_owner FOR UPDATE", row -> 1);
                }
                for (int i = 0; i < calls; i++) {
                    int number = i;
                    assertThat(call.apply(i).test(how -> saved.put(number, how)))
                            .isTrue();
                }
                return calls;
            });
        }
        while (saved.size() < calls) {
            loop.runNext();
        }
        return saved;
    }

    // quotas

    @Test
    void deviceHasALimitOfOpenCommands() throws InterruptedException {
        List<RpcOrder> orders = orders(5);
        for (RpcOrder order : orders) {
            stored(insert(order));
        }

        assertThat(insert(order())).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
        assertThat(insert(orders.getFirst()))
                .isEqualTo(new Saved.Known(orders.getFirst().id()));
        rpcs().cancel(orders.getFirst().id(), NOW, "me");
        assertThat(insert(order())).isInstanceOf(Saved.Stored.class);
    }

    @Test
    void replacingNeedsNoMoreRoom() throws InterruptedException {
        stored(insert(lane(order(), "l")));
        for (int i = 0; i < 4; i++) {
            stored(insert(order()));
        }

        assertThat(stored(insert(lane(order(), "l"))).ended()).hasSize(1);
        assertThat(insert(lane(order(), "other"))).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
        assertThat(rpcs().openCount()).isEqualTo(5);
    }

    @Test
    void tenantHasALimitOfOpenCommandsAlsoAfterReopening() throws InterruptedException {
        Device other = core.device(tenant, "E");
        for (int i = 0; i < 4; i++) {
            stored(insert(order()));
            stored(insert(order(other)));
        }

        assertThat(insert(order())).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
        core.reopen();
        assertThat(insert(order())).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
        rpcs().expire(Long.MAX_VALUE, NOW, 1).toCompletableFuture().join();
        assertThat(insert(order())).isInstanceOf(Saved.Stored.class);
        assertThat(insert(order())).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
        Device foreign = core.device(core.tenant("B"), "F");
        assertThat(insert(order(foreign))).isInstanceOf(Saved.Stored.class);
    }

    // the same and other requests

    @Test
    void sameRequestUnderItsIdIsKnown() throws InterruptedException {
        RpcOrder order = params(order(), "{\"a\":1,\"b\":2}");
        long number = stored(insert(order)).number();

        RpcOrder again = params(at(order, NOW + 5), "{ \"b\":2.0, \"a\":1 }");
        assertThat(insert(again)).isEqualTo(new Saved.Known(order.id()));
        update(number, 1, accepted().ended(RpcStatus.FAILED, Optional.empty(), line(Cause.REFUSED)));
        assertThat(insert(again)).isEqualTo(new Saved.Known(order.id()));
        rpcs().delete(order.id(), NOW, "me");
        assertThat(insert(again)).isEqualTo(new Saved.Known(order.id()));
    }

    @Test
    void otherRequestTakesTheIdAndTheOlderEnds() throws InterruptedException {
        RpcOrder older = keyed(order(), "k");
        long olderNumber = stored(insert(older)).number();
        update(olderNumber, 1, sent(1));
        RpcOrder newer = id(params(order(), "3"), older.id());

        Saved.Stored saved = stored(insert(newer));

        assertThat(saved.ended()).containsExactly(new Ended(device.number(), olderNumber));
        assertThat(rpcs().find(older.id()).orElseThrow().number()).isEqualTo(saved.number());
        RpcRecord displaced = all().stream()
                .filter(record -> record.number() == olderNumber)
                .findAny()
                .orElseThrow();
        assertThat(displaced.order().id()).isNotEqualTo(older.id());
        assertThat(displaced.order().id().version()).isEqualTo(7);
        assertThat(displaced.progress().status()).isEqualTo(RpcStatus.SUPERSEDED);
        assertThat(displaced.progress().isOpen()).isFalse();
        HistoryEntry last = displaced.progress().history().getLast();
        assertThat(last.cause()).isEqualTo(Cause.SUPERSEDED);
        assertThat(last.detail()).contains(older.id().toString(), "may have run");
        assertThat(update(olderNumber, 2, sent(1))).isEqualTo(new Saved.Outdated());
        // the key follows the command
        assertThat(insert(keyed(params(order(), "{}"), "k")))
                .isEqualTo(new Saved.Known(displaced.order().id()));
        assertThat(rpcs().openCount()).isEqualTo(1);
    }

    @Test
    void endedCommandGivesUpItsIdAndStaysAsItEnded() throws InterruptedException {
        RpcOrder older = order();
        long number = stored(insert(older)).number();
        rpcs().cancel(older.id(), NOW, "me");

        assertThat(stored(insert(id(params(order(), "3"), older.id()))).ended()).isEmpty();

        RpcRecord displaced = all().stream()
                .filter(record -> record.number() == number)
                .findAny()
                .orElseThrow();
        assertThat(displaced.progress().status()).isEqualTo(RpcStatus.CANCELLED);
        assertThat(displaced.order().id()).isNotEqualTo(older.id());
    }

    @Test
    void idOfAnotherTenantIsRefused() throws InterruptedException {
        RpcOrder order = order();
        stored(insert(order));
        Device foreign = core.device(core.tenant("B"), "F");

        assertThat(insert(id(order(foreign), order.id()))).isEqualTo(new Saved.Failed(ErrorCode.BAD_REQUEST));
        assertThat(rpcs().find(order.id()).orElseThrow().order().tenant()).isEqualTo(tenant);
    }

    @Test
    void refusedInsertChangesNothing() throws InterruptedException {
        RpcOrder older = lane(order(), "l");
        stored(insert(older));
        Device other = core.device(tenant, "E");
        for (int i = 0; i < 5; i++) {
            stored(insert(order(other)));
        }

        // takes the id of a command of the one device, and finds the other full
        assertThat(insert(id(order(other), older.id()))).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));

        assertThat(rpcs().find(older.id()).orElseThrow().version()).isEqualTo(1);
        assertThat(rpcs().openCount()).isEqualTo(6);
    }

    @Test
    void idempotencyKeyStandsForItsRequestForADay() throws InterruptedException {
        RpcOrder order = keyed(order(), "k");
        stored(insert(order));

        assertThat(insert(keyed(at(order(), NOW + DAY - 1), "k"))).isEqualTo(new Saved.Known(order.id()));
        assertThat(insert(keyed(params(order(), "1"), "k"))).isEqualTo(new Saved.KeyTaken(order.id()));
        assertThat(insert(keyed(lane(order(), "l"), "k"))).isEqualTo(new Saved.KeyTaken(order.id()));
        assertThat(insert(keyed(at(params(order(), "1"), NOW + DAY), "k"))).isInstanceOf(Saved.Stored.class);
        Device foreign = core.device(core.tenant("B"), "F");
        assertThat(insert(keyed(order(foreign), "k"))).isInstanceOf(Saved.Stored.class);
    }

    @Test
    void keysOfATenantAreLimitedAndPurgedAfterADay() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            stored(insert(keyed(order(), "k" + i)));
        }

        assertThat(insert(keyed(order(), "k3"))).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
        core.reopen();
        assertThat(insert(keyed(order(), "k3"))).isEqualTo(new Saved.Failed(ErrorCode.TOO_MANY_REQUESTS));
        assertThat(purge(NOW + DAY - 1, 10)).isZero();
        assertThat(purge(NOW + DAY, 2)).isEqualTo(2);
        assertThat(insert(keyed(order(), "k3"))).isInstanceOf(Saved.Stored.class);
        assertThat(rpcs().openCount()).isEqualTo(4);
    }

    // lanes

    @Test
    void newerCommandOfALaneReplacesTheOpenOnes() throws InterruptedException {
        long queued = stored(insert(laneOnly(order(), "l"))).number();
        long sent = stored(insert(laneOnly(order(), "l"))).number();
        update(sent, 1, sent(1));
        long other = stored(insert(laneOnly(order(), "m"))).number();
        RpcOrder newer = lane(order(), "l");

        Saved.Stored saved = stored(insert(newer));

        assertThat(saved.ended()).containsExactly(new Ended(device.number(), queued), new Ended(device.number(), sent));
        assertThat(openOf(device.number())).extracting(RpcRecord::number).containsExactly(other, saved.number());
        RpcRecord second = byNumber(sent);
        assertThat(second.progress().status()).isEqualTo(RpcStatus.SUPERSEDED);
        assertThat(second.progress().history().getLast().detail())
                .contains(newer.id().toString(), "may have run");
        assertThat(byNumber(queued).progress().history().getLast().detail()).isEqualTo("replaced by " + newer.id());
        assertThat(rpcs().openCount()).isEqualTo(2);
    }

    // transitions

    @Test
    void updateReplacesTheVersionThatWasNamedOnly() throws InterruptedException {
        RpcOrder order = order();
        long number = stored(insert(order)).number();

        assertThat(update(number, 1, sent(9))).isEqualTo(new Saved.Stored(number, List.of()));
        assertThat(update(number, 1, sent(10))).isEqualTo(new Saved.Outdated());
        assertThat(update(number, 3, sent(10))).isEqualTo(new Saved.Outdated());
        assertThat(update(number + 1, 1, sent(10))).isEqualTo(new Saved.Outdated());

        assertSame(rpcs().find(order.id()).orElseThrow(), new RpcRecord(number, 2, order, sent(9)));
        RpcProgress ended = sent(9).ended(RpcStatus.SUCCESSFUL, Optional.of("{\"x\":1}"), line(Cause.REPLIED));
        assertThat(update(number, 2, ended)).isInstanceOf(Saved.Stored.class);
        assertThat(rpcs().openCount()).isZero();
        assertThat(update(number, 3, sent(9))).as("ended stays ended").isEqualTo(new Saved.Outdated());
        assertThat(update(number, 3, ended)).isInstanceOf(Saved.Stored.class);
        core.reopen();
        assertSame(rpcs().find(order.id()).orElseThrow(), new RpcRecord(number, 4, order, ended));
        assertThat(openOf(device.number())).isEmpty();
        assertThat(rpcs().openCount()).isZero();
    }

    @Test
    void openCommandsComeByNumberInSlices() throws InterruptedException {
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            numbers.add(stored(insert(order())).number());
        }
        stored(insert(order(core.device(tenant, "E"))));

        assertThat(rpcs().open(device.number(), 0, 2).toCompletableFuture().join())
                .extracting(RpcRecord::number)
                .isEqualTo(numbers.subList(0, 2));
        assertThat(rpcs().open(device.number(), numbers.get(1), 9)
                        .toCompletableFuture()
                        .join())
                .extracting(RpcRecord::number)
                .isEqualTo(numbers.subList(2, 5));
    }

    @Test
    void cancelEndsWhatWasNotSent() throws InterruptedException {
        RpcOrder order = order();
        stored(insert(order));

        RpcRecord after = ((Change.Done) rpcs().cancel(order.id(), NOW + 1, "b@example.org")).after();

        assertThat(after.progress().status()).isEqualTo(RpcStatus.CANCELLED);
        assertThat(after.version()).isEqualTo(2);
        assertThat(after.progress().history().getLast())
                .isEqualTo(new HistoryEntry(NOW + 1, Cause.CANCELLED, RpcStatus.CANCELLED, 0, 0, "b@example.org"));
        assertSame(rpcs().find(order.id()).orElseThrow(), after);
        assertThat(rpcs().cancel(order.id(), NOW, "x")).isInstanceOf(Change.AlreadyEnded.class);
        assertThat(rpcs().cancel(UUID.randomUUID(), NOW, "x")).isEqualTo(new Change.Missing());

        RpcOrder sent = order();
        update(stored(insert(sent)).number(), 1, sent(1));
        assertThat(rpcs().cancel(sent.id(), NOW, "x")).isInstanceOf(Change.AlreadySent.class);
        assertThat(rpcs().find(sent.id()).orElseThrow().progress().isOpen()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 10_000})
    void deletedCommandLeavesATombstone(int size) throws InterruptedException {
        RpcOrder order = params(order(), "\"" + "s".repeat(size) + "\"");
        long number = stored(insert(order)).number();
        update(number, 1, sent(1));

        assertThat(rpcs().delete(order.id(), NOW + 1, "b@example.org")).isInstanceOf(Change.Done.class);

        RpcRecord tombstone = rpcs().find(order.id()).orElseThrow();
        assertThat(tombstone.progress().status()).isEqualTo(RpcStatus.DELETED);
        assertThat(tombstone.progress().isOpen()).isFalse();
        assertThat(tombstone.progress().response()).isEmpty();
        assertThat(tombstone.order().params()).asString().isEqualTo("null");
        assertThat(tombstone.order().additionalInfo()).isEmpty();
        assertThat(tombstone.progress().history()).hasSize(3);
        assertThat(tombstone.progress().history().getLast().detail()).isEqualTo("b@example.org");
        assertThat(rpcs().delete(order.id(), NOW, "x")).isEqualTo(new Change.Missing());
        assertThat(rpcs().cancel(order.id(), NOW, "x")).isEqualTo(new Change.Missing());
        assertThat(update(number, 2, sent(1))).isEqualTo(new Saved.Outdated());
        assertThat(rpcs().openCount()).isZero();
        try (Sql sql = core.sql()) {
            assertThat(sql.exists("SELECT 1 FROM rpc_body")).isFalse();
        }
    }

    @Test
    void expiryEndsTheOldestFirstAndNoMoreThanAsked() throws InterruptedException {
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            numbers.add(stored(insert(expiring(order(), NOW + 40 - 10L * i))).number());
        }
        rpcs().cancel(byNumber(numbers.get(3)).order().id(), NOW, "me");

        assertThat(rpcs().expire(NOW + 40, NOW + 50, 1).toCompletableFuture().join())
                .containsExactly(new Ended(device.number(), numbers.get(2)));
        assertThat(rpcs().expire(NOW + 40, NOW + 50, 9).toCompletableFuture().join())
                .containsExactly(new Ended(device.number(), numbers.get(1)));
        assertThat(rpcs().expire(NOW + 40, NOW + 50, 9).toCompletableFuture().join())
                .isEmpty();

        RpcRecord expired = byNumber(numbers.get(1));
        assertThat(expired.progress().status()).isEqualTo(RpcStatus.EXPIRED);
        assertThat(expired.progress().history().getLast())
                .isEqualTo(new HistoryEntry(NOW + 50, Cause.EXPIRED, RpcStatus.EXPIRED, 0, 0, ""));
        assertThat(rpcs().openCount()).isEqualTo(1);
    }

    @Test
    void lateAnswerGoesToTheHistoryOfTheNewestThatHadItsId() throws InterruptedException {
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            long number = stored(insert(order())).number();
            update(number, 1, sent(5));
            numbers.add(number);
        }
        update(numbers.get(0), 2, sent(5).ended(RpcStatus.EXPIRED, Optional.empty(), line(Cause.EXPIRED)));
        update(numbers.get(1), 2, sent(5).ended(RpcStatus.SUCCESSFUL, Optional.of("1"), line(Cause.REPLIED)));

        rpcs().late(device.number(), 5, "a".repeat(2_000), NOW + 9);
        rpcs().late(device.number(), 6, "x", NOW);
        rpcs().late(device.number() + 1, 5, "x", NOW);
        rpcs().late(device.number(), 0, "x", NOW);

        RpcRecord answered = byNumberLater(numbers.get(1));
        assertThat(answered.progress().history().getLast())
                .isEqualTo(new HistoryEntry(
                        NOW + 9, Cause.DUPLICATE_REPLY, RpcStatus.SUCCESSFUL, 1, 0, "a".repeat(1_000)));
        assertThat(answered.progress().response()).contains("1");
        assertThat(byNumber(numbers.get(0)).version()).isEqualTo(3);
        assertThat(byNumber(numbers.get(2)).version()).isEqualTo(2);

        rpcs().delete(answered.order().id(), NOW, "me");
        rpcs().late(device.number(), 5, "x", NOW);
        assertThat(byNumberLater(numbers.get(1)).version()).as("a tombstone").isEqualTo(5);
    }

    @Test
    void lateAnswersOfOneCommandAreFew() throws InterruptedException {
        long number = stored(insert(order())).number();
        update(number, 1, sent(5));
        update(number, 2, sent(5).ended(RpcStatus.EXPIRED, Optional.empty(), line(Cause.EXPIRED)));

        for (int i = 0; i < 15; i++) {
            rpcs().late(device.number(), 5, "answer " + i, NOW);
        }

        assertThat(byNumberLater(number).progress().history())
                .filteredOn(line -> line.cause() == Cause.LATE_REPLY)
                .hasSize(10)
                .allSatisfy(line -> assertThat(line.status()).isEqualTo(RpcStatus.EXPIRED));
    }

    // what goes

    @Test
    void tombstonesGoAfterThirtyDays() throws InterruptedException {
        List<RpcOrder> orders = orders(3);
        for (RpcOrder order : orders) {
            stored(insert(at(order, NOW + 25 * DAY)));
        }
        rpcs().delete(orders.get(0).id(), NOW, "me");
        rpcs().delete(orders.get(1).id(), NOW + 1, "me");

        assertThat(purge(NOW + 30 * DAY, 9)).isZero();
        assertThat(purge(NOW + 30 * DAY + 1, 9)).isEqualTo(1);
        assertThat(rpcs().find(orders.get(0).id())).isEmpty();
        assertThat(purge(NOW + 30 * DAY + 2, 9)).isEqualTo(1);
        assertThat(rpcs().find(orders.get(2).id())).isPresent();
    }

    @Test
    void endedCommandsGoAfterTheirDaysAndOpenOnesStay() throws InterruptedException {
        List<RpcOrder> orders = orders(5);
        for (int i = 0; i < 5; i++) {
            stored(insert(at(params(orders.get(i), "\"" + "p".repeat(5_000) + "\""), NOW + i)));
        }
        for (int i : new int[] {1, 2, 3}) {
            rpcs().cancel(orders.get(i).id(), NOW, "me");
        }

        assertThat(purge(NOW + 10 * DAY + 3, 1)).isEqualTo(1);
        assertThat(purge(NOW + 10 * DAY + 3, 9)).isEqualTo(1);
        assertThat(purge(NOW + 10 * DAY + 3, 9)).isZero();
        assertThat(all())
                .extracting(record -> record.order().id())
                .containsExactly(
                        orders.get(4).id(), orders.get(3).id(), orders.get(0).id());
        assertThat(rpcs().openCount()).isEqualTo(2);
        try (Sql sql = core.sql()) {
            assertThat(sql.list("SELECT rpc FROM rpc_body", row -> row.number("rpc")))
                    .hasSize(3);
        }
    }

    @Test
    void theProfileOfTheTenantSaysAfterHowManyDays() throws InterruptedException {
        RpcOrder order = order();
        stored(insert(at(order, NOW)));
        rpcs().cancel(order.id(), NOW, "me");
        TenantProfile brief = new TenantProfile(
                new TenantProfileId(Uuids.next(NOW)),
                NOW,
                "Brief",
                "",
                true,
                false,
                "{}",
                new TenantProfile.Limits(0, 0, 0, 0, 2));
        core.store().tenantProfiles().defaultProfile(brief);

        assertThat(purge(NOW + 2 * DAY, 9)).isZero();
        assertThat(purge(NOW + 2 * DAY + 1, 9)).isEqualTo(1);
    }

    @Test
    void commandsOfADeletedDeviceFailAndStay() throws InterruptedException {
        RpcOrder open = order();
        RpcOrder cancelled = order();
        stored(insert(open));
        stored(insert(cancelled));
        rpcs().cancel(cancelled.id(), NOW, "me");

        core.devices().delete(device.id());

        RpcRecord failed = rpcs().find(open.id()).orElseThrow();
        assertThat(failed.progress().status()).isEqualTo(RpcStatus.FAILED);
        assertThat(failed.progress().isOpen()).isFalse();
        assertThat(failed.progress().response()).contains("{\"error\":\"Device was deleted\"}");
        assertThat(failed.progress().history().getLast())
                .isEqualTo(new HistoryEntry(NOW, Cause.DEVICE_DELETED, RpcStatus.FAILED, 0, 0, ""));
        assertThat(rpcs().find(cancelled.id()).orElseThrow().progress().status())
                .isEqualTo(RpcStatus.CANCELLED);
        assertThat(rpcs().openCount()).isZero();
    }

    @Test
    void commandsAndKeysOfADeletedTenantGo() throws InterruptedException {
        TenantId other = core.tenant("B");
        Device foreign = core.device(other, "F");
        RpcOrder kept = keyed(order(foreign), "k");
        stored(insert(kept));
        RpcOrder gone = keyed(params(order(), "\"" + "p".repeat(5_000) + "\""), "k");
        stored(insert(gone));

        core.devices().deleteAllOf(tenant);
        assertThat(core.identities().deleteTenant(tenant)).isTrue();

        assertThat(rpcs().find(gone.id())).isEmpty();
        assertThat(rpcs().find(kept.id())).isPresent();
        assertThat(rpcs().openCount()).isEqualTo(1);
        try (Sql sql = core.sql()) {
            assertThat(sql.exists("SELECT 1 FROM rpc_body")).isFalse();
            assertThat(sql.list("SELECT key FROM rpc_key", row -> row.text("key")))
                    .hasSize(1);
        }
    }

    // damage

    @Test
    void damagedRowIsNamedAndHoldsUpNobodyElse() throws InterruptedException {
        RpcOrder order = expiring(order(), NOW + 1);
        long damaged = stored(insert(order)).number();
        long whole = stored(insert(expiring(order(), NOW + 2))).number();
        core.close();
        try (Sql sql = core.sql()) {
            sql.update("UPDATE rpc SET attempt = 3 WHERE number = ?", damaged);
            assertThatExceptionOfType(SqlFailure.class)
                    .isThrownBy(() -> RpcTable.byNumber(sql, damaged))
                    .withMessageContaining("row " + damaged + " of table rpc");
            sql.update("UPDATE rpc SET attempt = 0, method = 'other' WHERE number = ?", damaged);
            assertThatExceptionOfType(SqlFailure.class)
                    .isThrownBy(() -> RpcTable.byNumber(sql, damaged))
                    .withMessageContaining("row " + damaged + " of table rpc");
        }
        core = new Fixture(databases.in(folder.resolve("data")), LIMITS);

        assertThatExceptionOfType(Rejected.class)
                .isThrownBy(() -> rpcs().find(order.id()))
                .satisfies(rejected -> assertThat(rejected.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));
        assertThat(rpcs().expire(NOW + 9, NOW + 9, 9).toCompletableFuture().join())
                .containsExactly(new Ended(device.number(), whole));
    }

    // lists

    @Test
    void listShowsWhatOlderClientsKnow() throws InterruptedException {
        List<RpcOrder> orders = orders(5);
        for (RpcOrder order : orders) {
            stored(insert(order));
        }
        rpcs().cancel(orders.get(1).id(), NOW, "me");
        rpcs().delete(orders.get(2).id(), NOW, "me");
        long third = rpcs().find(orders.get(3).id()).orElseThrow().number();
        update(third, 1, accepted().ended(RpcStatus.FAILED, Optional.empty(), line(Cause.REFUSED)));

        assertThat(ids(list(Optional.empty(), Sort.ID, true, 0, 9)))
                .containsExactly(id(orders, 0), id(orders, 1), id(orders, 3), id(orders, 4));
        assertThat(ids(list(Optional.of(RpcStatus.FAILED), Sort.CREATED_TIME, false, 0, 9)))
                .containsExactly(id(orders, 3), id(orders, 1));
        assertThat(ids(list(Optional.empty(), Sort.STATUS, true, 0, 9)))
                .containsExactly(id(orders, 1), id(orders, 3), id(orders, 0), id(orders, 4));
        Listing second = list(Optional.empty(), Sort.EXPIRATION_TIME, false, 1, 3);
        assertThat(ids(second)).containsExactly(id(orders, 0));
        assertThat(second.total()).isEqualTo(4);
        assertThat(list(Optional.of(RpcStatus.DELETED), Sort.ID, true, 0, 9).total())
                .isZero();
        assertThat(list(Optional.of(RpcStatus.CANCELLED), Sort.ID, true, 0, 9).total())
                .isZero();
    }

    @Test
    void searchFindsByEachOfItsFilters() throws InterruptedException {
        CustomerId customer = core.customer(tenant, "Acme");
        DeviceProfile pump = core.devices()
                .insertProfile(new DeviceProfile(new DeviceProfileId(Uuids.next(NOW)), NOW, tenant, "pump", "", false));
        Device plain = core.newDevice(tenant, "P");
        Device pumping = core.insert(
                new Device(
                        0,
                        plain.id(),
                        NOW,
                        tenant,
                        Optional.of(customer),
                        "P",
                        "pump",
                        Optional.empty(),
                        pump.id(),
                        "{}",
                        Optional.empty(),
                        0),
                "p");
        RpcOrder first = keyed(at(method(order(), "getTerm"), NOW - 5), "k1");
        RpcOrder second = at(method(order(pumping), "setGpio"), NOW);
        RpcOrder third = at(called(method(order(pumping), "set%Gpio"), "z@example.org"), NOW + 5);
        for (RpcOrder order : List.of(first, second, third)) {
            stored(insert(order));
        }
        stored(insert(order(core.device(core.tenant("B"), "F"))));
        rpcs().cancel(second.id(), NOW, "me");

        Ask ask = new Ask();
        assertThat(found(ask)).containsExactly(third.id(), second.id(), first.id());
        ask.device = Optional.of(pumping.number());
        assertThat(found(ask)).containsExactly(third.id(), second.id());
        ask = new Ask();
        ask.customer = Optional.of(customer);
        assertThat(found(ask)).containsExactly(third.id(), second.id());
        ask.customer = Optional.of(new CustomerId(UUID.randomUUID()));
        assertThat(found(ask)).isEmpty();
        ask = new Ask();
        ask.profile = Optional.of(pump.id().uuid());
        assertThat(found(ask)).containsExactly(third.id(), second.id());
        ask = new Ask();
        ask.method = Optional.of("setGpio");
        assertThat(found(ask)).containsExactly(second.id());
        ask = new Ask();
        ask.states = Set.of(RpcStatus.QUEUED, RpcStatus.SENT);
        assertThat(found(ask)).containsExactly(third.id(), first.id());
        ask = new Ask();
        ask.from = Optional.of(NOW);
        ask.to = Optional.of(NOW + 5);
        assertThat(found(ask)).containsExactly(second.id());
        ask = new Ask();
        ask.caller = Optional.of("z@example.org");
        assertThat(found(ask)).containsExactly(third.id());
        ask = new Ask();
        ask.text = Optional.of("set");
        assertThat(found(ask)).containsExactly(third.id(), second.id());
        ask.text = Optional.of("set%");
        assertThat(found(ask)).containsExactly(third.id());
        ask.text = Optional.of(first.id().toString());
        assertThat(found(ask)).containsExactly(first.id());
        ask.text = Optional.of(UUID.randomUUID().toString());
        assertThat(found(ask)).isEmpty();
        ask = new Ask();
        ask.idempotencyKey = Optional.of("k1");
        assertThat(found(ask)).containsExactly(first.id());

        rpcs().delete(first.id(), NOW, "me");
        ask = new Ask();
        assertThat(found(ask)).containsExactly(third.id(), second.id());
        ask.includeDeleted = true;
        assertThat(found(ask)).containsExactly(third.id(), second.id(), first.id());
    }

    @Test
    void searchGoesOnWhereItEndedThoughRowsChange() throws InterruptedException {
        List<RpcOrder> orders = orders(5);
        for (RpcOrder order : orders) {
            stored(insert(order));
        }
        Query query = new Ask().query();

        Found first = rpcs().search(query, Optional.empty(), 2);
        rpcs().cancel(orders.get(4).id(), NOW, "me");
        stored(insert(order()));
        Found second = rpcs().search(query, first.next(), 2);
        Found third = rpcs().search(query, second.next(), 2);

        List<RpcRecord> seen = new ArrayList<>(first.records());
        seen.addAll(second.records());
        seen.addAll(third.records());
        assertThat(seen.stream().map(record -> record.order().id()))
                .containsExactlyElementsOf(
                        orders.reversed().stream().map(RpcOrder::id).toList());
        assertThat(third.next()).isEmpty();
    }

    @Test
    void searchLooksAtABoundedNumberOfRows() throws InterruptedException {
        RpcOrder wanted = method(order(), "rare");
        stored(insert(wanted));
        long template = stored(insert(order())).number();
        core.close();
        try (Sql sql = core.sql()) {
            String columns = "tenant, device, device_id, created_time, expiration_time, is_open, status, request_id,"
                    + " attempt, overdue, version, checksum, order_checksum, one_way, method, retry_initial,"
                    + " retry_factor, retry_max, retry_jitter, redeliver, supersede, caller, caller_name, history,"
                    + " params";
            List<Object[]> rows = IntStream.range(0, 12_000)
                    .mapToObj(i -> new Object[] {Uuids.next(NOW), template})
                    .toList();
            sql.inTransaction(() -> {
                sql.batch(
                        "INSERT INTO rpc (id, " + columns + ") SELECT ?, " + columns + " FROM rpc WHERE number = ?",
                        rows);
                return true;
            });
        }
        core = new Fixture(databases.in(folder.resolve("data")), LIMITS);
        for (Optional<Long> of : List.of(Optional.<Long>empty(), Optional.of(device.number()))) {
            Ask ask = new Ask();
            ask.method = Optional.of("rare");
            ask.device = of;

            Found first = rpcs().search(ask.query(), Optional.empty(), 10);
            Found second = rpcs().search(ask.query(), first.next(), 10);

            assertThat(first.records()).isEmpty();
            assertThat(second.records())
                    .extracting(record -> record.order().id())
                    .containsExactly(wanted.id());
            assertThat(second.next()).isEmpty();
        }
    }

    // words of the tests

    private SqlRpcStore rpcs() {
        return core.store().rpcs();
    }

    private Saved insert(RpcOrder order) throws InterruptedException {
        List<Saved> saved = new ArrayList<>();
        assertThat(rpcs().insert(order, accepted(), loop, saved::add)).isTrue();
        loop.runNext();
        return saved.getFirst();
    }

    private Saved update(long number, long version, RpcProgress progress) throws InterruptedException {
        List<Saved> saved = new ArrayList<>();
        RpcOrder order = all().stream()
                .filter(record -> record.number() == number)
                .findAny()
                .map(RpcRecord::order)
                .orElseGet(this::order);
        rpcs().update(order, number, version, progress, loop, saved::add);
        loop.runNext();
        return saved.getFirst();
    }

    private static Saved.Stored stored(Saved saved) {
        assertThat(saved).isInstanceOf(Saved.Stored.class);
        return (Saved.Stored) saved;
    }

    private int purge(long now, int limit) {
        return rpcs().purge(now, limit).toCompletableFuture().join();
    }

    private List<RpcRecord> openOf(long number) {
        return rpcs().open(number, 0, 100).toCompletableFuture().join();
    }

    private List<RpcRecord> all() {
        Ask ask = new Ask();
        ask.includeDeleted = true;
        return rpcs().search(ask.query(), Optional.empty(), 100).records();
    }

    private RpcRecord byNumber(long number) {
        return all().stream()
                .filter(record -> record.number() == number)
                .findAny()
                .orElseThrow();
    }

    /** After everything that was given to the writer before. */
    private RpcRecord byNumberLater(long number) {
        purge(0, 0);
        return byNumber(number);
    }

    private Listing list(Optional<RpcStatus> compatible, Sort sort, boolean ascending, int page, int size) {
        return rpcs().list(device.number(), compatible, sort, ascending, page, size);
    }

    private static List<UUID> ids(Listing listing) {
        return listing.records().stream().map(record -> record.order().id()).toList();
    }

    private static UUID id(List<RpcOrder> orders, int index) {
        return orders.get(index).id();
    }

    private List<UUID> found(Ask ask) {
        return rpcs().search(ask.query(), Optional.empty(), 100).records().stream()
                .map(record -> record.order().id())
                .toList();
    }

    private final class Ask {
        private Optional<CustomerId> customer = Optional.empty();
        private Optional<Long> device = Optional.empty();
        private Optional<UUID> profile = Optional.empty();
        private Optional<String> method = Optional.empty();
        private Set<RpcStatus> states = EnumSet.noneOf(RpcStatus.class);
        private Optional<Long> from = Optional.empty();
        private Optional<Long> to = Optional.empty();
        private Optional<String> caller = Optional.empty();
        private Optional<String> text = Optional.empty();
        private Optional<String> idempotencyKey = Optional.empty();
        private boolean includeDeleted;

        Query query() {
            return new Query(
                    tenant,
                    customer,
                    device,
                    profile,
                    method,
                    states,
                    from,
                    to,
                    caller,
                    text,
                    idempotencyKey,
                    includeDeleted);
        }
    }

    private static void assertSame(RpcRecord actual, RpcRecord expected) {
        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
    }

    private static HistoryEntry line(Cause cause) {
        return new HistoryEntry(NOW + 3, cause, RpcStatus.QUEUED, 1, 2, "because");
    }

    private static RpcProgress accepted() {
        return new RpcProgress(
                RpcStatus.QUEUED,
                true,
                0,
                0,
                0,
                Optional.empty(),
                List.of(new HistoryEntry(NOW, Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, "")));
    }

    private static RpcProgress sent(int requestId) {
        return new RpcProgress(
                RpcStatus.SENT,
                true,
                requestId,
                1,
                0,
                Optional.empty(),
                accepted().and(new HistoryEntry(NOW + 1, Cause.ATTEMPT, RpcStatus.SENT, 1, 4, "")));
    }

    private List<RpcOrder> orders(int count) {
        return IntStream.range(0, count).mapToObj(i -> order()).toList();
    }

    private RpcOrder order() {
        return order(device);
    }

    private static RpcOrder order(Device device) {
        return order(
                device,
                Uuids.next(NOW),
                NOW,
                NOW + 60_000,
                "m",
                "{}",
                Optional.empty(),
                false,
                Optional.empty(),
                "a@example.org");
    }

    private static RpcOrder order(
            Device device,
            UUID id,
            long createdTime,
            long expirationTime,
            String method,
            String params,
            Optional<String> lane,
            boolean supersede,
            Optional<String> key,
            String callerName) {
        return with(
                device.tenant(),
                device.number(),
                device.id(),
                id,
                createdTime,
                expirationTime,
                method,
                params.getBytes(UTF_8),
                lane,
                supersede,
                key,
                callerName);
    }

    private static RpcOrder with(
            TenantId tenant,
            long device,
            DeviceId deviceId,
            UUID id,
            long createdTime,
            long expirationTime,
            String method,
            byte[] params,
            Optional<String> lane,
            boolean supersede,
            Optional<String> key,
            String callerName) {
        return new RpcOrder(
                id,
                tenant,
                device,
                deviceId,
                createdTime,
                expirationTime,
                false,
                method,
                params,
                OptionalInt.empty(),
                Optional.of("{\"info\":1}"),
                RetryPolicy.STANDARD,
                false,
                Optional.of(false),
                lane,
                supersede,
                key,
                CALLER,
                callerName,
                RpcOrder.Origin.UNKNOWN);
    }

    private static RpcOrder id(RpcOrder o, UUID id) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                id,
                o.createdTime(),
                o.expirationTime(),
                o.method(),
                o.params(),
                o.lane(),
                o.supersede(),
                o.idempotencyKey(),
                o.callerName());
    }

    private static RpcOrder at(RpcOrder o, long createdTime) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                createdTime,
                o.expirationTime(),
                o.method(),
                o.params(),
                o.lane(),
                o.supersede(),
                o.idempotencyKey(),
                o.callerName());
    }

    private static RpcOrder expiring(RpcOrder o, long expirationTime) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                o.createdTime(),
                expirationTime,
                o.method(),
                o.params(),
                o.lane(),
                o.supersede(),
                o.idempotencyKey(),
                o.callerName());
    }

    private static RpcOrder method(RpcOrder o, String method) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                o.createdTime(),
                o.expirationTime(),
                method,
                o.params(),
                o.lane(),
                o.supersede(),
                o.idempotencyKey(),
                o.callerName());
    }

    private static RpcOrder params(RpcOrder o, String params) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                o.createdTime(),
                o.expirationTime(),
                o.method(),
                params.getBytes(UTF_8),
                o.lane(),
                o.supersede(),
                o.idempotencyKey(),
                o.callerName());
    }

    private static RpcOrder lane(RpcOrder o, String lane) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                o.createdTime(),
                o.expirationTime(),
                o.method(),
                o.params(),
                Optional.of(lane),
                true,
                o.idempotencyKey(),
                o.callerName());
    }

    private static RpcOrder laneOnly(RpcOrder o, String lane) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                o.createdTime(),
                o.expirationTime(),
                o.method(),
                o.params(),
                Optional.of(lane),
                false,
                o.idempotencyKey(),
                o.callerName());
    }

    private static RpcOrder keyed(RpcOrder o, String key) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                o.createdTime(),
                o.expirationTime(),
                o.method(),
                o.params(),
                o.lane(),
                o.supersede(),
                Optional.of(key),
                o.callerName());
    }

    private static RpcOrder called(RpcOrder o, String callerName) {
        return with(
                o.tenant(),
                o.device(),
                o.deviceId(),
                o.id(),
                o.createdTime(),
                o.expirationTime(),
                o.method(),
                o.params(),
                o.lane(),
                o.supersede(),
                o.idempotencyKey(),
                callerName);
    }
}
