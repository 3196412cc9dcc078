package io.signalbox.rpc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The open commands of one device that are in memory, in the order of acceptance: those that were sent, then those that were
 * not, then lightweight ones that came while older commands were still to be read from the store. Device mailbox.
 */
final class OpenRpcs {
    /** The one map of what may still be answered, by device-visible id. */
    private final LinkedHashMap<Integer, Pending> sent = new LinkedHashMap<>(4);

    private final ArrayDeque<Pending> unsent = new ArrayDeque<>(2);
    private final ArrayDeque<Pending> behind = new ArrayDeque<>(0);

    @Nullable
    Pending sent(int requestId) {
        return sent.get(requestId);
    }

    int sentCount() {
        return sent.size();
    }

    Collection<Pending> sent() {
        return sent.values();
    }

    boolean isSent(Pending pending) {
        return pending.equals(sent.get(pending.requestId));
    }

    boolean isHere(Pending pending) {
        return isSent(pending) || unsent.contains(pending);
    }

    int size() {
        return sent.size() + unsent.size() + behind.size();
    }

    boolean hasUnsent() {
        return !unsent.isEmpty();
    }

    Pending firstUnsent() {
        return unsent.element();
    }

    List<Pending> unsent() {
        return List.copyOf(unsent);
    }

    List<Pending> all() {
        List<Pending> all = new ArrayList<>(sent.values());
        all.addAll(unsent);
        all.addAll(behind);
        return all;
    }

    void add(Pending pending) {
        unsent.add(pending);
    }

    void addBehind(Pending pending) {
        behind.add(pending);
    }

    /** The first of the unsent has its request id now. */
    void firstIsSent() {
        Pending first = unsent.remove();
        sent.put(first.requestId, first);
    }

    /** False: another command has that request id. */
    boolean addSent(Pending pending) {
        return sent.putIfAbsent(pending.requestId, pending) == null;
    }

    void remove(Pending pending) {
        if (!sent.remove(pending.requestId, pending) && !unsent.remove(pending)) {
            behind.remove(pending);
        }
    }

    void removeUnsent() {
        unsent.clear();
    }

    /** What is going to be read may be older than lightweight commands that wait here. */
    void letUnsentWait() {
        unsent.removeIf(pending -> !pending.isPersistent() && behind.add(pending));
    }

    void letBehindGo() {
        unsent.addAll(behind);
        behind.clear();
    }

    boolean hasLightweight() {
        return !behind.isEmpty() || hasLightweight(sent.values()) || hasLightweight(unsent);
    }

    private static boolean hasLightweight(Collection<Pending> some) {
        for (Pending pending : some) {
            if (!pending.isPersistent()) {
                return true;
            }
        }
        return false;
    }
}
