package io.signalbox.simulator;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Two-way commands from HTTP callers to MQTT devices, as the simulator plays both of them: each caller has one call
 * outstanding, each device answers at once with the number that the call carried, and the caller checks it.
 *
 * <p>A persistent command is done when the server has acknowledged the device's answer (PUBACK); its caller has got an
 * {@code rpcId} by then, or waits for that too.
 *
 * <p>Without a rate a caller goes on as soon as it has its answer (closed loop); with one, calls fall due on a {@link Pace}.
 * The loop's thread only.
 */
final class RpcLoad {
    static final String REQUESTS = "v1/devices/me/rpc/request/+";
    private static final byte[] RESPONSE_TOPIC = ascii("v1/devices/me/rpc/response/");
    private static final int REQUEST_TOPIC_LENGTH = REQUESTS.length() - 1;
    private static final byte[] NUMBER = ascii("\"n\":");
    private static final byte[] START = ascii("POST /api/rpc/twoway/");

    /** Calls are numbered with ten digits, so that all requests have the same length. */
    private static final long FIRST_NUMBER = 1_000_000_000;

    private static final int NUMBER_DIGITS = 10;
    private static final int MILLIS_DIGITS = 13;
    private static final String RPC_ID = "\"rpcId\"";
    private static final String DEADLINE = "\"expirationTime\":";
    private static final String PERSISTENT = "\"persistent\":true," + DEADLINE + "0".repeat(MILLIS_DIGITS);
    private static final Duration RPC_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CALL_LIMIT = RPC_TIMEOUT.plusSeconds(3);

    /**
     * @param qos of the devices' subscription; to persistent commands they answer with QoS 1 in any case
     * @param paramsBytes padding in the params of each call
     * @param rate calls per second of all callers; empty for a closed loop
     */
    record Settings(int callers, int qos, int paramsBytes, OptionalDouble rate, boolean persistent) {}

    private final Loop loop;
    private final InetSocketAddress http;
    private final Meter meter;
    private final byte[][] addresses;
    private final List<Caller> callers = new ArrayList<>();
    private final IntQueue free;
    private final Fleet fleet;
    private final HttpMessage response = new HttpMessage();
    private final @Nullable Pace pace;
    private final boolean persistent;
    /** What follows the device's address in a request; number and deadline are patched in before each copy. */
    private final byte[] tail;

    private final int numberAt;
    private final int deadlineAt;
    private int busy;
    private boolean running;

    /**
     * @param addresses last path segment of a call to each device: its id, or for the {@link Relay} its token
     * @param authorization value of X-Authorization
     */
    RpcLoad(
            Loop loop,
            InetSocketAddress http,
            InetSocketAddress mqtt,
            Settings settings,
            List<String> tokens,
            List<String> addresses,
            String authorization,
            Optional<ServerProcess> server) {
        this.loop = loop;
        this.http = http;
        this.meter = new Meter(server);
        this.addresses = addresses.stream().map(RpcLoad::ascii).toArray(byte[][]::new);
        this.persistent = settings.persistent();
        this.pace = settings.rate().isPresent() ? new Pace(settings.rate().getAsDouble()) : null;
        this.free = new IntQueue(settings.callers());
        for (int i = 0; i < settings.callers(); i++) {
            callers.add(new Caller(i));
        }
        MqttPacket packet = new MqttPacket();
        List<Responder> responders = tokens.stream()
                .map(token -> new Responder(packet, token, settings.qos()))
                .toList();
        this.fleet = new Fleet(loop, mqtt, 1, responders);
        String body = "{\"method\":\"setValue\",\"params\":{\"n\":" + FIRST_NUMBER + padding(settings.paramsBytes())
                + "}," + (persistent ? PERSISTENT : "\"timeout\":" + RPC_TIMEOUT.toMillis()) + "}";
        String text = " HTTP/1.1\r\nHost: " + Target.text(http) + "\r\nX-Authorization: " + authorization
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        this.tail = ascii(text);
        this.numberAt = text.lastIndexOf("\"n\":") + NUMBER.length;
        this.deadlineAt = text.lastIndexOf(DEADLINE) + DEADLINE.length();
    }

