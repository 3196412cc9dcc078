package io.signalbox.transport.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;
import io.signalbox.payload.AttributeRequest;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.session.SessionId;
import io.signalbox.session.Signal;
import io.signalbox.session.Uplink;
import io.signalbox.session.UplinkMessage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** One connection on a channel without a network. */
class MqttConnectionTest {
    private static final int INFLIGHT_MAX = 2;
    private static final byte[] CONNECT = hex("10 12 00 04 4d515454 04 82 00 3c 00 01 63 00 03 746f6b");
    private static final byte[] SUBSCRIBE_RPC = packet(0x82, "00 01", "v1/devices/me/rpc/request/+", "01");
    private static final byte[] TELEMETRY = packet(0x30, "", "v1/devices/me/telemetry", "7b 22 61 22 3a 31 7d");

    private final Line line = new Line();
    private final Loop loop = new ChannelLoop(line);
    private final Store store = new Store();
    private final Neighbours neighbours = new Neighbours(loop, line::now, store.waiting::add, 2);
    private final MqttConnection connection = new MqttConnection(
            new MqttTransport.Settings(
                    "",
                    0,
                    65_536,
                    10,
                    INFLIGHT_MAX,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(10),
                    Duration.ofMinutes(10)),
            loop,
            neighbours,
            store,
            InstantSource.system(),
            line::now,
            new MqttTransport.Counters());

    MqttConnectionTest() {
        line.freezeTime();
        line.pipeline()
                .addLast(connection.meter())
                .addLast(new MqttDecoder(65_536, 100))
                .addLast(MqttEncoder.INSTANCE)
                .addLast(connection);
        bring(CONNECT);
    }

    @Test
    void aConnectionWhoseClientDoesNotReadEndsAllTheSame() {
        line.reads = false;
        connection.sweep(line.now() + Duration.ofHours(1).toNanos());
        line.runPendingTasks();
        assertThat(line.isOpen()).as("time to read the rest").isTrue();
        line.advanceTimeBy(2, TimeUnit.SECONDS);
        line.runPendingTasks();
        assertThat(line.isOpen()).isFalse();
    }

    @Test
    void bytesOfAConnectionThatEndsWaitForNobody() {
        line.reads = false;
        connection.sweep(line.now() + Duration.ofHours(1).toNanos());
        for (int i = 0; i < 20; i++) {
            bring(new byte[1 << 20]);
        }
        assertThat(neighbours.isMuchWaiting()).isFalse();
    }

    @Test
    void whatTheFullStoreDidNotTakeIsOfferedAgainWhenItHasRoom() {
        bring(TELEMETRY);
        bring(TELEMETRY);
        bring(TELEMETRY); // too many wait for their commit: kept
        assertThat(store.offered).isEqualTo(INFLIGHT_MAX);
        store.full = true;
        neighbours.storeIsFull(); // said by another connection
        List.copyOf(store.receipts).forEach(Receipt::stored);
        assertThat(store.offered).isEqualTo(INFLIGHT_MAX + 1);
        store.full = false;
        store.waiting.removeFirst().run();
        line.runPendingTasks();
        assertThat(store.offered).isEqualTo(INFLIGHT_MAX + 2);
        assertThat(store.receipts).hasSize(INFLIGHT_MAX + 1);
    }

    @Test
    void aClientThatAcknowledgesNothingDoesNotUseUpThePacketIdentifiers() {
        bring(SUBSCRIBE_RPC);
        DownlinkMessage.RpcRequest request = new DownlinkMessage.RpcRequest(1, 1, "m", "1".getBytes(UTF_8));
        for (int i = 0; i < 70_000 && line.isOpen(); i++) {
            connection.send(request);
            line.runPendingTasks();
        }
        assertThat(line.isOpen()).isFalse();
    }

    @Test
    void lengthsThatAreLongerThanNeededDoNotAddUp() {
        byte[] pings = new byte[500_000];
        for (int i = 0; i < pings.length; i += 5) {
            pings[i] = (byte) 0xC0;
            pings[i + 1] = pings[i + 2] = pings[i + 3] = (byte) 0x80;
        }
        for (int i = 0; i < 60; i++) {
            bring(pings);
        }
        assertThat(line.isOpen()).isTrue();
        assertThat(neighbours.isMuchWaiting()).isFalse();
    }

