package io.signalbox.telemetry;

import io.signalbox.device.Device;
import io.signalbox.payload.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells whoever follows a device what was committed of its values, and what became of the device. Any thread.
 *
 * <p>Who follows first and reads then misses nothing: a {@link Snapshot} says which of the commits that it hears of it has seen.
 */
public final class Feed {
    private final ConcurrentHashMap<Long, List<Follower>> followers = new ConcurrentHashMap<>();

    /** Runs on the thread that knows of the commit, and must neither block nor throw. */
    public interface Follower {
        /** Points in the order in which they came; commits come in their order. */
        void points(long commit, List<Reading> readings);

        /** Of one scope. Commits may come out of order, a little. */
        void attributes(long commit, Scope scope, List<Reading> changed, List<String> deleted);

        /** It was assigned to another customer, or changed otherwise; out of order perhaps: its version tells. */
        void changed(Device device);

        void deleted();
    }

    /** From now on; what was committed before is for the follower to read after this. */
    public void follow(long device, Follower follower) {
        followers.merge(device, List.of(follower), Feed::joined);
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

    /** Whether anybody follows any device: if not, there is nothing to tell. */
    public boolean isIdle() {
        return followers.isEmpty();
    }

    /** After the commit, by the thread that commits. */
    public void points(long device, long commit, List<Reading> readings) {
        of(device).forEach(follower -> follower.points(commit, readings));
    }

    /** After the commit. */
    public void attributes(long device, long commit, Scope scope, List<Reading> changed, List<String> deleted) {
        of(device).forEach(follower -> follower.attributes(commit, scope, changed, deleted));
    }

    /** After the commit that changed it. */
    public void changed(Device device) {
        of(device.number()).forEach(follower -> follower.changed(device));
    }

    /** After the commit that deleted it. */
    public void deleted(Device device) {
        of(device.number()).forEach(Follower::deleted);
    }

    private List<Follower> of(long device) {
        return followers.getOrDefault(device, List.of());
    }
}
