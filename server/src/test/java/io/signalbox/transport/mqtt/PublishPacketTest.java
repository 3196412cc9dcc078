package io.signalbox.transport.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What another decoder reads out of it. */
final class PublishPacketTest {
    private static final String TOPIC = "v1/devices/me/rpc/request/7";

    static Stream<Arguments> sizes() {
        return Stream.of(true, false)
                .flatMap(v5 -> Stream.of(MqttQoS.AT_MOST_ONCE, MqttQoS.AT_LEAST_ONCE)
                        .flatMap(qos -> Stream.of(0, 1, 95, 96, 97, 98, 99, 128, 16_383, 16_384, 2_097_152)
                                .map(size -> Arguments.of(v5, qos, size))));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void isReadAsWritten(boolean v5, MqttQoS qos, int size) {
        byte[] body = new byte[size];
        Arrays.fill(body, (byte) 'x');
        EmbeddedChannel peer = peer(v5);
        peer.writeInbound(PublishPacket.encode(UnpooledByteBufAllocator.DEFAULT, v5, TOPIC, qos, 513, body));
        MqttPublishMessage read = peer.readInbound();
        assertThat(read.decoderResult().isSuccess()).isTrue();
        assertThat(read.fixedHeader().qosLevel()).isEqualTo(qos);
        assertThat(read.fixedHeader().isDup()).isFalse();
        assertThat(read.fixedHeader().isRetain()).isFalse();
        assertThat(read.variableHeader().topicName()).isEqualTo(TOPIC);
        assertThat(read.variableHeader().packetId()).isEqualTo(qos == MqttQoS.AT_MOST_ONCE ? -1 : 513);
        assertThat(ByteBufUtil.getBytes(read.payload())).isEqualTo(body);
        read.release();
        assertThat(peer.inboundMessages()).isEmpty();
        peer.finishAndReleaseAll();
    }

    /** A decoder that knows the version from a CONNECT before. */
    private static EmbeddedChannel peer(boolean v5) {
        EmbeddedChannel encoder = new EmbeddedChannel(MqttEncoder.INSTANCE);
        encoder.writeOutbound(MqttMessageBuilders.connect()
                .clientId("c")
                .cleanSession(true)
                .protocolVersion(v5 ? MqttVersion.MQTT_5 : MqttVersion.MQTT_3_1_1)
                .build());
        ByteBuf connect = encoder.readOutbound();
        EmbeddedChannel peer = new EmbeddedChannel(new MqttDecoder(4 << 20));
        peer.writeInbound(connect);
        MqttConnectMessage first = peer.readInbound();
        assertThat(first.decoderResult().isSuccess()).isTrue();
        encoder.finishAndReleaseAll();
        return peer;
    }
}
