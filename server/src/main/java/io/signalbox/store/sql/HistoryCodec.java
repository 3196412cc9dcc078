package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The history of a command as bytes: the number of the format, then the lines, each of
 *
 * <pre>
 * cause code, status code, milliseconds since the line before (zigzag; the first since 0),
 * attempt, generation (zigzag), bytes of the detail, the detail in UTF-8
 * </pre>
 *
 * <p>All numbers are varints: seven bits a byte, the lowest first, the high bit set in all but the last.
 */
final class HistoryCodec {
    private static final int FORMAT = 1;
    private static final int BYTES_EACH = 16;
    private static final int VARINT_BITS_MAX = 63;

    private HistoryCodec() {}

    static byte[] encode(List<HistoryEntry> history) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 + BYTES_EACH * history.size());
        out.write(FORMAT);
        long before = 0;
        for (HistoryEntry entry : history) {
            byte[] detail = entry.detail().getBytes(UTF_8);
            put(out, entry.cause().code());
            put(out, StatusCode.of(entry.status()));
            put(out, zigzag(entry.ts() - before));
            put(out, entry.attempt());
            put(out, zigzag(entry.generation()));
            put(out, detail.length);
            out.write(detail, 0, detail.length);
            before = entry.ts();
        }
        return out.toByteArray();
    }

    /** @throws SqlFailure the bytes are no history */
    static List<HistoryEntry> decode(byte[] bytes) {
        Reader in = new Reader(bytes);
        long format = in.next();
        if (format != FORMAT) {
            throw new SqlFailure("history of a command has format " + format);
        }
        List<HistoryEntry> history = new ArrayList<>();
        long before = 0;
        while (in.hasMore()) {
            Cause cause = cause(in.next());
            var status = StatusCode.status(in.next());
            long ts = before + unzigzag(in.next());
            int attempt = (int) in.next();
            long generation = unzigzag(in.next());
            history.add(new HistoryEntry(ts, cause, status, attempt, generation, in.text(in.next())));
            before = ts;
        }
        return history;
    }

    private static Cause cause(long code) {
        for (Cause cause : Cause.values()) {
            if (cause.code() == code) {
                return cause;
            }
        }
        throw new SqlFailure("history of a command has cause " + code);
    }

    private static void put(ByteArrayOutputStream out, long number) {
        long rest = number;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private static long zigzag(long number) {
        return (number << 1) ^ (number >> 63);
    }

    private static long unzigzag(long number) {
        return (number >>> 1) ^ -(number & 1);
    }

    private static final class Reader {
        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean hasMore() {
            return at < bytes.length;
        }

        long next() {
            long number = 0;
            for (int shift = 0; shift <= VARINT_BITS_MAX; shift += 7) {
                if (!hasMore()) {
                    throw cut();
                }
                byte next = bytes[at++];
                number |= (next & 0x7FL) << shift;
                if (next >= 0) {
                    return number;
                }
            }
            throw new SqlFailure("history of a command has a number without end");
        }

        String text(long length) {
            if (length < 0 || length > bytes.length - at) {
                throw cut();
            }
            String text = new String(bytes, at, (int) length, UTF_8);
            at += (int) length;
            return text;
        }

        private static SqlFailure cut() {
            return new SqlFailure("history of a command ends within a line");
        }
    }
}
