package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;

/** MQTT 3.1.1 packets, written to the end of a {@link Bytes}; {@link MqttPacket} reads them. */
final class Mqtt {
    static final int CONNECT = 1;
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int SUBSCRIBE = 8;
    static final int SUBACK = 9;
    static final int PINGREQ = 12;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    private static final byte[] PROTOCOL = {0, 4, 'M', 'Q', 'T', 'T', 4};
    private static final int CLEAN_SESSION = 2;
    private static final int USER_NAME = 128;

    private Mqtt() {}

    /** CONNECT with a clean session and a user name, without password and will. */
    static void connect(Bytes out, String clientId, String userName, int keepAliveSeconds) {
        byte[] client = clientId.getBytes(StandardCharsets.UTF_8);
        byte[] user = userName.getBytes(StandardCharsets.UTF_8);
        out.put(CONNECT << 4);
        remainingLength(out, PROTOCOL.length + 1 + 2 + 2 + client.length + 2 + user.length);
        out.put(PROTOCOL).put(CLEAN_SESSION | USER_NAME).putShort(keepAliveSeconds);
        out.putShort(client.length).put(client).putShort(user.length).put(user);
    }

    static void connack(Bytes out, int code) {
        out.put(CONNACK << 4).put(2).put(0).put(code);
    }

    static void subscribe(Bytes out, int packetId, String filter, int qos) {
        byte[] name = filter.getBytes(StandardCharsets.UTF_8);
        out.put((SUBSCRIBE << 4) | 2);
        remainingLength(out, 2 + 2 + name.length + 1);
        out.putShort(packetId).putShort(name.length).put(name).put(qos);
    }

    static void suback(Bytes out, int packetId, int code) {
        out.put(SUBACK << 4).put(3).putShort(packetId).put(code);
    }

    /**
     * The front of a PUBLISH, up to its topic; the caller appends topic, packet identifier (QoS 1 only) and payload, which
     * lets a topic be put together from parts without a copy.
     */
    static void publishHead(Bytes out, int qos, int topicLength, int payloadLength) {
        out.put((PUBLISH << 4) | (qos << 1));
        remainingLength(out, 2 + topicLength + (qos > 0 ? 2 : 0) + payloadLength);
        out.putShort(topicLength);
    }

    /** A whole PUBLISH; {@code packetId} counts with QoS 1 only. */
    static void publish(Bytes out, int qos, int packetId, byte[] topic, byte[] payload, int from, int length) {
        publishHead(out, qos, topic.length, length);
        out.put(topic);
        if (qos > 0) {
            out.putShort(packetId);
        }
        out.put(payload, from, length);
    }

    static void puback(Bytes out, int packetId) {
        out.put(PUBACK << 4).put(2).putShort(packetId);
    }

    static void pingreq(Bytes out) {
        out.put(PINGREQ << 4).put(0);
    }

    static void pingresp(Bytes out) {
        out.put(PINGRESP << 4).put(0);
    }

    static void disconnect(Bytes out) {
        out.put(DISCONNECT << 4).put(0);
    }

    private static void remainingLength(Bytes out, int length) {
        int rest = length;
        while (rest > 127) {
            out.put((rest & 127) | 128);
            rest >>>= 7;
        }
        out.put(rest);
    }
}
