package io.signalbox.rpc;

import io.signalbox.session.Sessions;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/**
 * Persistent commands as their callers read and end them. Calls block until they are read or committed: virtual threads. They
 * fail as {@link RpcStore} does; whether the caller may do it is checked before.
 */
public final class PersistentRpcs {
    private final RpcStore store;
    private final Sessions sessions;
    private final Commits commits;
    private final InstantSource clock;

    /**
     * @param sessions whose mailboxes hear of what was ended here
     * @param commits  whose followers do, too
     */
    public PersistentRpcs(RpcStore store, Sessions sessions, Commits commits, InstantSource clock) {
        this.store = store;
        this.sessions = sessions;
        this.commits = commits;
        this.clock = clock;
    }

    /** Also what was deleted, as long as its tombstone is kept. */
    public Optional<RpcRecord> find(UUID id) {
        return store.find(id);
    }

    /** As {@link RpcStore#list}. */
    public RpcStore.Listing list(
            long device,
            Optional<RpcStatus> compatible,
            RpcStore.Sort sort,
            boolean ascending,
            int page,
            int pageSize) {
        return store.list(device, compatible, sort, ascending, page, pageSize);
    }

    /** As {@link RpcStore#search}. */
    public RpcStore.Found search(RpcStore.Query query, Optional<Long> before, int limit) {
        return store.search(query, before, limit);
    }

    /**
     * Ends it, if it was not sent; then it never will be.
     *
     * @param by who did it, for the history
     */
    public RpcStore.Change cancel(UUID id, String by) {
        return told(store.cancel(id, clock.millis(), by));
    }

    /**
     * Erases it but for its history, whatever its state. An open one is not sent any more.
     *
     * @param by who did it, for the history
     */
    public RpcStore.Change delete(UUID id, String by) {
        return told(store.delete(id, clock.millis(), by));
    }

    /** A device without a mailbox has nothing in memory that could be outdated. */
    private RpcStore.Change told(RpcStore.Change change) {
        if (change instanceof RpcStore.Change.Done(RpcRecord after)) {
            sessions.handIfPresent(after.order().device(), new RpcChanged(after.number()));
            commits.committed(after.order().device(), after.number());
        }
        return change;
    }
}
