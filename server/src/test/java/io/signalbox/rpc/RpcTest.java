package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.rpc.Outcome.Stage;
import io.signalbox.rpc.RetryPolicy.Failure;
import io.signalbox.rpc.Rpc.Effect;
import io.signalbox.rpc.Rpc.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RpcTest {
    private static final long DEADLINE = 1_000;
    private static final byte[] ANSWER = {'1'};

    private static Command command(boolean oneWay, int retries, Duration answerWait, boolean handover) {
        return new Command(
                new UUID(0, 1),
                "m",
                new byte[] {'1'},
                oneWay,
                DEADLINE,
                retries,
                false,
                answerWait,
                handover,
                Optional.empty());
    }

    /** Of one attempt. */
    private static Command once(boolean oneWay, boolean persistent) {
        return new Command(
                new UUID(0, 1),
                "m",
                new byte[] {'1'},
                oneWay,
                DEADLINE,
                0,
                true,
                Duration.ofNanos(100),
                false,
                persistent ? Optional.of(order(oneWay, RetryPolicy.RETRY_ON_STANDARD, true)) : Optional.empty());
    }

    private static Command persistent(int retries, Failure... retryOn) {
        return new Command(
                new UUID(0, 1),
                "m",
                new byte[] {'1'},
                false,
                DEADLINE,
                retries,
                false,
                Duration.ofNanos(100),
                false,
                Optional.of(order(false, Set.of(retryOn), false)));
    }

    private static RpcOrder order(boolean oneWay, Set<Failure> retryOn, boolean once) {
        return new RpcOrder(
                new UUID(0, 1),
                new TenantId(new UUID(1, 1)),
                1,
                new DeviceId(new UUID(2, 1)),
                0,
                1,
                oneWay,
                "m",
                new byte[] {'1'},
                OptionalInt.empty(),
                Optional.empty(),
                new RetryPolicy(0, 1, 0, 0, retryOn),
                once,
                Optional.of(true),
                Optional.empty(),
                false,
                Optional.empty(),
                new UserId(new UUID(3, 1)),
                "somebody",
                RpcOrder.Origin.UNKNOWN);
    }

    private static Command twoWay(int retries) {
        return command(false, retries, Duration.ZERO, false);
    }

    /** A command, what was done for it, and what its caller heard. */
    private static final class Life {
        private Rpc rpc;
        private final List<Effect> effects = new ArrayList<>();

        Life(Command command) {
            rpc = Rpc.accept(command);
        }

        Life on(Event event, long now) {
            Rpc.Step step = rpc.on(event, now);
            rpc = step.next();
            effects.addAll(step.effects());
            return this;
        }

        Life on(Event event) {
            return on(event, 0);
        }

        List<Outcome> answers() {
            return effects.stream()
                    .filter(Effect.Answer.class::isInstance)
                    .map(e -> ((Effect.Answer) e).outcome())
                    .toList();
        }

        long transmissions() {
            return effects.stream().filter(Effect.Transmit.class::isInstance).count();
        }
    }

    @Test
    void twoWayCommandGoesThroughAllStates() {
        Life life = new Life(twoWay(0)).on(new Event.Ready(7));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.QUEUED);
        life.on(new Event.Written(1, true));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.SENT);
        life.on(new Event.Acked(1));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.DELIVERED);
        life.on(new Event.Replied(ANSWER));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.SUCCESSFUL);
        assertThat(life.answers()).containsExactly(new Outcome.Answered(ANSWER));
    }

    @Test
    void aSecondAttemptWithoutAcknowledgementDelivers() {
        Life life = new Life(command(true, 0, Duration.ZERO, false))
                .on(new Event.Ready(7))
                .on(new Event.Written(1, true))
                .on(new Event.Ready(8))
                .on(new Event.Written(2, false));
        assertThat(life.answers()).containsExactly(new Outcome.Delivered());
    }

    @Test
    void anAnswerMayOvertakeTheReports() {
        Life life = new Life(twoWay(0)).on(new Event.Ready(7)).on(new Event.Replied(ANSWER));
        life.on(new Event.Written(1, true)).on(new Event.Acked(1)).on(new Event.Replied(ANSWER));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.SUCCESSFUL);
        assertThat(life.answers()).hasSize(1);
    }

    @Test
    void anAnswerToWhatWasNeverSentIsIgnored() {
        assertThat(new Life(twoWay(0)).on(new Event.Replied(ANSWER)).answers()).isEmpty();
    }

    @Test
    void oneWayCommandEndsWithItsDelivery() {
        Life acknowledged = new Life(command(true, 0, Duration.ZERO, false)).on(new Event.Ready(7));
        acknowledged.on(new Event.Written(1, true));
        assertThat(acknowledged.answers()).isEmpty();
        assertThat(acknowledged.on(new Event.Acked(1)).answers()).containsExactly(new Outcome.Delivered());
        Life unacknowledged = new Life(command(true, 0, Duration.ZERO, false)).on(new Event.Ready(7));
        assertThat(unacknowledged.on(new Event.Written(1, false)).answers()).containsExactly(new Outcome.Delivered());
        Life handedOver = new Life(command(true, 0, Duration.ZERO, true)).on(new Event.Ready(7));
        assertThat(handedOver.on(new Event.Written(1, true)).answers()).containsExactly(new Outcome.Delivered());
    }

    @Test
    void missingAcknowledgementIsSentAgainAsOftenAsAllowed() {
        Life life = new Life(twoWay(1)).on(new Event.Ready(7)).on(new Event.Written(1, true));
        life.on(new Event.AckOverdue(1));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.TIMEOUT);
        life.on(new Event.Ready(7)).on(new Event.Ready(7)).on(new Event.Written(2, true));
        assertThat(life.transmissions()).isEqualTo(2);
        life.on(new Event.AckOverdue(2));
        assertThat(life.rpc.yields()).isTrue();
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.SENT);
        life.on(new Event.Ready(7));
        assertThat(life.transmissions()).isEqualTo(2);
        assertThat(life.on(new Event.Replied(ANSWER)).answers()).hasSize(1);
    }

    @Test
    void reportsOfAnOlderAttemptChangeNothing() {
        Life life = new Life(twoWay(3)).on(new Event.Ready(7)).on(new Event.Written(1, true));
        life.on(new Event.Ready(8)).on(new Event.Acked(1)).on(new Event.AckOverdue(1));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.SENT);
        assertThat(life.rpc.attempt()).isEqualTo(2);
    }

    @Test
    void theDeadlineEndsItAndNamesTheStage() {
        assertThat(new Life(twoWay(0))
                        .on(new Event.Elapsed(Stage.NO_SESSION), DEADLINE)
                        .answers())
                .containsExactly(new Outcome.TimedOut(Stage.NO_SESSION));
        Life written = new Life(twoWay(0)).on(new Event.Ready(7)).on(new Event.Written(1, true));
        assertThat(written.on(new Event.Elapsed(Stage.NO_SESSION), DEADLINE).answers())
                .containsExactly(new Outcome.TimedOut(Stage.SENT_NOT_ACKNOWLEDGED));
        Life delivered = new Life(twoWay(0)).on(new Event.Ready(7)).on(new Event.Written(1, false));
        assertThat(delivered.on(new Event.Replied(ANSWER), DEADLINE).answers())
                .containsExactly(new Outcome.TimedOut(Stage.NO_ANSWER));
    }

    @Test
    void aTimerThatFiresEarlyIsSetAgain() {
        Life life = new Life(twoWay(0)).on(new Event.Elapsed(Stage.NO_SESSION), 400);
        assertThat(life.effects)
                .containsExactly(new Effect.WakeAfter(DEADLINE - 400, new Event.Elapsed(Stage.NO_SESSION)));
    }

    @Test
    void theAnswerWaitLetsOthersPassAndKeepsTheCommandOpen() {
        Life life = new Life(command(false, 0, Duration.ofNanos(50), false)).on(new Event.Ready(7));
        life.on(new Event.Written(1, false)).on(new Event.AnswerOverdue(6));
        assertThat(life.rpc.yields()).isFalse();
        life.on(new Event.AnswerOverdue(7));
        assertThat(life.rpc.yields()).isTrue();
        assertThat(life.on(new Event.Replied(ANSWER)).answers()).containsExactly(new Outcome.Answered(ANSWER));
    }

    @Test
    void aRefusalIsRetriedOnlyWhereThePolicySaysSo() {
        Life life =
                new Life(persistent(1, Failure.REFUSED)).on(new Event.Ready(7)).on(new Event.Refused("no"));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.TIMEOUT);
        life.on(new Event.RetryDue(1, true)).on(new Event.Ready(7)).on(new Event.Refused("no"));
        assertThat(life.transmissions()).isEqualTo(2);
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.FAILED);
        assertThat(life.rpc.response()).isEqualTo("{\"error\":\"no\"}");
        Life plain = new Life(persistent(1, Failure.NO_ANSWER))
                .on(new Event.Ready(7))
                .on(new Event.Refused("no"));
        assertThat(plain.rpc.status()).isEqualTo(RpcStatus.FAILED);
    }

    @Test
    void aMissingAnswerIsRetriedOnlyWhereThePolicySaysSo() {
        Life life = new Life(persistent(1, Failure.NO_ANSWER))
                .on(new Event.Ready(7))
                .on(new Event.Written(1, false))
                .on(new Event.AnswerOverdue(7));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.TIMEOUT);
        life.on(new Event.RetryDue(1, true)).on(new Event.Ready(7)).on(new Event.Written(2, false));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.DELIVERED);
        life.on(new Event.AnswerOverdue(7));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.FAILED);
        assertThat(life.transmissions()).isEqualTo(2);
    }

    @Test
    void anAnswerThatCameWhileItWasToBeRetriedCounts() {
        Life life = new Life(persistent(1, Failure.NO_ANSWER))
                .on(new Event.Ready(7))
                .on(new Event.Written(1, false))
                .on(new Event.AnswerOverdue(7))
                .on(new Event.Replied(ANSWER));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.SUCCESSFUL);
    }

    @Test
    void whatIsNotToBeRetriedFailsThoughThereAreRetries() {
        Life life = new Life(persistent(3)).on(new Event.Ready(7)).on(new Event.Written(1, true));
        life.on(new Event.AckOverdue(1));
        assertThat(life.rpc.status()).isEqualTo(RpcStatus.FAILED);
        assertThat(life.rpc.response()).contains("not to be sent again");
    }

    @Test
    void oneAttemptEndsWhenNobodyCanTakeIt() {
        assertThat(new Life(once(false, false))
                        .on(new Event.Over(Stage.NOT_SUBSCRIBED))
                        .answers())
                .containsExactly(new Outcome.TimedOut(Stage.NOT_SUBSCRIBED));
        Life notTaken = new Life(once(true, true)).on(new Event.Ready(7));
        notTaken.rpc = notTaken.rpc.notTaken();
        assertThat(notTaken.on(new Event.Over(Stage.NO_SESSION)).answers())
                .containsExactly(new Outcome.TimedOut(Stage.NOT_WRITTEN));
        assertThat(notTaken.rpc.status()).isEqualTo(RpcStatus.EXPIRED);
    }

    @Test
    void oneAttemptEndsWithItsDelivery() {
        Life oneWay = new Life(once(true, false)).on(new Event.Ready(7)).on(new Event.Written(1, true));
        assertThat(oneWay.on(new Event.Over(Stage.WAITING)).answers()).isEmpty();
        assertThat(oneWay.on(new Event.Acked(1)).answers()).containsExactly(new Outcome.Delivered());
        Life twoWay = new Life(once(false, false)).on(new Event.Ready(7)).on(new Event.Written(1, false));
        assertThat(twoWay.effects).contains(new Effect.WakeAfter(0, new Event.Over(Stage.WAITING)));
        assertThat(twoWay.on(new Event.Over(Stage.WAITING)).answers())
                .containsExactly(new Outcome.TimedOut(Stage.NO_ANSWER));
        Life answered = new Life(once(false, false)).on(new Event.Ready(7)).on(new Event.Replied(ANSWER));
        assertThat(answered.answers()).containsExactly(new Outcome.Answered(ANSWER));
    }

    @Test
    void oneAttemptIsNeverFollowedByAnother() {
        Life overdue = new Life(once(false, false)).on(new Event.Ready(7)).on(new Event.Written(1, true));
        assertThat(overdue.on(new Event.AckOverdue(1)).answers())
                .containsExactly(new Outcome.TimedOut(Stage.SENT_NOT_ACKNOWLEDGED));
        Life away = new Life(once(true, true)).on(new Event.Ready(7)).on(new Event.Ready(8));
        assertThat(away.transmissions()).isEqualTo(1);
        assertThat(away.rpc.status()).isEqualTo(RpcStatus.EXPIRED);
    }

    /** A hundred walks of ten thousand events each. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void randomWalksKeepThePromises(long firstSeed) {
        for (long seed = firstSeed * 1_000; seed < firstSeed * 1_000 + 10; seed++) {
            walk(seed, 10_000);
        }
    }

    private static void walk(long seed, int events) {
        Random random = new Random(seed);
        int left = events;
        while (left > 0) {
            Command command = anyCommand(random);
            Rpc rpc = Rpc.accept(command);
            int answers = 0;
            long now = 0;
            for (int i = 0; i < 40; i++, left--) {
                now += random.nextInt(60);
                Event event = anyEvent(random);
                Rpc.Step step = rpc.on(event, now);
                answers += (int) step.effects().stream()
                        .filter(Effect.Answer.class::isInstance)
                        .count();
                check(seed, command, rpc, event, step, now, answers);
                rpc = step.next();
            }
            assertThat(!command.once() || rpc.attempt() <= 1)
                    .as("one attempt, seed %d", seed)
                    .isTrue();
            Rpc.Step last = rpc.on(new Event.Elapsed(Stage.NO_SESSION), DEADLINE);
            answers += last.effects().size();
            assertThat(answers).as("answered exactly once, seed %d", seed).isEqualTo(1);
            assertThat(last.next().isOpen()).isFalse();
        }
    }

    private static void check(
            long seed, Command command, Rpc before, Event event, Rpc.Step step, long now, int answers) {
        Rpc after = step.next();
        boolean transmits = step.effects().stream().anyMatch(Effect.Transmit.class::isInstance);
        boolean finalMeansFinal =
                before.isOpen() || (after.equals(before) && step.effects().isEmpty());
        boolean answeredAtTheEnd = answers == (after.isOpen() ? 0 : 1);
        boolean endsAtTheDeadline = now < DEADLINE || !before.isOpen() || after.status() == RpcStatus.EXPIRED;
        boolean notBeforeTheDeadline =
                now >= DEADLINE || command.once() || !before.isOpen() || after.status() != RpcStatus.EXPIRED;
        boolean retriedAsAsked = !before.isOpen()
                || after.overdue() == before.overdue()
                || command.retriesOn(
                        switch (event) {
                            case Event.Refused _ -> Failure.REFUSED;
                            case Event.AnswerOverdue _ -> Failure.NO_ANSWER;
                            default -> Failure.SENT_NOT_ACKNOWLEDGED;
                        });
        boolean answerNeedsQuestion = after.status() != RpcStatus.SUCCESSFUL || after.attempt() > 0;
        boolean neverSentLate = !transmits || now < DEADLINE;
        boolean onlyDrawnArrows = drawn(before.status()).contains(after.status());
        boolean attemptsCount = after.attempt() == before.attempt() + (transmits ? 1 : 0);
        boolean retriesBounded = after.overdue() <= command.retries();
        if (!(finalMeansFinal
                && answeredAtTheEnd
                && endsAtTheDeadline
                && notBeforeTheDeadline
                && retriedAsAsked
                && answerNeedsQuestion
                && neverSentLate
                && onlyDrawnArrows
                && attemptsCount
                && retriesBounded)) {
            throw new AssertionError("seed " + seed + ": " + before + " on " + event + " at " + now + " gives " + step);
        }
    }

    /** The arrows of the diagram. */
    private static Set<RpcStatus> drawn(RpcStatus from) {
        return switch (from) {
            case QUEUED ->
                EnumSet.of(
                        RpcStatus.QUEUED,
                        RpcStatus.SENT,
                        RpcStatus.DELIVERED,
                        RpcStatus.TIMEOUT,
                        RpcStatus.SUCCESSFUL,
                        RpcStatus.FAILED,
                        RpcStatus.EXPIRED);
            case SENT ->
                EnumSet.of(
                        RpcStatus.SENT,
                        RpcStatus.DELIVERED,
                        RpcStatus.TIMEOUT,
                        RpcStatus.SUCCESSFUL,
                        RpcStatus.FAILED,
                        RpcStatus.EXPIRED);
            case DELIVERED ->
                EnumSet.of(
                        RpcStatus.DELIVERED,
                        RpcStatus.TIMEOUT,
                        RpcStatus.SUCCESSFUL,
                        RpcStatus.FAILED,
                        RpcStatus.EXPIRED);
            case TIMEOUT ->
                EnumSet.of(
                        RpcStatus.TIMEOUT,
                        RpcStatus.SENT,
                        RpcStatus.DELIVERED,
                        RpcStatus.SUCCESSFUL,
                        RpcStatus.FAILED,
                        RpcStatus.EXPIRED);
            case SUCCESSFUL, FAILED, EXPIRED, CANCELLED, SUPERSEDED, DELETED -> EnumSet.of(from);
        };
    }

    private static Command anyCommand(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> once(random.nextBoolean(), random.nextBoolean());
            case 1 ->
                persistent(
                        random.nextInt(3),
                        Stream.of(Failure.values())
                                .filter(_ -> random.nextBoolean())
                                .toArray(Failure[]::new));
            default ->
                command(
                        random.nextBoolean(),
                        random.nextInt(3),
                        random.nextBoolean() ? Duration.ZERO : Duration.ofNanos(100),
                        random.nextBoolean());
        };
    }

    private static Event anyEvent(Random random) {
        int attempt = 1 + random.nextInt(3);
        return switch (random.nextInt(14)) {
            case 12 -> new Event.Over(Stage.WAITING);
            case 13 -> new Event.RetryDue(attempt, random.nextBoolean());
            case 0, 1, 2 -> new Event.Ready(1 + random.nextInt(4));
            case 3, 4, 5 -> new Event.Written(attempt, random.nextBoolean());
            case 6 -> new Event.Acked(attempt);
            case 7, 8 -> new Event.AckOverdue(attempt);
            case 9 -> new Event.AnswerOverdue(1 + random.nextInt(4));
            case 10 -> random.nextInt(4) == 0 ? new Event.Refused("no") : new Event.Elapsed(Stage.NO_SESSION);
            default -> random.nextInt(3) == 0 ? new Event.Replied(ANSWER) : new Event.Ready(1);
        };
    }
}
