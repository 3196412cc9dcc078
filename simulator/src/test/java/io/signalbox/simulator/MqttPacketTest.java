package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MqttPacketTest {
    private static final byte[] TOPIC = "a/b".getBytes(StandardCharsets.UTF_8);
    private static final byte[] PAYLOAD = "{}".getBytes(StandardCharsets.UTF_8);

    /** A packet, how it is written, and what the reader must say of it. */
    record Row(String hex, Consumer<Bytes> written, int type, Consumer<MqttPacket> read) {}

    static Stream<Row> packets() {
        return Stream.of(
                new Row(
                        "10 10 0004 4d515454 04 82 003c 0001 63 0001 74",
                        out -> Mqtt.connect(out, "c", "t", 60),
                        Mqtt.CONNECT,
                        p -> assertThat(p.userName()).isEqualTo("t")),
                new Row(
                        "20 02 00 05",
                        out -> Mqtt.connack(out, 5),
                        Mqtt.CONNACK,
                        p -> assertThat(p.code()).isEqualTo(5)),
                new Row(
                        "82 08 0001 0003 612f62 01",
                        out -> Mqtt.subscribe(out, 1, "a/b", 1),
                        Mqtt.SUBSCRIBE,
                        p -> assertThat(p.requestedQos()).isEqualTo(1)),
                new Row(
                        "90 03 0001 80",
                        out -> Mqtt.suback(out, 1, 0x80),
                        Mqtt.SUBACK,
                        p -> assertThat(p.code()).isEqualTo(0x80)),
                new Row(
                        "30 07 0003 612f62 7b7d",
                        out -> Mqtt.publish(out, 0, 9, TOPIC, PAYLOAD, 0, 2),
                        Mqtt.PUBLISH,
                        p -> assertPublish(p, 0, 0)),
                new Row(
                        "32 09 0003 612f62 0102 7b7d",
                        out -> Mqtt.publish(out, 1, 0x102, TOPIC, PAYLOAD, 0, 2),
                        Mqtt.PUBLISH,
                        p -> assertPublish(p, 1, 0x102)),
                new Row(
                        "40 02 ffff",
                        out -> Mqtt.puback(out, 0xffff),
                        Mqtt.PUBACK,
                        p -> assertThat(p.packetId()).isEqualTo(0xffff)),
                new Row("c0 00", Mqtt::pingreq, Mqtt.PINGREQ, _ -> {}),
                new Row("d0 00", Mqtt::pingresp, Mqtt.PINGRESP, _ -> {}),
                new Row("e0 00", Mqtt::disconnect, Mqtt.DISCONNECT, _ -> {}));
    }

    @ParameterizedTest
    @MethodSource("packets")
    void encoderAndDecoderAgreeWithTheTable(Row row) {
        Bytes out = new Bytes(1);
        row.written().accept(out);
        assertThat(out.copy()).isEqualTo(bytes(row.hex()));

        MqttPacket packet = new MqttPacket();
        assertThat(packet.read(out.array(), out.start(), out.end())).isEqualTo(out.length());
        assertThat(packet.type()).isEqualTo(row.type());
        row.read().accept(packet);
    }

    @ParameterizedTest
    @MethodSource("packets")
    void packetIsIncompleteBeforeItsLastByteAndEndsWithIt(Row row) {
        byte[] bytes = bytes(row.hex() + "ff");
        MqttPacket packet = new MqttPacket();
        for (int to = 1; to < bytes.length - 1; to++) {
            assertThat(packet.read(bytes, 0, to)).as("%d bytes", to).isZero();
        }
        assertThat(packet.read(bytes, 0, bytes.length)).isEqualTo(bytes.length - 1);
    }

    @Test
    void remainingLengthOfTwoBytesAndMore() {
        for (int length : new int[] {127, 128, 16_383, 16_384, 70_000}) {
            Bytes out = new Bytes(16);
            Mqtt.publish(out, 0, 0, TOPIC, new byte[length], 0, length);
            MqttPacket packet = new MqttPacket();
            assertThat(packet.read(out.array(), 0, out.end())).isEqualTo(out.length());
            assertThat(packet.payloadTo() - packet.payloadFrom()).isEqualTo(length);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 ff ff ff ff 01", // remaining length of five bytes
                "30 80 80 80 01", // larger than we take
                "36 07 0003 612f62 0001", // QoS 3
                "32 07 0003 612f62 0000", // packet identifier 0
                "32 05 0003 612f62", // no packet identifier
                "30 03 0003 61", // topic longer than the packet
                "40 01 00", // PUBACK without a whole packet identifier
                "20 01 00", // CONNACK without a code
                "90 02 0001", // SUBACK without a code
                "00 00",
                "f0 00"
            })
    void malformedPacketIsRefused(String hex) {
        byte[] bytes = bytes(hex);
        assertThatThrownBy(() -> new MqttPacket().read(bytes, 0, bytes.length)).isInstanceOf(MalformedMessage.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomBytesAreReadOrRefused(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        MqttPacket packet = new MqttPacket();
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[1 + random.nextInt(40)];
            random.nextBytes(bytes);
            try {
                assertThat(packet.read(bytes, 0, bytes.length))
                        .as("seed %d", seed)
                        .isBetween(0, bytes.length);
            } catch (MalformedMessage expected) {
                assertThat(expected).hasMessageNotContaining("Index");
            }
        }
    }

    private static void assertPublish(MqttPacket packet, int qos, int packetId) {
        assertThat(packet.qos()).isEqualTo(qos);
        assertThat(packet.packetId()).isEqualTo(packetId);
        assertThat(text(packet, packet.topicFrom(), packet.topicTo())).isEqualTo("a/b");
        assertThat(text(packet, packet.payloadFrom(), packet.payloadTo())).isEqualTo("{}");
    }

    private static String text(MqttPacket packet, int from, int to) {
        return new String(packet.bytes(), from, to - from, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
