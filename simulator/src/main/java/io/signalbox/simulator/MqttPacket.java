package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;

/**
 * A view on one MQTT 3.1.1 packet inside an array of received bytes. One instance reads all packets of a thread, one
 * after the other, so that receiving allocates nothing: what it says holds until the next {@link #read}.
 */
final class MqttPacket {
    /** A packet may be this long after its fixed header; a server sends no larger ones to a device. */
    static final int REMAINING_BYTES_MAX = 1 << 20;

    private byte[] bytes = {};
    private int type;
    private int flags;
    private int body;
    private int end;
    private int topicFrom;
    private int topicTo;
    private int packetId;
    private int payload;

    /**
     * Reads the packet that begins at {@code from}.
     *
     * @return its whole length, or 0 when bytes are missing before {@code to}
     * @throws MalformedMessage when no continuation could make it a packet
     */
    int read(byte[] array, int from, int to) {
        int remaining = 0;
        int at = from + 1;
        for (int shift = 0; ; shift += 7) {
            if (shift > 21) {
                throw new MalformedMessage("MQTT remaining length has more than four bytes"); // [MQTT-2.2.3]
            }
            if (at >= to) {
                return 0;
            }
            int octet = array[at++];
            remaining |= (octet & 127) << shift;
            if (octet >= 0) {
                break;
            }
        }
        if (remaining > REMAINING_BYTES_MAX) {
            throw new MalformedMessage("MQTT packet of " + remaining + " bytes");
        }
        if (to - at < remaining) {
            return 0;
        }
        bytes = array;
        type = (array[from] & 0xff) >>> 4;
        flags = array[from] & 15;
        body = at;
        end = at + remaining;
        parse();
        return end - from;
    }

    /** One of the constants of {@link Mqtt}. */
    int type() {
        return type;
    }

    /** QoS of a PUBLISH. */
    int qos() {
        return (flags >>> 1) & 3;
    }

    /** Of PUBLISH with QoS 1, PUBACK, SUBSCRIBE and SUBACK; 0 with others. */
    int packetId() {
        return packetId;
    }

    /** Return code of a CONNACK, or the first one of a SUBACK. */
    int code() {
        return bytes[type == Mqtt.CONNACK ? body + 1 : body + 2] & 0xff;
    }

    byte[] bytes() {
        return bytes;
    }

    int topicFrom() {
        return topicFrom;
    }

    int topicTo() {
        return topicTo;
    }

    int payloadFrom() {
        return payload;
    }

    int payloadTo() {
        return end;
    }

    /** User name of a CONNECT; empty when it has none. */
    String userName() {
        int at = field(body); // protocol name
        int connectFlags = at < end ? bytes[at + 1] : 0;
        at = field(at + 4); // level, flags, keep-alive, then the client identifier
        if ((connectFlags & 4) != 0) {
            at = field(field(at)); // will topic and message
        }
        if ((connectFlags & 128) == 0) {
            return "";
        }
        int to = field(at);
        return new String(bytes, at + 2, to - at - 2, StandardCharsets.UTF_8);
    }

    /** The QoS that the first filter of a SUBSCRIBE asks for. */
    int requestedQos() {
        int at = field(body + 2);
        need(at, 1);
        return bytes[at];
    }

    private void parse() {
        packetId = 0;
        switch (type) {
            case Mqtt.PUBLISH -> parsePublish();
            case Mqtt.CONNACK -> need(body, 2);
            case Mqtt.PUBACK -> packetId = shortAt(body);
            case Mqtt.SUBSCRIBE, Mqtt.SUBACK -> {
                packetId = shortAt(body);
                need(body + 2, 1);
            }
            case 0, 15 -> throw new MalformedMessage("MQTT packet type " + type);
            default -> {}
        }
    }

    private void parsePublish() {
        if (qos() == 3) {
            throw new MalformedMessage("PUBLISH with QoS 3"); // [MQTT-3.3.1-4]
        }
        topicFrom = body + 2;
        topicTo = field(body);
        payload = topicTo;
        if (qos() > 0) {
            packetId = shortAt(topicTo);
            payload += 2;
            if (packetId == 0) {
                throw new MalformedMessage("packet identifier 0"); // [MQTT-2.3.1-1]
            }
        }
    }

    /** Where the length-prefixed field at {@code at} ends. */
    private int field(int at) {
        int length = shortAt(at);
        need(at + 2, length);
        return at + 2 + length;
    }

    private int shortAt(int at) {
        need(at, 2);
        return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
    }

    private void need(int at, int length) {
        if (end - at < length) {
            throw new MalformedMessage("MQTT packet of type " + type + " ends too early");
        }
    }
}
