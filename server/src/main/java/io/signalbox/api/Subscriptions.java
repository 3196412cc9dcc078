package io.signalbox.api;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a socket follows, each with the number that its client gave it. The socket's loop. */
final class Subscriptions {
    private final Map<Long, Subscription> byNumber = new HashMap<>();
    private final Runnable gone;

    /** @param gone runs whenever one has ended */
    Subscriptions(Runnable gone) {
        this.gone = gone;
    }

    /** Something that goes on until it is ended. An object of its own for each command, also while it is only beginning. */
    interface Subscription {
        /** It has lost its number. Called once. */
        void end();
    }

    int size() {
        return byNumber.size();
    }

    Optional<Subscription> at(long number) {
        return Optional.ofNullable(byNumber.get(number));
    }

    /** The number must be free. */
    void put(long number, Subscription subscription) {
        if (byNumber.putIfAbsent(number, subscription) != null) {
            throw new IllegalStateException("taken: " + number);
        }
    }

    /** Ends what has this number. */
    void drop(long number) {
        at(number).ifPresent(subscription -> drop(number, subscription));
    }

    /** Ends it if it still has this number, and says whether it had. */
    boolean drop(long number, Subscription subscription) {
        boolean isGone = byNumber.remove(number, subscription);
        if (isGone) {
            subscription.end();
            gone.run();
        }
        return isGone;
    }

    void dropAll() {
        List<Long> numbers = List.copyOf(byNumber.keySet());
        numbers.forEach(this::drop);
    }
}
