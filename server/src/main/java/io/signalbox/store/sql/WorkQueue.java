package io.signalbox.store.sql;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits for a store's threads, bounded by number and by bytes. Any thread; {@link #offer} never waits for room.
 *
 * <p>After {@link #close} nothing more is taken in, and what waits is still given out.
 */
final class WorkQueue<T> {
    static final long FOR_EVER = Long.MAX_VALUE;

    private final int itemsMax;
    private final long bytesMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final ArrayDeque<Entry<T>> entries = new ArrayDeque<>();
    private long bytes;
    private boolean closed;

    WorkQueue(int itemsMax, long bytesMax) {
        this.itemsMax = itemsMax;
        this.bytesMax = bytesMax;
    }

    enum Offer {
        TAKEN,
        FULL,
        CLOSED
    }

    /** @param itemBytes what the item holds in memory, roughly; an empty queue takes an item of any size */
    Offer offer(T item, long itemBytes) {
        return offer(item, itemBytes, false);
    }

    /** Like {@link #offer}, but never full: for what is bounded by something else. */
    Offer force(T item, long itemBytes) {
        return offer(item, itemBytes, true);
    }

    private Offer offer(T item, long itemBytes, boolean isForced) {
        lock.lock();
        try {
            if (closed) {
                return Offer.CLOSED;
            }
            if (!isForced && isFullFor(itemBytes)) {
                return Offer.FULL;
            }
            entries.add(new Entry<>(item, itemBytes));
            bytes += itemBytes;
            filled.signal();
            return Offer.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for an item, then takes all that are there, in order, {@code max} at most. Empty: nothing came, or {@link #isSpent}. */
    List<T> take(int max, long nanosMax) {
        lock.lock();
        try {
            long left = nanosMax;
            while (entries.isEmpty() && !closed && left > 0) {
                left = filled.awaitNanos(left);
            }
            List<T> items = new ArrayList<>(Math.min(max, entries.size()));
            while (items.size() < max && !entries.isEmpty()) {
                Entry<T> entry = entries.remove();
                bytes -= entry.bytes();
                items.add(entry.item());
            }
            return items;
        } catch (InterruptedException _) {
            return List.of(); // nobody interrupts a store's threads; less waiting harms nobody
        } finally {
            lock.unlock();
        }
    }

    /** Closed, and nothing waits. */
    boolean isSpent() {
        lock.lock();
        try {
            return closed && entries.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return entries.size();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            filled.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isFullFor(long itemBytes) {
        return entries.size() >= itemsMax || (bytes + itemBytes > bytesMax && !entries.isEmpty());
    }

    private record Entry<T>(T item, long bytes) {}
}
