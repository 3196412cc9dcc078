package io.signalbox.store.sql.points;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.Supplier;

/** What the time-series store tells about itself, as {@code signalbox_points_…}. */
final class PointsMetrics {
    private final MeterRegistry registry;
    private final DistributionSummary commitMessages;
    private final Timer commitTime;
    private final Timer sliceTime;
    private final Counter moves;
    private final Counter movedReadings;
    private final Counter purgedRows;
    private final Counter failures;

    PointsMetrics(MeterRegistry registry) {
        this.registry = registry;
        commitMessages = DistributionSummary.builder("signalbox.points.commit.messages")
                .description("Messages of one group commit")
                .register(registry);
        commitTime = Timer.builder("signalbox.points.commit")
                .description("One group commit, sync included")
                .register(registry);
        sliceTime = Timer.builder("signalbox.points.slice")
                .description("One slice of a move or purge; commits wait for it")
                .register(registry);
        moves = Counter.builder("signalbox.points.moves")
                .description("Moves of the journal into the point table")
                .register(registry);
        movedReadings = Counter.builder("signalbox.points.moved.readings")
                .description("Readings moved into the point table")
                .register(registry);
        purgedRows = Counter.builder("signalbox.points.purged.rows")
                .description("Rows of deleted devices that were removed")
                .register(registry);
        failures = Counter.builder("signalbox.points.failures")
                .description("Transactions that failed; the readings of a failed commit were refused")
                .register(registry);
    }

    void gauges(AppendQueue queue, Supplier<Tail> tail, Supplier<Number> readsWaiting) {
        gauges(queue, readsWaiting);
        gauge(
                "signalbox.points.tail.bytes",
                "Memory of committed readings that are not in the point table yet",
                () -> tail.get().bytes());
    }

    void gauges(AppendQueue queue, Supplier<Number> readsWaiting) {
        gauge("signalbox.points.queue.messages", "Messages that wait for a commit", queue::messages);
        gauge("signalbox.points.queue.bytes", "Memory of the messages that wait for a commit", queue::bytes);
        gauge("signalbox.points.reads.waiting", "Reads that wait for a connection", readsWaiting);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    void committed(int messages, long nanos) {
        commitMessages.record(messages);
        commitTime.record(Duration.ofNanos(nanos));
    }

    void moved(int readings, boolean last, long nanos) {
        sliceTime.record(Duration.ofNanos(nanos));
        movedReadings.increment(readings);
        if (last) {
            moves.increment();
        }
    }

    void purged(int rows, long nanos) {
        sliceTime.record(Duration.ofNanos(nanos));
        purgedRows.increment(rows);
    }

    void failed() {
        failures.increment();
    }
}
