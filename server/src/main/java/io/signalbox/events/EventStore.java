package io.signalbox.events;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Events of devices on disk, named by their numbers; they go with their device. */
public interface EventStore {
    /** Of one device; a further one takes the place of the oldest. */
    int OF_DEVICE_MAX = 1_000;

    /** Any thread; does not block. Nothing is kept for a device that is gone. Fails as the store does. */
    CompletionStage<Void> insert(long device, Event event);

    /** All that fit, the oldest first. Blocks: virtual or platform threads. */
    List<Event> find(EventQuery query);

    /** Removes all that fit. Blocks. */
    void clear(EventQuery query);

    /** Removes events from before {@code time}, {@code max} at most, and says how many. Any thread; does not block. */
    CompletionStage<Integer> purge(long time, int max);
}
