package io.signalbox.transport.mqtt;

import io.netty.buffer.ByteBuf;

/**
 * Follows the fixed headers in a connection's bytes, and finds lengths written with more bytes than they need: MQTT 3.1.1
 * allows them, and the decoder does not tell. Channel loop.
 */
final class LongLengths {
    private static final int LENGTH_BYTES_MAX = 4;

    /** Bytes of the remaining length that were seen; -1: a packet begins next. */
    private int seen = -1;

    private int length;

    /** Bytes of the packet's rest that are still to come. */
    private int left;

    /** How many bytes in {@code bytes}, the next of the connection, a shorter length would have saved. */
    int in(ByteBuf bytes) {
        int more = 0;
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            if (left > 0) {
                int skipped = Math.min(left, end - at);
                left -= skipped;
                at += skipped;
            } else if (seen < 0) {
                seen = 0;
                length = 0;
                at++;
            } else {
                byte digit = bytes.getByte(at++);
                length |= (digit & 0x7F) << (7 * seen);
                seen++;
                if (digit >= 0 || seen == LENGTH_BYTES_MAX) { // what goes on after four is malformed, and ends it all
                    more += seen - bytesOf(length);
                    left = length;
                    seen = -1;
                }
            }
        }
        return more;
    }

    /** How many bytes the fixed header needs for a remaining length. */
    static int bytesOf(int length) {
        return length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : 4;
    }
}
