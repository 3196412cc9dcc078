package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.simulator.CommandHistory.Sent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Small histories, each with one command of each of two devices at most, and what the server then says of it. Device 0 is
 * subscribed with QoS 0, device 1 with QoS 1. A command is accepted at second 100; its deadline is second 130.
 */
class CommandCheckTest {
    private static final long DEADLINE = 130_000;

    private final Violations violations = new Violations();
    private final CommandHistory history = new CommandHistory(2, violations);
    private final CommandCheck check = new CommandCheck(history, device -> device == 1, true, violations);

    /**
     * Events with their second: {@code r} received, {@code p} PUBACK by the device, {@code w} none, {@code a} answered,
     * {@code k} answer n acknowledged ({@code k1@105}), {@code s} subscribed, {@code g} gone.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            # way  | device | retries | events                               | status     | answer | violation
            two    | 0      | 0       | s@100 r@101 a@101 k1@101             | SUCCESSFUL | 1      | -
            two    | 0      | 0       | s@100 r@101 a@101                    | SUCCESSFUL | 1      | -
            two    | 0      | 0       | s@100 r@101 a@101                    | EXPIRED    | -      | -
            two    | 1      | 0       | r@101 p@101 a@101 r@110 p@110 a@110 k2@110 | SUCCESSFUL | 2 | -
            two    | 1      | 0       | r@101 p@101 a@101 r@110 p@110 a@110 k2@110 | SUCCESSFUL | 1 | -
            two    | 1      | 0       | r@101 p@101                          | EXPIRED    | -      | -
            two    | 1      | 0       | r@101 w@101                          | FAILED     | -      | -
            two    | 1      | 0       | r@101 w@101 a@115 k1@115             | FAILED     | -      | -
            two    | 0      | 0       | r@101 a@131 k1@131                   | EXPIRED    | -      | -
            two    | 0      | 0       | s@100 g@103 s@127                    | EXPIRED    | -      | -
            two    | 0      | 0       | -                                    | EXPIRED    | -      | -
            one    | 0      | 0       | r@101                                | DELIVERED  | -      | -
            one    | 1      | 0       | r@101 p@101                          | DELIVERED  | -      | -
            one    | 1      | 0       | r@101 p@101 a@101 k1@101             | DELIVERED  | -      | -
            one    | 1      | 0       | r@101 w@101 a@101 k1@101             | SUCCESSFUL | 1      | -
            one    | 1      | 0       | s@100 r@101 p@101 g@101              | EXPIRED    | -      | -
            one    | 1      | 0       | s@100 r@101 w@101                    | EXPIRED    | -      | -
            two    | 0      | 0       | r@101 a@101 k1@101                   | lost       | -      | LOST
            one    | 0      | 0       | -                                    | DELIVERED  | -      | FALSE_DELIVERY
            one    | 1      | 0       | r@101                                | DELIVERED  | -      | FALSE_DELIVERY
            one    | 1      | 0       | r@101 w@101                          | DELIVERED  | -      | FALSE_DELIVERY
            two    | 0      | 0       | -                                    | DELIVERED  | -      | FALSE_DELIVERY
            two    | 0      | 0       | -                                    | SUCCESSFUL | 1      | FALSE_DELIVERY
            two    | 0      | 0       | r@101                                | SUCCESSFUL | -      | FALSE_ANSWER
            two    | 0      | 0       | r@101                                | SUCCESSFUL | 1      | FALSE_ANSWER
            two    | 0      | 0       | r@101 a@101                          | SUCCESSFUL | 2      | FALSE_ANSWER
            two    | 0      | 0       | r@101 a@101                          | SUCCESSFUL | alien  | FALSE_ANSWER
            two    | 0      | 0       | r@101 a@101 k1@101 a@102 k2@102      | SUCCESSFUL | 2      | FALSE_ANSWER
            one    | 0      | 0       | r@101                                | SUCCESSFUL | -      | FALSE_ANSWER
            two    | 0      | 0       | r@101 a@101 k1@101                   | EXPIRED    | -      | ANSWER_LOST
            two    | 0      | 0       | r@101 a@101 k1@101                   | DELIVERED  | -      | ANSWER_LOST
            one    | 1      | 0       | r@101 p@101 a@101 k1@101             | EXPIRED    | -      | ANSWER_LOST
            two    | 1      | 0       | r@101 w@101 a@102 k1@102             | FAILED     | -      | ANSWER_LOST
            two    | 1      | 1       | r@101 w@101 a@115 k1@115             | FAILED     | -      | ANSWER_LOST
            two    | 1      | 1       | r@101 w@101                          | FAILED     | -      | IMPOSSIBLE
            two    | 1      | 9       | r@101 w@101                          | FAILED     | -      | IMPOSSIBLE
            two    | 1      | 0       | r@101 p@101                          | FAILED     | -      | IMPOSSIBLE
            one    | 0      | 0       | r@101                                | FAILED     | -      | IMPOSSIBLE
            two    | 0      | 0       | r@101                                | DELETED    | -      | IMPOSSIBLE
            two    | 0      | 0       | s@100                                | EXPIRED    | -      | NEGLECTED
            two    | 0      | 0       | s@90 g@106                           | EXPIRED    | -      | NEGLECTED
            one    | 0      | 0       | s@100 r@101                          | EXPIRED    | -      | NEGLECTED
            one    | 1      | 0       | s@100 r@101 p@101                    | EXPIRED    | -      | NEGLECTED
            two    | 0      | 0       | -                                    | QUEUED     | -      | STUCK
            two    | 1      | 0       | r@101                                | SENT       | -      | STUCK
            two    | 1      | 5       | r@101 w@101                          | TIMEOUT    | -      | STUCK
            two    | 0      | 0       | r@101                                | DELIVERED  | -      | STUCK
            two    | 0      | 0       | r@133                                | EXPIRED    | -      | STUCK
            """)
    void judges(
            String way,
            int device,
            int retries,
            @Nullable String events,
            String status,
            @Nullable String answer,
            @Nullable String violation) {
        Sent command = history.post(device, way.equals("one"), retries, DEADLINE);
        history.accepted(command, "id", 100_000);
        if (events != null) {
            Arrays.stream(events.split(" ", -1)).forEach(event -> happen(command, event));
        }
        check.judge(command, status.equals("lost") ? null : Rest.JSON.readTree(record(command, status, answer)), "d");
        assertThat(found()).isEqualTo(violation == null ? List.of() : List.of(Violation.valueOf(violation)));
    }

    @ParameterizedTest
    @CsvSource({
        "'\"id\":\"id\"', '\"id\":\"other\"'",
        "'\"id\":\"d\"', '\"id\":\"other\"'",
        "130000, 130001",
        "'\"oneway\":false', '\"oneway\":true'",
        "'\\\"n\\\":0', '\\\"n\\\":1'",
        "'{\\\"n\\\":0}', ''"
    })
    void recordOfAnotherCommand(String right, String wrong) {
        Sent command = history.post(0, false, 0, DEADLINE);
        history.accepted(command, "id", 100_000);
        String record = record(command, "EXPIRED", null);
        assertThat(record).contains(right);
        check.judge(command, Rest.JSON.readTree(record.replace(right, wrong)), "d");
        assertThat(found()).containsExactly(Violation.MIXED_UP);
    }

    @Test
    void requestIdOfTwoCommands() {
        history.post(0, false, 0, DEADLINE);
        history.post(0, false, 0, DEADLINE);
        history.post(1, false, 0, DEADLINE);
        history.received(0, 7, 0, 101_000);
        history.received(0, 7, 0, 102_000);
        history.received(1, 7, 2, 102_000);
        assertThat(found()).isEmpty();
        history.received(0, 7, 1, 103_000);
        assertThat(found()).containsExactly(Violation.ID_REUSED);
    }

    @Test
    void firstReceptionsInTheOrderOfAcceptance() {
        for (int i = 0; i < 4; i++) {
            history.post(0, false, 0, DEADLINE);
        }
        history.received(0, 1, 0, 101_000);
        history.received(0, 3, 2, 101_000);
        history.received(0, 1, 0, 102_000);
        history.received(0, 4, 3, 102_000);
        assertThat(found()).isEmpty();
        history.received(0, 2, 1, 103_000);
        assertThat(found()).containsExactly(Violation.OUT_OF_ORDER);
    }

    @Test
    void commandOfAnotherDeviceOrOfNobody() {
        history.post(0, false, 0, DEADLINE);
        assertThat(history.received(1, 1, 0, 101_000)).isEmpty();
        assertThat(history.received(0, 2, 9, 101_000)).isEmpty();
        assertThat(history.received(0, 3, -1, 101_000)).isEmpty();
        assertThat(violations.count(Violation.MIXED_UP)).isEqualTo(3);
    }

    @Test
    void idGivenTwice() {
        history.accepted(history.post(0, false, 0, DEADLINE), "id", 100_000);
        history.accepted(history.post(0, false, 0, DEADLINE), "id", 100_000);
        assertThat(found()).containsExactly(Violation.MIXED_UP);
    }

    @Test
    void behindAnotherCommandNobodyIsNeglected() {
        Sent command = history.post(0, false, 0, DEADLINE);
        history.accepted(command, "id", 100_000);
        history.subscribed(0, 100_000);
        new CommandCheck(history, device -> device == 1, false, violations)
                .judge(command, Rest.JSON.readTree(record(command, "EXPIRED", null)), "d");
        assertThat(found()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            accepted@100 attempt@100 written@101 replied@101                   | true
            accepted@100 expired@130 lateReply@140                            | true
            accepted@100 attempt@101 ackOverdue@111 attempt@113 written@113   | true
            attempt@100 replied@101                                            | false
            accepted@100 accepted@101                                          | false
            accepted@100 expired@120                                           | false
            accepted@100 replied@101 expired@130                               | false
            accepted@100 attempt@99                                            | false
            """)
    void historyOfTheServer(String lines, boolean isRight) {
        Sent command = history.post(0, false, 0, DEADLINE);
        List<String> json = new ArrayList<>();
        for (String line : lines.split(" ", -1)) {
            String[] parts = line.split("@", -1);
            json.add("{\"cause\":\"%s\",\"ts\":%s000}".formatted(parts[0], parts[1]));
        }
        check.judgeHistory(command, Rest.JSON.readTree(json.toString()));
        assertThat(violations.count(Violation.BAD_HISTORY)).isEqualTo(isRight ? 0 : 1);
    }

    @Test
    void emptyHistoryIsBad() {
        check.judgeHistory(history.post(0, false, 0, DEADLINE), Rest.JSON.readTree("[]"));
        assertThat(found()).containsExactly(Violation.BAD_HISTORY);
    }

    private void happen(Sent command, String event) {
        long now = Long.parseLong(event.substring(event.indexOf('@') + 1)) * 1_000;
        switch (event.charAt(0)) {
            case 'r' -> history.received(command.device, 5, command.number, now);
            case 'p' -> history.acknowledged(command);
            case 'w' -> history.withheld(command, now);
            case 'a' -> history.answered(command);
            case 'k' -> history.answerKept(command, event.charAt(1) - '0', now);
            case 's' -> history.subscribed(command.device, now);
            case 'g' -> history.gone(command.device, now);
            default -> throw new IllegalArgumentException(event);
        }
    }

    private static String record(Sent command, String status, @Nullable String answer) {
        String response = answer == null
                ? "null"
                : "{\"n\":%d,\"a\":%s}"
                        .formatted(
                                answer.equals("alien") ? command.number + 1 : command.number,
                                answer.replace("alien", "1"));
        return """
                {"id":{"entityType":"RPC","id":"%s"},"deviceId":{"entityType":"DEVICE","id":"d"},"expirationTime":%d,\
                "request":{"oneway":%b,"body":{"method":"crash","params":"{\\"n\\":%d}"}},"status":"%s","response":%s}""".formatted(command.id(), command.deadline, command.oneWay, command.number, status, response);
    }

    private List<Violation> found() {
        return Arrays.stream(Violation.values())
                .filter(kind -> violations.count(kind) > 0)
                .toList();
    }
}
