package io.signalbox.transport.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttQoS;

/**
 * A PUBLISH on the wire (MQTT 3.1.1 §3.3, MQTT 5 §3.3), written straight into its bytes: the one packet the server sends in
 * masses.
 */
final class PublishPacket {
    private static final int NO_PROPERTIES = 0;

    private PublishPacket() {}

    /**
     * The whole packet, neither retained nor a duplicate.
     *
     * @param topic    ASCII, as all of {@link Topics}
     * @param packetId used from QoS 1 on
     */
    static ByteBuf encode(
            ByteBufAllocator allocator, boolean v5, String topic, MqttQoS qos, int packetId, byte[] body) {
        int rest = 2 + topic.length() + (qos == MqttQoS.AT_MOST_ONCE ? 0 : 2) + (v5 ? 1 : 0) + body.length;
        ByteBuf out = allocator.ioBuffer(1 + LongLengths.bytesOf(rest) + rest);
        out.writeByte((MqttMessageType.PUBLISH.value() << 4) | (qos.value() << 1));
        for (int left = rest; ; left >>>= 7) {
            if (left < 0x80) {
                out.writeByte(left);
                break;
            }
            out.writeByte((left & 0x7F) | 0x80);
        }
        out.writeShort(topic.length());
        ByteBufUtil.writeAscii(out, topic);
        if (qos != MqttQoS.AT_MOST_ONCE) {
            out.writeShort(packetId);
        }
        if (v5) {
            out.writeByte(NO_PROPERTIES);
        }
        return out.writeBytes(body);
    }
}
