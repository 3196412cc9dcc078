package io.signalbox.telemetry;

import io.signalbox.payload.Reading;
import io.signalbox.session.Receipt;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Time series of devices, named by their numbers. Any thread; no call blocks. Stages complete on a thread of the store,
 * exceptionally with {@link io.signalbox.ops.Rejected} when the store fails.
 */
public interface TelemetryStore extends AutoCloseable {
    /** Of one answer, all keys together: more are refused with {@code BAD_REQUEST}. */
    int POINTS_MAX = 200_000;

    /** Keys that one {@link #erase} may name. */
    int ERASED_KEYS_MAX = 1_000;

    /** {@code expiresAt} of readings that stay. */
    long NEVER = 0;

    /**
     * Takes one message into the next group commit. {@code receipt} hears of the commit.
     *
     * @param readings  at least one; a later one with the same key and time replaces the earlier
     * @param expiresAt epoch milliseconds at which the readings are to go, soon after; or {@link #NEVER}. A latest value stays
     * @return false when the write queue is full: nothing was taken, {@code receipt} stays silent, and
     *     {@link #whenWritable} tells when to try again
     */
    boolean append(long device, List<Reading> readings, long expiresAt, Receipt receipt);

    /** Runs {@code task} once, on a thread of the store, when a full queue has room again; at once when it has. */
    void whenWritable(Runnable task);

    /** The latest value of each key, keys without one left out. Sees everything committed before the call. */
    CompletionStage<Snapshot<List<Reading>>> latest(long device, List<String> keys);

    /** The latest values of all keys of the device, by key. */
    CompletionStage<Snapshot<List<Reading>>> latest(long device);

    /**
     * The latest values of these keys of many devices, by the device's number; a device without any is left out. One state for
     * all of them.
     */
    CompletionStage<Snapshot<Map<Long, List<Reading>>>> latest(List<Long> devices, List<String> keys);

    /**
     * Raw readings with {@code startTs <= ts < endTs}, one key after the other.
     *
     * @param limit at most this many of each key, at least 1
     */
    CompletionStage<Snapshot<List<Reading>>> history(
            long device, List<String> keys, long startTs, long endTs, int limit, boolean ascending);

    /**
     * One reading for each bucket that has any, in its middle, one key after the other, by time.
     *
     * @param aggregation any but {@code NONE}
     */
    CompletionStage<Snapshot<List<Reading>>> aggregate(
            long device, List<String> keys, Buckets buckets, Aggregation aggregation);

    /** Deletes readings: nobody sees them once the stage is complete. Those that come later stay. */
    CompletionStage<Void> erase(long device, Erase erase);

    /** Removes everything of a device that was deleted; may be repeated, and resumed after a crash. */
    CompletionStage<Void> purge(long device);

    /** Commits what was taken, then closes. Blocks. */
    @Override
    void close();
}
