package io.signalbox.store.sql;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits for a store's threads, bounded by number and by bytes. Any thread; {@link #offer} never waits for room.
 *
 * <p>Items stand in lanes, one for each tenant's commands, one for what devices tell and one for all else. Within a lane the older goes first; lanes take turns, one
 * item each. So an item that has {@code k} before it in its lane, while {@code n} lanes have items, goes out among the first
 * {@code n * (k + 1)}, however long the other lanes are. A lane with fewer than {@link #SHARE} items takes one more even when
 * the queue is full, so that nobody is turned away because of others; and what is forced in takes nobody's room.
 *
 * <p>After {@link #close} nothing more is taken in, and what waits is still given out.
 */
final class WorkQueue<T> {
    static final long FOR_EVER = Long.MAX_VALUE;

    /** Of what belongs to no tenant. */
    static final Object SERVER = "server";

    /** Of the attributes that devices send. */
    static final Object DEVICES = "devices";

    static final int SHARE = 16;

    private final int itemsMax;
    private final long bytesMax;
    private final int serverShare;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final Map<Object, Lane<T>> lanes = new HashMap<>();

    /** Those with items; the first has its turn. */
    private final ArrayDeque<Lane<T>> turns = new ArrayDeque<>();

    private int size;

    /** Those of them that were not forced in, and their bytes. */
    private int offered;

    private long offeredBytes;
    private boolean closed;

    /** @param serverShare as {@link #SHARE}, for {@link #SERVER} */
    WorkQueue(int itemsMax, long bytesMax, int serverShare) {
        this.itemsMax = itemsMax;
        this.bytesMax = bytesMax;
        this.serverShare = serverShare;
    }

    enum Offer {
        TAKEN,
        FULL,
        CLOSED
    }

    private record Lane<T>(Object owner, ArrayDeque<Entry<T>> entries) {}

    private record Entry<T>(T item, long bytes, boolean isForced) {}

    /** @param itemBytes what the item holds in memory, roughly; an empty queue takes an item of any size */
    Offer offer(Object owner, T item, long itemBytes) {
        return offer(owner, item, itemBytes, false);
    }

    /** Like {@link #offer}, but never full: for what is bounded by something else. */
    Offer force(Object owner, T item, long itemBytes) {
        return offer(owner, item, itemBytes, true);
    }

    private Offer offer(Object owner, T item, long itemBytes, boolean isForced) {
        lock.lock();
        try {
            if (closed) {
                return Offer.CLOSED;
            }
            Lane<T> lane = lanes.get(owner);
            if (!isForced && isFullFor(itemBytes) && (lane == null ? 0 : lane.entries.size()) >= share(owner)) {
                return Offer.FULL;
            }
            if (lane == null) {
                lane = new Lane<>(owner, new ArrayDeque<>(2));
                lanes.put(owner, lane);
                turns.add(lane);
            }
            lane.entries.add(new Entry<>(item, itemBytes, isForced));
            size++;
            if (!isForced) {
                offered++;
                offeredBytes += itemBytes;
            }
            filled.signal();
            return Offer.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for an item, then takes those that are there, lane by lane in turn, {@code max} at most. Empty: {@link #isSpent}. */
    List<T> take(int max) {
        return take(max, FOR_EVER);
    }

    /** As {@link #take(int)}, but waits for {@code nanosMax} at most; empty also when nothing came. */
    List<T> take(int max, long nanosMax) {
        lock.lock();
        try {
            long left = nanosMax;
            while (size == 0 && !closed && left > 0) {
                left = filled.awaitNanos(left);
            }
            List<T> items = new ArrayList<>(Math.min(max, size));
            while (items.size() < max && size > 0) {
                Lane<T> lane = turns.remove();
                Entry<T> entry = lane.entries.remove();
                if (lane.entries.isEmpty()) {
                    lanes.remove(lane.owner);
                } else {
                    turns.add(lane);
                }
                size--;
                if (!entry.isForced) {
                    offered--;
                    offeredBytes -= entry.bytes;
                }
                items.add(entry.item);
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
            return closed && size == 0;
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return size;
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

    private int share(Object owner) {
        return owner.equals(SERVER) ? serverShare : SHARE;
    }

    private boolean isFullFor(long itemBytes) {
        return offered >= itemsMax || (offeredBytes + itemBytes > bytesMax && offered > 0);
    }
}
