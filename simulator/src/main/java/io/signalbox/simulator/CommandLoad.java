package io.signalbox.simulator;

import io.signalbox.simulator.CommandHistory.Sent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * Persistent commands for a server that will be killed: one caller for each device sends them one after the other, and
 * devices of all {@link Manner}s receive, acknowledge, answer, or do not. What happens goes into a {@link CommandHistory}.
 *
 * <p>Devices read every connection to its end, also one that they leave, so that what the server wrote is known. The loop's
 * thread only.
 */
final class CommandLoad implements MqttClient.Owner {
    /** How a device behaves; the half of each is subscribed with QoS 0. */
    enum Manner {
        /** Answers two-way commands, most of them at once. */
        PROMPT,
        /** Answers everything twice, one-way commands too. */
        TWICE,
        /** Answers nothing, and leaves half of what comes with QoS 1 without PUBACK. */
        SILENT,
        /** Leaves and comes back; answers, also what came on an earlier connection. */
        RESTLESS
    }

    /**
     * @param rate commands per second of all callers
     * @param deadlineMax longest time that a command gets
     * @param commandsMax then the callers stop
     */
    record Settings(double rate, Duration deadlineMax, int commandsMax, long seed) {}

    private static final Duration TICK = Duration.ofMillis(5);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(30);
    private static final long DEADLINE_MILLIS_MIN = 2_000;
    private static final int LATE_MILLIS_MAX = 3_000;
    private static final int LATE_ANSWERS_MAX = 10_000;
    private static final int BACK_MILLIS_MAX = 800;
    private static final int STAY_MILLIS_MAX = 3_000;
    private static final int UNACKNOWLEDGED_MAX = 10_000;
    /** A connection that takes longer to come or to go is given up. */
    private static final int PASSAGE_MILLIS_MAX = 5_000;

    private static final String ANSWERS = "v1/devices/me/rpc/response/";

    private final Loop loop;
    private final Target target;
    private final Settings settings;
    private final List<Device> devices;
    private final CommandHistory history;
    private final List<Player> players = new ArrayList<>();
    private final List<Caller> callers = new ArrayList<>();
    private final HttpMessage response = new HttpMessage();
    private final Map<String, Long> refusals = new TreeMap<>();
    private final Map<String, Long> losses = new TreeMap<>();
    private final SplittableRandom random;
    private final Loop.Timer ticks;
    private String authorization = "";
    private boolean isUp;
    private boolean isCalling;
    private long unansweredCount;

    CommandLoad(Loop loop, Target target, Settings settings, List<Device> devices, CommandHistory history) {
        this.loop = loop;
        this.target = target;
        this.settings = settings;
        this.devices = devices;
        this.history = history;
        this.random = new SplittableRandom(settings.seed());
        MqttPacket packet = new MqttPacket();
        for (int i = 0; i < devices.size(); i++) {
            players.add(new Player(packet, i));
            callers.add(new Caller(i));
        }
        ticks = loop.every(TICK, this::tick);
    }

    static int qos(int device) {
        return device % 2;
    }

    static Manner manner(int device) {
        return Manner.values()[device / 2 % Manner.values().length];
    }

    /** Calls without an answer because the server died. */
    long unansweredCount() {
        return unansweredCount;
    }

    /** Calls that the server refused, by status, or left without an answer while it lived. */
    Map<String, Long> refusals() {
        return refusals;
    }

    /** Connections of devices that the server ended, by reason; those of a dead server do not count. */
    Map<String, Long> losses() {
        return losses;
    }

    /**
     * The server listens: devices connect, each in its own time.
     *
     * @param calling whether callers send commands
     */
    void serverIsUp(String newAuthorization, boolean calling) {
        authorization = newAuthorization;
        isUp = true;
        isCalling = calling;
        long now = System.currentTimeMillis();
        for (Player player : players) {
            player.isBack = false;
            player.backAt = now + player.random.nextInt(BACK_MILLIS_MAX);
        }
        for (Caller caller : callers) {
            caller.nextAt = now + caller.random.nextInt(BACK_MILLIS_MAX);
        }
    }

