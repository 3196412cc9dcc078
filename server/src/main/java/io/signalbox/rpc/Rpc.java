package io.signalbox.rpc;

import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.Outcome.Stage;
import io.signalbox.rpc.RetryPolicy.Failure;
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
 *                                    ▲
 *                                    └── Refused, AnswerOverdue: persistent, if its policy says so, retries left
 *
 *  In any open state: Replied ▶ SUCCESSFUL, Refused or Dropped ▶ FAILED, the deadline ▶ EXPIRED.
 *  AckOverdue without retries left, or an answer that holds up others for too long:
 *    persistent   ▶ FAILED
 *    lightweight  stays, is not sent again and holds nobody up; a late answer still counts.
 *  Of one attempt (once): has no retries, and ends with its attempt, whatever its deadline:
 *    Over: not made, not taken by its session, or two-way and DELIVERED   ▶ EXPIRED
 *    Ready after the attempt, lightweight AckOverdue                      ▶ EXPIRED
 *  CANCELLED, SUPERSEDED and DELETED are made in the store, by the same guard, and only told here.
 * </pre>
 *
 * <p>A re-send keeps the device-visible id and raises {@code attempt}; reports that name an older attempt change nothing.
 *
 * @param attempt    how often it was handed to a session
 * @param overdue    how many attempts failed after which it was to be sent again
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
    private static final String NOT_TO_BE_RETRIED =
            "{\"error\":\"The device did not acknowledge the command, which was not to be sent again for that\"}";

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

        /**
         * A command of one attempt comes no further: nobody can be given it now, its session did not take it, or the device has
         * it. {@code unsent} as of {@link Elapsed}.
         */
        record Over(Stage unsent) implements Event {}

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
            return expired(
                    switch (event) {
                        case Event.Elapsed(Stage unsent) -> unsent;
                        case Event.Over(Stage unsent) -> unsent;
                        default -> Stage.WAITING;
                    });
        }
        return switch (event) {
            case Event.Ready(long g)
            when g != generation -> command.once() && attempt > 0 ? expired(Stage.WAITING) : transmit(g);
            case Event.Written(int a, boolean ackExpected) when a == attempt && !isDelivered() -> written(ackExpected);
            case Event.Acked(int a) when a == attempt && !isDelivered() -> delivered(Cause.ACKNOWLEDGED);
            case Event.AckOverdue(int a)
            when a == attempt && !isDelivered() ->
                retries(Failure.SENT_NOT_ACKNOWLEDGED) ? sendAgain(Cause.ACK_OVERDUE) : exhausted();
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
            case Event.Refused _ when attempt > 0 && retries(Failure.REFUSED) -> sendAgain(Cause.REFUSED);
            case Event.Refused(String error)
            when attempt > 0 ->
                finish(
                        RpcStatus.FAILED,
                        Cause.REFUSED,
                        command.isPersistent() ? ReplyText.error(error) : null,
                        new Outcome.Answered(error.getBytes(StandardCharsets.UTF_8)));
            case Event.AnswerOverdue(long g)
            when g == generation && isDelivered() && !command.answerWait().isZero() && retries(Failure.NO_ANSWER) ->
                sendAgain(Cause.ANSWER_OVERDUE);
            case Event.AnswerOverdue(long g)
            when g == generation && isDelivered() && !command.answerWait().isZero() ->
                command.isPersistent()
                        ? finish(
                                RpcStatus.FAILED,
                                Cause.ANSWER_OVERDUE,
                                NO_ANSWER_IN_TIME,
                                new Outcome.TimedOut(Stage.NO_ANSWER))
                        : yielding();
            case Event.Over(Stage unsent)
            when command.once() && (attempt == 0 || !isTaken() || isDelivered()) -> expired(unsent);
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
                    Event.Over _,
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
        return new Step(
                next,
                cause,
                command.once()
                        ? List.of(new Effect.WakeAfter(0, new Event.Over(Stage.WAITING)))
                        : answerWait(generation));
    }

    private List<Effect> answerWait(long ofGeneration) {
        return command.answerWait().isZero()
                ? List.of()
                : List.of(new Effect.WakeAfter(command.answerWait().toNanos(), new Event.AnswerOverdue(ofGeneration)));
    }

    private boolean retries(Failure failure) {
        return overdue < command.retries() && command.retriesOn(failure);
    }

    private Step sendAgain(Cause cause) {
        if (command.isPersistent()) {
            Rpc next = new Rpc(command, RpcStatus.TIMEOUT, attempt, overdue + 1, generation, yields, response);
            return new Step(next, cause, List.of(retryLater(overdue + 1)));
        }
        Rpc next = new Rpc(command, RpcStatus.TIMEOUT, attempt, overdue + 1, NOBODY, yields, response);
        return new Step(next, cause, List.of());
    }

    private Effect retryLater(int missed) {
        return new Effect.WakeAfter(command.backoffNanos(missed), new Event.RetryDue(attempt, false));
    }

    private Step released() {
        return new Step(notTaken(), null, List.of());
    }

    private Step exhausted() {
        if (!command.isPersistent()) {
            return command.once() ? expired(Stage.WAITING) : yielding();
        }
        return finish(
                RpcStatus.FAILED,
                Cause.RETRIES_EXHAUSTED,
                command.retriesOn(Failure.SENT_NOT_ACKNOWLEDGED)
                        ? "{\"error\":\"There was a Timeout and all retry attempts have been exhausted. Retry attempts set: "
                                + command.retries() + "\"}"
                        : NOT_TO_BE_RETRIED,
                new Outcome.TimedOut(Stage.SENT_NOT_ACKNOWLEDGED));
    }

    private Step expired(Stage unsent) {
        return finish(RpcStatus.EXPIRED, Cause.EXPIRED, null, new Outcome.TimedOut(stage(unsent)));
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
