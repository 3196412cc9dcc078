package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import io.signalbox.telemetry.Aggregation;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One bucket under way: sums that SQL made and single values, in any order. One thread.
 *
 * <p>Integers are summed as two halves of 32 bits, so that no sum overflows on its way. Texts compare as SQLite compares them,
 * by their code points.
 */
final class Total {
    private static final String WHOLE = " FILTER (WHERE typeof(value) = 'integer')";
    private static final String DECIMAL = " FILTER (WHERE typeof(value) = 'real')";
    private static final String SUMS = "count(*)" + WHOLE + ", sum(value >> 32)" + WHOLE + ", sum(value & 4294967295)"
            + WHOLE + ", count(*)" + DECIMAL + ", total(value)" + DECIMAL;
    private static final String NUMBER = " FILTER (WHERE typeof(value) IN ('integer', 'real'))";
    private static final String TEXT = " FILTER (WHERE typeof(value) = 'text')";
    private static final int HALF = 32;
    private static final long LOW = (1L << HALF) - 1;

    private final Aggregation aggregation;
    private long count;
    private long wholes;
    private long highs;
    private long lows;
    private long decimals;
    private double decimalSum;
    private @Nullable Value number;
    private @Nullable String text;

    Total(Aggregation aggregation) {
        this.aggregation = aggregation;
    }

    Aggregation aggregation() {
        return aggregation;
    }

    /** What {@link #addSum} reads. */
    static String columns(Aggregation aggregation) {
        return switch (aggregation) {
            case NONE -> throw new IllegalArgumentException("nothing is summed");
            case COUNT -> "count(*)";
            case SUM, AVG -> SUMS;
            case MIN -> "min(value)" + NUMBER + ", min(value)" + TEXT;
            case MAX -> "max(value)" + NUMBER + ", max(value)" + TEXT;
        };
    }

    void addSum(ResultSet row) throws SQLException {
        switch (aggregation) {
            case NONE -> {}
            case COUNT -> count += row.getLong(1);
            case SUM, AVG -> {
                wholes += row.getLong(1);
                highs += row.getLong(2);
                lows += row.getLong(3);
                decimals += row.getLong(4);
                decimalSum += row.getDouble(5);
            }
            case MIN, MAX -> {
                Object someNumber = row.getObject(1);
                if (someNumber != null) {
                    add(ValueColumn.value(someNumber));
                }
                String someText = row.getString(2);
                if (someText != null) {
                    addText(someText);
                }
            }
        }
    }

    /** Sums of another database; {@code sum} is that of the integers. */
    void addSum(long someWholes, BigInteger sum, long someDecimals, double someDecimalSum) {
        wholes += someWholes;
        highs += sum.shiftRight(HALF).longValueExact();
        lows += sum.longValue() & LOW;
        decimals += someDecimals;
        decimalSum += someDecimalSum;
    }

    void addCount(long more) {
        count += more;
    }

    void add(Value value) {
        count++;
        switch (value) {
            case Value.Whole(long n) -> {
                wholes++;
                highs += n >> HALF;
                lows += n & LOW;
                addNumber(value);
            }
            case Value.Decimal(double n) -> {
                if (!Double.isNaN(n)) {
                    decimals++;
                    decimalSum += n;
                    addNumber(value);
                }
            }
            case Value.Text(String some) -> {
                if (Wtf8.isPlain(some)) {
                    addText(some);
                }
            }
            case Value.Flag _, Value.Json _ -> {}
        }
    }

    private void addNumber(Value value) {
        if (number == null || isBetter(compare(value, number))) {
            number = value;
        }
    }

    private void addText(String some) {
        if (text == null || isBetter(compare(some, text))) {
            text = some;
        }
    }

    private boolean isBetter(int order) {
        return aggregation == Aggregation.MIN ? order < 0 : order > 0;
    }

    private static int compare(Value one, Value other) {
        if (one instanceof Value.Whole(long a) && other instanceof Value.Whole(long b)) {
            return Long.compare(a, b);
        }
        return Double.compare(decimal(one), decimal(other));
    }

    private static double decimal(Value value) {
        return switch (value) {
            case Value.Whole(long n) -> n;
            case Value.Decimal(double n) -> n;
            case Value.Text _, Value.Flag _, Value.Json _ -> throw new IllegalArgumentException("no number: " + value);
        };
    }

    private static int compare(String one, String other) {
        int[] a = one.codePoints().toArray();
        int[] b = other.codePoints().toArray();
        return java.util.Arrays.compare(a, b);
    }

    /** Empty: there was nothing that this aggregation takes. */
    Optional<Value> value() {
        return switch (aggregation) {
            case NONE -> Optional.empty();
            case COUNT -> count == 0 ? Optional.empty() : Optional.of(new Value.Whole(count));
            case SUM -> wholes + decimals == 0 ? Optional.empty() : Optional.of(sum());
            case AVG ->
                wholes + decimals == 0
                        ? Optional.empty()
                        : Optional.of(new Value.Decimal((wholeSum().doubleValue() + decimalSum) / (wholes + decimals)));
            case MIN, MAX ->
                number != null ? Optional.of(number) : Optional.ofNullable(text).map(Value.Text::new);
        };
    }

    private Value sum() {
        BigInteger whole = wholeSum();
        return decimals == 0 && whole.bitLength() < Long.SIZE
                ? new Value.Whole(whole.longValue())
                : new Value.Decimal(whole.doubleValue() + decimalSum);
    }

    private BigInteger wholeSum() {
        return BigInteger.valueOf(highs).shiftLeft(HALF).add(BigInteger.valueOf(lows));
    }
}
