package io.signalbox.device;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Time-ordered identifiers (RFC 9562 §5.7, version 7) and the strict reader of their text form. */
public final class Uuids {
    /** The identifier that the wire uses for "none". */
    public static final UUID NULL = UUID.fromString("13814000-1dd2-11b2-8080-808080808080");

    private static final int TEXT_CHARS = 36;
    private static final int COUNTER_BITS = 12;

    private static final AtomicLong last = new AtomicLong();

    private Uuids() {}

    /**
     * A new version 7 identifier, greater than every one made before in this process. Any thread.
     *
     * @param nowMillis epoch milliseconds; a clock that stands still or goes back is made up for by the counter
     */
    public static UUID next(long nowMillis) {
        long floor = nowMillis << COUNTER_BITS;
        long tick = last.updateAndGet(previous -> Math.max(previous + 1, floor));
        long high = ((tick >>> COUNTER_BITS) << 16) | 0x7000L | (tick & 0xFFFL);
        long low = (ThreadLocalRandom.current().nextLong() >>> 2) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    /** The version 7 identifier of something that has a time, in epoch milliseconds, and a positive number: always the same. */
    public static UUID of(long millis, long number) {
        return new UUID((millis << 16) | 0x7000L, 0x8000_0000_0000_0000L | number);
    }

    /**
     * Reads the 36-character text form only; {@link UUID#fromString} takes shorter groups, too.
     *
     * @throws IllegalArgumentException {@code Invalid UUID string: …}
     */
    public static UUID parse(String text) {
        if (text.length() != TEXT_CHARS) {
            throw new IllegalArgumentException("Invalid UUID string: " + text);
        }
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Invalid UUID string: " + text, e);
        }
    }

    /** The 16 bytes that stores keep, most significant first. */
    public static byte[] bytes(UUID uuid) {
        return ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
    }

    /** The reverse of {@link #bytes}. */
    public static UUID of(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }
}