    /**
     * Connects devices and callers.
     *
     * @throws SimulationFailed when that does not work
     */
    void open() {
        fleet.open(Duration.ofMinutes(1));
        callers.forEach(caller -> loop.connect(caller, http, null));
        if (!loop.runUntil(() -> free.size() == callers.size(), Duration.ofSeconds(30))) {
            throw new SimulationFailed("only " + free.size() + " of " + callers.size()
                    + " callers connected to HTTP at " + Target.text(http));
        }
    }

    /** Runs the load for both times together and measures the second one. */
    Measurement run(Duration warmup, Duration measured) {
        Runnable starts = this::start;
        running = true;
        if (pace == null) {
            start();
        } else {
            pace.start(System.nanoTime());
            loop.eachPass(starts);
        }
        try (var _ = loop.every(Duration.ofMillis(250), this::cutOff);
                var _ = pace == null ? null : loop.beat(pace.beat())) {
            loop.runFor(warmup);
            meter.begin();
            loop.runFor(measured);
            Measurement measurement = meter.end();
            running = false;
            loop.noLongerEachPass(starts);
            TreeMap<String, Long> more = new TreeMap<>(fleet.losses());
            if (!loop.runUntil(() -> busy == 0, CALL_LIMIT)) {
                more.put("no answer at the end", (long) busy);
            }
            return measurement.plusErrors(more);
        }
    }

    void close() {
        callers.forEach(Connection::close);
        fleet.close();
    }

    /** Lets free callers call: all of them, or as many as are due. */
    private void start() {
        long now = System.nanoTime();
        while (running && !free.isEmpty() && (pace == null || pace.isDue(now))) {
            Caller caller = callers.get(free.remove());
            caller.call(pace == null ? now : pace.take());
        }
    }

    /** Gives up on calls that the server has forgotten, and connects callers again that lost their connection. */
    private void cutOff() {
        long now = loop.now();
        for (Caller caller : callers) {
            if (caller.isBusy && now - caller.sent > CALL_LIMIT.toNanos()) {
                caller.close();
                caller.giveUp((caller.isAccepted ? "no PUBACK in " : "no answer in ") + CALL_LIMIT.toSeconds() + " s");
            }
            if (!caller.isOpen()) {
                loop.connect(caller, http, null);
            }
        }
        start();
    }

    private static String padding(int bytes) {
        return bytes == 0 ? "" : ",\"pad\":\"" + "x".repeat(bytes) + "\"";
    }

    /** The number behind {@code "n":}, or -1. */
    private static long number(byte[] bytes, int from, int to) {
        int at = from;
        while (at + NUMBER.length < to && !isNumberAt(bytes, at)) {
            at++;
        }
        at += NUMBER.length;
        while (at < to && bytes[at] == ' ') {
            at++;
        }
        long number = at < to ? 0 : -1;
        for (; at < to && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
            number = number * 10 + bytes[at] - '0';
        }
        return number;
    }

    private static boolean isNumberAt(byte[] bytes, int at) {
        return bytes[at] == NUMBER[0]
                && bytes[at + 1] == NUMBER[1]
                && bytes[at + 2] == NUMBER[2]
                && bytes[at + 3] == NUMBER[3];
    }

