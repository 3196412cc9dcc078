package io.signalbox.rpc;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How far a persistent command came; replaced whole with each commit.
 *
 * @param requestId the id the device sees; 0 before the first attempt
 * @param attempt   how often it was handed to a session
 * @param overdue   how many attempts failed after which it was to be sent again
 * @param response  JSON text; empty when the wire says {@code null}
 * @param history   oldest first, never empty
 */
public record RpcProgress(
        RpcStatus status,
        boolean isOpen,
        int requestId,
        int attempt,
        int overdue,
        Optional<String> response,
        List<HistoryEntry> history) {
    public RpcProgress {
        history = List.copyOf(history);
    }

    /** The same command some lines of history later. */
    public RpcProgress ended(RpcStatus as, Optional<String> with, HistoryEntry entry) {
        return new RpcProgress(as, false, requestId, attempt, overdue, with, and(entry));
    }

    /** The history with one more line. */
    public List<HistoryEntry> and(HistoryEntry entry) {
        List<HistoryEntry> longer = new ArrayList<>(history.size() + 1);
        longer.addAll(history);
        longer.add(entry);
        return longer;
    }
}
