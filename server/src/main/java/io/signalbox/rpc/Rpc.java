package io.signalbox.rpc;

import io.signalbox.rpc.Outcome.Stage;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One command to one device, from acceptance to its final state. Pure: time comes in with each event.
 *
 * <pre>
 *  QUEUED ──Written, ack expected──▶ SENT ──Acked──▶ DELIVERED ──Replied──▶ SUCCESSFUL   (one-way: DELIVERED is final)
 *    ▲ │                             │  ▲
 *    │ └──Written, none expected──┐  AckOverdue, retries left
 *    │      ▶ DELIVERED           │  ▼  │ Written again (none expected: ▶ DELIVERED)
 *    └── Ready: sent to a session ┘  TIMEOUT
 *
 *  In any open state: Replied ▶ SUCCESSFUL, Refused or Dropped ▶ FAILED, the deadline ▶ EXPIRED.
 *  AckOverdue without retries left: stays SENT, is not sent again and holds nobody up; a late answer still counts.
 * </pre>
 *
 * <p>A re-send keeps the device-visible id and raises {@code attempt}; reports that name an older attempt change nothing.
 *
 * @param attempt    how often it was handed to a session
 * @param overdue    how many acknowledgements did not come
 * @param generation the subscription that was given the last attempt; {@link #NOBODY} before the first and before a re-send
 * @param yields     no longer holds up those behind it, and is not sent again by itself
 */
record Rpc(Command command, Status status, int attempt, int overdue, long generation, boolean yields) {
    private static final long NOBODY = 0;

    /** States, named as on the wire (server-side RPC §6.2). */
    enum Status {
        QUEUED,
        SENT,
        DELIVERED,
        TIMEOUT,
        SUCCESSFUL,
        FAILED,
        EXPIRED
    }

    /** What can happen to a command. */
    sealed interface Event {
        /** The subscription {@code generation} may be given the command. */
        record Ready(long generation) implements Event {}

        record Written(int attempt, boolean ackExpected) implements Event {}

        record Acked(int attempt) implements Event {}

        record AckOverdue(int attempt) implements Event {}

        record Replied(byte[] payload) implements Event {}

        record Refused(String error) implements Event {}

        /** The answer to a delivered command is overdue for those behind it. */
        record AnswerOverdue(long generation) implements Event {}

        /** The server cannot go on with it. */
        record Dropped(Outcome outcome) implements Event {}

        /** The deadline, or another look at it; {@code unsent} is the stage to name when no session was given the command. */
        record Elapsed(Stage unsent) implements Event {}
    }

    /** What the shell does, in order. */
    sealed interface Effect {
        /** Hand the command to the subscription. */
        record Transmit(int attempt) implements Effect {}

        /** Post the event when {@code delayNanos} have gone by. */
        record WakeAfter(long delayNanos, Event event) implements Effect {}

        /** The one answer to the caller. */
        record Answer(Outcome outcome) implements Effect {}
    }

    /** The command afterwards, and what is to be done. */
    record Step(Rpc next, List<Effect> effects) {}

    static Rpc accept(Command command) {
        return new Rpc(command, Status.QUEUED, 0, 0, NOBODY, false);
    }

    /** What {@code event} means at {@code now} (nanoseconds, as the deadline). Total: late and stray events change nothing. */
    Step on(Event event, long now) {
        if (!isOpen()) {
            return unchanged();
        }
        if (now - command.deadline() >= 0) {
            Stage stage = event instanceof Event.Elapsed(Stage unsent) ? stage(unsent) : stage(Stage.WAITING);
            return finish(Status.EXPIRED, new Outcome.TimedOut(stage));
        }
        return switch (event) {
            case Event.Ready(long g) when g != generation -> transmit(g);
            case Event.Written(int a, boolean ackExpected)
            when a == attempt && !isDelivered() ->
                command.oneWay() && (command.handover() || !ackExpected)
                        ? finish(Status.DELIVERED, new Outcome.Delivered())
                        : ackExpected ? moved(Status.SENT) : delivered();
            case Event.Acked(int a)
            when a == attempt && !isDelivered() ->
                command.oneWay() ? finish(Status.DELIVERED, new Outcome.Delivered()) : delivered();
            case Event.AckOverdue(int a)
            when a == attempt && !isDelivered() -> overdue < command.retries() ? sendAgain() : yielding();
            case Event.Replied(byte[] payload)
            when attempt > 0 -> finish(Status.SUCCESSFUL, new Outcome.Answered(payload));
            case Event.Refused(String error)
            when attempt > 0 -> finish(Status.FAILED, new Outcome.Answered(error.getBytes(StandardCharsets.UTF_8)));
            case Event.AnswerOverdue(long g) when g == generation && isDelivered() -> yielding();
            case Event.Dropped(Outcome outcome) -> finish(Status.FAILED, outcome);
            case Event.Elapsed early -> new Step(this, List.of(new Effect.WakeAfter(command.deadline() - now, early)));
            case Event.Ready _,
                    Event.Written _,
                    Event.Acked _,
                    Event.AckOverdue _,
                    Event.Replied _,
                    Event.Refused _,
                    Event.AnswerOverdue _ -> unchanged();
        };
    }

    /** The delivered command's device subscribed again, and is not sent the command again: its time to answer starts anew. */
    Step resume(long newGeneration) {
        if (newGeneration == generation) {
            return unchanged();
        }
        return new Step(new Rpc(command, status, attempt, overdue, newGeneration, yields), answerWait(newGeneration));
    }

    boolean isOpen() {
        return switch (status) {
            case QUEUED, SENT, TIMEOUT -> true;
            case DELIVERED -> !command.oneWay();
            case SUCCESSFUL, FAILED, EXPIRED -> false;
        };
    }

    boolean isDelivered() {
        return status == Status.DELIVERED;
    }

    /** How far an open command came; {@code unsent} if no session was given it. */
    Stage stage(Stage unsent) {
        if (attempt == 0) {
            return unsent;
        }
        return switch (status) {
            case QUEUED -> Stage.NOT_WRITTEN;
            case SENT, TIMEOUT -> Stage.SENT_NOT_ACKNOWLEDGED;
            case DELIVERED, SUCCESSFUL, FAILED, EXPIRED -> Stage.NO_ANSWER;
        };
    }

    private Step transmit(long newGeneration) {
        Rpc next = new Rpc(command, status, attempt + 1, overdue, newGeneration, false);
        return new Step(next, List.of(new Effect.Transmit(attempt + 1)));
    }

    private Step delivered() {
        Rpc next = new Rpc(command, Status.DELIVERED, attempt, overdue, generation, yields);
        return new Step(next, answerWait(generation));
    }

    private List<Effect> answerWait(long ofGeneration) {
        return command.answerWait().isZero()
                ? List.of()
                : List.of(new Effect.WakeAfter(command.answerWait().toNanos(), new Event.AnswerOverdue(ofGeneration)));
    }

    private Step moved(Status to) {
        return new Step(new Rpc(command, to, attempt, overdue, generation, yields), List.of());
    }

    private Step sendAgain() {
        return new Step(new Rpc(command, Status.TIMEOUT, attempt, overdue + 1, NOBODY, yields), List.of());
    }

    private Step yielding() {
        return new Step(new Rpc(command, status, attempt, overdue, generation, true), List.of());
    }

    private Step finish(Status to, Outcome outcome) {
        Rpc next = new Rpc(command, to, attempt, overdue, generation, yields);
        return new Step(next, List.of(new Effect.Answer(outcome)));
    }

    private Step unchanged() {
        return new Step(this, List.of());
    }
}
