package io.signalbox.store.sql.points;

import io.signalbox.payload.Reading;
import io.signalbox.session.Receipt;
import io.signalbox.telemetry.Erase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What waits for the writer, in order; bounded by messages and by bytes. Without locks, since event loops offer. */
final class AppendQueue {
    /** {@link #wakeAt} while the writer is awake. */
    private static final int AWAKE = Integer.MAX_VALUE;

    /** Memory of a message beside its readings. */
    private static final int ENTRY_BYTES = 64;

    /** One request to the writer. */
    sealed interface Entry {
        /** Memory, roughly. */
        long bytes();

        /** Readings of one message; {@code expiresAt} 0: they stay. */
        record Append(long device, List<Reading> readings, long expiresAt, Receipt receipt, long bytes)
                implements Entry {
            Append(long device, List<Reading> readings, long expiresAt, Receipt receipt) {
                long bytes = ENTRY_BYTES;
                for (Reading reading : readings) {
                    bytes += Run.ROW_BYTES + ValueColumn.bytes(reading.value());
                }
                this(device, readings, expiresAt, receipt, bytes);
            }
        }

        /** A deletion; {@code done} hears that it is committed. */
        record Erased(long device, Erase erase, CompletableFuture<Void> done) implements Entry {
            @Override
            public long bytes() {
                return ENTRY_BYTES + 2L * Run.ROW_BYTES * erase.keys().size();
            }
        }

        /** The end of a device; {@code done} hears that it is committed. */
        record Purge(long device, CompletableFuture<Void> done) implements Entry {
            @Override
            public long bytes() {
                return ENTRY_BYTES;
            }
        }
    }

    private final int messagesMax;
    private final long bytesMax;
    private final Queue<Entry> entries = new ConcurrentLinkedQueue<>();
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger wakeAt = new AtomicInteger(AWAKE);
    private final Queue<Runnable> waiters = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread writer;

    AppendQueue(int messagesMax, long bytesMax) {
        this.messagesMax = messagesMax;
        this.bytesMax = bytesMax;
    }

    /** Says which thread calls {@link #await}; before it does. */
    void writer(Thread thread) {
        writer = thread;
    }

    /** Any thread. False when full. */
    boolean offer(Entry entry) {
        int count = messages.incrementAndGet();
        if (count > messagesMax) {
            messages.decrementAndGet();
            return false;
        }
        long size = bytes.addAndGet(entry.bytes());
        if (size > bytesMax && size > entry.bytes()) {
            bytes.addAndGet(-entry.bytes());
            messages.decrementAndGet();
            return false;
        }
        entries.add(entry);
        if (count >= wakeAt.get()) {
            wake();
        }
        return true;
    }

    /**
     * Any thread. Runs {@code task} when the queue is at most half full: here if it is now, else on the writer thread. Not
     * before: a message that does not fit would be offered again and again while smaller ones do.
     */
    void whenWritable(Runnable task) {
        waiters.add(task);
        if (isHalfEmpty() && waiters.remove(task)) { // else the writer, which takes what is there, finds the task
            task.run();
        }
    }

    private boolean isHalfEmpty() {
        return messages.get() <= messagesMax / 2 && bytes.get() <= bytesMax / 2;
    }

    /** Any thread. */
    int messages() {
        return messages.get();
    }

    /** Any thread. */
    long bytes() {
        return bytes.get();
    }

    /** Writer thread. The oldest entries, at least one if there is any. */
    void take(int messagesTakenMax, long bytesTakenMax, List<Entry> into) {
        long taken = 0;
        for (Entry next = entries.peek(); next != null; next = entries.peek()) {
            if (!into.isEmpty() && (into.size() >= messagesTakenMax || taken + next.bytes() > bytesTakenMax)) {
                break;
            }
            entries.remove();
            into.add(next);
            taken += next.bytes();
            bytes.addAndGet(-next.bytes());
        }
        messages.addAndGet(-into.size());
    }

    /** Any thread, once the writer has ended. Each entry goes to one caller. */
    void drain(List<Entry> into) {
        for (Entry next = entries.poll(); next != null; next = entries.poll()) {
            into.add(next);
            bytes.addAndGet(-next.bytes());
            messages.decrementAndGet();
        }
    }

    /** Writer thread. A task that may run, since the queue is at most half full; null if none waits. */
    @Nullable
    Runnable pollWritable() {
        return isHalfEmpty() ? waiters.poll() : null;
    }

    /** Writer thread. Waits until so many messages are there, or {@link #wake}, or the time is over; may return early. */
    void await(int untilMessages, long nanos) {
        wakeAt.set(untilMessages);
        if (messages.get() < untilMessages) {
            LockSupport.parkNanos(this, nanos);
        }
        wakeAt.set(AWAKE);
    }

    /** Any thread. */
    void wake() {
        wakeAt.set(AWAKE); // so that the next message need not wake a thread that is awake
        LockSupport.unpark(writer);
    }
}
