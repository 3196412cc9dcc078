package io.signalbox.store.sql;

import io.signalbox.rpc.CallStore;
import io.signalbox.rpc.Outcome;
import io.signalbox.rpc.Outcome.Stage;

/** Numbers that stand in rows for what became of a lightweight command. They never change. */
final class CallOutcome {
    /** It was begun, and no more is known. */
    static final long BEGUN = 1;

    /** The answer has a row of its own, if it is not empty. */
    static final long ANSWERED = 2;

    private static final long NOT_KEPT = 3;
    private static final long DELIVERED = 4;
    private static final long NOT_WRITTEN = 5;
    private static final long SENT_NOT_ACKNOWLEDGED = 6;
    private static final long NO_ANSWER = 7;

    private CallOutcome() {}

    /** @throws IllegalArgumentException it is none that is remembered */
    static long code(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Answered(byte[] payload) -> payload.length > CallStore.ANSWER_BYTES_MAX ? NOT_KEPT : ANSWERED;
            case Outcome.Delivered() -> DELIVERED;
            case Outcome.TimedOut(Stage stage) ->
                switch (stage) {
                    case NOT_WRITTEN -> NOT_WRITTEN;
                    case SENT_NOT_ACKNOWLEDGED -> SENT_NOT_ACKNOWLEDGED;
                    case NO_ANSWER -> NO_ANSWER;
                    case NO_SESSION, NOT_SUBSCRIBED, WAITING, EXPIRED -> throw notRemembered(outcome);
                };
            case Outcome.Accepted _,
                    Outcome.Known _,
                    Outcome.Declined _,
                    Outcome.ShuttingDown _,
                    Outcome.Repeated _,
                    Outcome.Unknown _,
                    Outcome.NotKept _ -> throw notRemembered(outcome);
        };
    }

    private static IllegalArgumentException notRemembered(Outcome outcome) {
        return new IllegalArgumentException("not to be remembered: " + outcome);
    }

    /**
     * What the code stands for, but for {@link #BEGUN}.
     *
     * @param answer of {@link #ANSWERED}
     * @throws SqlFailure nothing
     */
    static Outcome outcome(long code, byte[] answer) {
        if (code == ANSWERED) {
            return new Outcome.Answered(answer);
        }
        if (code == NOT_KEPT) {
            return new Outcome.NotKept();
        }
        if (code == DELIVERED) {
            return new Outcome.Delivered();
        }
        if (code == NOT_WRITTEN) {
            return new Outcome.TimedOut(Stage.NOT_WRITTEN);
        }
        if (code == SENT_NOT_ACKNOWLEDGED) {
            return new Outcome.TimedOut(Stage.SENT_NOT_ACKNOWLEDGED);
        }
        if (code == NO_ANSWER) {
            return new Outcome.TimedOut(Stage.NO_ANSWER);
        }
        throw new SqlFailure("no outcome has code " + code);
    }
}
