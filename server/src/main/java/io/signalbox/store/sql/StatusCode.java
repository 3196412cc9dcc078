package io.signalbox.store.sql;

import io.signalbox.rpc.RpcStatus;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;

/** Numbers that stand for states of commands in rows and histories. They never change. */
final class StatusCode {
    private StatusCode() {}

    static int of(RpcStatus status) {
        return switch (status) {
            case QUEUED -> 1;
            case SENT -> 2;
            case DELIVERED -> 3;
            case TIMEOUT -> 4;
            case SUCCESSFUL -> 5;
            case FAILED -> 6;
            case EXPIRED -> 7;
            case CANCELLED -> 8;
            case SUPERSEDED -> 9;
            case DELETED -> 10;
        };
    }

    /** @throws SqlFailure no state has this code */
    static RpcStatus status(long code) {
        for (RpcStatus status : RpcStatus.values()) {
            if (of(status) == code) {
                return status;
            }
        }
        throw new SqlFailure("no command has status code " + code);
    }

    /** A set of states as a number, for {@code (? >> status) & 1}. */
    static long mask(Collection<RpcStatus> states) {
        long mask = 0;
        for (RpcStatus status : states) {
            mask |= 1L << of(status);
        }
        return mask;
    }

    /** Every state but that of tombstones. */
    static Set<RpcStatus> notDeleted() {
        return EnumSet.complementOf(EnumSet.of(RpcStatus.DELETED));
    }
}
