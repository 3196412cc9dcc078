package io.signalbox.rpc;

import java.util.Optional;

/** States of a command. Names are those of the wire (server-side RPC §6.2), but for the last three. */
public enum RpcStatus {
    QUEUED,
    SENT,
    DELIVERED,
    TIMEOUT,
    SUCCESSFUL,
    FAILED,
    EXPIRED,
    /** Ended by a caller before it was sent. */
    CANCELLED,
    /** Ended by a newer command of its lane, or by one that took its id. */
    SUPERSEDED,
    /** Deleted by a caller; what is left is a tombstone. */
    DELETED;

    /** What clients of the older paths see; empty: nothing. */
    public Optional<RpcStatus> compatible() {
        return switch (this) {
            case QUEUED, SENT, DELIVERED, TIMEOUT, SUCCESSFUL, FAILED, EXPIRED -> Optional.of(this);
            case CANCELLED, SUPERSEDED -> Optional.of(FAILED);
            case DELETED -> Optional.empty();
        };
    }

    /** Whether the command has ended; {@link #DELIVERED} ends a one-way command only. */
    public boolean isFinal(boolean oneWay) {
        return switch (this) {
            case QUEUED, SENT, TIMEOUT -> false;
            case DELIVERED -> oneWay;
            case SUCCESSFUL, FAILED, EXPIRED, CANCELLED, SUPERSEDED, DELETED -> true;
        };
    }
}
