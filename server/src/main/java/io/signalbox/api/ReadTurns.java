package io.signalbox.api;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs what waits for stores, so many at a time. Owners take turns, and none has more than its part of what runs: whoever asks
 * for much waits behind itself. What waits is bounded by who asks. Any thread; holds its lock for a moment only.
 */
final class ReadTurns {
    private final Executor threads;
    private final int max;
    private final int ofOneMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Object, Lane> lanes = new HashMap<>();

    /** Those that wait and may run one more; the first has its turn. */
    private final ArrayDeque<Lane> turns = new ArrayDeque<>();

    private int running;
    private int waiting;

    /**
     * Runs nothing yet.
     *
     * @param max      that run at a time
     * @param ofOneMax of these, for one owner
     */
    ReadTurns(Executor threads, int max, int ofOneMax) {
        this.threads = threads;
        this.max = max;
        this.ofOneMax = ofOneMax;
    }

    private static final class Lane {
        private final Object owner;
        private final ArrayDeque<Runnable> works = new ArrayDeque<>();
        private int running;
        private boolean hasTurn;

        Lane(Object owner) {
            this.owner = owner;
        }
    }

    /** Runs {@code work}, which must not throw, when it is its owner's turn. */
    void run(Object owner, Runnable work) {
        lock.lock();
        try {
            Lane lane = lanes.computeIfAbsent(owner, Lane::new);
            lane.works.add(work);
            waiting++;
            giveTurn(lane);
            start();
        } finally {
            lock.unlock();
        }
    }

    private void giveTurn(Lane lane) {
        if (!lane.hasTurn && !lane.works.isEmpty() && lane.running < ofOneMax) {
            lane.hasTurn = true;
            turns.add(lane);
        }
    }

    private void start() {
        while (running < max && !turns.isEmpty()) {
            Lane lane = turns.remove();
            lane.hasTurn = false;
            Runnable work = lane.works.remove();
            waiting--;
            running++;
            lane.running++;
            giveTurn(lane);
            threads.execute(() -> carryOut(lane, work));
        }
    }

    private void carryOut(Lane lane, Runnable work) {
        try {
            work.run();
        } finally {
            ended(lane);
        }
    }

    private void ended(Lane lane) {
        lock.lock();
        try {
            running--;
            lane.running--;
            if (lane.running == 0 && lane.works.isEmpty()) {
                lanes.remove(lane.owner);
            }
            giveTurn(lane);
            start();
        } finally {
            lock.unlock();
        }
    }

    /** What has not begun. */
    int waiting() {
        lock.lock();
        try {
            return waiting;
        } finally {
            lock.unlock();
        }
    }
}
