package io.signalbox.simulator;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The least that can stand between HTTP callers and MQTT devices: the yardstick for a real server on the same machine.
 *
 * <p>The body of a POST goes as a PUBLISH to the connection whose user name is the last segment of the path, and the
 * device's answer goes back as the HTTP body. Callers must not pipeline. No identity, no deadlines, no look into bodies. One thread for both sides.
 */
final class Relay {
    private static final byte[] REQUEST_TOPIC = ascii("v1/devices/me/rpc/request/");
    private static final int RESPONSE_TOPIC_LENGTH = "v1/devices/me/rpc/response/".length();
    private static final byte[] OK = ascii("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ");
    private static final byte[] NO_DEVICE = ascii("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n");
    private static final byte[] HEAD_END = ascii("\r\n\r\n");

    private final Map<String, Device> devices = new HashMap<>();
    /** The index of a caller is the request id that its device sees: a caller waits for one answer at a time. */
    private final List<Caller> callers = new ArrayList<>();

    private final ArrayDeque<Integer> freeIds = new ArrayDeque<>();
    private final HttpMessage request = new HttpMessage();
    private final MqttPacket packet = new MqttPacket();
    private final InetSocketAddress http;
    private final InetSocketAddress mqtt;

    /** Listens on two ports of 127.0.0.1; 0 takes any free one. The loop carries it from then on. */
    Relay(Loop loop, int httpPort, int mqttPort) {
        http = loop.listen(Target.loopback(1, httpPort), Caller::new);
        mqtt = loop.listen(Target.loopback(1, mqttPort), Device::new);
    }

    InetSocketAddress http() {
        return http;
    }

    InetSocketAddress mqtt() {
        return mqtt;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private final class Caller extends Connection {
        private int id;
        private @Nullable Device waitsFor;

        @Override
        void opened() {
            id = freeIds.isEmpty() ? callers.size() : freeIds.remove();
            if (id == callers.size()) {
                callers.add(this);
            } else {
                callers.set(id, this);
            }
        }

        @Override
        int received(byte[] bytes, int from, int to) {
            int length = waitsFor == null ? request.read(bytes, from, to) : 0;
            if (length > 0) {
                Device device = devices.get(request.lastSegment());
                if (device == null) {
                    output().put(NO_DEVICE);
                } else {
                    waitsFor = device;
                    device.send(id, request.body(), request.bodyFrom(), request.bodyTo());
                }
            }
            return from + length;
        }

        @Override
        void closed(String reason) {
            waitsFor = null;
            freeIds.add(id);
        }

        void answer(byte[] bytes, int from, int to) {
            waitsFor = null;
            if (isOpen()) {
                output().put(OK).putDecimal(to - from).put(HEAD_END).put(bytes, from, to - from);
            }
        }

        void deviceLost(Device device) {
            if (waitsFor == device) {
                waitsFor = null;
                output().put(NO_DEVICE);
            }
        }
    }

    private final class Device extends Connection {
        private String name = "";
        private int qos;
        private int packetId;

        @Override
        void opened() {}

        @Override
        int received(byte[] bytes, int from, int to) {
            int at = from;
            while (at < to && isOpen()) {
                int length = packet.read(bytes, at, to);
                if (length == 0) {
                    break;
                }
                handle();
                at += length;
            }
            return at;
        }

        @Override
        void closed(String reason) {
            devices.remove(name, this);
            callers.forEach(caller -> caller.deviceLost(this));
        }

        void send(int requestId, byte[] body, int from, int to) {
            Bytes out = output();
            Mqtt.publishHead(out, qos, REQUEST_TOPIC.length + Bytes.digits(requestId), to - from);
            out.put(REQUEST_TOPIC).putDecimal(requestId);
            if (qos > 0) {
                packetId = packetId == 0xffff ? 1 : packetId + 1;
                out.putShort(packetId);
            }
            out.put(body, from, to - from);
        }

        private void handle() {
            switch (packet.type()) {
                case Mqtt.PUBLISH -> reply();
                case Mqtt.CONNECT -> {
                    name = packet.userName();
                    devices.put(name, this);
                    Mqtt.connack(output(), 0);
                }
                case Mqtt.SUBSCRIBE -> {
                    qos = Math.min(1, packet.requestedQos());
                    Mqtt.suback(output(), packet.packetId(), qos);
                }
                case Mqtt.PINGREQ -> Mqtt.pingresp(output());
                case Mqtt.DISCONNECT -> {
                    close();
                    closed("disconnected");
                }
                default -> {}
            }
        }

        private void reply() {
            if (packet.qos() > 0) {
                Mqtt.puback(output(), packet.packetId());
            }
            int id = 0;
            for (int at = packet.topicFrom() + RESPONSE_TOPIC_LENGTH; at < packet.topicTo(); at++) {
                id = id * 10 + packet.bytes()[at] - '0';
            }
            if (id >= 0 && id < callers.size() && callers.get(id).waitsFor == this) {
                callers.get(id).answer(packet.bytes(), packet.payloadFrom(), packet.payloadTo());
            }
        }
    }
}
