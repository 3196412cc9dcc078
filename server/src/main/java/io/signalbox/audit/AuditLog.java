package io.signalbox.audit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.device.DeviceId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down who commanded what, behind the answer and without holding it up: calls are put into a queue, and one thread
 * makes entries of them and gives them to the store, a batch at a time. A crash loses those of the last second at most.
 *
 * <p>The queue is bounded by what it holds in memory. Over the bound calls are not written down, but counted, and told in
 * the server's log once a minute.
 */
public final class AuditLog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

    private static final int BATCH_MAX = 1_000;
    /** A call in the queue, with all that it keeps alive but params and response. */
    private static final int CALL_BYTES = 400;

    private static final int PURGED_AT_ONCE_MAX = 1_000;
    private static final int ATTEMPTS_MAX = 3;
    private static final Duration GATHER = Duration.ofMillis(500);
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(1);
    private static final Duration STORE_PATIENCE = Duration.ofSeconds(30);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

    private final AuditStore store;
    private final AuditEntries entries;
    private final Masks masks;
    private final Settings settings;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final ConcurrentLinkedQueue<RpcCall> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder written = new LongAdder();
    private final Thread thread;
    private volatile boolean idle;
    private volatile boolean closed;
    /** Nobody takes from the queue any more. */
    private volatile boolean ended;

    // The thread's own.
    private long purgeAt;
    private long tellAt;
    private long droppedTold;

    /**
     * How much is kept, and for how long.
     *
     * @param keep          time until an entry is removed
     * @param entriesMax    older ones are removed before their time
     * @param queueBytesMax memory for calls that are not written yet
     */
    public record Settings(Duration keep, long entriesMax, long queueBytesMax) {}

    /** Starts its thread; {@link #close} ends it. */
    public AuditLog(
            AuditStore store,
            AuditEntries entries,
            Masks masks,
            Settings settings,
            InstantSource clock,
            LongSupplier nanoTime,
            MeterRegistry meters) {
        this.store = store;
        this.entries = entries;
        this.masks = masks;
        this.settings = settings;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.purgeAt = nanoTime.getAsLong();
        this.tellAt = purgeAt;
        Gauge.builder("signalbox.audit.waiting.bytes", waitingBytes, AtomicLong::get)
                .description("Memory of calls that the audit log has not written yet")
                .register(meters);
        FunctionCounter.builder("signalbox.audit.written", written, LongAdder::sum)
                .description("Audit entries written, but for those of persistent commands")
                .register(meters);
        FunctionCounter.builder("signalbox.audit.dropped", dropped, LongAdder::sum)
                .description("Calls that came faster than the audit log could write")
                .register(meters);
        this.thread = Thread.ofPlatform().name("audit").start(this::run);
    }

    /** Whether such a call is written down at all. Any thread. */
    public boolean wants(boolean failure) {
        return entries.wants(failure);
    }

    /** Writes the call down, later. Any thread; never blocks, takes no lock. */
    public void record(RpcCall call) {
        if (!wants(call.isFailure())) {
            return;
        }
        RpcCall kept = entries.cut(call);
        int bytes = bytes(kept);
        if (waitingBytes.addAndGet(bytes) > settings.queueBytesMax()) {
            drop(kept);
            return;
        }
        queue.add(kept);
        if (idle) {
            idle = false;
            LockSupport.unpark(thread);
        }
        if (ended && queue.remove(kept)) { // else the thread has seen it
            drop(kept);
        }
    }

    private void drop(RpcCall call) {
        waitingBytes.addAndGet(-bytes(call));
        dropped.increment();
    }

    private static int bytes(RpcCall call) {
        return CALL_BYTES + call.params().length + call.response().length;
    }

    private void run() {
        while (!closed || !queue.isEmpty()) {
            try {
                gather();
                List<RpcCall> batch = take();
                if (!batch.isEmpty()) {
                    write(batch);
                }
                purge();
            } catch (RuntimeException e) {
                log.error("audit log failed", e);
            }
            tellDropped();
        }
        ended = true;
        for (RpcCall call = queue.poll(); call != null; call = queue.poll()) { // came while it ended
            drop(call);
        }
        tellDropped();
    }

    /** Until there is enough for a batch, or its first call has waited for long enough, or there is something else to do. */
    private void gather() {
        idle = true;
        while (queue.isEmpty() && !closed) {
            long left = purgeAt - nanoTime.getAsLong();
            if (left <= 0) {
                break;
            }
            LockSupport.parkNanos(left);
            idle = true; // woken for nothing, or by a call that is seen now
        }
        idle = false;
        long until = nanoTime.getAsLong() + GATHER.toNanos();
        while (!closed
                && waitingBytes.get() < (long) BATCH_MAX * CALL_BYTES
                && Math.min(until, purgeAt) - nanoTime.getAsLong() > 0) {
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    private List<RpcCall> take() {
        List<RpcCall> batch = new ArrayList<>();
        for (RpcCall call = queue.poll(); call != null; call = queue.poll()) {
            batch.add(call);
            if (batch.size() == BATCH_MAX) {
                break;
            }
        }
        return batch;
    }

    private void write(List<RpcCall> batch) {
        boolean isWritten = false;
        try {
            for (int attempt = 1; !isWritten && attempt <= ATTEMPTS_MAX; attempt++) {
                if (attempt > 1 && !closed) {
                    LockSupport.parkNanos(RETRY_PAUSE.toNanos());
                }
                isWritten =
                        entries(batch).map(made -> isDone(store.insert(made))).orElse(false);
            }
        } finally {
            waitingBytes.addAndGet(-batch.stream().mapToLong(AuditLog::bytes).sum());
            (isWritten ? written : dropped).add(batch.size());
        }
    }

    /** Empty: it is not known what must not be shown. */
    private Optional<List<AuditEntry>> entries(List<RpcCall> batch) {
        if (!masks.any()) {
            return Optional.of(batch.stream().map(entries::entry).toList());
        }
        Set<DeviceId> devices = batch.stream().map(RpcCall::device).collect(Collectors.toSet());
        Optional<Map<DeviceId, List<String>>> names =
                answer(masks.of(devices).thenApply(Optional::of), Optional.empty());
        return names.map(found -> batch.stream()
                .map(call -> entries.entry(call, found.getOrDefault(call.device(), List.of())))
                .toList());
    }

    private void purge() {
        if (closed || purgeAt - nanoTime.getAsLong() > 0) {
            return;
        }
        long before = clock.millis() - settings.keep().toMillis();
        int purged = answer(store.purge(before, settings.entriesMax(), PURGED_AT_ONCE_MAX), 0);
        purgeAt = nanoTime.getAsLong() + (purged > 0 ? 0 : MINUTE.toNanos());
    }

    private static boolean isDone(CompletionStage<Void> stage) {
        return answer(stage.thenApply(_ -> true), false);
    }

    /** Waits; {@code failed} when the store did not do it, of which it has told its own log. */
    private static <T> T answer(CompletionStage<T> stage, T failed) {
        var future = stage.toCompletableFuture();
        try {
            return future.get(STORE_PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            return failed;
        } catch (TimeoutException | InterruptedException e) {
            future.cancel(false);
            return failed;
        }
    }

    private void tellDropped() {
        long now = nanoTime.getAsLong();
        long count = dropped.sum() - droppedTold;
        if (count > 0 && (tellAt - now <= 0 || closed)) {
            log.warn("calls missing in the audit log calls={}", count);
            droppedTold += count;
            tellAt = now + MINUTE.toNanos();
        }
    }

    /** Writes what waits, then ends the thread. Blocks. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(CLOSE_PATIENCE)) {
                log.warn("audit log not written to its end waitingBytes={}", waitingBytes.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
