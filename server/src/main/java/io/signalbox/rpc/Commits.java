package io.signalbox.rpc;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Tells whoever follows a device that something of its commands was committed. What it is stands in the store. Any thread. */
public final class Commits {
    private final ConcurrentHashMap<Long, List<Follower>> followers = new ConcurrentHashMap<>();

    /** Runs on the thread that knows of the commit, and must neither block nor throw. */
    public interface Follower {
        /** @param number of the command; it may have changed more than once since */
        void committed(long number);

        /** The device was deleted, and its open commands ended with it. */
        void deviceDeleted();
    }

    /** From now on; what was committed before is for the follower to read after this. */
    public void follow(long device, Follower follower) {
        followers.merge(device, List.of(follower), Commits::joined);
    }

    private static List<Follower> joined(List<Follower> some, List<Follower> more) {
        List<Follower> all = new ArrayList<>(some);
        all.addAll(more);
        return List.copyOf(all);
    }

    /** No effect when it does not follow. */
    public void leave(long device, Follower follower) {
        followers.computeIfPresent(device, (_, all) -> {
            List<Follower> rest =
                    all.stream().filter(other -> !other.equals(follower)).toList();
            return rest.isEmpty() ? null : rest;
        });
    }

    void committed(long device, long number) {
        if (!followers.isEmpty()) {
            followers.getOrDefault(device, List.of()).forEach(follower -> follower.committed(number));
        }
    }

    /** After the commit that deleted it. */
    public void deviceDeleted(long device) {
        followers.getOrDefault(device, List.of()).forEach(Follower::deviceDeleted);
    }
}
