package io.signalbox.simulator;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Just enough of a server for the simulator's commands: logs everybody in, keeps devices and one value for each time in
 * memory and in a file, passes commands on, the persistent ones through {@link FakeCommands}. Runs on a thread of its own; a device's id is its name, and so is its token.
 */
final class FakeServer implements AutoCloseable {
    private static final Pattern QUERY = Pattern.compile("GET .*/DEVICE/([^/]+)/.*startTs=(\\d+)&endTs=(\\d+).*");
    private static final Pattern PAGE_SIZE = Pattern.compile(".*[?&]pageSize=(\\d+).*");
    private static final Pattern CURSOR = Pattern.compile(".*[?&]cursor=(\\d+).*");
    private static final Duration LIFE = Duration.ofMinutes(5);

    final Map<String, NavigableMap<Long, Long>> devices = new ConcurrentHashMap<>();
    final AtomicLong points = new AtomicLong();
    private final Loop loop = new Loop();
    private final Map<String, MqttPeer> connected = new HashMap<>();
    private final List<HttpPeer> waiting = new ArrayList<>();
    /** When those that have no answer yet give up, by their place in {@link #waiting}, in nanoseconds. */
    private final Map<Integer, Long> deadlines = new HashMap<>();

    private final InetSocketAddress http;
    private final InetSocketAddress mqtt;
    private final Thread thread;
    private final Path store;
    private final FakeCommands commands;
    /** A bad server: acknowledges first, and keeps in memory what it should have stored. */
    private final boolean forgetful;

    /** Bad servers: one gives up on silent devices at once, the other tells it twice. */
    volatile boolean hasty;

    volatile boolean stutters;
    private volatile boolean stopped;

    /** Reads the same environment as the real server, so that the crash command can start it. */
    public static void main(String[] args) throws InterruptedException {
        Map<String, String> env = System.getenv();
        if (env.containsKey("FAKE_COMPLAINS")) {
            System.out.println("store was CORRUPT");
        }
        FakeServer server = new FakeServer(
                Integer.parseInt(env.get("SIGNALBOX_HTTP_PORT")),
                Integer.parseInt(env.get("SIGNALBOX_MQTT_PORT")),
                Path.of(env.get("SIGNALBOX_DATA_DIR")),
                env.containsKey("FAKE_FORGETS"));
        server.thread.join();
    }

    FakeServer(int httpPort, int mqttPort, Path store, boolean forgetful) {
        this.store = store;
        this.forgetful = forgetful;
        this.commands = new FakeCommands(Path.of(store + "-commands"), forgetful);
        load();
        http = loop.listen(Target.loopback(1, httpPort), HttpPeer::new);
        mqtt = loop.listen(Target.loopback(1, mqttPort), MqttPeer::new);
        loop.every(Duration.ofMillis(1), this::giveUp);
        thread = Thread.ofPlatform().daemon().start(() -> loop.runUntil(() -> stopped, LIFE));
    }

    /** What a command line needs to find this server. */
    List<String> options() {
        return List.of("--url", "http://" + Target.text(http), "--mqtt", Target.text(mqtt));
    }

    @Override
    public void close() {
        stopped = true;
        loop.wakeup();
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        loop.close();
    }

    private void giveUp() {
        long now = System.nanoTime();
        deadlines.entrySet().removeIf(entry -> {
            if (!hasty && entry.getValue() - now > 0) {
                return false;
            }
            for (int i = 0; i < (stutters ? 2 : 1); i++) {
                waiting.get(entry.getKey()).answer(504, "");
            }
            return true;
        });
    }

