package io.signalbox.simulator;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A device's MQTT 3.1.1 connection: logs in with its token, subscribes if asked to, answers nothing by itself.
 *
 * <p>Subclasses say what to do with a PUBLISH or PUBACK. The loop's thread only.
 */
abstract class MqttClient extends Connection {
    static final int KEEP_ALIVE_SECONDS = 60;

    /** Who wants to know what becomes of a connection. */
    interface Owner {
        /** It is logged in, and subscribed if that was asked for. */
        void ready(MqttClient client);

        /** It ended, or never came to be, without our doing. */
        void lost(MqttClient client, String reason);
    }

    private final MqttPacket packet;
    private final String token;
    private final @Nullable String filter;
    private final int qos;
    private @Nullable Owner owner;
    private long connectSent;
    private long lastSent;
    private boolean ready;

    /**
     * @param packet shared by all clients of the loop
     * @param filter what to subscribe after CONNACK; null for nothing
     */
    MqttClient(MqttPacket packet, String token, @Nullable String filter, int qos) {
        this.packet = packet;
        this.token = token;
        this.filter = filter;
        this.qos = qos;
    }

    /** A PUBLISH arrived: a QoS 1 one is acknowledged, unless a subclass decides otherwise. */
    void take(MqttPacket publish) {
        if (publish.qos() > 0) {
            Mqtt.puback(output(), publish.packetId());
        }
        publishArrived(publish);
    }

    /** A PUBLISH arrived; {@code publish} is valid during the call. A QoS 1 one is acknowledged already. */
    void publishArrived(MqttPacket publish) {}

    /** A PUBACK arrived. */
    void acknowledged(int packetId) {}

    final void open(Loop loop, Owner whom, InetSocketAddress server, @Nullable InetSocketAddress local) {
        owner = whom;
        loop.connect(this, server, local);
    }

    /** Whether it is logged in and subscribed. */
    final boolean isReady() {
        return ready;
    }

    /** When CONNECT was written, in {@link System#nanoTime} units. */
    final long connectSent() {
        return connectSent;
    }

    final void sentAt(long now) {
        lastSent = now;
    }

    /** Sends PINGREQ when nothing was sent for three quarters of the keep-alive time. */
    final void pingIfQuiet(long now) {
        if (ready && now - lastSent > KEEP_ALIVE_SECONDS * 750_000_000L) {
            Mqtt.pingreq(output());
            lastSent = now;
        }
    }

    /** Says DISCONNECT; the server closes then. */
    final void disconnect() {
        if (isOpen()) {
            ready = false;
            Mqtt.disconnect(output());
        }
    }

    @Override
    final void opened() {
        connectSent = System.nanoTime();
        lastSent = connectSent;
        Mqtt.connect(output(), token, token, KEEP_ALIVE_SECONDS);
    }

    @Override
    final int received(byte[] bytes, int from, int to) {
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
    final void closed(String reason) {
        ready = false;
        if (owner != null) {
            owner.lost(this, reason);
        }
    }

    private void handle() {
        switch (packet.type()) {
            case Mqtt.PUBLISH -> take(packet);
            case Mqtt.PUBACK -> acknowledged(packet.packetId());
            case Mqtt.CONNACK -> connected(packet.code());
            case Mqtt.SUBACK -> {
                if (packet.code() > 2) {
                    refuse("SUBSCRIBE refused");
                } else {
                    becomeReady();
                }
            }
            default -> {}
        }
    }

    private void connected(int code) {
        if (code != 0) {
            refuse("CONNACK " + code);
        } else if (filter == null) {
            becomeReady();
        } else {
            Mqtt.subscribe(output(), 1, filter, qos);
        }
    }

    private void becomeReady() {
        ready = true;
        if (owner != null) {
            owner.ready(this);
        }
    }

    private void refuse(String reason) {
        close();
        closed(reason);
    }
}
