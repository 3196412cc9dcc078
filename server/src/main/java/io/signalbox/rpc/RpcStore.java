package io.signalbox.rpc;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.session.Loop;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Where persistent commands are. Every change of a record is one guarded statement: it happens to the version that was named,
 * or not at all.
 */
public interface RpcStore {
    /** How a write ended. */
    sealed interface Saved {
        /**
         * Committed.
         *
         * @param ended commands that this one superseded: their devices have to look again
         */
        record Stored(long number, List<Ended> ended) implements Saved {}

        /** Nothing was written: this very request was accepted before, under this id. */
        record Known(UUID id) implements Saved {}

        /** Nothing was written: the idempotency key stands for another request. */
        record KeyTaken(UUID id) implements Saved {}

        /** Nothing was written: the record has another version, or is gone. */
        record Outdated() implements Saved {}

        /** Nothing was written. */
        record Failed(ErrorCode code) implements Saved {}
    }

    /** A command that ended in the store, behind the back of its device's mailbox. */
    record Ended(long device, long number) {}

    /** Hears of what is committed, once each, in the order of the commits. A thread of the store; must not block. */
    interface Watcher {
        Watcher NOBODY = new Watcher() {
            @Override
            public void ended(RpcOrder order, RpcProgress progress) {}

            @Override
            public void late(RpcOrder order, boolean isDuplicate) {}
        };

        /** The command reached its final state, whoever brought it there; params and response may be erased. */
        void ended(RpcOrder order, RpcProgress progress);

        /** An answer to an ended command was kept in its history; duplicate: it had been answered before. */
        void late(RpcOrder order, boolean isDuplicate);
    }

    /** From now on the one watcher is told. Any thread. */
    void watch(Watcher watcher);

    /**
     * Takes a new command into the next commit. Event loops; never blocks.
     *
     * <p>In the same transaction: an id that is in use by the same request gives {@code Known}; by another request of the
     * tenant, the older gets an id of its own and, if open, ends superseded. An idempotency key that was used within 24 hours
     * gives {@code Known} or {@code KeyTaken}. The same request means: device, way, method, params as JSON values, lane,
     * caller; not the times. An id in use by another tenant is {@code Failed(BAD_REQUEST)}.
     *
     * @param done runs on {@code loop} after the commit; the completions of one commit are one task for each loop
     * @return false when the store has no room: nothing was taken and {@code done} does not run
     */
    boolean insert(RpcOrder order, RpcProgress progress, Loop loop, Consumer<Saved> done);

    /**
     * Takes a transition into the next commit, whatever waits already. Event loops; never blocks; {@code done} as in
     * {@link #insert}.
     *
     * @param order the one of that number; tenants take turns, transitions of one tenant keep their order
     */
    void update(RpcOrder order, long number, long version, RpcProgress progress, Loop loop, Consumer<Saved> done);

    /** A page ends behind the record with which the texts of its records reach this. */
    int PAGE_BYTES = 1 << 20;

    /** The same for lists and searches. */
    int LIST_BYTES = 8 << 20;

    /**
     * Open commands of one device behind {@code afterNumber}, by number: {@code limit}, or as many as {@link #PAGE_BYTES} allow.
     * Any thread; completes on a thread of the store.
     */
    CompletionStage<List<RpcRecord>> open(long device, long afterNumber, int limit);

    /** What is set for the commands of this device; empty: there is none. Any thread; completes on a thread of the store. */
    CompletionStage<Optional<RpcSettings.OfDevice>> settings(long device);

    /** As {@link #find}. Any thread; completes on a thread of the store. */
    CompletionStage<Optional<RpcRecord>> findLater(UUID id);

    /** Those of these commands that are there, also tombstones. Any thread; completes on a thread of the store. */
    CompletionStage<List<RpcRecord>> read(List<Long> numbers);

    /**
     * Commands of one device below {@code beforeNumber}, newest first, also tombstones: {@code limit}, or as many as
     * {@link #PAGE_BYTES} allow. Any thread; completes on a thread of the store.
     */
    CompletionStage<List<RpcRecord>> recent(long device, long beforeNumber, int limit);

    /**
     * Keeps an answer that belongs to no open command with the ended one that was sent under this id: in its history as late
     * or duplicate; but for a deleted one, and not more than a few. Any thread; completes on a thread of the store, after the
     * commit.
     *
     * @return the number of that command; empty: there is none
     */
    CompletionStage<Optional<Long>> late(long device, int requestId, String answer, long now);

    /**
     * Ends at most {@code limit} open commands whose time was over before {@code before}: one bounded, guarded statement each.
     * Any thread; completes on the writer's thread.
     */
    CompletionStage<List<Ended>> expire(long before, long now, int limit);

    /**
     * Deletes at most {@code limit} ended commands that are older than their tenant keeps them, or whose tombstone is, and
     * idempotency keys older than a day. Any thread.
     *
     * @return how many went
     */
    CompletionStage<Integer> purge(long now, int limit);

    /** Commands that are open now. Blocks; virtual or platform threads, as all below. */
    long openCount();

    /** When the time of an open command is over for the first time, epoch milliseconds; empty: none is open. */
    OptionalLong earliestExpiration();

    /** Also tombstones; empty when there is no such command in any tenant. */
    Optional<RpcRecord> find(UUID id);

    /** Ends it, if it was not sent. */
    Change cancel(UUID id, long now, String by);

    /** Leaves a tombstone: params and response are erased, the history stays. */
    Change delete(UUID id, long now, String by);

    /** What became of a request to change a command. */
    sealed interface Change {
        record Done(RpcRecord after) implements Change {}

        /** It was sent already; nothing was changed. */
        record AlreadySent(RpcRecord record) implements Change {}

        /** It had ended already; nothing was changed. */
        record AlreadyEnded(RpcRecord record) implements Change {}

        record Missing() implements Change {}
    }

    /**
     * One page of a device's commands for the older API; tombstones are not in it.
     *
     * @throws Rejected {@code BAD_REQUEST}: the page is larger than {@link #LIST_BYTES}
     */
    Listing list(long device, Optional<RpcStatus> compatible, Sort sort, boolean ascending, int page, int pageSize);

    /** What a list is sorted by. */
    enum Sort {
        ID,
        CREATED_TIME,
        EXPIRATION_TIME,
        STATUS
    }

    record Listing(List<RpcRecord> records, long total) {}

    /**
     * Commands of a tenant, newest first, in pages that neither skip nor repeat while records change: {@code limit} in one, or
     * as many as {@link #LIST_BYTES} allow.
     */
    Found search(Query query, Optional<Long> before, int limit);

    /**
     * Empty parts match everything.
     *
     * @param customer only devices that are assigned to it now
     * @param from     created at or after, epoch milliseconds
     * @param to       created before, epoch milliseconds
     * @param text     start of the method, or an id
     * @param caller   e-mail address
     */
    record Query(
            TenantId tenant,
            Optional<CustomerId> customer,
            Optional<Long> device,
            Optional<UUID> profile,
            Optional<String> method,
            Set<RpcStatus> states,
            Optional<Long> from,
            Optional<Long> to,
            Optional<String> caller,
            Optional<String> text,
            Optional<String> idempotencyKey,
            boolean includeDeleted) {}

    /** @param next give it as {@code before} to go on; empty: that was all */
    record Found(List<RpcRecord> records, Optional<Long> next) {}
}