    /** Whether every device was subscribed since the server came up. */
    boolean isEverybodyBack() {
        return players.stream().allMatch(player -> player.isBack);
    }

    /** The server was killed: reads what it had written before, and lets go of connections that do not end. */
    void serverIsDown(Duration limit) {
        long now = System.currentTimeMillis();
        isUp = false;
        isCalling = false;
        for (int i = 0; i < players.size(); i++) {
            history.gone(i, now);
        }
        loop.runUntil(this::isApart, limit);
        players.forEach(Player::forget);
        callers.forEach(Caller::forget);
    }

    /** All leave. */
    void close(Duration limit) {
        players.forEach(MqttClient::disconnect);
        callers.forEach(Caller::forget);
        serverIsDown(limit);
        ticks.close();
    }

    private boolean isApart() {
        return Stream.concat(players.stream(), callers.stream()).noneMatch(Connection::isOpen);
    }

    private void tick() {
        long now = System.currentTimeMillis();
        players.forEach(player -> player.tick(now));
        callers.forEach(caller -> caller.tick(now));
    }

    @Override
    public void ready(MqttClient client) {
        ((Player) client).present();
    }

    @Override
    public void lost(MqttClient client, String reason) {
        ((Player) client).ended(reason);
    }

    /** A fair coin of its own for each command and question, so that the answer is the same each time it is asked. */
    private boolean chance(Sent command, int question, double share) {
        long seed = settings.seed() * 31 + command.number * 7L + question;
        return new SplittableRandom(seed).nextDouble() < share;
    }

    /** Sends the commands of one device, one after the other. */
    private final class Caller extends Connection {
        private final SplittableRandom random = CommandLoad.this.random.split();
        private final int index;
        private Optional<Sent> open = Optional.empty();
        private boolean isConnected;
        private long sentAt;
        private long nextAt;

        Caller(int index) {
            this.index = index;
        }

        void tick(long now) {
            if (open.isPresent() && now - sentAt > CALL_LIMIT.toMillis()) {
                close();
                closed("no answer in " + CALL_LIMIT.toSeconds() + " s");
            }
            if (!isCalling || now < nextAt || open.isPresent() || history.size() >= settings.commandsMax()) {
                return;
            }
            if (isConnected) {
                call(now);
                nextAt = now + (long) (random.nextDouble() * 2_000 * callers.size() / settings.rate());
            } else if (!isOpen()) {
                loop.connect(this, target.http(), null);
            }
        }

        void forget() {
            close();
            isConnected = false;
            abandon();
        }

        @Override
        void opened() {
            isConnected = true;
        }

        @Override
        int received(byte[] bytes, int from, int to) {
            int length = response.read(bytes, from, to);
            if (length == 0) {
                return from;
            }
            Sent command = open.orElseThrow(() -> new MalformedMessage("HTTP response without a request"));
            open = Optional.empty();
            String id = response.status() == 200 ? rpcId(response.bodyText()) : "";
            if (id.isEmpty()) {
                refusals.merge("HTTP " + response.status(), 1L, Long::sum);
            } else {
                history.accepted(command, id, System.currentTimeMillis());
            }
            if (!response.keepAlive()) {
                forget();
            }
            return from + length;
        }

        @Override
        void closed(String reason) {
            if (isUp && open.isPresent()) {
                refusals.merge(reason, 1L, Long::sum);
                open = Optional.empty();
            }
            forget();
        }

