package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.CallStore;
import io.signalbox.rpc.CallStore.Claim;
import io.signalbox.rpc.KeyedCall;
import io.signalbox.rpc.Outcome;
import io.signalbox.rpc.Outcome.Stage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The keys of lightweight commands, as they are kept in core.db. */
@EveryDatabase
class SqlCallStoreIT {
    private static final long NOW = Fixture.NOW;
    private static final long DAY = Duration.ofDays(1).toMillis();

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private final RecordingLoop loop = new RecordingLoop();
    private Fixture core;
    private TenantId tenant;

    SqlCallStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder.resolve("data")), new RpcLimits(5, 8, 3, 10));
        tenant = core.tenant("A");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void aClaimIsThereAlsoAfterAProcessThatSaidNothingMore() throws InterruptedException {
        KeyedCall call = call("k", "one", NOW);
        assertThat(claim(call)).isEqualTo(new Claim.Claimed());
        core.reopen();
        assertThat(claim(call("k", "one", NOW + 5))).isEqualTo(new Claim.Begun(call.id()));
        assertThat(claim(call("k", "two", NOW + 5))).isEqualTo(new Claim.Taken(call.id()));
        KeyedCall foreign = new KeyedCall(core.tenant("B"), "k", Uuids.next(NOW), "one".getBytes(UTF_8), NOW);
        assertThat(claim(foreign)).isEqualTo(new Claim.Claimed());
    }

    static Stream<Outcome> outcomes() {
        return Stream.of(
                new Outcome.Answered("{\"a\":1}".getBytes(UTF_8)),
                new Outcome.Answered(new byte[0]),
                new Outcome.Answered(new byte[CallStore.ANSWER_BYTES_MAX]),
                new Outcome.Delivered(),
                new Outcome.TimedOut(Stage.NOT_WRITTEN),
                new Outcome.TimedOut(Stage.SENT_NOT_ACKNOWLEDGED),
                new Outcome.TimedOut(Stage.NO_ANSWER));
    }

    @ParameterizedTest
    @MethodSource("outcomes")
    void anOutcomeComesBackAsItWas(Outcome outcome) throws InterruptedException {
        KeyedCall call = call("k", "one", NOW);
        claim(call);
        remember(call, outcome);
        core.reopen();
        assertThat(claim(call("k", "one", NOW + DAY - 1)))
                .usingRecursiveComparison()
                .isEqualTo(new Claim.Ended(call.id(), outcome));
        assertThat(claim(call("k", "two", NOW))).isEqualTo(new Claim.Taken(call.id()));
        assertThat(claim(call("k", "one", NOW + DAY))).isEqualTo(new Claim.Claimed());
    }

    @Test
    void anAnswerThatIsTooLongIsKnownToHaveBeen() throws InterruptedException {
        KeyedCall call = call("k", "one", NOW);
        claim(call);
        remember(call, new Outcome.Answered(new byte[CallStore.ANSWER_BYTES_MAX + 1]));
        assertThat(claim(call("k", "one", NOW))).isEqualTo(new Claim.Ended(call.id(), new Outcome.NotKept()));
    }

    @Test
    void aReleasedKeyIsFreeAndCountsNoMore() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            KeyedCall call = call("k", "request " + i, NOW);
            assertThat(claim(call)).isEqualTo(new Claim.Claimed());
            core.store().calls().release(call, loop, () -> {});
            loop.runNext();
        }
        assertThat(claim(call("k", "one", NOW))).isEqualTo(new Claim.Claimed());
    }

    @Test
    void whatCommandsOfAnotherDayDoIsNotThisOnes() throws InterruptedException {
        KeyedCall old = call("k", "one", NOW);
        claim(old);
        KeyedCall young = call("k", "one", NOW + DAY);
        assertThat(claim(young)).isEqualTo(new Claim.Claimed());
        remember(old, new Outcome.Delivered());
        core.store().calls().release(old, loop, () -> {});
        loop.runNext();
        assertThat(claim(call("k", "one", NOW + DAY))).isEqualTo(new Claim.Begun(young.id()));
    }

    @Test
    void keysOfATenantAreLimitedAndPurgedWithTheirAnswers() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            KeyedCall call = call("k" + i, "one", NOW);
            claim(call);
            remember(call, new Outcome.Answered("1".getBytes(UTF_8)));
        }
        assertThat(claim(call("k3", "one", NOW))).isEqualTo(new Claim.Failed(ErrorCode.TOO_MANY_REQUESTS));
        assertThat(purge(NOW + DAY - 1, 10)).isZero();
        assertThat(purge(NOW + DAY, 2)).isEqualTo(2);
        assertThat(purge(NOW + DAY, 2)).isEqualTo(1);
        assertThat(claim(call("k3", "one", NOW))).isEqualTo(new Claim.Claimed());
        try (Sql sql = core.sql()) {
            assertThat(sql.exists("SELECT 1 FROM rpc_key_answer")).isFalse();
        }
    }

    @Test
    void aTenantThatIsGoneTakesNoKey() throws InterruptedException {
        assertThat(core.identities().deleteTenant(tenant)).isTrue();
        assertThat(claim(call("k", "one", NOW))).isEqualTo(new Claim.Failed(ErrorCode.NOT_FOUND));
    }

    private int purge(long now, int limit) {
        return core.store().rpcs().purge(now, limit).toCompletableFuture().join();
    }

    private KeyedCall call(String key, String request, long now) {
        return new KeyedCall(tenant, key, Uuids.next(NOW), request.getBytes(UTF_8), now);
    }

    private Claim claim(KeyedCall call) throws InterruptedException {
        List<Claim> claims = new ArrayList<>();
        assertThat(core.store().calls().claim(call, loop, claims::add)).isTrue();
        loop.runNext();
        return claims.getFirst();
    }

    private void remember(KeyedCall call, Outcome outcome) throws InterruptedException {
        core.store().calls().remember(call, outcome, loop, () -> {});
        loop.runNext();
    }
}
