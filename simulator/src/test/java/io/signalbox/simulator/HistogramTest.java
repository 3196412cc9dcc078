package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistogramTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void percentilesAgreeWithASortedArray(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Histogram histogram = new Histogram();
        long[] values = new long[1 + random.nextInt(20_000)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextLong(1L << random.nextInt(1, 40));
            histogram.record(values[i]);
        }
        Arrays.sort(values);
        for (double percent : new double[] {0.1, 1, 25, 50, 90, 99, 99.9, 100}) {
            long exact = values[(int) Math.max(0, Math.ceil(percent / 100 * values.length) - 1)];
            assertThat(histogram.percentile(percent))
                    .as("seed %d, p%s", seed, percent)
                    .isBetween(exact, (long) (exact * 1.008) + 1);
        }
        assertThat(histogram.max()).isEqualTo(values[values.length - 1]);
        assertThat(histogram.count()).isEqualTo(values.length);
    }

    @Test
    void extremesHaveTheirBuckets() {
        Histogram histogram = new Histogram();
        histogram.record(-5);
        assertThat(histogram.percentile(100)).isZero();
        histogram.record(Long.MAX_VALUE);
        assertThat(histogram.percentile(100)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void emptyOnceCleared() {
        Histogram histogram = new Histogram();
        histogram.record(1000);
        histogram.clear();
        assertThat(histogram.count()).isZero();
        assertThat(histogram.percentile(50)).isZero();
        assertThat(histogram.max()).isZero();
    }
}
