package io.signalbox.api;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32;

/**
 * Where a list goes on, as text that clients give back and do not read: the number and a checksum, which tells a mistake from
 * one of ours and is no secret.
 *
 * @param number positive: the list goes on behind it
 */
record Cursor(long number) {
    private static final int BYTES = Long.BYTES + Integer.BYTES;

    /** @throws Rejected {@code BAD_REQUEST}: this server made no such cursor */
    static Cursor parse(String text) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            if (bytes.length == BYTES) {
                Cursor cursor = new Cursor(ByteBuffer.wrap(bytes).getLong());
                if (cursor.number > 0 && cursor.text().equals(text)) {
                    return cursor;
                }
            }
        } catch (IllegalArgumentException e) {
            // is no Base64: falls through to the one answer for all that is not ours
        }
        throw new Rejected(ErrorCode.BAD_REQUEST, "Invalid cursor: " + text);
    }

    String text() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).putLong(number);
        CRC32 sum = new CRC32();
        sum.update(bytes.array(), 0, Long.BYTES);
        return Base64.getUrlEncoder()
                .encodeToString(bytes.putInt((int) sum.getValue()).array());
    }
}
