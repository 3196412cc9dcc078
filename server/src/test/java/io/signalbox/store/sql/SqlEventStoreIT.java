package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.device.Uuids;
import io.signalbox.events.Event;
import io.signalbox.events.EventQuery;
import io.signalbox.events.EventStore;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlEventStoreIT {
    private final TestDatabase databases;

    @TempDir
    private Path folder;

    private Fixture core;
    private EventStore events;
    private Device device;

    SqlEventStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        events = core.store().events();
        device = core.device(core.tenant("A"), "D");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void aDeviceKeepsItsNewestEvents() {
        for (int time = 1; time <= EventStore.OF_DEVICE_MAX + 5; time++) {
            insert(time);
        }
        assertThat(events.find(all())).hasSize(EventStore.OF_DEVICE_MAX);
        assertThat(events.find(all()).getFirst().time()).isEqualTo(6);
    }

    @Test
    void oldOnesArePurgedAFewAtATime() {
        for (int time = 1; time <= 5; time++) {
            insert(time);
        }
        assertThat(await(events.purge(4, 2))).isEqualTo(2);
        assertThat(await(events.purge(4, 2))).isEqualTo(1);
        assertThat(events.find(all())).extracting(Event::time).containsExactly(4L, 5L);
    }

    @Test
    void theyGoWithTheirDevice() {
        insert(1);
        core.devices().delete(device.id());

        assertThat(events.find(all())).isEmpty();
        assertThat(events.insert(device.number(), event(2)).toCompletableFuture())
                .failsWithin(java.time.Duration.ofSeconds(10));
    }

    private void insert(int time) {
        await(events.insert(device.number(), event(time)));
    }

    private static Event event(int time) {
        return new Event(Uuids.next(Fixture.NOW), time, "telemetry", "no JSON");
    }

    private EventQuery all() {
        return new EventQuery(device.number(), 0, Long.MAX_VALUE, "", "");
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }
}