    /** Writes a number over the digits that stand in {@link #tail}. */
    private void patch(int at, int digits, long value) {
        long rest = value;
        for (int i = at + digits - 1; i >= at; i--) {
            tail[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** The server has acknowledged the answer to the command with this number. */
    private void answerAcknowledged(long number) {
        Caller caller = callers.get((int) (Math.max(0, number - FIRST_NUMBER) % callers.size()));
        if (caller.isBusy && caller.number == number) {
            caller.answerAcknowledged();
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A keep-alive connection with at most one call outstanding. */
    private final class Caller extends Connection {
        private final int index;
        private int device;
        private boolean isConnected;
        private boolean isBusy;
        /** Of a persistent command: the server has answered the POST; the server has acknowledged the device's answer. */
        private boolean isAccepted;

        private boolean isAnswered;
        /** Caller i has the numbers with remainder i, so that a number leads to its caller. */
        private long number;
        /** When the call was meant to go out, and when it did. */
        private long meant;

        private long sent;

        Caller(int index) {
            this.index = index;
            this.device = index % addresses.length;
            this.number = FIRST_NUMBER + index;
        }

        void call(long meantAt) {
            isBusy = true;
            isAccepted = false;
            isAnswered = false;
            busy++;
            meant = meantAt;
            sent = loop.now();
            number += callers.size();
            patch(numberAt, NUMBER_DIGITS, number);
            if (persistent) {
                patch(deadlineAt, MILLIS_DIGITS, System.currentTimeMillis() + RPC_TIMEOUT.toMillis());
            }
            output().put(START).put(addresses[device]).put(tail);
            device = (device + callers.size()) % addresses.length;
        }

        /** Ends the call as an error, without a connection. */
        void giveUp(String kind) {
            isConnected = false;
            end();
            meter.error(kind);
        }

        void answerAcknowledged() {
            if (!isAnswered) {
                isAnswered = true;
                meter.success(System.nanoTime() - meant);
                endIfDone();
            }
        }

        @Override
        void opened() {
            isConnected = true;
            if (!isBusy) {
                goOn();
            }
        }

        @Override
        int received(byte[] bytes, int from, int to) {
            int length = response.read(bytes, from, to);
            if (length == 0) {
                return from;
            }
            if (!isBusy || isAccepted) {
                throw new MalformedMessage("HTTP response without a request");
            }
            if (!response.keepAlive()) {
                isConnected = false;
                close();
            }
            if (response.status() != 200) {
                meter.error("HTTP " + response.status());
                end();
            } else if (persistent) {
                accepted();
            } else {
                answered();
            }
            return from + length;
        }

        @Override
        void closed(String reason) {
            isConnected = false;
            if (isBusy) {
                giveUp("connection");
            } else {
                free.removeIfPresent(index);
            }
        }

        private void answered() {
            if (number(response.body(), response.bodyFrom(), response.bodyTo()) == number) {
                meter.success(System.nanoTime() - meant);
            } else {
                meter.error("wrong answer");
            }
            end();
        }

        private void accepted() {
            if (response.bodyText().contains(RPC_ID)) {
                isAccepted = true;
                endIfDone();
            } else {
                meter.error("no rpcId");
                end();
            }
        }

        private void endIfDone() {
            if (isAccepted && isAnswered) {
                end();
            }
        }

        private void end() {
            isBusy = false;
            busy--;
            if (isConnected) {
                goOn();
            }
        }

        private void goOn() {
            free.add(index);
            start();
        }
    }

    /** A device that answers each command with the number in it. */
    private final class Responder extends MqttClient {
        /** Numbers of answers that the server has not acknowledged, by packet identifier. */
        private final Map<Integer, Long> unacknowledged = new HashMap<>();

        private int packetId;

        Responder(MqttPacket packet, String token, int qos) {
            super(packet, token, REQUESTS, qos);
        }

        @Override
        void publishArrived(MqttPacket publish) {
            byte[] bytes = publish.bytes();
            int idFrom = publish.topicFrom() + REQUEST_TOPIC_LENGTH;
            int idLength = publish.topicTo() - idFrom;
            if (idLength <= 0) {
                return;
            }
            long number = Math.max(0, number(bytes, publish.payloadFrom(), publish.payloadTo()));
            Bytes out = output();
            int payloadLength = NUMBER.length + 2 + Bytes.digits(number);
            Mqtt.publishHead(out, persistent ? 1 : 0, RESPONSE_TOPIC.length + idLength, payloadLength);
            out.put(RESPONSE_TOPIC).put(bytes, idFrom, idLength);
            if (persistent) {
                out.putShort(nextPacketId());
                unacknowledged.put(packetId, number);
            }
            out.put('{').put(NUMBER).putDecimal(number).put('}');
        }

        @Override
        void acknowledged(int packetIdOfAnswer) {
            Long number = unacknowledged.remove(packetIdOfAnswer);
            if (number != null) {
                RpcLoad.this.answerAcknowledged(number);
            }
        }

        private int nextPacketId() {
            do {
                packetId = packetId % 65_535 + 1;
            } while (unacknowledged.containsKey(packetId)); // [MQTT-2.3.1-2]
            return packetId;
        }
    }
}
