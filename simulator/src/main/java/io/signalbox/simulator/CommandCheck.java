package io.signalbox.simulator;

import io.signalbox.simulator.CommandHistory.Sent;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Holds a server's records of persistent commands against what its clients saw. To be used when every deadline is
 * {@link CommandHistory#END_LIMIT} ago, since a state that was right before need not be final.
 *
 * <p>What the clients cannot know is decided in the server's favour: a PUBACK or an answer that a dying connection may have
 * swallowed proves nothing. What they can know is not: devices read their connections to the end.
 */
final class CommandCheck {
    /** How long a server waits for the PUBACK of a command, unless the deadline comes first (MQTT device API §1). */
    static final Duration ACK_TIMEOUT = Duration.ofSeconds(10);

    /** So much of retries is granted at most (server-side RPC §6.4). */
    static final int RETRIES_MAX = 5;

    /** In this time a subscribed device gets what waits for it, and the server what it says to that. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** For two clocks of one machine that round differently. */
    private static final long CLOCK_MILLIS = 20;

    /** After one of these nothing but an answer that comes too late may follow. */
    private static final Set<String> ENDINGS =
            Set.of("replied", "refused", "retriesExhausted", "answerOverdue", "expired", "cancelled", "superseded");

    private final CommandHistory history;
    private final IntPredicate acknowledges;
    private final boolean atOnce;
    private final Violations violations;

    /**
     * @param acknowledges whether a device is subscribed with QoS 1
     * @param atOnce a command does not wait for those before it: what a present device did not get was neglected
     */
    CommandCheck(CommandHistory history, IntPredicate acknowledges, boolean atOnce, Violations violations) {
        this.history = history;
        this.acknowledges = acknowledges;
        this.atOnce = atOnce;
        this.violations = violations;
    }

    /**
     * Judges one accepted command.
     *
     * @param record as {@code GET /api/rpc/persistent/{id}} gives it; null when there is none
     * @param deviceId the UUID of the command's device
     */
    void judge(Sent command, @Nullable JsonNode record, String deviceId) {
        if (record == null) {
            violations.add(Violation.LOST, command.toString());
            return;
        }
        String status = record.path("status").asString("");
        fault(command, record, status, deviceId)
                .ifPresent(kind -> violations.add(kind, status + " " + record.path("response") + ": " + command));
    }

    /** Judges the history of a command, if the server tells it: lines with {@code ts}, {@code cause} and {@code status}. */
    void judgeHistory(Sent command, JsonNode lines) {
        long last = 0;
        int endings = 0;
        boolean first = true;
        for (JsonNode line : lines) {
            long at = line.path("ts").asLong(0);
            String cause = line.path("cause").asString("");
            boolean tooEarly = cause.equals("expired") && at < command.deadline - CLOCK_MILLIS;
            if (at < last || tooEarly || first != cause.equals("accepted")) {
                violations.add(Violation.BAD_HISTORY, lines + ": " + command);
                return;
            }
            first = false;
            last = at;
            endings += ENDINGS.contains(cause) ? 1 : 0;
        }
        if (first || endings > 1) {
            violations.add(Violation.BAD_HISTORY, lines + ": " + command);
        }
    }

    private Optional<Violation> fault(Sent command, JsonNode record, String status, String deviceId) {
        if (!isOf(command, record, deviceId)) {
            return Optional.of(Violation.MIXED_UP);
        }
        boolean isDone = status.equals("SUCCESSFUL") || (command.oneWay && status.equals("DELIVERED"));
        if (wasAnswered(command) && !isDone) {
            return Optional.of(Violation.ANSWER_LOST);
        }
        return switch (status) {
            case "QUEUED", "SENT", "TIMEOUT" -> Optional.of(Violation.STUCK);
            case "DELIVERED" -> delivered(command);
            case "SUCCESSFUL" -> successful(command, record.path("response"));
            case "EXPIRED" -> isNeglected(command) ? Optional.of(Violation.NEGLECTED) : Optional.empty();
            case "FAILED" -> mayBeExhausted(command) ? Optional.empty() : Optional.of(Violation.IMPOSSIBLE);
            default -> Optional.of(Violation.IMPOSSIBLE);
        };
    }

    private static boolean isOf(Sent command, JsonNode record, String deviceId) {
        JsonNode request = record.path("request");
        JsonNode params = parsed(request.path("body").path("params").asString(""));
        return record.path("id").path("id").asString("").equals(command.id())
                && record.path("deviceId").path("id").asString("").equals(deviceId)
                && record.path("expirationTime").asLong(0) == command.deadline
                && request.path("oneway").asBoolean(!command.oneWay) == command.oneWay
                && params.path("n").asInt(-1) == command.number;
    }

    private static JsonNode parsed(String params) {
        try {
            return Rest.JSON.readTree(params);
        } catch (JacksonException _) {
            return Rest.JSON.missingNode();
        }
    }

    /** Whether the server has acknowledged an answer while the command must have been open. */
    private boolean wasAnswered(Sent command) {
        long end = mayBeExhausted(command)
                ? Math.min(command.deadline, command.withheldAt() + ACK_TIMEOUT.toMillis())
                : command.deadline;
        return command.answerKept() > 0 && command.answerKeptAt() < end - CLOCK_MILLIS;
    }

    private Optional<Violation> delivered(Sent command) {
        boolean isAcknowledged =
                !acknowledges.test(command.device) || command.acknowledged() > 0 || command.answers() > 0;
        if (!command.isReceived() || !isAcknowledged) {
            return Optional.of(Violation.FALSE_DELIVERY);
        }
        return command.oneWay ? Optional.empty() : Optional.of(Violation.STUCK);
    }

    private static Optional<Violation> successful(Sent command, JsonNode response) {
        if (!command.isReceived()) {
            return Optional.of(Violation.FALSE_DELIVERY);
        }
        int answer = response.path("a").asInt(0);
        // once an answer is acknowledged no later one can take its place
        int newest = command.answerKept() > 0 ? command.answerKept() : command.answers();
        boolean isGiven = response.path("n").asInt(-1) == command.number && answer >= 1 && answer <= newest;
        return isGiven ? Optional.empty() : Optional.of(Violation.FALSE_ANSWER);
    }

    /** Whether an expired command should have come further, because its device was there long enough. */
    private boolean isNeglected(Sent command) {
        boolean shouldBeDone = command.oneWay
                && command.withheld() == 0
                && (command.acknowledged() > 0 || !acknowledges.test(command.device));
        return atOnce && (!command.isReceived() || shouldBeDone) && history.wasPresent(command, PATIENCE);
    }

    /** Whether so many PUBACKs were withheld that all attempts may have failed. */
    private boolean mayBeExhausted(Sent command) {
        return acknowledges.test(command.device) && command.withheld() > Math.min(command.retries, RETRIES_MAX);
    }
}
