package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import java.util.Arrays;

/**
 * The bytes of one journal row: readings that were committed together, or a deletion. Pure.
 *
 * <pre>
 * row     = version(1 byte, 1) count(varint) reading* | version(1 byte, 2) count(varint) (reading expires(zigzag varint))*
 *         | version(1 byte, 3) series(varint) start(zigzag varint) end(zigzag varint) latest
 * latest  = 0 kept | 1 gone | 2 is: ts(zigzag varint) type(1 byte) value
 * reading = series(varint: difference to the one before) ts(zigzag varint: difference to the one before) type(1 byte) value
 * value   = 0 whole: zigzag varint | 1 decimal: 8 bytes, big endian | 2 text: length(varint), WTF-8
 *         | 3 false | 4 true | 5 JSON: length(varint), WTF-8
 * </pre>
 *
 * <p>Readings are sorted by series, then time. Varints are little endian groups of seven bits. A new form gets a new version;
 * old versions stay readable, since the journal outlives an update of the server.
 */
final class JournalCodec {
    private static final byte READINGS = 1;
    private static final byte EXPIRING_READINGS = 2;
    private static final byte ERASURE = 3;

    private static final byte KEPT = 0;
    private static final byte GONE = 1;
    private static final byte IS = 2;

    private static final byte WHOLE = 0;
    private static final byte DECIMAL = 1;
    private static final byte TEXT = 2;
    private static final byte FALSE = 3;
    private static final byte TRUE = 4;
    private static final byte JSON = 5;

    private static final int VARINT_BYTES_MAX = 10;

    private JournalCodec() {}

    /** What a row holds. */
    sealed interface Row {
        record Readings(Run run) implements Row {}

        record Erased(Erasure erasure) implements Row {}
    }

    static byte[] encode(Run run) {
        Writer to = new Writer(16 + run.size() * 16);
        to.put(run.hasExpiring() ? EXPIRING_READINGS : READINGS);
        to.varint(run.size());
        long series = 0;
        long ts = 0;
        for (int i = 0; i < run.size(); i++) {
            to.varint(run.series(i) - series);
            to.zigzag(run.ts(i) - ts); // may wrap around; so does the sum
            series = run.series(i);
            ts = run.ts(i);
            value(to, run.value(i));
            if (run.hasExpiring()) {
                to.zigzag(run.expires(i));
            }
        }
        return Arrays.copyOf(to.bytes, to.at);
    }

    static byte[] encode(Erasure erasure) {
        Writer to = new Writer(64);
        to.put(ERASURE);
        to.varint(erasure.series());
        to.zigzag(erasure.startTs());
        to.zigzag(erasure.endTs());
        switch (erasure.latest()) {
            case Erasure.Latest.Kept() -> to.put(KEPT);
            case Erasure.Latest.Gone() -> to.put(GONE);
            case Erasure.Latest.Is(Tail.Point point) -> {
                to.put(IS);
                to.zigzag(point.ts());
                value(to, point.value());
            }
        }
        return Arrays.copyOf(to.bytes, to.at);
    }

    private static void value(Writer to, Value value) {
        switch (value) {
            case Value.Whole(long n) -> {
                to.put(WHOLE);
                to.zigzag(n);
            }
            case Value.Decimal(double n) -> {
                to.put(DECIMAL);
                to.eightBytes(Double.doubleToRawLongBits(n));
            }
            case Value.Text(String text) -> {
                to.put(TEXT);
                to.text(text);
            }
            case Value.Flag(boolean flag) -> to.put(flag ? TRUE : FALSE);
            case Value.Json(String text) -> {
                to.put(JSON);
                to.text(text);
            }
        }
    }

    /** @throws IllegalArgumentException the bytes are of a newer version, or no journal row */
    static Row decode(byte[] row) {
        Reader from = new Reader(row);
        byte version = from.get();
        Row decoded = switch (version) {
            case READINGS -> new Row.Readings(readings(from, false));
            case EXPIRING_READINGS -> new Row.Readings(readings(from, true));
            case ERASURE -> new Row.Erased(erasure(from));
            default -> throw new IllegalArgumentException("journal row of unknown version " + version);
        };
        if (from.at != row.length) {
            throw new IllegalArgumentException("journal row has " + (row.length - from.at) + " bytes too many");
        }
        return decoded;
    }

