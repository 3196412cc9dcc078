package io.signalbox.rpc;

import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.Outcome.Stage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One command to one device, from acceptance to its final state. Pure: time comes in with each event.
 *
 * <pre>
 *  QUEUED ──Written, ack expected──▶ SENT ──Acked──▶ DELIVERED ──Replied──▶ SUCCESSFUL   (one-way: DELIVERED is final)
 *    ▲ │                             │  ▲
 *    │ └──Written, none expected──┐  AckOverdue, retries left
 *    │      ▶ DELIVERED           │  ▼  │ Written again (none expected: ▶ DELIVERED)
 *    └── Ready: sent to a session ┘  TIMEOUT ◀─RetryDue─▶ (persistent: not before its backoff is over)
 *
 *  In any open state: Replied ▶ SUCCESSFUL, Refused or Dropped ▶ FAILED, the deadline ▶ EXPIRED.
 *  AckOverdue without retries left, or an answer that holds up others for too long:
 *    persistent   ▶ FAILED
 *    lightweight  stays, is not sent again and holds nobody up; a late answer still counts.
 *  CANCELLED, SUPERSEDED and DELETED are made in the store, by the same guard, and only told here.
 * </pre>
 *
 * <p>A re-send keeps the device-visible id and raises {@code attempt}; reports that name an older attempt change nothing.
 *
 * @param attempt    how often it was handed to a session
 * @param overdue    how many acknowledgements did not come
 * @param generation the subscription that was given the last attempt; {@link #NOBODY} before the first and before a re-send
 * @param yields     no longer holds up those behind it, and is not sent again by itself
 * @param response   what the record keeps of the end of a persistent command; JSON text or null
 */
record Rpc(
        Command command,
        RpcStatus status,
        int attempt,
        int overdue,
        long generation,
        boolean yields,
        @Nullable String response) {
    private static final long NOBODY = 0;
    private static final String NO_ANSWER_IN_TIME =
            "{\"error\":\"There was a timeout awaiting for RPC response from device.\"}";

    /** What can happen to a command. */
    sealed interface Event {
        /** The subscription {@code generation} may be given the command. */
        record Ready(long generation) implements Event {}

        record Written(int attempt, boolean ackExpected) implements Event {}

        record Acked(int attempt) implements Event {}

        record AckOverdue(int attempt) implements Event {}

        /** The backoff is over; {@code spoke}: the session was heard since the attempt. */
        record RetryDue(int attempt, boolean spoke) implements Event {}

        record Replied(byte[] payload) implements Event {}

        record Refused(String error) implements Event {}

        /** The answer to a delivered command is overdue for those behind it. */
        record AnswerOverdue(long generation) implements Event {}

        /** The server cannot go on with it. Lightweight only: what is stored goes on. */
        record Dropped(Outcome outcome) implements Event {}

        /** The deadline, or another look at it; {@code unsent} is the stage to name when no session was given the command. */
        record Elapsed(Stage unsent) implements Event {}
    }

    /** What the shell does, in order; for a persistent command after the commit of the step, but for {@link WakeAfter}. */
    sealed interface Effect {
        /** Hand the command to the subscription. */
        record Transmit(int attempt) implements Effect {}

        /** Post the event when {@code delayNanos} have gone by. */
        record WakeAfter(long delayNanos, Event event) implements Effect {}

        /** The one answer to the caller. */
        record Answer(Outcome outcome) implements Effect {}
    }

    /**
     * The command afterwards, and what is to be done.
     *
     * @param cause for the history; null: nothing changed that is worth a line or a commit
     */
    record Step(Rpc next, @Nullable Cause cause, List<Effect> effects) {}

    static Rpc accept(Command command) {
        return new Rpc(command, RpcStatus.QUEUED, 0, 0, NOBODY, false, null);
    }

    /** As the store remembers it; no subscription of now was given it. */
    static Rpc restore(Command command, RpcProgress progress) {
        return new Rpc(
                command,
                progress.status(),
                progress.attempt(),
                progress.overdue(),
                NOBODY,
                false,
                progress.response().orElse(null));
    }

    /** What {@code event} means at {@code now} (nanoseconds, as the deadline). Total: late and stray events change nothing. */
    Step on(Event event, long now) {
        if (!isOpen()) {
            return unchanged();
        }
        if (now - command.deadline() >= 0) {
            Stage stage = event instanceof Event.Elapsed(Stage unsent) ? stage(unsent) : stage(Stage.WAITING);
            return finish(RpcStatus.EXPIRED, Cause.EXPIRED, null, new Outcome.TimedOut(stage));
        }
        return switch (event) {
            case Event.Ready(long g) when g != generation -> transmit(g);
            case Event.Written(int a, boolean ackExpected) when a == attempt && !isDelivered() -> written(ackExpected);
            case Event.Acked(int a) when a == attempt && !isDelivered() -> delivered(Cause.ACKNOWLEDGED);
            case Event.AckOverdue(int a)
            when a == attempt && !isDelivered() -> overdue < command.retries() ? sendAgain() : exhausted();
            case Event.RetryDue(int a, boolean spoke)
            when a == attempt && status == RpcStatus.TIMEOUT ->
                spoke ? released() : new Step(this, null, List.of(retryLater(overdue)));
            case Event.Replied(byte[] payload)
            when attempt > 0 ->
                finish(
                        RpcStatus.SUCCESSFUL,
                        Cause.REPLIED,
                        command.isPersistent() ? ReplyText.answer(payload) : null,
                        new Outcome.Answered(payload));
            case Event.Refused(String error)
            when attempt > 0 ->
                finish(
                        RpcStatus.FAILED,
                        Cause.REFUSED,
                        command.isPersistent() ? ReplyText.error(error) : null,
                        new Outcome.Answered(error.getBytes(StandardCharsets.UTF_8)));
            case Event.AnswerOverdue(long g)
            when g == generation && isDelivered() && !command.answerWait().isZero() ->
                command.isPersistent()
                        ? finish(
                                RpcStatus.FAILED,
                                Cause.ANSWER_OVERDUE,
                                NO_ANSWER_IN_TIME,
                                new Outcome.TimedOut(Stage.NO_ANSWER))
                        : yielding();
            case Event.Dropped(Outcome outcome)
            when !command.isPersistent() -> finish(RpcStatus.FAILED, Cause.REFUSED, null, outcome);
            case Event.Elapsed early ->
                new Step(this, null, List.of(new Effect.WakeAfter(command.deadline() - now, early)));
            case Event.Ready _,
                    Event.Written _,
                    Event.Acked _,
                    Event.AckOverdue _,
                    Event.RetryDue _,
                    Event.Replied _,
                    Event.Refused _,
                    Event.AnswerOverdue _,
                    Event.Dropped _ -> unchanged();
        };
    }

    /** The delivered command's device subscribed again, and is not sent the command again: its time to answer starts anew. */
    Step resume(long newGeneration) {
        if (newGeneration == generation) {
            return unchanged();
        }
        return new Step(
                new Rpc(command, status, attempt, overdue, newGeneration, yields, response),
                null,
                answerWait(newGeneration));
    }

    /** The session that was given the last attempt did not take it: the next subscription, or this one, may be given another. */
    Rpc notTaken() {
        return new Rpc(command, status, attempt, overdue, NOBODY, yields, response);
    }

    /** As {@link Command#under}. */
    Rpc under(Delivery delivery) {
        return new Rpc(command.under(delivery), status, attempt, overdue, generation, yields, response);
    }

    /** Whether the last attempt is with a subscription of now, as far as is known. */
    boolean isTaken() {
        return generation != NOBODY;
    }

    boolean isOpen() {
        return !status.isFinal(command.oneWay());
    }

    boolean isDelivered() {
        return status == RpcStatus.DELIVERED;
    }

    /** How far an open command came; {@code unsent} if no session was given it. */
    Stage stage(Stage unsent) {
        if (attempt == 0) {
            return unsent;
        }
        return switch (status) {
            case QUEUED -> Stage.NOT_WRITTEN;
            case SENT, TIMEOUT -> Stage.SENT_NOT_ACKNOWLEDGED;
            case DELIVERED, SUCCESSFUL, FAILED, EXPIRED, CANCELLED, SUPERSEDED, DELETED -> Stage.NO_ANSWER;
        };
    }

    private Step transmit(long newGeneration) {
        Rpc next = new Rpc(command, status, attempt + 1, overdue, newGeneration, false, response);
        return new Step(next, Cause.ATTEMPT, List.of(new Effect.Transmit(attempt + 1)));
    }

    private Step written(boolean ackExpected) {
        if (!ackExpected || (command.oneWay() && command.handover())) {
            return delivered(Cause.WRITTEN);
        }
        Rpc next = new Rpc(command, RpcStatus.SENT, attempt, overdue, generation, yields, response);
        return new Step(next, Cause.WRITTEN, List.of());
    }

    private Step delivered(Cause cause) {
        if (command.oneWay()) {
            return finish(RpcStatus.DELIVERED, cause, null, new Outcome.Delivered());
        }
        Rpc next = new Rpc(command, RpcStatus.DELIVERED, attempt, overdue, generation, yields, response);
        return new Step(next, cause, answerWait(generation));
    }

    private List<Effect> answerWait(long ofGeneration) {
        return command.answerWait().isZero()
                ? List.of()
                : List.of(new Effect.WakeAfter(command.answerWait().toNanos(), new Event.AnswerOverdue(ofGeneration)));
    }

    private Step sendAgain() {
        if (command.isPersistent()) {
            Rpc next = new Rpc(command, RpcStatus.TIMEOUT, attempt, overdue + 1, generation, yields, response);
            return new Step(next, Cause.ACK_OVERDUE, List.of(retryLater(overdue + 1)));
        }
        Rpc next = new Rpc(command, RpcStatus.TIMEOUT, attempt, overdue + 1, NOBODY, yields, response);
        return new Step(next, Cause.ACK_OVERDUE, List.of());
    }

    private Effect retryLater(int missed) {
        return new Effect.WakeAfter(command.backoffNanos(missed), new Event.RetryDue(attempt, false));
    }

    private Step released() {
        return new Step(notTaken(), null, List.of());
    }

    private Step exhausted() {
        return command.isPersistent()
                ? finish(
                        RpcStatus.FAILED,
                        Cause.RETRIES_EXHAUSTED,
                        "{\"error\":\"There was a Timeout and all retry attempts have been exhausted. Retry attempts set: "
                                + command.retries() + "\"}",
                        new Outcome.TimedOut(Stage.SENT_NOT_ACKNOWLEDGED))
                : yielding();
    }

    private Step yielding() {
        return new Step(new Rpc(command, status, attempt, overdue, generation, true, response), null, List.of());
    }

    private Step finish(RpcStatus to, Cause cause, @Nullable String with, Outcome outcome) {
        Rpc next = new Rpc(command, to, attempt, overdue, generation, yields, with);
        return new Step(next, cause, List.of(new Effect.Answer(outcome)));
    }

    private Step unchanged() {
        return new Step(this, null, List.of());
    }
}
