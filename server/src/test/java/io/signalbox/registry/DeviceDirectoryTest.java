package io.signalbox.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DeviceDirectoryTest {
    private static final TenantId TENANT = new TenantId(UUID.randomUUID());

    private final HeldLookup store = new HeldLookup();
    private final DeviceDirectory directory = new DeviceDirectory(store, 100);
    private final Device device = device("D", 1);

    @Test
    void whatWasLoadedIsInMemory() {
        assertThat(directory.cached(device.id())).isNull();

        CompletionStage<Optional<Device>> found = directory.find(device.id());
        store.answer(0, device);

        assertThat(result(found)).contains(device);
        assertThat(directory.cached(device.id())).isEqualTo(device);
        assertThat(result(directory.find(device.id()))).contains(device);
        assertThat(store.asked()).isEqualTo(1);
    }

    @Test
    void tokenIsKnownOnceItWasUsed() {
        know(device);
        assertThat(directory.cachedByToken("token")).isNull();

        CompletionStage<Optional<Device>> found = directory.authenticate("token");
        store.answer(1, device);

        assertThat(result(found)).contains(device);
        assertThat(directory.cachedByToken("token")).isEqualTo(device);
        assertThat(result(directory.authenticate("token"))).contains(device);
        assertThat(directory.cached(device.id())).isEqualTo(device);
        assertThat(store.asked()).isEqualTo(2);
    }

    @Test
    void unknownTokensAndIdsAreNotKept() {
        for (int i = 0; i < 3; i++) {
            CompletionStage<Optional<Device>> byToken = directory.authenticate("guess");
            store.answerNothing(2 * i);
            CompletionStage<Optional<Device>> byId = directory.find(device.id());
            store.answerNothing(2 * i + 1);
            assertThat(result(byToken)).isEmpty();
            assertThat(result(byId)).isEmpty();
        }
        assertThat(store.asked()).isEqualTo(6);
    }

    @Test
    void missesOfTheSameKeyLoadOnce() {
        List<CompletionStage<Optional<Device>>> found = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            found.add(directory.authenticate("token"));
        }
        assertThat(store.asked()).isEqualTo(1);
        store.answer(0, device);

        assertThat(found).allSatisfy(stage -> assertThat(result(stage)).contains(device));
    }

    @Test
    void impatienceOfOneCallerIsNotThatOfOthers() {
        CompletionStage<Optional<Device>> first = directory.find(device.id());
        CompletionStage<Optional<Device>> second = directory.find(device.id());
        first.toCompletableFuture().cancel(false);
        store.answer(0, device);

        assertThat(result(second)).contains(device);
    }

    @Test
    void failureIsToldToAllAndForgotten() {
        CompletionStage<Optional<Device>> first = directory.find(device.id());
        CompletionStage<Optional<Device>> second = directory.find(device.id());
        store.fail(0, new Rejected(ErrorCode.TOO_MANY_REQUESTS, "full"));

        assertThat(failure(first)).isEqualTo(ErrorCode.TOO_MANY_REQUESTS);
        assertThat(failure(second)).isEqualTo(ErrorCode.TOO_MANY_REQUESTS);
        CompletionStage<Optional<Device>> third = directory.find(device.id());
        store.answer(1, device);
        assertThat(result(third)).contains(device);
    }

    @Test
    void changeReplacesWhatIsInMemoryAndKeepsTheToken() {
        authenticate(device);

        directory.changed(version(2));

        assertThat(directory.cached(device.id())).isEqualTo(version(2));
        assertThat(directory.cachedByToken("token")).isEqualTo(version(2));
    }

    @Test
    void changesToldOutOfOrderEndWithTheNewest() {
        know(device);

        directory.changed(version(3));
        directory.changed(version(2));

        assertThat(directory.cached(device.id())).isEqualTo(version(3));
    }

    @Test
    void changeToldAfterTheRemovalBringsNothingBack() {
        authenticate(device);

        directory.removed(device.id());
        directory.changed(version(2));

        assertThat(directory.cached(device.id())).isNull();
        assertThat(directory.cachedByToken("token")).isNull();
    }

    @Test
    void loadOvertakenByAChangeIsRepeated() {
        CompletionStage<Optional<Device>> found = directory.find(device.id());
        // the store has read version 1; then version 2 is committed and told; then the read ends
        directory.changed(version(2));
        store.answer(0, device);

        assertThat(directory.cached(device.id())).isNull();
        assertThat(found.toCompletableFuture()).isNotDone();
        store.answer(1, version(2));
        assertThat(result(found)).contains(version(2));
        assertThat(directory.cached(device.id())).isEqualTo(version(2));
    }

    @Test
    void loadOvertakenByARemovalFindsNothing() {
        CompletionStage<Optional<Device>> byToken = directory.authenticate("token");
        CompletionStage<Optional<Device>> byId = directory.find(device.id());
        directory.removed(device.id());
        store.answer(0, device);
        store.answer(1, device);
        store.answerNothing(2);
        store.answerNothing(3);

        assertThat(result(byToken)).isEmpty();
        assertThat(result(byId)).isEmpty();
        assertThat(directory.cached(device.id())).isNull();
        assertThat(directory.cachedByToken("token")).isNull();
    }

    @Test
    void oldTokenIsNotGoodAfterNewCredentials() {
        authenticate(device);
        directory.removed(device.id());
        know(device);

        assertThat(directory.cachedByToken("token")).isNull();
    }

    @Test
    void changeOfAnotherDeviceDisturbsNoLoad() {
        CompletionStage<Optional<Device>> found = directory.find(device.id());
        directory.changed(inAnotherStripe());
        store.answer(0, device);

        assertThat(result(found)).contains(device);
        assertThat(directory.cached(device.id())).isEqualTo(device);
    }

    @Test
    void loadThatIsOvertakenAgainAndAgainGivesUp() {
        CompletionStage<Optional<Device>> found = directory.find(device.id());
        for (int i = 0; !found.toCompletableFuture().isDone(); i++) {
            assertThat(i).isLessThan(100);
            directory.changed(version(i + 2));
            store.answer(i, version(i + 1));
        }

        assertThat(failure(found)).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
    }

    @Test
    void memoryIsBounded() {
        for (int i = 0; i < 1000; i++) {
            know(device("D" + i, 1));
        }
        long kept = store.answered.stream()
                .filter(loaded -> directory.cached(loaded.id()) != null)
                .count();
        assertThat(kept).isBetween(1L, 100L);
    }

    private void know(Device known) {
        var _ = directory.find(known.id());
        store.answer(store.asked() - 1, known);
    }

    private void authenticate(Device known) {
        var _ = directory.authenticate("token");
        store.answer(store.asked() - 1, known);
    }

    private Device version(long version) {
        return new Device(
                device.number(),
                device.id(),
                device.createdTime(),
                device.tenant(),
                device.customer(),
                device.name(),
                device.type(),
                device.label(),
                device.profile(),
                device.deviceData(),
                device.additionalInfo(),
                version);
    }

    private Device inAnotherStripe() {
        long high = device.id().uuid().getMostSignificantBits();
        long low = device.id().uuid().getLeastSignificantBits();
        return device("other", new DeviceId(new UUID(high, low ^ 1)), 2);
    }

    private static Device device(String name, long version) {
        return device(name, new DeviceId(UUID.randomUUID()), version);
    }

    private static Device device(String name, DeviceId id, long version) {
        return new Device(
                1,
                id,
                0,
                TENANT,
                Optional.empty(),
                name,
                "default",
                Optional.empty(),
                new DeviceProfileId(new UUID(0, 0)),
                "{}",
                Optional.empty(),
                version);
    }

    private static Optional<Device> result(CompletionStage<Optional<Device>> stage) {
        return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    private static ErrorCode failure(CompletionStage<?> stage) {
        return stage.handle((result, failure) -> ((Rejected) failure).code())
                .toCompletableFuture()
                .join();
    }

    /** A store whose reads end when the test says so; they are numbered in the order of the questions. */
    private static final class HeldLookup implements DeviceLookup {
        private final List<CompletableFuture<Optional<Device>>> reads = new ArrayList<>();
        private final List<Device> answered = new ArrayList<>();

        @Override
        public CompletionStage<Optional<Device>> find(DeviceId id) {
            return ask();
        }

        @Override
        public CompletionStage<Optional<Device>> findByAccessToken(String token) {
            return ask();
        }

        private CompletionStage<Optional<Device>> ask() {
            CompletableFuture<Optional<Device>> read = new CompletableFuture<>();
            reads.add(read);
            return read;
        }

        int asked() {
            return reads.size();
        }

        void answer(int read, Device device) {
            answered.add(device);
            reads.get(read).complete(Optional.of(device));
        }

        void answerNothing(int read) {
            reads.get(read).complete(Optional.empty());
        }

        void fail(int read, Rejected reason) {
            reads.get(read).completeExceptionally(reason);
        }
    }
}
