package io.signalbox.rpc;

import io.signalbox.ops.Histogram;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * What became of commands since the start, in numbers, and one line in the log for each persistent command that failed. Any
 * thread; never blocks.
 *
 * <p>Ends of persistent commands are told by the store, behind the commit, whoever brought them about: so each counts once.
 */
public final class RpcFigures implements RpcStore.Watcher {
    /** A command is of one kind. */
    public enum Kind {
        LIGHTWEIGHT,
        PERSISTENT;

        /** Whether commands of this kind may end so; some states are made in the store only. */
        public boolean endsAs(RpcStatus status) {
            return switch (status) {
                case DELIVERED, SUCCESSFUL, FAILED, EXPIRED -> true;
                case CANCELLED, SUPERSEDED, DELETED -> this == PERSISTENT;
                case QUEUED, SENT, TIMEOUT -> false;
            };
        }
    }

    /** A stretch of a command's life. */
    public enum Stage {
        /** From acceptance to the first time that a session was given it. */
        ATTEMPT,
        /** From the last time that a session was given it to its being delivered. */
        DELIVERY,
        /** From there to the device's answer. */
        ANSWER,
        /** From acceptance to the end, whatever it was. */
        END
    }

    private final Map<Kind, Counts> counts = new EnumMap<>(Kind.class);
    private final LongAdder late = new LongAdder();
    private final LongAdder duplicate = new LongAdder();
    private final FailureLog failures;
    private volatile Optional<RpcStatistics> statistics = Optional.empty();

    /** Of one kind. */
    private static final class Counts {
        final Map<RpcStatus, LongAdder> ended = new EnumMap<>(RpcStatus.class);
        final Map<Stage, Histogram> stages = new EnumMap<>(Stage.class);
        final LongAdder resent = new LongAdder();

        Counts() {
            for (RpcStatus status : RpcStatus.values()) {
                ended.put(status, new LongAdder());
            }
            for (Stage stage : Stage.values()) {
                stages.put(stage, new Histogram());
            }
        }
    }

    RpcFigures(LongSupplier nanoTime) {
        failures = new FailureLog(nanoTime);
        for (Kind kind : Kind.values()) {
            counts.put(kind, new Counts());
        }
    }

    /** From now on, ends are counted there as well. */
    public void countInto(RpcStatistics by) {
        statistics = Optional.of(by);
    }

    /** Commands that ended so. */
    public long ended(Kind kind, RpcStatus status) {
        LongAdder count = of(kind).ended.get(status);
        return count == null ? 0 : count.sum();
    }

    /** Attempts that were not the first. */
    public long resent(Kind kind) {
        return of(kind).resent.sum();
    }

    /** Answers to persistent commands that had ended without one. */
    public long late() {
        return late.sum();
    }

    /** Answers to persistent commands that had been answered. */
    public long duplicates() {
        return duplicate.sum();
    }

    /** How long commands took. */
    public Histogram stage(Kind kind, Stage stage) {
        Histogram histogram = of(kind).stages.get(stage);
        if (histogram == null) {
            throw new IllegalStateException("no histogram of " + stage);
        }
        return histogram;
    }

    private Counts of(Kind kind) {
        Counts of = counts.get(kind);
        if (of == null) {
            throw new IllegalStateException("no counts of " + kind);
        }
        return of;
    }

    void attempted(Kind kind, int attempt, long nanosSinceAcceptance) {
        if (attempt == 1) {
            stage(kind, Stage.ATTEMPT).record(nanosSinceAcceptance);
        } else {
            of(kind).resent.increment();
        }
    }

    /** A lightweight command ended. */
    void ended(long device, Rpc rpc, long nanosSinceAcceptance) {
        ended(Kind.LIGHTWEIGHT, device, rpc.command().method(), rpc.status(), rpc.attempt(), nanosSinceAcceptance);
    }

    @Override
    public void ended(RpcOrder order, RpcProgress progress) {
        HistoryEntry last = progress.history().getLast();
        long nanos = Duration.ofMillis(last.ts() - order.createdTime()).toNanos();
        ended(Kind.PERSISTENT, order.device(), order.method(), progress.status(), progress.attempt(), nanos);
        switch (progress.status()) {
            case FAILED, EXPIRED, CANCELLED, SUPERSEDED, DELETED -> failures.add(order, progress);
            case SUCCESSFUL, DELIVERED, QUEUED, SENT, TIMEOUT -> {}
        }
    }

    private void ended(Kind kind, long device, String method, RpcStatus status, int attempts, long nanos) {
        LongAdder count = of(kind).ended.get(status);
        if (count != null) {
            count.increment();
        }
        stage(kind, Stage.END).record(nanos);
        statistics.ifPresent(into -> into.ended(device, method, kind, status, attempts, nanos));
    }

    @Override
    public void late(RpcOrder order, boolean isDuplicate) {
        (isDuplicate ? duplicate : late).increment();
        statistics.ifPresent(into -> into.late(order.device(), order.method(), isDuplicate));
    }

    /** Now and then: tells of failures that had no line of their own. */
    void tellFailures() {
        failures.tell();
    }
}
