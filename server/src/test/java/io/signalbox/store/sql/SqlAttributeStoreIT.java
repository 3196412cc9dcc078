package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.Scope;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlAttributeStoreIT {
    private static final List<Reading> ONE_OF_EACH = List.of(
            new Reading("a", new Value.Whole(Long.MIN_VALUE), 1),
            new Reading("b", new Value.Decimal(0.1), -2),
            new Reading("c", new Value.Text("ünïcode ' \" 😀"), 3),
            new Reading("d", new Value.Flag(false), 4),
            new Reading("e", new Value.Json("{\"x\":[1,null]}"), 5),
            new Reading("f", new Value.Text(""), 6),
            new Reading("g", new Value.Decimal(Double.NaN), 7));

    private final TestDatabase databases;

    @TempDir
    Path folder;

    private final RecordingLoop loop = new RecordingLoop();
    private Fixture core;
    private Device device;

    SqlAttributeStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        device = core.device(core.tenant("A"), "D");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void everyKindOfValueComesBack() throws InterruptedException {
        save(device.number(), Scope.CLIENT_SCOPE, ONE_OF_EACH);

        assertThat(read(device.number(), Scope.CLIENT_SCOPE)).isEqualTo(ONE_OF_EACH);
        core.reopen();
        assertThat(read(device.number(), Scope.CLIENT_SCOPE)).isEqualTo(ONE_OF_EACH);
        assertThat(loop.heard()).containsExactly("save stored");
    }

    @Test
    void laterValueReplacesTheEarlierOfAnyKind() throws InterruptedException {
        save(device.number(), Scope.SHARED_SCOPE, ONE_OF_EACH);
        List<Reading> replaced = ONE_OF_EACH.stream()
                .map(reading -> new Reading(reading.key(), new Value.Flag(true), 9))
                .toList();
        save(device.number(), Scope.SHARED_SCOPE, replaced);
        save(device.number(), Scope.SHARED_SCOPE, List.of(reading("a", 1), reading("a", 2)));

        assertThat(read(device.number(), Scope.SHARED_SCOPE))
                .contains(reading("a", 2))
                .containsAll(replaced.subList(1, replaced.size()))
                .hasSameSizeAs(replaced);
    }

    @Test
    void scopesAndDevicesAreApart() throws InterruptedException {
        Device other = core.device(core.tenant("B"), "D2");
        save(device.number(), Scope.CLIENT_SCOPE, List.of(reading("k", 1)));
        save(device.number(), Scope.SERVER_SCOPE, List.of(reading("k", 2)));
        save(other.number(), Scope.CLIENT_SCOPE, List.of(reading("k", 3)));

        assertThat(read(device.number(), Scope.CLIENT_SCOPE)).containsExactly(reading("k", 1));
        assertThat(read(device.number(), Scope.SERVER_SCOPE))
                .contains(reading("k", 2))
                .doesNotContain(reading("k", 1));
        assertThat(read(device.number(), Scope.SHARED_SCOPE)).isEmpty();
        assertThat(read(other.number(), Scope.CLIENT_SCOPE)).containsExactly(reading("k", 3));
    }

    @Test
    void keysAreChosenAndUnknownOnesLeftOut() throws InterruptedException {
        save(device.number(), Scope.CLIENT_SCOPE, ONE_OF_EACH);

        assertThat(core.store()
                        .attributes(new Feed())
                        .read(device.number(), Scope.CLIENT_SCOPE, List.of("d", "zz", "a", "d"))
                        .toCompletableFuture()
                        .join())
                .containsExactly(ONE_OF_EACH.get(3), ONE_OF_EACH.get(0));
    }

    @Test
    void deletedDeviceHasNoneAndTakesNone() throws InterruptedException {
        save(device.number(), Scope.CLIENT_SCOPE, ONE_OF_EACH);
        core.devices().delete(device.id());

        save(device.number(), Scope.CLIENT_SCOPE, ONE_OF_EACH);

        assertThat(read(device.number(), Scope.CLIENT_SCOPE)).isEmpty();
        assertThat(loop.heard()).containsExactly("save stored", "save NOT_FOUND");
    }

    private void save(long number, Scope scope, List<Reading> attributes) throws InterruptedException {
        assertThat(core.store().attributes(new Feed()).save(number, scope, attributes, loop.receipt("save")))
                .isTrue();
        loop.runNext();
    }

    private List<Reading> read(long number, Scope scope) {
        return core.store()
                .attributes(new Feed())
                .read(number, scope)
                .toCompletableFuture()
                .join();
    }

    private static Reading reading(String key, long value) {
        return new Reading(key, new Value.Whole(value), 1);
    }
}
