package io.signalbox.api;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Sockets that have not said who they are, bounded for each address and in all. Any thread; never blocks. */
final class Strangers {
    private final int max;
    private final int perAddressMax;
    private final AtomicInteger all = new AtomicInteger();
    private final ConcurrentHashMap<String, Integer> byAddress = new ConcurrentHashMap<>();

    Strangers(int max, int perAddressMax) {
        this.max = max;
        this.perAddressMax = perAddressMax;
    }

    /** Counts one; false: there are as many as there may be. */
    boolean come(String address) {
        if (all.incrementAndGet() > max) {
            all.decrementAndGet();
            return false;
        }
        boolean[] isIn = {true};
        byAddress.merge(address, 1, (count, one) -> {
            isIn[0] = count < perAddressMax;
            return isIn[0] ? count + one : count;
        });
        if (!isIn[0]) {
            all.decrementAndGet();
        }
        return isIn[0];
    }

    /** Undoes one {@link #come} that said yes. */
    void go(String address) {
        byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
        all.decrementAndGet();
    }

    int size() {
        return all.get();
    }
}
