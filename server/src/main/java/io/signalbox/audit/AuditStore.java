package io.signalbox.audit;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where audit entries are kept. All methods: any thread. */
public interface AuditStore {
    /** Keeps all of them, or none. Never blocks; completes behind the commit, or exceptionally. */
    CompletionStage<Void> insert(List<AuditEntry> entries);

    /**
     * Blocks.
     *
     * @throws io.signalbox.ops.Rejected {@code STORE_UNAVAILABLE} or {@code TOO_MANY_REQUESTS}
     */
    AuditPage find(AuditQuery query);

    /**
     * Removes entries, the oldest first: those from before {@code time}, and those beyond the newest {@code entriesMax}. Never
     * blocks.
     *
     * @param time epoch milliseconds
     * @param atOnceMax how many to remove at most
     * @return how many were removed; 0: none is left to remove
     */
    CompletionStage<Integer> purge(long time, long entriesMax, int atOnceMax);
}
