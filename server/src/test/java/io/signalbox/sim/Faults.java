package io.signalbox.sim;

import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.RequestIds;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.Loop;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** What stands between the server and its store: nothing, but for those who try what mistakes there would do. */
interface Faults {
    Faults NONE = new Faults() {};

    default RpcStore store(RpcStore truth) {
        return truth;
    }

    default RequestIds ids(RequestIds truth) {
        return truth;
    }

    /** Another store with the same content. */
    class Passing implements RpcStore {
        final RpcStore truth;

        Passing(RpcStore truth) {
            this.truth = truth;
        }

        @Override
        public void watch(Watcher watcher) {
            truth.watch(watcher);
        }

        @Override
        public boolean insert(RpcOrder order, RpcProgress progress, Loop loop, Consumer<Saved> done) {
            return truth.insert(order, progress, loop, done);
        }

        @Override
        public void update(
                RpcOrder order, long number, long version, RpcProgress progress, Loop loop, Consumer<Saved> done) {
            truth.update(order, number, version, progress, loop, done);
        }

        @Override
        public CompletionStage<List<RpcRecord>> open(long device, long afterNumber, int limit) {
            return truth.open(device, afterNumber, limit);
        }

        @Override
        public CompletionStage<Optional<RpcSettings.OfDevice>> settings(long device) {
            return truth.settings(device);
        }

        @Override
        public CompletionStage<Optional<Long>> late(long device, int requestId, String answer, long now) {
            return truth.late(device, requestId, answer, now);
        }

        @Override
        public CompletionStage<List<Ended>> expire(long before, long now, int limit) {
            return truth.expire(before, now, limit);
        }

        @Override
        public CompletionStage<Integer> purge(long now, int limit) {
            return truth.purge(now, limit);
        }

        @Override
        public long openCount() {
            return truth.openCount();
        }

        @Override
        public OptionalLong earliestExpiration() {
            return truth.earliestExpiration();
        }

        @Override
        public Optional<RpcRecord> find(UUID id) {
            return truth.find(id);
        }

        @Override
        public CompletionStage<Optional<RpcRecord>> findLater(UUID id) {
            return truth.findLater(id);
        }

        @Override
        public CompletionStage<List<RpcRecord>> read(List<Long> numbers) {
            return truth.read(numbers);
        }

        @Override
        public CompletionStage<List<RpcRecord>> recent(long device, long beforeNumber, int limit) {
            return truth.recent(device, beforeNumber, limit);
        }

        @Override
        public Change cancel(UUID id, long now, String by) {
            return truth.cancel(id, now, by);
        }

        @Override
        public Change delete(UUID id, long now, String by) {
            return truth.delete(id, now, by);
        }

        @Override
        public Listing list(
                long device, Optional<RpcStatus> compatible, Sort sort, boolean ascending, int page, int pageSize) {
            return truth.list(device, compatible, sort, ascending, page, pageSize);
        }

        @Override
        public Found search(Query query, Optional<Long> before, int limit) {
            return truth.search(query, before, limit);
        }

        static Saved failed() {
            return new Saved.Failed(ErrorCode.STORE_UNAVAILABLE);
        }
    }
}
