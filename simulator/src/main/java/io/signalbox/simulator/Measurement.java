package io.signalbox.simulator;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a load did in its window.
 *
 * @param seconds length of the window
 * @param count successes, the only ones that latencies are of
 * @param errors counts by kind: a status, or {@code connection}
 * @param ownCpu processor time of the simulator
 * @param serverCpu processor time of the server; empty when its process is not known
 * @param serverKilobytes its resident memory at the end
 */
record Measurement(
        double seconds,
        long count,
        double p50Millis,
        double p99Millis,
        double p999Millis,
        double maxMillis,
        Map<String, Long> errors,
        Duration ownCpu,
        Optional<Duration> serverCpu,
        Optional<Long> serverKilobytes) {

    double perSecond() {
        return count / seconds;
    }

    Measurement plusErrors(Map<String, Long> more) {
        Map<String, Long> all = new TreeMap<>(errors);
        more.forEach((kind, times) -> all.merge(kind, times, Long::sum));
        return new Measurement(
                seconds,
                count,
                p50Millis,
                p99Millis,
                p999Millis,
                maxMillis,
                Map.copyOf(all),
                ownCpu,
                serverCpu,
                serverKilobytes);
    }

    /**
     * Adds its figures to a report.
     *
     * @param unit what was counted: {@code calls}, {@code messages}
     */
    void report(Report report, String unit) {
        report.add("seconds", "measured time", seconds, "%.1f s");
        report.add(unit, unit, (double) count, "%,.0f");
        report.add("perSecond", "rate", perSecond(), "%,.0f/s");
        report.add("p50Ms", "p50", p50Millis, "%.3f ms");
        report.add("p99Ms", "p99", p99Millis, "%.3f ms");
        report.add("p999Ms", "p99.9", p999Millis, "%.3f ms");
        report.add("maxMs", "max", maxMillis, "%.3f ms");
        report.add("errors", "errors", new TreeMap<>(errors));
        serverKilobytes.ifPresent(k -> report.add("serverRssMb", "server memory", k / 1024.0, "%.1f MiB"));
        serverCpu.ifPresent(cpu -> {
            report.add("serverCores", "server processor", cpu.toNanos() / 1e9 / seconds, "%.2f cores");
            report.add("serverMicrosEach", "server processor each", micros(cpu), "%.1f µs");
        });
        report.add("ownMicrosEach", "simulator processor each", micros(ownCpu), "%.1f µs");
    }

    private double micros(Duration cpu) {
        return count == 0 ? 0 : cpu.toNanos() / 1e3 / count;
    }
}
