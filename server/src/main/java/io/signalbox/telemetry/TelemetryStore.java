package io.signalbox.telemetry;

import io.signalbox.payload.Reading;
import io.signalbox.session.Receipt;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Time series of devices, named by their numbers. Any thread; no call blocks. Stages complete on a thread of the store,
 * exceptionally with {@link io.signalbox.ops.Rejected} when the store fails.
 */
public interface TelemetryStore extends AutoCloseable {
    /**
     * Takes one message into the next group commit. {@code receipt} hears of the commit.
     *
     * @param readings at least one; a later one with the same key and time replaces the earlier
     * @return false when the write queue is full: nothing was taken, {@code receipt} stays silent, and
     *     {@link #whenWritable} tells when to try again
     */
    boolean append(long device, List<Reading> readings, Receipt receipt);

    /** Runs {@code task} once, on a thread of the store, when a full queue has room again; at once when it has. */
    void whenWritable(Runnable task);

    /** The newest reading of each key, keys without one left out. Sees everything committed before the call. */
    CompletionStage<List<Reading>> latest(long device, List<String> keys);

    /** The newest readings of all keys of the device, by key. */
    CompletionStage<List<Reading>> latest(long device);

    /**
     * Raw readings of one key with {@code startTs <= ts < endTs}.
     *
     * @param limit at most this many, at least 1
     */
    CompletionStage<List<Reading>> history(
            long device, String key, long startTs, long endTs, int limit, boolean ascending);

    /** Removes everything of a device that was deleted; may be repeated, and resumed after a crash. */
    CompletionStage<Void> purge(long device);

    /** Commits what was taken, then closes. Blocks. */
    @Override
    void close();
}
