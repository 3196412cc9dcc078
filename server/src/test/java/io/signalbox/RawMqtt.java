package io.signalbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An MQTT client that sends what it is told and answers nothing by itself. Calls block, reads for twenty seconds at most. */
final class RawMqtt implements AutoCloseable {
    static final int V311 = 4;
    static final int V5 = 5;

    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int SUBACK = 9;
    static final int UNSUBACK = 11;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    static final String RPC_REQUESTS = "v1/devices/me/rpc/request/+";

    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final OutputStream out;
    private final int version;

    /** A packet as it came, without its fixed header. */
    record Packet(int type, int flags, byte[] body) {
        int id() {
            return (body[0] & 0xFF) << 8 | (body[1] & 0xFF);
        }

        /** The reason of an acknowledgement; 0 where the short form leaves it out. */
        int reason() {
            return body.length > 2 ? body[2] & 0xFF : 0;
        }
    }

    /** A message from the server. */
    record Message(String topic, int qos, int packetId, String payload) {
        /** What stands behind the last slash. */
        int requestId() {
            return Integer.parseInt(topic.substring(topic.lastIndexOf('/') + 1));
        }
    }

    /** Only the TCP connection. */
    RawMqtt(int port, int version) {
        this.version = version;
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Logged in with an access token. */
    static RawMqtt connected(int port, int version, String token) {
        RawMqtt client = new RawMqtt(port, version).send(connect(version, "c", token, 0));
        Packet connack = client.next(CONNACK);
        assertThat(connack.body[1]).as("CONNACK code").isZero();
        return client;
    }

    // ------------------------------------------------------------------------------------------------ packets

    /** @param token empty: no user name */
    static byte[] connect(int version, String clientId, String token, int keepAliveSeconds) {
        Bytes body = new Bytes().string("MQTT").put(version, token.isEmpty() ? 0x02 : 0x82);
        body.two(keepAliveSeconds);
        if (version == V5) {
            body.put(0);
        }
        body.string(clientId);
        if (!token.isEmpty()) {
            body.string(token);
        }
        return packet(0x10, body);
    }

    byte[] publish(String topic, int qos, int packetId, String payload) {
        return publish(topic, qos, packetId, payload.getBytes(UTF_8));
    }

    byte[] publish(String topic, int qos, int packetId, byte[] payload) {
        Bytes body = new Bytes().string(topic);
        if (qos > 0) {
            body.two(packetId);
        }
        if (version == V5) {
            body.put(0);
        }
        return packet(0x30 | qos << 1, body.put(payload));
    }

    byte[] subscribe(int packetId, int qos, String... filters) {
        Bytes body = new Bytes().two(packetId);
        if (version == V5) {
            body.put(0);
        }
        for (String filter : filters) {
            body.string(filter).put(qos);
        }
        return packet(0x82, body);
    }

    byte[] unsubscribe(int packetId, String... filters) {
        Bytes body = new Bytes().two(packetId);
        if (version == V5) {
            body.put(0);
        }
        for (String filter : filters) {
            body.string(filter);
        }
        return packet(0xA2, body);
    }

    static byte[] puback(int packetId) {
        return packet(0x40, new Bytes().two(packetId));
    }

    static byte[] pingreq() {
        return new byte[] {(byte) 0xC0, 0};
    }

    static byte[] disconnect() {
        return new byte[] {(byte) 0xE0, 0};
    }

    private static byte[] packet(int header, Bytes body) {
        Bytes whole = new Bytes().put(header);
        int length = body.bytes.size();
        do {
            int low = length & 0x7F;
            length >>= 7;
            whole.put(length > 0 ? low | 0x80 : low);
        } while (length > 0);
        return whole.put(body.bytes.toByteArray()).bytes.toByteArray();
    }

    private static final class Bytes {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Bytes put(int... values) {
            for (int value : values) {
                bytes.write(value);
            }
            return this;
        }

        Bytes put(byte[] values) {
            bytes.writeBytes(values);
            return this;
        }

        Bytes two(int value) {
            return put(value >> 8, value & 0xFF);
        }

        Bytes string(String text) {
            byte[] utf8 = text.getBytes(UTF_8);
            return two(utf8.length).put(utf8);
        }
    }

    // ------------------------------------------------------------------------------------------------ out

    /** Writes packets, or anything, in one go. */
    RawMqtt send(byte[]... packets) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] packet : packets) {
            all.writeBytes(packet);
        }
        try {
            out.write(all.toByteArray());
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #send} where the server may have closed already. */
    RawMqtt trySend(byte[]... packets) {
        try {
            return send(packets);
        } catch (UncheckedIOException e) {
            return this;
        }
    }

    /** Subscribes, and checks that every filter was granted this QoS. */
    RawMqtt subscribed(int qos, String... filters) {
        send(subscribe(1, qos, filters));
        assertThat(codes(next(SUBACK))).hasSize(filters.length).containsOnly(qos);
        return this;
    }

    RawMqtt answer(Message command, String payload) {
        return answer(command.requestId(), payload);
    }

    RawMqtt answer(int requestId, String payload) {
        return send(publish("v1/devices/me/rpc/response/" + requestId, 0, 0, payload));
    }

    // ------------------------------------------------------------------------------------------------ in

    /** The next packet. */
    Packet next() {
        try {
            int first = in.readUnsignedByte();
            int length = 0;
            for (int shift = 0; ; shift += 7) {
                int digit = in.readUnsignedByte();
                length |= (digit & 0x7F) << shift;
                if (digit < 0x80) {
                    break;
                }
            }
            byte[] body = new byte[length];
            in.readFully(body);
            return new Packet(first >> 4, first & 0x0F, body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next packet, which must be of this type. */
    Packet next(int type) {
        Packet packet = next();
        assertThat(packet.type())
                .as("type of %s", Arrays.toString(packet.body()))
                .isEqualTo(type);
        return packet;
    }

    /** The next packet, which must be a message. */
    Message message() {
        Packet packet = next(PUBLISH);
        int qos = packet.flags() >> 1 & 3;
        byte[] body = packet.body();
        int at = 2 + ((body[0] & 0xFF) << 8 | (body[1] & 0xFF));
        String topic = new String(body, 2, at - 2, UTF_8);
        int packetId = 0;
        if (qos > 0) {
            packetId = (body[at] & 0xFF) << 8 | (body[at + 1] & 0xFF);
            at += 2;
        }
        if (version == V5) {
            assertThat(body[at]).as("length of the properties").isZero();
            at++;
        }
        return new Message(topic, qos, packetId, new String(body, at, body.length - at, UTF_8));
    }

    /** The reasons of a SUBACK or UNSUBACK. */
    List<Integer> codes(Packet packet) {
        List<Integer> codes = new ArrayList<>();
        for (int i = version == V5 ? 3 : 2; i < packet.body().length; i++) {
            codes.add(packet.body()[i] & 0xFF);
        }
        return codes;
    }

    /** Everything that the server had to say was read: PINGRESP is the next packet. */
    RawMqtt nothingMore() {
        send(pingreq());
        next(PINGRESP);
        return this;
    }

    /** The server ends the connection, and says nothing before. */
    void assertClosed() {
        try {
            int b = in.read();
            assertThat(b).as("end of the connection").isEqualTo(-1);
        } catch (SocketException | EOFException e) {
            // reset is an end, too
        } catch (IOException e) {
            throw new AssertionError("not closed", e);
        }
    }

    /** On MQTT 5 the server gives this reason, then ends the connection. */
    void assertClosed(int reason) {
        byte[] body = next(DISCONNECT).body();
        assertThat(body.length == 0 ? 0 : body[0] & 0xFF).as("reason").isEqualTo(reason);
        assertClosed();
    }

    /** Ends the connection as a cut cable does not: at once, and the server knows. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
