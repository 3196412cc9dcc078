package io.signalbox.payload;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Decides which value a number, or a string that looks like one, becomes (HTTP device API §3.2). Pure; any thread. */
final class Numbers {
    /** A decimal with more fraction digits than this is kept as text. */
    static final int FRACTION_DIGITS_MAX = 16;

    /** Longest number with an exponent, and most digits that one may stand for: {@code 1e999999999} would fill a gigabyte. */
    static final int EXPONENT_DIGITS_MAX = 1000;

    private static final int SAFE_DIGITS = 18; // fit in a long whatever they are
    private static final long EXACT_MAX = 1L << 53; // up to here a double holds every integer
    private static final double[] TENS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16
    };

    private Numbers() {}

    /**
     * The value that the text {@code in[from, to)} stands for, or null when it is no number.
     *
     * <p>Without an exponent, leading zeros and a bare fraction ({@code .5}) are welcome, as strings such as {@code "007"} are
     * numbers too.
     *
     * @param exponentAllowed false for quoted text, where {@code 1e3} stays a string
     * @throws MalformedPayload the exponent is absurd
     */
    static @Nullable Value value(byte[] in, int from, int to, boolean exponentAllowed) {
        boolean negative = from < to && in[from] == '-';
        int first = negative ? from + 1 : from;
        int at = first;
        int digits = 0; // without leading zeros
        long mantissa = 0;
        int point = -1;
        for (; at < to; at++) {
            int c = in[at];
            if (c == '.' && point < 0) {
                point = at;
            } else if (c >= '0' && c <= '9') {
                digits += digits > 0 || c > '0' ? 1 : 0;
                mantissa = digits <= SAFE_DIGITS ? mantissa * 10 + (c - '0') : mantissa;
            } else {
                break;
            }
        }
        if (at < to) {
            return exponentAllowed && (in[at] | 0x20) == 'e' && isJson(in, from, to) ? scientific(in, from, to) : null;
        }
        if (at == first || point == to - 1) {
            return null; // no digit at all, or "12."
        }
        if (point < 0) {
            return digits <= SAFE_DIGITS
                    ? new Value.Whole(negative ? -mantissa : mantissa)
                    : longWhole(in, from, to, digits);
        }
        int fraction = to - point - 1;
        if (fraction > FRACTION_DIGITS_MAX) {
            return new Value.Text(text(in, from, to));
        }
        if (digits <= SAFE_DIGITS && mantissa <= EXACT_MAX) {
            double magnitude = mantissa / TENS[fraction]; // both are exact, so the quotient is rounded once
            return new Value.Decimal(negative && mantissa != 0 ? -magnitude : magnitude);
        }
        double parsed = Double.parseDouble(text(in, from, to));
        return Double.isInfinite(parsed) ? new Value.Text(text(in, from, to)) : new Value.Decimal(parsed);
    }

    /** Whether the text is a number of strict JSON (RFC 8259 §6). */
    static boolean isJson(byte[] in, int from, int to) {
        int at = from < to && in[from] == '-' ? from + 1 : from;
        int whole = digits(in, at, to);
        if (whole == at || (in[at] == '0' && whole > at + 1)) {
            return false;
        }
        at = whole;
        if (at < to && in[at] == '.') {
            int fraction = digits(in, at + 1, to);
            if (fraction == at + 1) {
                return false;
            }
            at = fraction;
        }
        if (at < to && (in[at] | 0x20) == 'e') {
            at++;
            if (at < to && (in[at] == '+' || in[at] == '-')) {
                at++;
            }
            int exponent = digits(in, at, to);
            return exponent > at && exponent == to;
        }
        return at == to;
    }

    /** The end of the run of digits that starts at {@code at}. */
    private static int digits(byte[] in, int at, int to) {
        while (at < to && in[at] >= '0' && in[at] <= '9') {
            at++;
        }
        return at;
    }

    private static Value longWhole(byte[] in, int from, int to, int digits) {
        String text = text(in, from, to);
        if (digits == SAFE_DIGITS + 1) {
            try {
                return new Value.Whole(Long.parseLong(text));
            } catch (NumberFormatException e) {
                return new Value.Text(text); // 19 digits beyond the range of a long
            }
        }
        return new Value.Text(text);
    }

    private static Value scientific(byte[] in, int from, int to) {
        if (to - from > EXPONENT_DIGITS_MAX) {
            throw new MalformedPayload("number with an exponent is longer than " + EXPONENT_DIGITS_MAX + " characters");
        }
        BigDecimal number;
        try {
            number = new BigDecimal(text(in, from, to));
        } catch (NumberFormatException e) {
            throw outOfRange(in, from, to);
        }
        if (number.signum() == 0) {
            return new Value.Whole(0);
        }
        BigDecimal shortest = number.stripTrailingZeros();
        if (shortest.scale() < -EXPONENT_DIGITS_MAX || shortest.scale() > EXPONENT_DIGITS_MAX) {
            throw outOfRange(in, from, to);
        }
        if (shortest.scale() > 0) {
            return shortest.scale() > FRACTION_DIGITS_MAX
                    ? new Value.Text(number.toPlainString())
                    : new Value.Decimal(number.doubleValue());
        }
        try {
            return new Value.Whole(number.longValueExact());
        } catch (ArithmeticException e) {
            return new Value.Text(shortest.toPlainString());
        }
    }

    private static MalformedPayload outOfRange(byte[] in, int from, int to) {
        return new MalformedPayload("number out of range: " + LenientJson.shortened(text(in, from, to)));
    }

    private static String text(byte[] in, int from, int to) {
        return new String(in, from, to - from, ISO_8859_1);
    }
}
