package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import java.util.Arrays;

/**
 * Values as SQLite keeps them in one column without affinity: INTEGER and REAL are numbers (so that SQL can aggregate them
 * by {@code typeof}), TEXT is text, BLOB is a tag byte and its content, for what the four classes cannot tell apart.
 */
final class ValueColumn {
    private static final byte JSON = 'J';
    private static final byte TEXT = 'S';
    private static final byte TRUE = 'T';
    private static final byte FALSE = 'F';
    private static final byte NOT_A_NUMBER = 'N';

    private ValueColumn() {}

    /** What to bind: {@link Long}, {@link Double}, {@link String} or {@code byte[]}. */
    static Object of(Value value) {
        return switch (value) {
            case Value.Whole(long n) -> n;
            case Value.Decimal(double n) when Double.isNaN(n) -> new byte[] {NOT_A_NUMBER}; // SQLite would store null
            case Value.Decimal(double n) -> n;
            case Value.Text(String text) when Wtf8.isPlain(text) -> text;
            case Value.Text(String text) -> tagged(TEXT, text);
            case Value.Flag(boolean flag) -> new byte[] {flag ? TRUE : FALSE};
            case Value.Json(String text) -> tagged(JSON, text);
        };
    }

    /** The value of a column as the driver returns it. */
    static Value value(Object column) {
        return switch (column) {
            case Integer n -> new Value.Whole(n);
            case Long n -> new Value.Whole(n);
            case Double n -> new Value.Decimal(n);
            case String text -> new Value.Text(text);
            case byte[] blob -> untagged(blob);
            default -> throw new IllegalStateException("unknown class of a stored value: " + column.getClass());
        };
    }

    /** Bytes that {@code value} takes in memory, roughly and rather too many than too few. */
    static int bytes(Value value) {
        return switch (value) {
            case Value.Whole _, Value.Decimal _, Value.Flag _ -> 24;
            case Value.Text(String text) -> 56 + 2 * text.length();
            case Value.Json(String text) -> 56 + 2 * text.length();
        };
    }

    private static byte[] tagged(byte tag, String text) {
        byte[] content = Wtf8.encode(text);
        byte[] blob = new byte[1 + content.length];
        blob[0] = tag;
        System.arraycopy(content, 0, blob, 1, content.length);
        return blob;
    }

    private static Value untagged(byte[] blob) {
        if (blob.length > 0) {
            switch (blob[0]) {
                case JSON -> {
                    return new Value.Json(Wtf8.decode(blob, 1, blob.length - 1));
                }
                case TEXT -> {
                    return new Value.Text(Wtf8.decode(blob, 1, blob.length - 1));
                }
                case TRUE -> {
                    return new Value.Flag(true);
                }
                case FALSE -> {
                    return new Value.Flag(false);
                }
                case NOT_A_NUMBER -> {
                    return new Value.Decimal(Double.NaN);
                }
                default -> {}
            }
        }
        throw new IllegalStateException(
                "unknown tag of a stored value: " + Arrays.toString(Arrays.copyOf(blob, Math.min(8, blob.length))));
    }
}
