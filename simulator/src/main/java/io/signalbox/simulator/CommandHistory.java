package io.signalbox.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the clients of a server saw of persistent commands: callers what was accepted, devices what came and which of their
 * answers were acknowledged. {@link CommandCheck} holds the server's own account against it.
 *
 * <p>Every command has a number that no other has, in its params and in the answers. The memory for a command does not
 * depend on how often it comes. Times are epoch milliseconds.
 */
final class CommandHistory {
    /** A server has ended a command at the latest so long after its deadline. */
    static final Duration END_LIMIT = Duration.ofSeconds(2);

    /** One command, as its clients saw it; a time of 0 means never. */
    static final class Sent {
        final int number;
        final int device;
        final boolean oneWay;
        final int retries;
        final long deadline;
        /** The {@code rpcId}; empty until the command is accepted. */
        private String id = "";

        private long acceptedAt;
        private long receivedAt;
        /** How often its device acknowledged it with PUBACK, and how often it came and was left without. */
        private int acknowledged;

        private int withheld;
        private long withheldAt;
        /** Answers that the device gave, counted from 1; the first of them that was acknowledged, and when. */
        private int answers;

        private int answerKept;
        private long answerKeptAt;

        private Sent(int number, int device, boolean oneWay, int retries, long deadline) {
            this.number = number;
            this.device = device;
            this.oneWay = oneWay;
            this.retries = retries;
            this.deadline = deadline;
        }

        String id() {
            return id;
        }

        boolean isAccepted() {
            return !id.isEmpty();
        }

        boolean isReceived() {
            return receivedAt > 0;
        }

        int acknowledged() {
            return acknowledged;
        }

        int withheld() {
            return withheld;
        }

        /** When it first came and was left without PUBACK. */
        long withheldAt() {
            return withheldAt;
        }

        int answers() {
            return answers;
        }

        /** The first answer that the server acknowledged; 0: none. */
        int answerKept() {
            return answerKept;
        }

        long answerKeptAt() {
            return answerKeptAt;
        }

        @Override
        public String toString() {
            return "command %d%s, device %d, %s, retries %d, deadline %d: accepted %d, received %d, PUBACK %d, without %d, answers %d, acknowledged %d at %d"
                    .formatted(
                            number,
                            isAccepted() ? " (" + id + ")" : "",
                            device,
                            oneWay ? "one-way" : "two-way",
                            retries,
                            deadline,
                            acceptedAt,
                            receivedAt,
                            acknowledged,
                            withheld,
                            answers,
                            answerKept,
                            answerKeptAt);
        }
    }

    /** A time during which a device was subscribed. */
    private record Presence(long from, long to) {}

    private final List<Sent> commands = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private final List<Account> accounts;
    private final Violations violations;
    private long lastDeadline;
    private long acceptedCount;
    private long receivedCount;
    private long receptions;
    private long answersKept;

    /**
     * @param devices their number
     * @param violations gets what can be seen from the clients' side alone
     */
    CommandHistory(int devices, Violations violations) {
        this.accounts =
                Stream.generate(Account::new).limit(Math.max(1, devices)).toList();
        this.violations = violations;
    }

    int size() {
        return commands.size();
    }

    /** Commands whose caller was told an id. */
    List<Sent> accepted() {
        return commands.stream().filter(Sent::isAccepted).toList();
    }

    long acceptedCount() {
        return acceptedCount;
    }

    /** Commands that came to their device at least once. */
    long receivedCount() {
        return receivedCount;
    }

    /** PUBLISHes of commands, repetitions included. */
    long receptions() {
        return receptions;
    }

    /** Commands with an acknowledged answer. */
    long answersKept() {
        return answersKept;
    }

    /** The latest deadline of all that was sent. */
    long lastDeadline() {
        return lastDeadline;
    }

    /** A caller is about to send a command. */
    Sent post(int device, boolean oneWay, int retries, long deadline) {
        Sent command = new Sent(commands.size(), device, oneWay, retries, deadline);
        commands.add(command);
        lastDeadline = Math.max(lastDeadline, deadline);
        return command;
    }

    /** The caller was told that the command is stored. */
    void accepted(Sent command, String id, long now) {
        command.id = id;
        command.acceptedAt = now;
        acceptedCount++;
        if (!ids.add(id)) {
            violations.add(Violation.MIXED_UP, "id given twice: " + command);
        }
    }

    /** The device's subscription is acknowledged. */
    void subscribed(int device, long now) {
        accounts.get(device).subscribedAt = now;
    }

    /** The device's connection ended, or is about to. */
    void gone(int device, long now) {
        Account account = accounts.get(device);
        if (account.subscribedAt > 0) {
            account.presences.add(new Presence(account.subscribedAt, now));
            account.subscribedAt = 0;
        }
    }

    /**
     * A command came to a device.
     *
     * @return empty when nobody sent the device such a command
     */
    Optional<Sent> received(int device, int requestId, int number, long now) {
        if (number < 0 || number >= commands.size() || commands.get(number).device != device) {
            violations.add(Violation.MIXED_UP, "device " + device + " got command " + number + ", not its own");
            return Optional.empty();
        }
        Sent command = commands.get(number);
        Account account = accounts.get(device);
        receptions++;
        Integer other = account.numbers.putIfAbsent(requestId, number);
        if (other != null && other != number) {
            violations.add(
                    Violation.ID_REUSED,
                    "request id " + requestId + " of device " + device + " stands for " + other + " and " + number);
        }
        if (now > command.deadline + END_LIMIT.toMillis()) {
            violations.add(Violation.STUCK, "came at " + now + ", too late: " + command);
        }
        if (!command.isReceived()) {
            receivedCount++;
            command.receivedAt = now;
            if (number < account.newest) {
                violations.add(Violation.OUT_OF_ORDER, "came behind " + account.newest + ": " + command);
            }
            account.newest = Math.max(account.newest, number);
        }
        return Optional.of(command);
    }

    /** The device sends PUBACK for a command that came with QoS 1. */
    void acknowledged(Sent command) {
        command.acknowledged++;
    }

    /** The device does not send it. */
    void withheld(Sent command, long now) {
        if (command.withheld++ == 0) {
            command.withheldAt = now;
        }
    }

    /** {@return the number of the answer that the device gives now} */
    int answered(Sent command) {
        return ++command.answers;
    }

    /** The server acknowledged an answer. */
    void answerKept(Sent command, int answer, long now) {
        if (command.answerKept == 0) {
            answersKept++;
            command.answerKeptAt = now;
            command.answerKept = answer;
        } else {
            command.answerKept = Math.min(command.answerKept, answer);
        }
    }

    /** Whether the device was subscribed for {@code time} without a break while the command was open. */
    boolean wasPresent(Sent command, Duration time) {
        Account account = accounts.get(command.device);
        Stream<Presence> now = account.subscribedAt == 0
                ? Stream.empty()
                : Stream.of(new Presence(account.subscribedAt, Long.MAX_VALUE));
        return Stream.concat(account.presences.stream(), now)
                .anyMatch(presence ->
                        Math.min(presence.to, command.deadline) - Math.max(presence.from, command.acceptedAt)
                                >= time.toMillis());
    }

    private static final class Account {
        /** Numbers of commands by the request id that the device saw. */
        private final Map<Integer, Integer> numbers = new HashMap<>();

        private final List<Presence> presences = new ArrayList<>();
        private long subscribedAt;
        private int newest = -1;
    }
}
