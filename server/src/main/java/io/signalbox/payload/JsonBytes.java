package io.signalbox.payload;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** A growing array of bytes that holds strict JSON in UTF-8. Puts in what it is told; commas and braces are the caller's. One thread. */
public final class JsonBytes {
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    private static final int FIRST_PRINTABLE = 0x20;
    private static final int FIRST_TWO_BYTES = 0x80;
    private static final int FIRST_THREE_BYTES = 0x800;
    private static final int BYTES_PER_CHAR_MAX = 6; // a control character: \u001f

    private byte[] bytes;
    private int size;

    public JsonBytes(int capacity) {
        bytes = new byte[capacity];
    }

    int size() {
        return size;
    }

    /** Forgets everything behind the first {@code newSize} bytes. */
    void cut(int newSize) {
        size = newSize;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    byte[] toBytes(int from) {
        return Arrays.copyOfRange(bytes, from, size);
    }

    @Override
    public String toString() {
        return new String(bytes, 0, size, UTF_8);
    }

    public JsonBytes put(char ascii) {
        room(1);
        bytes[size++] = (byte) ascii;
        return this;
    }

    JsonBytes put(byte[] source, int from, int to) {
        room(to - from);
        System.arraycopy(source, from, bytes, size, to - from);
        size += to - from;
        return this;
    }

    /** Puts text that is JSON already. */
    public JsonBytes raw(String json) {
        byte[] utf8 = json.getBytes(UTF_8);
        return put(utf8, 0, utf8.length);
    }

    JsonBytes number(long value) {
        return raw(Long.toString(value));
    }

    /** Puts a string with its quotes. A surrogate without its partner becomes U+FFFD: UTF-8 has no form for it. */
    public JsonBytes string(String text) {
        room(text.length() + 2);
        bytes[size++] = '"';
        for (int i = 0; i < text.length(); i++) {
            room(BYTES_PER_CHAR_MAX + 1); // this character, and the quote at the end
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                bytes[size++] = '\\';
                bytes[size++] = (byte) c;
            } else if (c < FIRST_PRINTABLE) {
                control(c);
            } else if (c < FIRST_TWO_BYTES) {
                bytes[size++] = (byte) c;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                pair(Character.toCodePoint(c, text.charAt(++i)));
            } else {
                wide(Character.isSurrogate(c) ? '\uFFFD' : c);
            }
        }
        bytes[size++] = '"';
        return this;
    }

    JsonBytes value(Value value) {
        return switch (value) {
            case Value.Whole(long n) -> number(n);
            case Value.Decimal(double n) -> raw(Double.toString(n));
            case Value.Text(String text) -> string(text);
            case Value.Flag(boolean flag) -> raw(flag ? "true" : "false");
            case Value.Json(String text) -> raw(text);
        };
    }

    private void control(char c) {
        bytes[size++] = '\\';
        int letter = switch (c) {
            case '\n' -> 'n';
            case '\r' -> 'r';
            case '\t' -> 't';
            case '\b' -> 'b';
            case '\f' -> 'f';
            default -> 'u';
        };
        bytes[size++] = (byte) letter;
        if (letter == 'u') {
            bytes[size++] = '0';
            bytes[size++] = '0';
            bytes[size++] = HEX[c >> 4];
            bytes[size++] = HEX[c & 0xF];
        }
    }

    private void wide(char c) {
        if (c < FIRST_THREE_BYTES) {
            bytes[size++] = (byte) (0xC0 | (c >> 6));
        } else {
            bytes[size++] = (byte) (0xE0 | (c >> 12));
            bytes[size++] = (byte) (0x80 | ((c >> 6) & 0x3F));
        }
        bytes[size++] = (byte) (0x80 | (c & 0x3F));
    }

    private void pair(int codePoint) {
        bytes[size++] = (byte) (0xF0 | (codePoint >> 18));
        bytes[size++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
        bytes[size++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
        bytes[size++] = (byte) (0x80 | (codePoint & 0x3F));
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
        }
    }
}
