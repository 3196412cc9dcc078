package io.signalbox.rpc;

/**
 * One line of a command's history.
 *
 * @param ts         epoch milliseconds
 * @param status     the state from then on
 * @param attempt    how often it had been handed to a session
 * @param generation the subscription that was concerned; 0: none
 * @param detail     a short text for people, or empty: who cancelled it, which command replaced it, a late answer
 */
public record HistoryEntry(long ts, Cause cause, RpcStatus status, int attempt, long generation, String detail) {
    /** Longest {@link #detail}, in characters. */
    public static final int DETAIL_CHARS_MAX = 1_000;

    public HistoryEntry {
        if (detail.length() > DETAIL_CHARS_MAX) {
            detail = detail.substring(0, DETAIL_CHARS_MAX);
        }
    }

    /** What happened. Stored by {@link #code}, which never changes. */
    public enum Cause {
        ACCEPTED(1),
        /** An attempt was decided, and is on its way to the session. */
        ATTEMPT(2),
        /** Written out whole. */
        WRITTEN(3),
        /** Acknowledged by the device's protocol layer. */
        ACKNOWLEDGED(4),
        ACK_OVERDUE(5),
        REPLIED(6),
        /** The transport could not put it into the device's form, or could not write it. */
        REFUSED(7),
        ANSWER_OVERDUE(8),
        RETRIES_EXHAUSTED(9),
        EXPIRED(10),
        CANCELLED(11),
        SUPERSEDED(12),
        DELETED(13),
        DEVICE_DELETED(14),
        /** An answer after the command had ended otherwise. */
        LATE_REPLY(15),
        /** A further answer. */
        DUPLICATE_REPLY(16);

        private final int code;

        Cause(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }
    }
}
