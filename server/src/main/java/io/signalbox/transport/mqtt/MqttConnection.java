package io.signalbox.transport.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckPayload;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.ReferenceCountUtil;
import io.signalbox.device.Device;
import io.signalbox.ops.ErrorCode;
import io.signalbox.payload.AttributeRequest;
import io.signalbox.payload.LenientJson;
import io.signalbox.payload.MalformedPayload;
import io.signalbox.payload.PayloadJson;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Receipt;
import io.signalbox.session.SessionId;
import io.signalbox.session.Signal;
import io.signalbox.session.Uplink;
import io.signalbox.session.UplinkMessage;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One MQTT connection, from the first byte to the last (MQTT device API §2–10).
 *
 * <pre>
 *  FRESH ──CONNECT──▶ AUTHENTICATING ──known token──▶ LIVE ──▶ CLOSED
 *                          └──unknown token──▶ CLOSED
 * </pre>
 *
 * <p>Everything runs on the channel's loop, but for {@link #send} and {@link #close}, which any thread may call. Packets are
 * taken in order; while one cannot be taken (login under way, write queue full, too many unacknowledged, client does not
 * read) the later ones wait in {@link #held} and the socket is not read.
 */
final class MqttConnection extends ChannelInboundHandlerAdapter implements DeviceSession {
    private static final Logger log = LoggerFactory.getLogger(MqttConnection.class);

    /** Packets that a client may send before its login is decided. */
    private static final int HELD_BEFORE_LOGIN_MAX = 100;

    /** Messages from other threads that wait for the channel's loop. */
    private static final int OUTBOUND_MAX = 1_000;

    /** Turns of half a second that a client gets to finish a packet while memory is short. */
    private static final int UNFINISHED_TURNS_MAX = 20;

    /** Commands of one connection that wait for their acknowledgement: far fewer than there are packet identifiers. */
    private static final int UNACKNOWLEDGED_MAX = 16_384;

    /** What a client gets to read the last of what was written to it. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private static final byte NOT_GRANTED = -1;
    private static final int PACKET_ID_MAX = 65_535;

    private final MqttTransport.Settings settings;
    private final Loop loop;
    private final Neighbours neighbours;
    private final Uplink uplink;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final MqttTransport.Counters counters;
    private final SessionId id = SessionId.next();
    private final AtomicInteger outbound = new AtomicInteger();
    int index = -1;

    private @Nullable ChannelHandlerContext ctx;
    private State state = State.FRESH;
    private boolean v5;
    private @Nullable Device device;
    private long keepAliveNanos;
    private volatile long lastReadNanos;

    /** When the socket was last let loose: what it brings was sent before. */
    private long readAgainNanos;

    private boolean flushing;
    private long waitingBytes;

    /** One of the few that are read while much waits. */
    private boolean admitted;

    private int unfinishedTurns;

    /** Why the socket is not read and packets wait; null: they do not. */
    private @Nullable Hold hold;

    private @Nullable ArrayDeque<MqttMessage> held;

    /** Unacknowledged messages of the client, in the order of arrival. */
    private @Nullable ArrayDeque<Ack> acks;

    private int inflight;

    /** Granted QoS of each row of {@link Topics}. */
    private byte @Nullable [] granted;

    private Topics.@Nullable Out rpcTopic;
    private Topics.@Nullable Out attributesTopic;

    private int lastPacketId;
    private @Nullable Map<Integer, Unacknowledged> unacknowledged;
    private volatile boolean wantsRoom;

    MqttConnection(
            MqttTransport.Settings settings,
            Loop loop,
            Neighbours neighbours,
            Uplink uplink,
            InstantSource clock,
            LongSupplier nanoTime,
            MqttTransport.Counters counters) {
        this.settings = settings;
        this.loop = loop;
        this.neighbours = neighbours;
        this.uplink = uplink;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.counters = counters;
    }

    private enum State {
        FRESH,
        AUTHENTICATING,
        LIVE,
        CLOSED
    }

    private enum Hold {
        LOGIN,
        STORE_FULL,
        OTHERS_FIRST,
        INFLIGHT,
        CLIENT_DOES_NOT_READ
    }

    /** A command that the client has not acknowledged. */
    private record Unacknowledged(int requestId, int attempt, long dueNanos) {}

    /** The acknowledgement of one PUBLISH: sent after the commit, in the order of arrival. */
    private final class Ack implements Receipt {
        private final int packetId;
        private boolean ready;
        private byte reason;

        Ack(int packetId) {
            this.packetId = packetId;
        }

        @Override
        public Loop loop() {
            return loop;
        }

        @Override
        public void stored() {
            inflight--;
            ready = true;
            acknowledgeReady();
            if (hold == Hold.INFLIGHT && inflight <= settings.inflightMax() / 2) {
                release();
            }
        }

        @Override
        public void refused(ErrorCode code) {
            inflight--;
            end(code.mqttReason());
        }
    }

    // ------------------------------------------------------------------------------------------------ channel

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        lastReadNanos = nanoTime.getAsLong();
        neighbours.add(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone();
    }

    /** Stands before the decoder and counts the bytes of packets that are not whole yet, or not taken. */
    ChannelInboundHandlerAdapter meter() {
        return new ChannelInboundHandlerAdapter() {
            private final LongLengths longLengths = new LongLengths();

            @Override
            public void channelRead(ChannelHandlerContext context, Object bytes) {
                if (state == State.CLOSED) { // what is counted now, nobody would take back
                    ReferenceCountUtil.release(bytes);
                    return;
                }
                ByteBuf buffer = (ByteBuf) bytes;
                int length = buffer.readableBytes() - longLengths.in(buffer);
                waitingBytes += length;
                if (neighbours.waiting(length)) {
                    context.fireChannelRead(bytes);
                } else {
                    ReferenceCountUtil.release(bytes);
                    starve();
                }
            }
        };
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object packet) {
        lastReadNanos = nanoTime.getAsLong();
        MqttMessage message = (MqttMessage) packet;
        if (state == State.CLOSED) {
            ReferenceCountUtil.release(message);
        } else if (hold != null || (state == State.FRESH && !mayBeFirst(message))) {
            keep(message);
        } else {
            take(message);
        }
    }

    /** The packet needs no memory any more. */
    private void taken(MqttMessage message) {
        long bytes = waitingBytes;
        if (!message.decoderResult().isFailure()) {
            int rest = message.fixedHeader().remainingLength();
            bytes = Math.min(bytes, 1L + LongLengths.bytesOf(rest) + rest);
        }
        waitingBytes -= bytes;
        neighbours.waiting(-bytes);
        if (admitted && waitingBytes == 0) {
            unfinishedTurns = 0;
            leaveAdmitted();
            if (hold == null && neighbours.isMuchWaiting()) {
                hold(Hold.OTHERS_FIRST);
            }
        }
    }

    private void leaveAdmitted() {
        if (admitted) {
            admitted = false;
            neighbours.admittedIsDone();
        }
    }

    /** Ends the connection for the sake of the others. */
    private void starve() {
        counters.starved.increment();
        end(Reason.QUOTA_EXCEEDED);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        Device known = device;
        if (!context.channel().isWritable()) {
            if (hold == null && state == State.LIVE) {
                hold(Hold.CLIENT_DOES_NOT_READ);
            }
            return;
        }
        if (hold == Hold.CLIENT_DOES_NOT_READ) {
            release();
        }
        if (wantsRoom && known != null && state == State.LIVE) {
            wantsRoom = false;
            uplink.signal(known, id, new Signal.Writable());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof OutOfMemoryError) {
            counters.starved.increment();
        } else if (!(cause instanceof IOException)) {
            log.error("mqtt connection failed session={}", id.value(), cause);
        }
        end(Reason.UNSPECIFIED_ON_SERVER);
    }

    /** Keep-alive, an unfinished CONNECT, overdue acknowledgements; twice a second. */
    void sweep(long now) {
        if (hold == Hold.STORE_FULL || hold == Hold.OTHERS_FIRST || hold == Hold.INFLIGHT) {
            // A socket that we do not read for reasons of our own cannot show that its client lives.
            lastReadNanos = now;
        }
        long silent = now - lastReadNanos;
        boolean late = state == State.LIVE
                ? silent
                        > (keepAliveNanos > 0
                                ? keepAliveNanos + keepAliveNanos / 2
                                : settings.inactivity().toNanos())
                : silent > settings.connectTimeout().toNanos();
        if (late) {
            counters.overdue.increment();
            end(Reason.KEEP_ALIVE_TIMEOUT);
            return;
        }
        Map<Integer, Unacknowledged> waiting = unacknowledged;
        Device known = device;
        boolean couldAcknowledge = hold == null && now - readAgainNanos > Neighbours.PERIOD.toNanos();
        if (waiting != null && known != null && couldAcknowledge) {
            Iterator<Unacknowledged> oldestFirst = waiting.values().iterator();
            List<Unacknowledged> overdue = new ArrayList<>();
            while (oldestFirst.hasNext()) {
                Unacknowledged u = oldestFirst.next();
                if (now - u.dueNanos() < 0) {
                    break;
                }
                oldestFirst.remove();
                overdue.add(u);
            }
            overdue.forEach(u -> uplink.signal(known, id, new Signal.RpcAckOverdue(u.requestId(), u.attempt())));
        }
    }

    // ------------------------------------------------------------------------------------------------ packets in

    /** A CONNECT, or what is no packet at all: neither waits for a login. */
    private static boolean mayBeFirst(MqttMessage message) {
        return message.decoderResult().isFailure() || message.fixedHeader().messageType() == MqttMessageType.CONNECT;
    }

    private void take(MqttMessage message) {
        boolean released = true;
        try {
            if (message.decoderResult().isFailure()) {
                malformed();
                return;
            }
            switch (message.fixedHeader().messageType()) {
                case CONNECT -> connect((MqttConnectMessage) message);
                case PUBLISH -> released = published((MqttPublishMessage) message);
                case PUBACK -> acknowledged(((MqttMessageIdVariableHeader) message.variableHeader()).messageId());
                case SUBSCRIBE -> subscribe((MqttSubscribeMessage) message);
                case UNSUBSCRIBE -> unsubscribe((MqttUnsubscribeMessage) message);
                case PINGREQ -> pinged();
                case DISCONNECT -> end(Reason.NORMAL);
                case AUTH, PUBREC, PUBREL, PUBCOMP -> {}
                case CONNACK, SUBACK, UNSUBACK, PINGRESP -> malformed();
            }
        } finally {
            if (released) {
                taken(message);
                ReferenceCountUtil.release(message);
            }
        }
    }

    private void pinged() {
        Device known = device;
        if (known != null) {
            uplink.heard(known);
        }
        write(new MqttMessage(header(MqttMessageType.PINGRESP, MqttQoS.AT_MOST_ONCE)));
    }

    private void connect(MqttConnectMessage connect) {
        if (state != State.FRESH) {
            end(Reason.PROTOCOL_ERROR); // [MQTT-3.1.0-2]
            return;
        }
        v5 = connect.variableHeader().version() == MqttVersion.MQTT_5.protocolLevel();
        keepAliveNanos = connect.variableHeader().keepAliveTimeSeconds() * 1_000_000_000L;
        boolean sessionPresent = !connect.variableHeader().isCleanSession();
        String token = connect.payload().userName();
        state = State.AUTHENTICATING;
        if (token == null || token.isEmpty()) {
            refuse(connect, sessionPresent);
            return;
        }
        hold(Hold.LOGIN);
        uplink.authenticate(token)
                .whenComplete((found, failure) -> loop.run(() -> {
                    if (state != State.AUTHENTICATING) {
                        return;
                    }
                    if (failure != null) {
                        connack(
                                v5
                                        ? MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE_5
                                        : MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE,
                                sessionPresent);
                        end(Reason.SERVER_BUSY);
                    } else if (found.isEmpty()) {
                        refuse(connect, sessionPresent);
                    } else {
                        accept(found.get(), token, sessionPresent);
                    }
                }));
    }

    private void accept(Device known, String token, boolean sessionPresent) {
        device = known;
        state = State.LIVE;
        counters.connected.increment();
        connack(MqttConnectReturnCode.CONNECTION_ACCEPTED, sessionPresent);
        uplink.opened(known, token, this);
        release();
    }

    /** MQTT device API §3.3. */
    private void refuse(MqttConnectMessage connect, boolean sessionPresent) {
        counters.refused.increment();
        boolean user = connect.variableHeader().hasUserName();
        boolean password = connect.variableHeader().hasPassword();
        boolean clientId = !connect.payload().clientIdentifier().isBlank();
        if (user != password || (user && clientId)) {
            connack(
                    v5
                            ? MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD
                            : MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
                    sessionPresent);
            end(Reason.BAD_USER_NAME_OR_PASSWORD);
        } else if (!user && clientId) {
            connack(
                    v5
                            ? MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID
                            : MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
                    sessionPresent);
            end(Reason.CLIENT_IDENTIFIER_NOT_VALID);
        } else {
            connack(
                    v5
                            ? MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5
                            : MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
                    sessionPresent);
            end(Reason.NOT_AUTHORIZED);
        }
    }

    private void connack(MqttConnectReturnCode code, boolean sessionPresent) {
        MqttConnAckMessage connack = MqttMessageBuilders.connAck()
                .returnCode(code)
                .sessionPresent(sessionPresent)
                .build();
        write(connack);
    }

    /** False: the packet was kept for later, and is not to be released. */
    private boolean published(MqttPublishMessage publish) {
        Device from = device;
        if (from == null) {
            return true;
        }
        MqttPublishVariableHeader header = publish.variableHeader();
        int packetId = publish.fixedHeader().qosLevel() == MqttQoS.AT_MOST_ONCE ? 0 : header.packetId();
        Topics.Match topic = Topics.in(header.topicName());
        counters.published.increment();
        if (topic == null) {
            uplink.heard(from);
            acknowledgeNow(packetId, Reason.TOPIC_NAME_INVALID);
            return true;
        }
        byte[] body = ByteBufUtil.getBytes(publish.payload());
        try {
            switch (topic.row().said()) {
                case TELEMETRY -> {
                    return keep(
                            from,
                            publish,
                            packetId,
                            new UplinkMessage.Telemetry(LenientJson.telemetry(body, clock.millis())));
                }
                case ATTRIBUTES -> {
                    return keep(
                            from,
                            publish,
                            packetId,
                            new UplinkMessage.Attributes(LenientJson.attributes(body, clock.millis())));
                }
                case ATTRIBUTE_REQUEST -> requestAttributes(from, topic, packetId, body);
                case RPC_RESPONSE -> reply(from, requestId(topic), packetId, body);
                case CLIENT_RPC_REQUEST -> {
                    int requestId = requestId(topic);
                    byte[] answer = ClientRpc.answer(body, settings.packetBytesMax(), settings.inflightMax());
                    acknowledgeNow(packetId, Reason.NORMAL);
                    publish(topic.row().replyTo(), requestId, answer);
                }
            }
        } catch (MalformedPayload e) {
            counters.malformed.increment();
            uplink.malformed(from, topic.row().said().name().toLowerCase(Locale.ROOT), e.text());
            if (v5 && packetId != 0) {
                acknowledgeNow(packetId, Reason.PAYLOAD_FORMAT_INVALID);
            } else {
                end(Reason.PAYLOAD_FORMAT_INVALID);
            }
        }
        return true;
    }

    private void reply(Device from, int requestId, int packetId, byte[] body) {
        Optional<Receipt> receipt = Optional.empty();
        if (packetId != 0) {
            Ack ack = new Ack(packetId);
            inflight++;
            awaiting().add(ack);
            receipt = Optional.of(ack);
        }
        uplink.signal(from, id, new Signal.RpcReplied(requestId, body, receipt));
        if (inflight >= settings.inflightMax() && hold == null) {
            hold(Hold.INFLIGHT);
        }
    }

    private boolean keep(Device from, MqttPublishMessage publish, int packetId, UplinkMessage message) {
        Ack ack = new Ack(packetId);
        inflight++;
        if (packetId != 0) {
            awaiting().add(ack);
        }
        if (!uplink.receive(from, message, ack)) {
            inflight--;
            if (packetId != 0) {
                awaiting().removeLast();
            }
            held().addFirst(publish);
            neighbours.storeIsFull();
            holdForStore(); // the others are held already when this one was let loose in the meantime
            return false;
        }
        if (inflight >= settings.inflightMax() && hold == null) {
            hold(Hold.INFLIGHT);
        }
        return true;
    }

    /** One of this loop met a full store. */
    void holdForStore() {
        if (hold == null && state == State.LIVE) {
            hold(Hold.STORE_FULL);
        }
    }

    /** Memory for packets that wait is short: nobody is read but those that are admitted. */
    void holdForOthers() {
        if (admitted && hold == null && ++unfinishedTurns > UNFINISHED_TURNS_MAX) {
            starve();
        }
        admitted = false;
        if (hold == null && state == State.LIVE) {
            hold(Hold.OTHERS_FIRST);
        }
    }

    /** Reads on if a packet of this connection waits to become whole; false: there is none, or something else holds it up. */
    boolean admitForPacket() {
        if (hold != Hold.OTHERS_FIRST || waitingBytes == 0) {
            return false;
        }
        admitted = true;
        release();
        return true;
    }

    void releaseFromNeighbours() {
        if (hold == Hold.STORE_FULL || hold == Hold.OTHERS_FIRST) {
            release();
        }
    }

    private void requestAttributes(Device from, Topics.Match topic, int packetId, byte[] body) {
        int requestId = requestId(topic);
        AttributeRequest request = LenientJson.attributeRequest(body);
        acknowledgeNow(packetId, Reason.NORMAL); // before the response, which may be there at once
        uplink.attributes(from, request)
                .whenComplete((values, failure) -> loop.run(() -> {
                    if (state == State.LIVE && failure == null && requestId >= 0) {
                        publish(
                                topic.row().replyTo(),
                                requestId,
                                PayloadJson.attributesResponse(values.client(), values.shared()));
                    }
                }));
    }

    private static int requestId(Topics.Match topic) {
        try {
            return Integer.parseInt(topic.idText());
        } catch (NumberFormatException e) {
            throw new MalformedPayload("request id is no 32-bit integer: " + topic.idText());
        }
    }

    private void subscribe(MqttSubscribeMessage subscribe) {
        if (subscribe.payload().topicSubscriptions().isEmpty()) {
            malformed(); // [MQTT-3.8.3-3]
            return;
        }
        List<Integer> codes = new ArrayList<>();
        List<Signal> signals = new ArrayList<>(1);
        for (MqttTopicSubscription asked : subscribe.payload().topicSubscriptions()) {
            Topics.Out row = Topics.out(asked.topicFilter());
            if (row == null) {
                codes.add(v5 ? 0x8F : 0x80);
                continue;
            }
            int qos = Math.min(asked.qualityOfService().value(), 1);
            granted()[row.row()] = (byte) qos;
            codes.add(qos);
            switch (row.wants()) {
                case RPC_REQUESTS -> {
                    rpcTopic = row;
                    signals.add(new Signal.Subscribed(Signal.Topic.RPC));
                }
                case ATTRIBUTE_UPDATES -> {
                    attributesTopic = row;
                    signals.add(new Signal.Subscribed(Signal.Topic.ATTRIBUTES));
                }
                case RESPONSES -> {}
            }
        }
        write(new MqttSubAckMessage(
                header(MqttMessageType.SUBACK, MqttQoS.AT_MOST_ONCE),
                MqttMessageIdVariableHeader.from(subscribe.variableHeader().messageId()),
                new MqttSubAckPayload(codes)));
        signals.forEach(this::signal);
    }

    private void unsubscribe(MqttUnsubscribeMessage unsubscribe) {
        if (unsubscribe.payload().topics().isEmpty()) {
            malformed(); // [MQTT-3.10.3-2]
            return;
        }
        List<Short> codes = new ArrayList<>();
        List<Signal> signals = new ArrayList<>(1);
        for (String filter : unsubscribe.payload().topics()) {
            Topics.Out row = Topics.out(filter);
            if (row == null || granted == null || granted()[row.row()] == NOT_GRANTED) {
                codes.add((short) 0x11);
                continue;
            }
            granted()[row.row()] = NOT_GRANTED;
            codes.add((short) 0);
            switch (row.wants()) {
                case RPC_REQUESTS -> signals.add(new Signal.Unsubscribed(Signal.Topic.RPC));
                case ATTRIBUTE_UPDATES -> signals.add(new Signal.Unsubscribed(Signal.Topic.ATTRIBUTES));
                case RESPONSES -> {}
            }
        }
        signals.forEach(this::signal);
        write(new MqttUnsubAckMessage(
                header(MqttMessageType.UNSUBACK, MqttQoS.AT_MOST_ONCE),
                MqttMessageIdVariableHeader.from(unsubscribe.variableHeader().messageId()),
                new MqttUnsubAckPayload(codes)));
    }

    private void signal(Signal signal) {
        Device known = device;
        if (known != null && state == State.LIVE) {
            uplink.signal(known, id, signal);
        }
    }

    private void acknowledged(int packetId) {
        Unacknowledged command = unacknowledged == null ? null : unacknowledged.remove(packetId);
        if (command != null) {
            signal(new Signal.RpcAcked(command.requestId(), command.attempt()));
        }
    }

    private void malformed() {
        counters.malformed.increment();
        end(Reason.MALFORMED_PACKET);
    }

    // ------------------------------------------------------------------------------------------------ holding back

    private void hold(Hold why) {
        hold = why;
        if (ctx != null) {
            ctx.channel().config().setAutoRead(false);
        }
    }

    private void keep(MqttMessage message) {
        ArrayDeque<MqttMessage> waiting = held();
        if (state != State.LIVE && waiting.size() >= HELD_BEFORE_LOGIN_MAX) {
            ReferenceCountUtil.release(message);
            end(Reason.QUOTA_EXCEEDED);
            return;
        }
        waiting.add(message);
    }

    /** Takes what waited, in order, until it is held up again; then reads the socket again. */
    private void release() {
        hold = null;
        ArrayDeque<MqttMessage> waiting = held;
        while (waiting != null && hold == null && state == State.LIVE) {
            MqttMessage next = waiting.poll();
            if (next == null) {
                held = null;
                break;
            }
            take(next);
        }
        if (hold == null && ctx != null && state == State.LIVE) {
            if (neighbours.isStoreFull()) {
                hold = Hold.STORE_FULL;
            } else if (neighbours.isMuchWaiting() && !admitted) {
                hold = Hold.OTHERS_FIRST;
            } else if (!ctx.channel().isWritable()) {
                hold = Hold.CLIENT_DOES_NOT_READ;
            } else {
                readAgainNanos = nanoTime.getAsLong();
                lastReadNanos = readAgainNanos;
                ctx.channel().config().setAutoRead(true);
            }
        }
    }

    private ArrayDeque<MqttMessage> held() {
        ArrayDeque<MqttMessage> present = held;
        if (present == null) {
            present = new ArrayDeque<>();
            held = present;
        }
        return present;
    }

    private ArrayDeque<Ack> awaiting() {
        ArrayDeque<Ack> present = acks;
        if (present == null) {
            present = new ArrayDeque<>(4);
            acks = present;
        }
        return present;
    }

    private byte[] granted() {
        byte[] present = granted;
        if (present == null) {
            present = new byte[Topics.OUT_ROWS];
            Arrays.fill(present, NOT_GRANTED);
            granted = present;
        }
        return present;
    }

    // ------------------------------------------------------------------------------------------------ packets out

    /** An acknowledgement that waits for no commit, but for those before it. */
    private void acknowledgeNow(int packetId, byte reason) {
        if (packetId == 0) {
            return;
        }
        Ack ack = new Ack(packetId);
        ack.ready = true;
        ack.reason = reason;
        awaiting().add(ack);
        acknowledgeReady();
    }

    private void acknowledgeReady() {
        ArrayDeque<Ack> waiting = acks;
        while (state == State.LIVE && waiting != null && !waiting.isEmpty() && waiting.element().ready) {
            Ack ack = waiting.remove();
            MqttFixedHeader header = header(MqttMessageType.PUBACK, MqttQoS.AT_MOST_ONCE);
            write(new MqttMessage(
                    header,
                    v5 && ack.reason != Reason.NORMAL
                            ? new MqttPubReplyMessageVariableHeader(
                                    ack.packetId, ack.reason, MqttProperties.NO_PROPERTIES)
                            : MqttMessageIdVariableHeader.from(ack.packetId)));
        }
    }

    @Override
    public SessionId id() {
        return id;
    }

    @Override
    public boolean isPush() {
        return true;
    }

    @Override
    public long heardNanos() {
        return lastReadNanos;
    }

    @Override
    public boolean hasRoom() {
        ChannelHandlerContext context = ctx;
        if (context != null && context.channel().isWritable() && outbound.get() < OUTBOUND_MAX) {
            return true;
        }
        wantsRoom = true;
        // Room may have come between the look and the wish: then nobody would tell.
        if (context != null && context.channel().isWritable() && outbound.get() < OUTBOUND_MAX) {
            loop.execute(() -> channelWritabilityChanged(context));
        }
        return false;
    }

    @Override
    public boolean send(DownlinkMessage message) {
        ChannelHandlerContext context = ctx;
        if (!hasRoom() || context == null) {
            return false;
        }
        if (loop.isCurrent() && outbound.get() == 0) {
            transmit(message);
        } else {
            outbound.incrementAndGet();
            loop.execute(() -> {
                boolean drained = outbound.decrementAndGet() == 0;
                transmit(message);
                if (drained && wantsRoom) {
                    channelWritabilityChanged(context);
                }
            });
        }
        return true;
    }

    private void transmit(DownlinkMessage message) {
        Device known = device;
        if (state != State.LIVE || known == null) {
            return;
        }
        switch (message) {
            case DownlinkMessage.RpcRequest request -> transmit(known, request);
            case DownlinkMessage.AttributesChanged(var changed, var deleted) -> {
                Topics.Out topic = attributesTopic;
                if (topic != null) {
                    publish(
                            topic.publishTo(),
                            PayloadJson.attributesChanged(changed, deleted),
                            qos(topic),
                            nextPacketId());
                }
            }
        }
    }

    private void transmit(Device known, DownlinkMessage.RpcRequest request) {
        Topics.Out topic = rpcTopic;
        if (topic == null) {
            return;
        }
        MqttQoS qos = qos(topic);
        int packetId = nextPacketId();
        boolean ackExpected = qos == MqttQoS.AT_LEAST_ONCE;
        if (ackExpected) {
            Map<Integer, Unacknowledged> waiting = unacknowledged;
            if (waiting == null) {
                waiting = new LinkedHashMap<>(4);
                unacknowledged = waiting;
            }
            if (waiting.size() >= UNACKNOWLEDGED_MAX) {
                end(Reason.QUOTA_EXCEEDED); // each SUBSCRIBE sends the open commands again
                return;
            }
            long due = nanoTime.getAsLong() + settings.ackTimeout().toNanos();
            waiting.put(packetId, new Unacknowledged(request.requestId(), request.attempt(), due));
        }
        ChannelFuture written = publish(
                topic.publishTo() + request.requestId(),
                PayloadJson.rpcRequest(OptionalInt.empty(), request.method(), request.params()),
                qos,
                packetId);
        written.addListener(future -> {
            if (future.isSuccess()) {
                uplink.signal(known, id, new Signal.RpcWritten(request.requestId(), request.attempt(), ackExpected));
            }
        });
    }

    private void publish(String topicPrefix, int requestId, byte[] body) {
        Topics.Out covering = Topics.covering(topicPrefix);
        MqttQoS qos = covering == null ? MqttQoS.AT_LEAST_ONCE : qos(covering);
        publish(topicPrefix + requestId, body, qos, nextPacketId());
    }

    private ChannelFuture publish(String topic, byte[] body, MqttQoS qos, int packetId) {
        ChannelHandlerContext context = context();
        if (!context.channel().isWritable() && neighbours.isMuchUnread()) {
            starve();
        }
        neighbours.unread(body.length);
        ChannelFuture written = write(PublishPacket.encode(context.alloc(), v5, topic, qos, packetId, body));
        written.addListener(_ -> neighbours.unread(-body.length));
        return written;
    }

    /** The granted QoS; 1 for what nobody subscribed to (MQTT device API §2). */
    private MqttQoS qos(Topics.Out row) {
        return granted != null && granted[row.row()] == 0 ? MqttQoS.AT_MOST_ONCE : MqttQoS.AT_LEAST_ONCE;
    }

    private int nextPacketId() {
        do {
            lastPacketId = lastPacketId == PACKET_ID_MAX ? 1 : lastPacketId + 1;
        } while (unacknowledged != null && unacknowledged.containsKey(lastPacketId));
        return lastPacketId;
    }

    /** Writes now and flushes once for all that is written in this turn of the loop. */
    private ChannelFuture write(Object packet) {
        ChannelHandlerContext context = context();
        if (!flushing) {
            flushing = true;
            loop.execute(() -> {
                flushing = false;
                context.flush();
            });
        }
        return context.write(packet);
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext context = ctx;
        if (context == null) {
            throw new IllegalStateException("not on a channel yet");
        }
        return context;
    }

    private static MqttFixedHeader header(MqttMessageType type, MqttQoS qos) {
        return new MqttFixedHeader(type, false, qos, false, 0);
    }

    // ------------------------------------------------------------------------------------------------ the end

    @Override
    public void close(CloseReason why) {
        byte reason = switch (why) {
            case TAKEN_OVER -> Reason.SESSION_TAKEN_OVER;
            case DEVICE_DELETED, CREDENTIALS_CHANGED -> Reason.ADMINISTRATIVE_ACTION;
            case SHUTTING_DOWN -> Reason.SERVER_SHUTTING_DOWN;
        };
        loop.run(() -> end(reason));
    }

    /** Closes; on MQTT 5 a DISCONNECT with the reason goes first. */
    private void end(byte reason) {
        ChannelHandlerContext context = ctx;
        if (state == State.CLOSED || context == null) {
            return;
        }
        boolean tells = v5 && state != State.FRESH;
        gone();
        ChannelFuture last = context.writeAndFlush(
                tells
                        ? new MqttMessage(
                                header(MqttMessageType.DISCONNECT, MqttQoS.AT_MOST_ONCE),
                                new MqttReasonCodeAndPropertiesVariableHeader(reason, MqttProperties.NO_PROPERTIES))
                        : Unpooled.EMPTY_BUFFER);
        last.addListener(ChannelFutureListener.CLOSE);
        if (!last.isDone()) {
            // A client that does not read would never let the last write end, and keep all that waits for it.
            Loop.Timer late = loop.schedule(LINGER, context::close);
            last.addListener(_ -> late.cancel());
        }
    }

    private void gone() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        neighbours.remove(this);
        neighbours.waiting(-waitingBytes);
        waitingBytes = 0;
        leaveAdmitted();
        if (held != null) {
            held.forEach(ReferenceCountUtil::release);
            held = null;
        }
        Device known = device;
        if (known != null) {
            uplink.closed(known, this);
        }
    }

    /** MQTT 5 reason codes that this transport gives. */
    private static final class Reason {
        static final byte NORMAL = 0;
        static final byte UNSPECIFIED_ON_SERVER = (byte) 0x8B;
        static final byte MALFORMED_PACKET = (byte) 0x81;
        static final byte PROTOCOL_ERROR = (byte) 0x82;
        static final byte CLIENT_IDENTIFIER_NOT_VALID = (byte) 0x85;
        static final byte BAD_USER_NAME_OR_PASSWORD = (byte) 0x86;
        static final byte NOT_AUTHORIZED = (byte) 0x87;
        static final byte SERVER_BUSY = (byte) 0x89;
        static final byte SERVER_SHUTTING_DOWN = (byte) 0x8B;
        static final byte KEEP_ALIVE_TIMEOUT = (byte) 0x8D;
        static final byte SESSION_TAKEN_OVER = (byte) 0x8E;
        static final byte TOPIC_NAME_INVALID = (byte) 0x90;
        static final byte QUOTA_EXCEEDED = (byte) 0x97;
        static final byte ADMINISTRATIVE_ACTION = (byte) 0x98;
        static final byte PAYLOAD_FORMAT_INVALID = (byte) 0x99;

        private Reason() {}
    }
}
