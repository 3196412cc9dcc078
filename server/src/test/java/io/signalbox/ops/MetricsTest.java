package io.signalbox.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final Metrics metrics = new Metrics();

    @Test
    void countersOfFeaturesAreShown() {
        Counter.builder("rpc.finished")
                .tag("outcome", "answered")
                .register(metrics.registry())
                .increment();
        assertThat(metrics.text()).contains("rpc_finished_total{outcome=\"answered\"} 1.0");
    }

    @Test
    void theProcessIsShown() {
        assertThat(value("jvm_heap_used_bytes")).isPositive();
        assertThat(value("jvm_heap_max_bytes")).isPositive();
        assertThat(value("jvm_gc_collections_total")).isNotNegative();
        if (Files.exists(Path.of("/proc/self/status"))) {
            assertThat(value("process_resident_memory_bytes")).isGreaterThan(10 << 20);
            assertThat(value("process_threads")).isGreaterThan(1);
            assertThat(value("process_cpu_seconds_total")).isPositive();
        }
    }

    private double value(String name) {
        return metrics.text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is not among\n" + metrics.text()));
    }
}