    @Test
    void anUnfinishedPacketIsCountedWhateverItsLengthLooksLike() {
        LongLengths lengths = new LongLengths();
        assertThat(lengths.in(Unpooled.wrappedBuffer(hex("C0 80 00 C0 00 30 82"))))
                .isEqualTo(1);
        assertThat(lengths.in(Unpooled.wrappedBuffer(hex("80")))).isZero();
        assertThat(lengths.in(Unpooled.wrappedBuffer(hex("00 01")))).isEqualTo(2);
        assertThat(lengths.in(Unpooled.wrappedBuffer(hex("C0 30 03 C0 80 80")))).isZero();
        assertThat(lengths.in(Unpooled.wrappedBuffer(hex("C0 80 80 80 00")))).isEqualTo(3);
    }

    private void bring(byte[] bytes) {
        line.writeInbound(Unpooled.wrappedBuffer(bytes));
        line.runPendingTasks();
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static byte[] packet(int first, String before, String text, String after) {
        ByteBuf packet = Unpooled.buffer();
        byte[] one = hex(before);
        byte[] two = text.getBytes(UTF_8);
        byte[] three = hex(after);
        packet.writeByte(first).writeByte(one.length + 2 + two.length + three.length);
        packet.writeBytes(one).writeShort(two.length).writeBytes(two).writeBytes(three);
        byte[] bytes = new byte[packet.readableBytes()];
        packet.readBytes(bytes);
        return bytes;
    }

    /** A network whose other end may stop to read. */
    private static final class Line extends EmbeddedChannel {
        private boolean reads = true;

        @Override
        protected void doWrite(ChannelOutboundBuffer out) throws Exception {
            if (reads) {
                super.doWrite(out);
                releaseOutbound();
            }
        }

        long now() {
            return 0;
        }
    }

    private record ChannelLoop(EmbeddedChannel channel) implements Loop {
        @Override
        public boolean isCurrent() {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            channel.eventLoop().execute(task);
        }

        @Override
        public Timer schedule(Duration delay, Runnable task) {
            var scheduled = channel.eventLoop().schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> {
                boolean _ = scheduled.cancel(false);
            };
        }
    }

    /** Knows every device; takes messages, and keeps their receipts. */
    private static final class Store implements Uplink {
        private final List<Receipt> receipts = new ArrayList<>();
        private final List<Runnable> waiting = new ArrayList<>();
        private boolean full;
        private int offered;

        @Override
        public CompletionStage<Optional<Device>> authenticate(String accessToken) {
            UUID id = new UUID(0, 1);
            return CompletableFuture.completedFuture(Optional.of(new Device(
                    1,
                    new DeviceId(id),
                    0,
                    new TenantId(id),
                    Optional.empty(),
                    "name",
                    "type",
                    Optional.empty(),
                    new DeviceProfileId(id),
                    "",
                    Optional.empty(),
                    1)));
        }

        @Override
        public void opened(Device device, String accessToken, DeviceSession session) {}

        @Override
        public void closed(Device device, DeviceSession session) {}

        @Override
        public boolean receive(Device from, UplinkMessage message, Receipt receipt) {
            offered++;
            assertThat(offered).as("offered again and again").isLessThan(100);
            if (full) {
                return false;
            }
            receipts.add(receipt);
            return true;
        }

        @Override
        public void whenWritable(Runnable task) {
            waiting.add(task);
        }

        @Override
        public void heard(Device from) {}

        @Override
        public void malformed(Device from, String what, String error) {}

        @Override
        public void signal(Device from, SessionId session, Signal signal) {}

        @Override
        public void replied(Device from, int requestId, byte[] payload, Receipt receipt) {}

        @Override
        public CompletionStage<AttributeValues> attributes(Device from, AttributeRequest request) {
            return CompletableFuture.completedFuture(new AttributeValues(List.of(), List.of()));
        }
    }
}
