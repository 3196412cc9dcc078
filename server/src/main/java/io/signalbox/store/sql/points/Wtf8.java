package io.signalbox.store.sql.points;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Any Java string as bytes and back, without loss: UTF-8, and an unpaired surrogate as the three bytes that UTF-8 would use
 * if it were a character (WTF-8, generalised UTF-8). Plain UTF-8 would turn every unpaired surrogate into the same "?".
 */
final class Wtf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private Wtf8() {}

    /** Whether {@code text} has no unpaired surrogate, so that plain UTF-8 holds it. */
    static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                int codePoint = text.codePointAt(i);
                if (!Character.isSupplementaryCodePoint(codePoint)) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    static byte[] encode(String text) {
        if (isPlain(text)) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        byte[] bytes = new byte[text.length() * 3];
        int at = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c < 0x80) {
                bytes[at++] = (byte) c;
            } else if (c < 0x800) {
                bytes[at++] = (byte) (0xC0 | (c >> 6));
                bytes[at++] = (byte) (0x80 | (c & 0x3F));
            } else if (c < 0x10000) {
                bytes[at++] = (byte) (0xE0 | (c >> 12));
                bytes[at++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                bytes[at++] = (byte) (0x80 | (c & 0x3F));
            } else {
                bytes[at++] = (byte) (0xF0 | (c >> 18));
                bytes[at++] = (byte) (0x80 | ((c >> 12) & 0x3F));
                bytes[at++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                bytes[at++] = (byte) (0x80 | (c & 0x3F));
            }
        }
        return Arrays.copyOf(bytes, at);
    }

    /** The string that {@link #encode} was given. */
    static String decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    static String decode(byte[] bytes, int from, int length) {
        String text = new String(bytes, from, length, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0 ? text : decodeSlowly(bytes, from, length);
    }

    private static String decodeSlowly(byte[] bytes, int from, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = from; i < from + length; ) {
            int lead = bytes[i] & 0xFF;
            int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
            if (i + more >= from + length) {
                throw new IllegalArgumentException("text ends within a character");
            }
            int c = more == 0 ? lead : lead & (0x3F >> more);
            for (int k = 1; k <= more; k++) {
                c = (c << 6) | (bytes[i + k] & 0x3F);
            }
            text.appendCodePoint(c);
            i += 1 + more;
        }
        return text.toString();
    }
}
