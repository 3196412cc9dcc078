package io.signalbox.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void isShownAsPrometheusWantsIt() {
        Histogram histogram = new Histogram();
        histogram.record(TimeUnit.MICROSECONDS.toNanos(99));
        histogram.record(TimeUnit.MICROSECONDS.toNanos(100));
        histogram.record(TimeUnit.MILLISECONDS.toNanos(300));
        histogram.record(TimeUnit.DAYS.toNanos(2));
        histogram.record(-5);
        Metrics metrics = new Metrics();
        metrics.histograms(
                "a.stage",
                "How long it took",
                List.of(new Metrics.Tagged(histogram, List.of("kind", "x", "stage", "y"))));

        assertThat(metrics.text())
                .contains("# HELP a_stage_seconds How long it took\n# TYPE a_stage_seconds histogram\n")
                .contains("a_stage_seconds_bucket{kind=\"x\",stage=\"y\",le=\"1.0E-4\"} 2\n")
                .contains("a_stage_seconds_bucket{kind=\"x\",stage=\"y\",le=\"2.5E-4\"} 3\n")
                .contains("a_stage_seconds_bucket{kind=\"x\",stage=\"y\",le=\"0.5\"} 4\n")
                .contains("a_stage_seconds_bucket{kind=\"x\",stage=\"y\",le=\"86400.0\"} 4\n")
                .contains("a_stage_seconds_bucket{kind=\"x\",stage=\"y\",le=\"+Inf\"} 5\n")
                .contains("a_stage_seconds_count{kind=\"x\",stage=\"y\"} 5\n")
                .contains("a_stage_seconds_sum{kind=\"x\",stage=\"y\"} 172800.300199\n");
    }

    @Test
    void everyTimeHasItsStep() {
        assertThat(Histogram.step(0)).isZero();
        assertThat(Histogram.boundSeconds(Histogram.step(TimeUnit.HOURS.toNanos(1))))
                .isEqualTo(21_600);
        assertThat(Histogram.step(Long.MAX_VALUE)).isEqualTo(Histogram.STEPS - 1);
        assertThat(Histogram.boundSeconds(Histogram.STEPS - 1)).isInfinite();
    }
}
