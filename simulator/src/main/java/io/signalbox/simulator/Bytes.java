package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes that grow at the end and are taken from the front; the output of one connection, or a scratch pad.
 *
 * <p>One thread. The array is open to the codecs, which is why encoding allocates nothing.
 */
final class Bytes {
    private byte[] array;
    private int start;
    private int end;

    Bytes(int capacity) {
        array = new byte[capacity];
    }

    byte[] array() {
        return array;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    int length() {
        return end - start;
    }

    void clear() {
        start = 0;
        end = 0;
    }

    /** Forgets the first {@code count} bytes. */
    void skip(int count) {
        start += count;
        if (start == end) {
            clear();
        }
    }

    Bytes put(int value) {
        room(1);
        array[end++] = (byte) value;
        return this;
    }

    Bytes putShort(int value) {
        room(2);
        array[end++] = (byte) (value >>> 8);
        array[end++] = (byte) value;
        return this;
    }

    Bytes put(byte[] bytes) {
        return put(bytes, 0, bytes.length);
    }

    Bytes put(byte[] bytes, int from, int length) {
        room(length);
        System.arraycopy(bytes, from, array, end, length);
        end += length;
        return this;
    }

    Bytes put(String text) {
        return put(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends a number that is not negative, in decimal digits. */
    Bytes putDecimal(long value) {
        int digits = digits(value);
        room(digits);
        end += digits;
        long rest = value;
        for (int i = end - 1; i >= end - digits; i--) {
            array[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return this;
    }

    byte[] copy() {
        return Arrays.copyOfRange(array, start, end);
    }

    @Override
    public String toString() {
        return new String(array, start, end - start, StandardCharsets.UTF_8);
    }

    /** How many digits {@link #putDecimal} writes. */
    static int digits(long value) {
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        return digits;
    }

    private void room(int more) {
        if (array.length - end >= more) {
            return;
        }
        int length = length();
        if (start > 0 && array.length - length >= more) {
            System.arraycopy(array, start, array, 0, length);
        } else {
            byte[] larger = new byte[Math.max(array.length * 2, length + more)];
            System.arraycopy(array, start, larger, 0, length);
            array = larger;
        }
        start = 0;
        end = length;
    }
}
