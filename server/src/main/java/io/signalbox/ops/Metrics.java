package io.signalbox.ops;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * The meters of the server, and of its process. Any thread may add meters and count.
 *
 * <p>The process is measured when somebody asks, never before: the management beans would cost a tenth of the start.
 */
public final class Metrics {
    /** Media type of {@link #text}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path STAT = Path.of("/proc/self/stat");
    private static final long BYTES_PER_KB = 1024;
    private static final double MILLIS_PER_SECOND = 1000;
    private static final double TICKS_PER_SECOND = 100; // what Linux shows to programs, on all machines
    private static final int TICKS_OF_USER = 11; // fields behind the name of the program in proc(5) stat
    private static final int TICKS_OF_SYSTEM = 12;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    public Metrics() {
        Runtime runtime = Runtime.getRuntime();
        gauge("jvm.heap.used", "bytes", "Heap in use", _ -> runtime.totalMemory() - runtime.freeMemory());
        gauge("jvm.heap.committed", "bytes", "Heap taken from the system", _ -> runtime.totalMemory());
        gauge("jvm.heap.max", "bytes", "Heap at most", _ -> runtime.maxMemory());
        counter("jvm.gc.collections", "", "Garbage collections", _ -> collections());
        counter(
                "jvm.gc.pause",
                "seconds",
                "Time spent in garbage collections",
                _ -> collectionMillis() / MILLIS_PER_SECOND);
        if (Files.exists(STATUS)) {
            gauge(
                    "process.resident.memory",
                    "bytes",
                    "Memory of the process",
                    _ -> statusLine("VmRSS:").orElse(0) * BYTES_PER_KB);
            gauge(
                    "process.threads",
                    "",
                    "Threads of the process, the machine's own included",
                    _ -> statusLine("Threads:").orElse(0));
            counter("process.cpu", "seconds", "Processor time of the process", _ -> cpuSeconds());
        }
    }

    /** Where features register their meters; names are in lower case with dots. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Shows histograms of times under one name, each with the tags that tell it from the others. */
    public void histograms(String name, String about, List<Tagged> histograms) {
        double[] bounds = IntStream.range(0, Histogram.STEPS)
                .mapToDouble(Histogram::boundSeconds)
                .toArray();
        registry.getPrometheusRegistry().register(() -> {
            HistogramSnapshot.Builder shown = HistogramSnapshot.builder()
                    .name(name.replace('.', '_') + "_seconds")
                    .help(about)
                    .unit(Unit.SECONDS);
            for (Tagged tagged : histograms) {
                shown.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(
                                bounds, tagged.histogram().counts()))
                        .sum(tagged.histogram().secondsTogether())
                        .labels(Labels.of(tagged.tags().toArray(String[]::new)))
                        .build());
            }
            return shown.build();
        });
    }

    /** @param tags names and values by turns */
    public record Tagged(Histogram histogram, List<String> tags) {}

    /** Everything, in the text format of Prometheus. Reads files: not on an event loop. */
    public String text() {
        return registry.scrape();
    }

    private void gauge(String name, String unit, String about, ToLongFunction<Metrics> value) {
        Gauge.Builder<Metrics> gauge =
                Gauge.builder(name, this, value::applyAsLong).description(about);
        if (!unit.isEmpty()) {
            gauge.baseUnit(unit);
        }
        gauge.register(registry);
    }

    private void counter(String name, String unit, String about, ToDoubleFunction<Metrics> value) {
        FunctionCounter.Builder<Metrics> counter =
                FunctionCounter.builder(name, this, value).description(about);
        if (!unit.isEmpty()) {
            counter.baseUnit(unit);
        }
        counter.register(registry);
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    private static long collectionMillis() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum();
    }

    /** The number on a line of proc(5) status; empty when it cannot be read. */
    private static OptionalLong statusLine(String name) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(name)) {
                    return OptionalLong.of(Long.parseLong(
                            line.substring(name.length()).replace("kB", "").strip()));
                }
            }
            return OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    private static double cpuSeconds() {
        try {
            String stat = Files.readString(STAT);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[TICKS_OF_USER]) + Long.parseLong(fields[TICKS_OF_SYSTEM])) / TICKS_PER_SECOND;
        } catch (IOException e) {
            return 0;
        }
    }
}