    private static Run readings(Reader from, boolean expiring) {
        long count = from.varint();
        if (count < 0 || count > from.bytes.length) {
            throw new IllegalArgumentException(
                    "journal row claims " + count + " readings in " + from.bytes.length + " bytes");
        }
        Run.Sorted run = new Run.Sorted((int) count);
        long series = 0;
        long ts = 0;
        for (long i = 0; i < count; i++) {
            series += from.varint();
            ts += from.zigzag();
            Value value = value(from);
            run.add(series, ts, value, expiring ? from.zigzag() : 0);
        }
        return run.build();
    }

    private static Erasure erasure(Reader from) {
        long series = from.varint();
        long startTs = from.zigzag();
        long endTs = from.zigzag();
        byte latest = from.get();
        return new Erasure(
                series,
                startTs,
                endTs,
                switch (latest) {
                    case KEPT -> new Erasure.Latest.Kept();
                    case GONE -> new Erasure.Latest.Gone();
                    case IS -> new Erasure.Latest.Is(new Tail.Point(from.zigzag(), value(from)));
                    default -> throw new IllegalArgumentException("journal row has a latest value of form " + latest);
                });
    }

    private static Value value(Reader from) {
        byte type = from.get();
        return switch (type) {
            case WHOLE -> new Value.Whole(from.zigzag());
            case DECIMAL -> new Value.Decimal(Double.longBitsToDouble(from.eightBytes()));
            case TEXT -> new Value.Text(from.text());
            case FALSE -> new Value.Flag(false);
            case TRUE -> new Value.Flag(true);
            case JSON -> new Value.Json(from.text());
            default -> throw new IllegalArgumentException("journal row has a value of type " + type);
        };
    }

    private static final class Writer {
        private byte[] bytes;
        private int at;

        Writer(int capacity) {
            bytes = new byte[capacity];
        }

        private void room(int more) {
            if (bytes.length - at < more) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, at + more));
            }
        }

        void put(byte b) {
            room(1);
            bytes[at++] = b;
        }

        void varint(long n) {
            room(VARINT_BYTES_MAX);
            long rest = n;
            while ((rest & ~0x7FL) != 0) {
                bytes[at++] = (byte) ((rest & 0x7F) | 0x80);
                rest >>>= 7;
            }
            bytes[at++] = (byte) rest;
        }

        void zigzag(long n) {
            varint((n << 1) ^ (n >> 63));
        }

        void eightBytes(long n) {
            room(Long.BYTES);
            for (int shift = 56; shift >= 0; shift -= 8) {
                bytes[at++] = (byte) (n >>> shift);
            }
        }

        void text(String text) {
            byte[] encoded = Wtf8.encode(text);
            varint(encoded.length);
            room(encoded.length);
            System.arraycopy(encoded, 0, bytes, at, encoded.length);
            at += encoded.length;
        }
    }

    private static final class Reader {
        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        byte get() {
            if (at == bytes.length) {
                throw new IllegalArgumentException("journal row ends early");
            }
            return bytes[at++];
        }

        long varint() {
            long n = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                byte b = get();
                n |= (b & 0x7FL) << shift;
                if (b >= 0) {
                    return n;
                }
            }
            throw new IllegalArgumentException("journal row has a number of more than 64 bits");
        }

        long zigzag() {
            long n = varint();
            return (n >>> 1) ^ -(n & 1);
        }

        long eightBytes() {
            long n = 0;
            for (int i = 0; i < Long.BYTES; i++) {
                n = (n << 8) | (get() & 0xFFL);
            }
            return n;
        }

        String text() {
            long length = varint();
            if (length < 0 || length > bytes.length - at) {
                throw new IllegalArgumentException("journal row has a text of " + length + " bytes");
            }
            String text = Wtf8.decode(bytes, at, (int) length);
            at += (int) length;
            return text;
        }
    }
}