        private void call(long now) {
            // half of the commands are short-lived
            long most = random.nextBoolean() ? 10_000 : Long.MAX_VALUE;
            long longest = Math.max(
                    DEADLINE_MILLIS_MIN, Math.min(most, settings.deadlineMax().toMillis()));
            long deadline = now + random.nextLong(DEADLINE_MILLIS_MIN, longest + 1);
            Sent command =
                    history.post(index, random.nextBoolean(), random.nextInt(CommandCheck.RETRIES_MAX + 1), deadline);
            open = Optional.of(command);
            sentAt = now;
            String body =
                    "{\"method\":\"crash\",\"params\":{\"n\":%d},\"persistent\":true,\"expirationTime\":%d,\"retries\":%d}"
                            .formatted(command.number, deadline, command.retries);
            output().put("POST /api/rpc/")
                    .put(command.oneWay ? "oneway/" : "twoway/")
                    .put(devices.get(index).id())
                    .put(" HTTP/1.1\r\nHost: ")
                    .put(Target.text(target.http()))
                    .put("\r\nX-Authorization: ")
                    .put(authorization)
                    .put("\r\nContent-Type: application/json\r\nContent-Length: ")
                    .putDecimal(body.length())
                    .put("\r\n\r\n")
                    .put(body);
        }

        private void abandon() {
            if (open.isPresent()) {
                unansweredCount++;
                open = Optional.empty();
            }
        }

        private static String rpcId(String body) {
            try {
                return Rest.JSON.readTree(body).path("rpcId").asString("");
            } catch (JacksonException _) {
                return "";
            }
        }
    }

    /** An answer of a command, for later. */
    private record Late(long dueAt, int requestId, Sent command) {}

    /** An answer that the server has not acknowledged. */
    private record Answer(Sent command, int number) {}

    /** A device. */
    private final class Player extends MqttClient {
        private final SplittableRandom random = CommandLoad.this.random.split();
        private final int index;
        private final Manner manner;
        private final PriorityQueue<Late> late = new PriorityQueue<>((a, b) -> Long.compare(a.dueAt, b.dueAt));
        private final Map<Integer, Answer> unacknowledged = new HashMap<>();
        private int packetId;
        private long backAt;
        private long leaveAt;
        /** When the connection was opened or left, whichever was later. */
        private long passageAt;

        private boolean isPresent;
        /** It was subscribed since the server came up. */
        private boolean isBack;
        /** It has said goodbye, and reads what is still to come. */
        private boolean isLeaving;

        Player(MqttPacket packet, int index) {
            super(packet, devices.get(index).token(), RpcLoad.REQUESTS, qos(index));
            this.index = index;
            this.manner = manner(index);
        }

        void tick(long now) {
            if (isPresent) {
                while (!late.isEmpty() && late.element().dueAt <= now) {
                    Late answer = late.remove();
                    answer(answer.requestId, answer.command);
                }
                pingIfQuiet(loop.now());
                if (manner == Manner.RESTLESS && now >= leaveAt) {
                    leave(now);
                }
            } else if (isOpen() && now - passageAt > PASSAGE_MILLIS_MAX) {
                ended("neither open nor closed");
            } else if (isUp && !isOpen() && now >= backAt) {
                passageAt = now;
                isLeaving = false;
                open(loop, CommandLoad.this, target.mqtt(), null);
            }
        }

        void present() {
            isPresent = true;
            isBack = true;
            long now = System.currentTimeMillis();
            leaveAt = now + random.nextInt(STAY_MILLIS_MAX);
            history.subscribed(index, now);
        }

        void ended(String reason) {
            if (isUp && !isLeaving) {
                losses.merge("MQTT " + reason, 1L, Long::sum);
            }
            forget();
        }

        void forget() {
            close();
            isPresent = false;
            unacknowledged.clear();
            long now = System.currentTimeMillis();
            history.gone(index, now);
            backAt = now + random.nextInt(BACK_MILLIS_MAX);
        }

