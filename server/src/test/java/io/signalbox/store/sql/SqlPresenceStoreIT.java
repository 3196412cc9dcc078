package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.presence.PresenceStore;
import io.signalbox.presence.PresenceStore.Expired;
import io.signalbox.presence.PresenceStore.Sign;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlPresenceStoreIT {
    private static final long NOW = Fixture.NOW;
    private static final long TIMEOUT = 600_000;

    private final TestDatabase databases;
    private final Feed feed = new Feed();
    private final RecordingLoop loop = new RecordingLoop();

    @TempDir
    private Path folder;

    private Fixture core;
    private TenantId tenant;
    private Device device;

    SqlPresenceStoreIT(TestDatabase databases) {
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

    @Test
    void newDeviceIsInactive() {
        assertThat(shown()).isEqualTo(Map.of("active", new Value.Flag(false)));
        assertThat(expire(Long.MAX_VALUE / 2).silent()).isEmpty();
    }

    @Test
    void heardDeviceIsActiveUntilItsTimeIsOver() {
        keep(new Sign(device.number(), NOW, 0, NOW));
        assertThat(shown())
                .isEqualTo(Map.of(
                        "active",
                        new Value.Flag(true),
                        "lastConnectTime",
                        new Value.Whole(NOW),
                        "lastActivityTime",
                        new Value.Whole(NOW)));
        assertThat(isShownActive()).isTrue();

        assertThat(expire(NOW + TIMEOUT - 1).silent()).isEmpty();
        assertThat(expire(NOW + TIMEOUT).silent()).containsExactly(device.number());
        assertThat(shown())
                .containsEntry("active", new Value.Flag(false))
                .containsEntry("inactivityAlarmTime", new Value.Whole(NOW + TIMEOUT));
        assertThat(isShownActive()).isFalse();
        assertThat(expire(NOW + 2 * TIMEOUT).silent()).isEmpty();

        keep(new Sign(device.number(), NOW, 0, NOW + TIMEOUT + 1));
        assertThat(shown())
                .containsEntry("active", new Value.Flag(true))
                .containsEntry("inactivityAlarmTime", new Value.Whole(NOW + TIMEOUT));
    }

    @Test
    void disconnectDoesNotMakeInactive() {
        keep(new Sign(device.number(), NOW, 0, NOW));
        keep(new Sign(device.number(), NOW, NOW + 5, NOW));

        assertThat(shown())
                .containsEntry("lastDisconnectTime", new Value.Whole(NOW + 5))
                .containsEntry("active", new Value.Flag(true));
    }

    @Test
    void olderTimesChangeNothing() {
        keep(new Sign(device.number(), NOW, NOW + 1, NOW + 2));
        Map<String, Value> before = shown();

        keep(new Sign(device.number(), NOW - 1, NOW, NOW + 1));
        keep(new Sign(device.number(), NOW, NOW + 1, NOW + 2));

        assertThat(shown()).isEqualTo(before);
    }

    /** What was heard before the alarm, and is kept after it, takes the alarm back. */
    @Test
    void alarmIsTakenBackByAnEarlierSign() {
        keep(new Sign(device.number(), NOW, 0, NOW));
        expire(NOW + TIMEOUT);
        keep(new Sign(device.number(), NOW, 0, NOW + TIMEOUT - 1));

        assertThat(shown())
                .containsEntry("active", new Value.Flag(true))
                .containsEntry("inactivityAlarmTime", new Value.Whole(0));
    }

    @Test
    void ownTimeoutCountsAtOnce() throws InterruptedException {
        keep(new Sign(device.number(), NOW, 0, NOW));
        set("inactivityTimeout", new Value.Whole(1_000));
        assertThat(expire(NOW + 999).silent()).isEmpty();
        assertThat(expire(NOW + 1_000).silent()).containsExactly(device.number());

        keep(new Sign(device.number(), NOW, 0, NOW + 2_000));
        set("inactivityTimeout", new Value.Whole(2 * TIMEOUT));
        assertThat(expire(NOW + 2_000 + TIMEOUT).silent()).isEmpty();

        set("inactivityTimeout", new Value.Whole(0));
        assertThat(expire(NOW + 2_000 + TIMEOUT).silent()).containsExactly(device.number());
    }

    @Test
    void ownTimeoutThatIsDeletedCountsNoMore() throws InterruptedException {
        set("inactivityTimeout", new Value.Whole(100 * TIMEOUT));
        keep(new Sign(device.number(), NOW, 0, NOW));
        assertThat(expire(NOW + TIMEOUT).silent()).isEmpty();

        await(core.store().attributes(feed).delete(device.number(), Scope.SERVER_SCOPE, List.of("inactivityTimeout")));
        assertThat(expire(NOW + TIMEOUT).silent()).containsExactly(device.number());
    }

    @Test
    void whoWasHeardJustNowStaysActive() {
        keep(new Sign(device.number(), NOW, 0, NOW));

        Expired expired = await(store().expire(NOW + TIMEOUT, number -> number == device.number()));
        assertThat(expired.silent()).isEmpty();
        assertThat(shown()).containsEntry("active", new Value.Flag(true));
        assertThat(expire(NOW + TIMEOUT + 1).silent()).containsExactly(device.number());
    }

    /** The server died: the next one knows who was active. */
    @Test
    void restartForgetsNobody() {
        keep(new Sign(device.number(), NOW, 0, NOW));
        core.reopen();

        assertThat(expire(NOW + TIMEOUT).silent()).containsExactly(device.number());
    }

    @Test
    void manyAreSilencedAFewAtATime() {
        List<Sign> signs = new ArrayList<>();
        IntStream.range(0, PresenceStore.EXPIRED_MAX)
                .forEach(i -> signs.add(new Sign(core.device(tenant, "d" + i).number(), NOW, 0, NOW)));
        await(store().keep(signs, NOW));
        keep(new Sign(device.number(), NOW, 0, NOW + 1));

        Expired first = expire(NOW + 2 * TIMEOUT);
        assertThat(first.silent()).hasSize(PresenceStore.EXPIRED_MAX);
        assertThat(first.isMore()).isTrue();
        Expired last = expire(NOW + 2 * TIMEOUT);
        assertThat(last.silent()).containsExactly(device.number());
        assertThat(last.isMore()).isFalse();
    }

    @Test
    void deletedDeviceIsDropped() {
        core.devices().delete(device.id());
        keep(new Sign(device.number(), NOW, 0, NOW));

        assertThat(core.devices().device(device.id())).isEmpty();
        assertThat(expire(NOW + TIMEOUT).silent()).isEmpty();
    }

    @Test
    void followersHearOfIt() {
        List<String> heard = new ArrayList<>();
        feed.follow(device.number(), new Feed.Follower() {
            @Override
            public void points(long commit, List<Reading> readings) {}

            @Override
            public void attributes(long commit, Scope scope, List<Reading> changed, List<String> deleted) {
                changed.forEach(reading -> heard.add(scope + " " + reading.key()));
            }

            @Override
            public void changed(Device changed) {}

            @Override
            public void deleted() {}
        });

        keep(new Sign(device.number(), 0, 0, NOW));
        expire(NOW + TIMEOUT);

        assertThat(heard)
                .containsExactly(
                        "SERVER_SCOPE lastActivityTime",
                        "SERVER_SCOPE active",
                        "SERVER_SCOPE active",
                        "SERVER_SCOPE inactivityAlarmTime");
    }

    private PresenceStore store() {
        return core.store().presence(feed, Duration.ofMillis(TIMEOUT));
    }

    private void keep(Sign sign) {
        await(store().keep(List.of(sign), NOW));
    }

    private Expired expire(long now) {
        return await(store().expire(now, _ -> false));
    }

    private void set(String key, Value value) throws InterruptedException {
        assertThat(core.store()
                        .attributes(feed)
                        .save(
                                device.number(),
                                Scope.SERVER_SCOPE,
                                List.of(new Reading(key, value, NOW)),
                                loop.receipt(key + " " + value)))
                .isTrue();
        loop.runNext();
        assertThat(loop.heard()).contains(key + " " + value + " stored");
    }

    private Map<String, Value> shown() {
        Map<String, Value> shown = new HashMap<>();
        await(core.store().attributes(feed).read(device.number(), Scope.SERVER_SCOPE))
                .forEach(reading -> shown.put(reading.key(), reading.value()));
        return shown;
    }

    private boolean isShownActive() {
        DeviceId id = device.id();
        return core.store().deviceLists().info(id).orElseThrow().isActive();
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }
}
