package io.signalbox.simulator;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Counts what a load does between {@link #begin} and {@link #end}; outside of that window it drops what it is told.
 *
 * <p>One thread.
 */
final class Meter {
    private final Histogram latency = new Histogram();
    private final Map<String, Long> errors = new TreeMap<>();
    private final Optional<ServerProcess> server;
    private boolean measuring;
    private long begun;
    private Duration serverCpu = Duration.ZERO;
    private Duration ownCpu = Duration.ZERO;

    /** @param server whose processor time to read at both ends; empty when nobody knows it */
    Meter(Optional<ServerProcess> server) {
        this.server = server;
    }

    void begin() {
        latency.clear();
        errors.clear();
        measuring = true;
        serverCpu = server.map(ServerProcess::cpu).orElse(Duration.ZERO);
        ownCpu = ServerProcess.self().cpu();
        begun = System.nanoTime();
    }

    void success(long nanos) {
        if (measuring) {
            latency.record(nanos);
        }
    }

    void error(String kind) {
        if (measuring) {
            errors.merge(kind, 1L, Long::sum);
        }
    }

    /** Ends the window; errors may still be added until the next {@link #begin}, for what never got an answer. */
    Measurement end() {
        double seconds = (System.nanoTime() - begun) / 1e9;
        Duration own = ServerProcess.self().cpu().minus(ownCpu);
        Optional<Duration> cpu = server.map(s -> s.cpu().minus(serverCpu));
        measuring = false;
        return new Measurement(
                seconds,
                latency.count(),
                latency.percentileMillis(50),
                latency.percentileMillis(99),
                latency.percentileMillis(99.9),
                latency.max() / 1e6,
                Map.copyOf(errors),
                own,
                cpu,
                server.map(ServerProcess::residentKilobytes));
    }
}