        @Override
        void take(MqttPacket publish) {
            int requestId = requestId(text(publish, publish.topicFrom(), publish.topicTo()));
            int number = number(text(publish, publish.payloadFrom(), publish.payloadTo()));
            long now = System.currentTimeMillis();
            Optional<Sent> known = history.received(index, requestId, number, now);
            if (publish.qos() > 0 && maySpeak()) {
                acknowledge(publish.packetId(), known, now);
            }
            known.filter(this::isAnswered).ifPresent(command -> answerNowOrLater(requestId, command, now));
        }

        private void acknowledge(int packetIdOfCommand, Optional<Sent> known, long now) {
            if (known.isPresent() && isWithheld(known.get())) {
                history.withheld(known.get(), now);
            } else {
                Mqtt.puback(output(), packetIdOfCommand);
                known.ifPresent(history::acknowledged);
            }
        }

        @Override
        void acknowledged(int packetIdOfAnswer) {
            Answer answer = unacknowledged.remove(packetIdOfAnswer);
            if (answer != null) {
                history.answerKept(answer.command, answer.number, System.currentTimeMillis());
            }
        }

        /** Not after goodbye [MQTT-3.14.4-2], and not to a dead server. */
        private boolean maySpeak() {
            return isUp && !isLeaving;
        }

        private boolean isWithheld(Sent command) {
            return switch (manner) {
                case PROMPT, TWICE -> false;
                case SILENT -> chance(command, 1, 0.5);
                case RESTLESS -> chance(command, 1, 0.1);
            };
        }

        private boolean isAnswered(Sent command) {
            return switch (manner) {
                case PROMPT -> !command.oneWay;
                case TWICE -> true;
                case SILENT -> false;
                case RESTLESS -> !command.oneWay || chance(command, 2, 0.2);
            };
        }

        private void answerNowOrLater(int requestId, Sent command, long now) {
            if (maySpeak() && manner == Manner.TWICE) {
                answer(requestId, command);
                answer(requestId, command);
            } else if (maySpeak() && chance(command, 3, 0.75)) {
                answer(requestId, command);
            } else if (late.size() < LATE_ANSWERS_MAX) {
                late.add(new Late(now + random.nextInt(LATE_MILLIS_MAX), requestId, command));
            }
        }

        private void answer(int requestId, Sent command) {
            if (unacknowledged.size() >= UNACKNOWLEDGED_MAX) {
                return;
            }
            do {
                packetId = packetId % 65_535 + 1;
            } while (unacknowledged.containsKey(packetId)); // [MQTT-2.3.1-2]
            int number = history.answered(command);
            unacknowledged.put(packetId, new Answer(command, number));
            Bytes payload = new Bytes(32);
            payload.put("{\"n\":")
                    .putDecimal(command.number)
                    .put(",\"a\":")
                    .putDecimal(number)
                    .put("}");
            byte[] topic = (ANSWERS + requestId).getBytes(StandardCharsets.US_ASCII);
            Mqtt.publish(output(), 1, packetId, topic, payload.array(), payload.start(), payload.length());
        }

        /** With QoS 0 only politely: what the server has written counts as delivered, so it has to be read. */
        private void leave(long now) {
            history.gone(index, now);
            isPresent = false;
            isLeaving = true;
            passageAt = now;
            if (qos(index) == 0 || random.nextBoolean()) {
                disconnect();
            } else {
                forget();
            }
        }

        private static int requestId(String topic) {
            try {
                return Integer.parseInt(topic, topic.lastIndexOf('/') + 1, topic.length(), 10);
            } catch (NumberFormatException _) {
                throw new MalformedMessage("request id in " + topic);
            }
        }

        private static int number(String payload) {
            try {
                return Rest.JSON.readTree(payload).path("params").path("n").asInt(-1);
            } catch (JacksonException _) {
                throw new MalformedMessage("not JSON: " + payload);
            }
        }

        private static String text(MqttPacket publish, int from, int to) {
            return new String(publish.bytes(), from, to - from, StandardCharsets.UTF_8);
        }
    }
}
