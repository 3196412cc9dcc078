package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Runs for tests, and what is in them. */
final class Runs {
    private static final String[] TEXTS = {
        "", "a", "Größe", "\0", "\uD800", "\uD801", "\uD83D\uDE00", "long ".repeat(60)
    };
    private static final long[] WHOLES = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
    };
    private static final double[] DECIMALS = {
        0,
        -0.0,
        1,
        1.5,
        Double.MAX_VALUE,
        Double.MIN_VALUE,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY
    };

    record At(long series, long ts, Value value) {}

    private Runs() {}

    static At at(long series, long ts, Value value) {
        return new At(series, ts, value);
    }

    /** Any order; of equal series and times the last stays. */
    static Run of(At... readings) {
        Run.Builder builder = new Run.Builder();
        for (At reading : readings) {
            builder.add(reading.series, reading.ts, reading.value, 0);
        }
        return builder.build();
    }

    static List<At> list(Run run) {
        List<At> readings = new ArrayList<>();
        for (int i = 0; i < run.size(); i++) {
            readings.add(new At(run.series(i), run.ts(i), run.value(i)));
        }
        return readings;
    }

    static Run random(SplittableRandom random, int readingsMax) {
        At[] readings = new At[random.nextInt(readingsMax + 1)];
        for (int i = 0; i < readings.length; i++) {
            readings[i] = at(random.nextInt(6) * 300L, random.nextInt(8) - 3, value(random));
        }
        return of(readings);
    }

    static Value value(SplittableRandom random) {
        return switch (random.nextInt(7)) {
            case 0 -> new Value.Whole(random.nextLong());
            case 1 -> new Value.Whole(WHOLES[random.nextInt(WHOLES.length)]);
            case 2 -> new Value.Decimal(random.nextDouble());
            case 3 -> new Value.Decimal(DECIMALS[random.nextInt(DECIMALS.length)]);
            case 4 -> new Value.Text(TEXTS[random.nextInt(TEXTS.length)]);
            case 5 -> new Value.Flag(random.nextBoolean());
            default -> new Value.Json("{\"n\":\"" + TEXTS[random.nextInt(TEXTS.length)] + "\"}");
        };
    }
}
