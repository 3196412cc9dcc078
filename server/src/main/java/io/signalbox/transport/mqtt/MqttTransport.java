package io.signalbox.transport.mqtt;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.signalbox.session.CloseReason;
import io.signalbox.session.Loop;
import io.signalbox.session.Transport;
import io.signalbox.session.Uplink;
import io.signalbox.transport.EventLoops;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.IdentityHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The MQTT listener: one {@link MqttConnection} for each client, on the event loops that HTTP runs on, too. */
public final class MqttTransport implements Transport {
    private static final int CLIENT_ID_CHARS_MAX = 65_535;
    private static final int BACKLOG = 4096;
    private static final WriteBufferWaterMark WRITE_BUFFER = new WriteBufferWaterMark(16 * 1024, 64 * 1024);

    /** A connection may keep a whole read buffer for the sake of one packet's first byte, so the largest is small. */
    private static final RecvByteBufAllocator READ_BUFFER = new AdaptiveRecvByteBufAllocator(256, 1024, 4 * 1024);

    private final Settings settings;
    private final EventLoops loops;
    private final ChannelFactory<? extends ServerChannel> listeners;
    private final Uplink uplink;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final IdentityHashMap<Loop, Neighbours> neighbours = new IdentityHashMap<>();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Counters counters = new Counters();
    private @Nullable Channel listener;

    /**
     * Limits of the listener.
     *
     * @param port           0: any free one
     * @param packetBytesMax variable header and payload of one packet
     * @param connectTimeout from the TCP connection to a whole CONNECT
     * @param ackTimeout     for the PUBACK of a command
     * @param inactivity     ends a connection whose client asked for no keep-alive
     * @param inflightMax    messages of one connection that wait for their commit; then its socket is not read
     */
    public record Settings(
            String bind,
            int port,
            int packetBytesMax,
            int connectionsMax,
            int inflightMax,
            Duration connectTimeout,
            Duration ackTimeout,
            Duration inactivity) {}

    /** What happened since the start. */
    static final class Counters {
        final LongAdder connected = new LongAdder();
        final LongAdder refused = new LongAdder();
        final LongAdder malformed = new LongAdder();
        final LongAdder overdue = new LongAdder();
        final LongAdder published = new LongAdder();
        final LongAdder starved = new LongAdder();
    }

    /**
     * Does not listen yet.
     *
     * @param listeners makes listening sockets of the kind that {@code loops} carry
     * @param clock    gives telemetry without a time its time
     * @param nanoTime monotonic clock of keep-alive and acknowledgements
     */
    public MqttTransport(
            Settings settings,
            EventLoops loops,
            ChannelFactory<? extends ServerChannel> listeners,
            Uplink uplink,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.loops = loops;
        this.listeners = listeners;
        this.uplink = uplink;
        this.clock = clock;
        this.nanoTime = nanoTime;
        for (Loop loop : loops.all()) {
            neighbours.put(
                    loop,
                    new Neighbours(
                            loop, nanoTime, uplink::whenWritable, loops.all().size()));
        }
    }

    @Override
    public String name() {
        return "mqtt";
    }

    @Override
    public void start() throws IOException {
        EventLoopGroup group = loops.group();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channelFactory(listeners)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, false)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_BUFFER)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, READ_BUFFER)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                });
        var bound = bootstrap
                .bind(new InetSocketAddress(settings.bind(), settings.port()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(String.valueOf(bound.cause().getMessage()), bound.cause());
        }
        listener = bound.channel();
        neighbours.values().forEach(Neighbours::start);
    }

    private void accept(Channel channel) {
        if (channels.size() >= settings.connectionsMax()) {
            counters.refused.increment();
            channel.close();
            return;
        }
        channels.add(channel);
        Loop loop = loops.of(channel.eventLoop());
        Neighbours others = neighbours.get(loop);
        if (others == null) {
            throw new IllegalStateException("no such loop: " + loop);
        }
        MqttConnection connection = new MqttConnection(settings, loop, others, uplink, clock, nanoTime, counters);
        channel.pipeline()
                .addLast(connection.meter())
                .addLast(new MqttDecoder(settings.packetBytesMax(), CLIENT_ID_CHARS_MAX))
                .addLast(MqttEncoder.INSTANCE)
                .addLast(connection);
    }

    /** The port it listens on; 0 before it does. */
    public int port() {
        Channel open = listener;
        return open == null ? 0 : ((InetSocketAddress) open.localAddress()).getPort();
    }

    /** Whether it listens. */
    public boolean isAccepting() {
        Channel open = listener;
        return open != null && open.isActive();
    }

    public int connections() {
        return channels.size();
    }

    public long connected() {
        return counters.connected.sum();
    }

    public long refused() {
        return counters.refused.sum();
    }

    public long malformed() {
        return counters.malformed.sum();
    }

    public long overdue() {
        return counters.overdue.sum();
    }

    public long published() {
        return counters.published.sum();
    }

    /** Connections ended because too much memory waited for their packets or their reading. */
    public long starved() {
        return counters.starved.sum();
    }

    @Override
    public void stopAccepting() {
        Channel open = listener;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        stopAccepting();
        neighbours.values().forEach(Neighbours::stop);
        channels.forEach(channel -> {
            MqttConnection connection = channel.pipeline().get(MqttConnection.class);
            if (connection == null) {
                channel.close();
            } else {
                connection.close(CloseReason.SHUTTING_DOWN);
            }
        });
        boolean _ = channels.newCloseFuture().awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