    private void load() {
        if (!Files.exists(store)) {
            return;
        }
        try {
            for (String line : Files.readAllLines(store)) {
                String[] fields = line.split(" ", -1);
                points(fields[0]);
                if (fields.length == 3) {
                    points(fields[0]).put(Long.parseLong(fields[1]), Long.parseLong(fields[2]));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private NavigableMap<Long, Long> points(String name) {
        return devices.computeIfAbsent(name, _ -> new TreeMap<>());
    }

    private void append(String line) {
        try {
            Files.writeString(store, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private final class HttpPeer extends Connection {
        private final HttpMessage request = new HttpMessage();

        @Override
        void opened() {}

        @Override
        void closed(String reason) {}

        @Override
        int received(byte[] bytes, int from, int to) {
            int at = from;
            while (at < to) {
                int length = request.read(bytes, at, to);
                if (length == 0) {
                    break;
                }
                at += length;
                handle(request.startLine());
            }
            return at;
        }

        private void handle(String line) {
            String last = request.lastSegment();
            Matcher query = QUERY.matcher(line);
            if (line.startsWith("GET /health/ready")) {
                answer(200, "{}");
            } else if (line.startsWith("GET /large")) {
                answer(200, "x".repeat(3_000_000));
            } else if (line.startsWith("POST /api/auth/login")) {
                answerInChunks("{\"token\":", "\"fake\"}");
            } else if (line.startsWith("POST /api/device?accessToken=")) {
                make(line.substring(line.indexOf('=') + 1, line.lastIndexOf(' ')));
            } else if (line.startsWith("GET /api/tenant/devices?deviceName=")) {
                answerDevice(line.substring(line.indexOf('=') + 1, line.lastIndexOf(' ')));
            } else if (line.startsWith("DELETE /api/device/")) {
                devices.remove(last);
                answer(200, "");
            } else if (line.startsWith("POST /api/rpc/") && request.bodyText().contains("\"persistent\":true")) {
                accept(last, line.startsWith("POST /api/rpc/oneway/"));
            } else if (line.startsWith("GET /api/rpc/persistent?")) {
                search(line);
            } else if (line.contains("/history ")) {
                String path = line.substring(0, line.lastIndexOf("/history"));
                commands.history(path.substring(path.lastIndexOf('/') + 1))
                        .ifPresentOrElse(json -> answer(200, json), () -> answer(404, "{}"));
            } else if (line.startsWith("GET /api/rpc/persistent/")) {
                commands.json(last).ifPresentOrElse(json -> answer(200, json), () -> answer(404, "{}"));
            } else if (line.startsWith("POST /api/rpc/twoway/")) {
                call(last);
            } else if (query.matches()) {
                read(query.group(1), Long.parseLong(query.group(2)), Long.parseLong(query.group(3)));
            } else {
                answer(404, line);
            }
        }

        private void make(String name) {
            if (devices.putIfAbsent(name, new TreeMap<>()) == null) {
                append(name);
                answerDevice(name);
            } else {
                answer(400, "{\"message\":\"Device with such name already exists!\"}");
            }
        }

        private void answerDevice(String name) {
            answer(200, "{\"id\":{\"id\":\"" + name + "\"}}");
        }

        private void call(String name) {
            MqttPeer device = connected.get(name);
            if (device == null) {
                answer(504, "");
            } else {
                waiting.add(this);
                int timeout =
                        Rest.JSON.readTree(request.bodyText()).path("timeout").asInt();
                deadlines.put(waiting.size() - 1, System.nanoTime() + timeout * 1_000_000L);
                byte[] topic =
                        ("v1/devices/me/rpc/request/" + (waiting.size() - 1)).getBytes(StandardCharsets.US_ASCII);
                Mqtt.publish(
                        device.output(),
                        0,
                        0,
                        topic,
                        request.body(),
                        request.bodyFrom(),
                        request.bodyTo() - request.bodyFrom());
            }
        }

        private void accept(String name, boolean oneWay) {
            FakeCommands.Stored command = commands.accept(name, oneWay, Rest.JSON.readTree(request.bodyText()));
            answer(200, "{\"rpcId\":\"" + command.id + "\"}");
            MqttPeer device = connected.get(name);
            if (device != null && device.qos >= 0) {
                device.send(command);
            }
        }

        private void search(String line) {
            Matcher size = PAGE_SIZE.matcher(line);
            Matcher cursor = CURSOR.matcher(line);
            int from = cursor.matches() ? Integer.parseInt(cursor.group(1)) : 0;
            int to = from + (size.matches() ? Integer.parseInt(size.group(1)) : 50);
            boolean isLast = to >= commands.all().size();
            answer(200, "{\"data\":[],\"nextCursor\":%s}".formatted(isLast ? "null" : "\"" + to + "\""));
        }

        private void read(String name, long from, long to) {
            StringBuilder json = new StringBuilder("{\"k\":[");
            points(name)
                    .subMap(from, to)
                    .forEach((ts, value) -> json.append("{\"ts\":%d,\"value\":\"%d\"},".formatted(ts, value)));
            if (json.charAt(json.length() - 1) == ',') {
                json.setLength(json.length() - 1);
            }
            answer(200, json.append("]}").toString());
        }

        private void answer(int status, String body) {
            output().put("HTTP/1.1 " + status + " X\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        }

        private void answerInChunks(String... chunks) {
            output().put("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (String chunk : chunks) {
                output().put(Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n");
            }
            output().put("0\r\n\r\n");
        }
    }

    private final class MqttPeer extends Connection {
        private final MqttPacket packet = new MqttPacket();
        private final Map<Integer, FakeCommands.Stored> unacknowledged = new HashMap<>();
        private String name = "";
        private int packetId;
        /** Of its subscription; -1: none. */
        private int qos = -1;

        @Override
        void opened() {}

        @Override
        void closed(String reason) {
            connected.remove(name, this);
        }

        @Override
        int received(byte[] bytes, int from, int to) {
            int at = from;
            while (at < to && isOpen()) {
                int length = packet.read(bytes, at, to);
                if (length == 0) {
                    break;
                }
                at += length;
                handle();
            }
            return at;
        }

        private void handle() {
            switch (packet.type()) {
                case Mqtt.CONNECT -> {
                    name = packet.userName();
                    connected.put(name, this);
                    Mqtt.connack(output(), devices.containsKey(name) ? 0 : 5);
                }
                case Mqtt.SUBSCRIBE -> {
                    qos = packet.requestedQos();
                    Mqtt.suback(output(), packet.packetId(), qos);
                    commands.open(name).forEach(this::send);
                }
                case Mqtt.PUBACK -> {
                    FakeCommands.Stored command = unacknowledged.remove(packet.packetId());
                    if (command != null) {
                        commands.delivered(command);
                    }
                }
                case Mqtt.PUBLISH -> publish();
                case Mqtt.DISCONNECT -> {
                    close();
                    closed("");
                }
                default -> {}
            }
        }

        private void send(FakeCommands.Stored command) {
            packetId = packetId % 65_535 + 1;
            byte[] topic = ("v1/devices/me/rpc/request/" + command.requestId).getBytes(StandardCharsets.US_ASCII);
            byte[] payload = command.payload();
            Mqtt.publish(output(), qos, packetId, topic, payload, 0, payload.length);
            flush();
            if (qos == 0) {
                commands.delivered(command);
            } else {
                unacknowledged.put(packetId, command);
            }
        }

        private void publish() {
            String topic = text(packet.topicFrom(), packet.topicTo());
            String payload = text(packet.payloadFrom(), packet.payloadTo());
            if (topic.startsWith("v1/devices/me/rpc/response/") && packet.qos() == 1) {
                commands.answered(name, Integer.parseInt(topic.substring(topic.lastIndexOf('/') + 1)), payload);
                Mqtt.puback(output(), packet.packetId());
                return;
            }
            if (topic.startsWith("v1/devices/me/rpc/response/")) {
                int number = Integer.parseInt(topic.substring(topic.lastIndexOf('/') + 1));
                if (deadlines.remove(number) != null) {
                    waiting.get(number).answer(200, payload);
                }
                return;
            }
            JsonNode json = Rest.JSON.readTree(payload);
            if (json.isArray()) {
                json.forEach(this::store);
            } else {
                store(json);
            }
            if (packet.qos() == 1) {
                Mqtt.puback(output(), packet.packetId());
            }
        }

        private void store(JsonNode record) {
            JsonNode values = record.has("ts") ? record.path("values") : record;
            points.addAndGet(values.size());
            if (values.has("k") && record.has("ts")) {
                long ts = record.path("ts").asLong();
                points(name).put(ts, values.path("k").asLong());
                if (!forgetful) {
                    append(name + " " + ts + " " + values.path("k").asLong());
                }
            }
        }

        private String text(int from, int to) {
            return new String(packet.bytes(), from, to - from, StandardCharsets.UTF_8);
        }
    }
}
