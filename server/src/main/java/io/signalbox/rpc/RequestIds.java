package io.signalbox.rpc;

import java.util.concurrent.CompletionStage;

/** Keeps device-visible request ids from being given twice, also across restarts. */
public interface RequestIds {
    int BLOCK = 1024;

    /**
     * Reserves the next {@link #BLOCK} ids of a device for this process, durably.
     *
     * <p>Any thread; does not block. Ids start at 1, are positive 31-bit integers, and start over behind the last one.
     *
     * @return the first id of the block; completes on a thread of the store, exceptionally with
     *     {@link io.signalbox.ops.Rejected}: {@code NOT_FOUND} when the device was deleted, {@code TOO_MANY_REQUESTS} when the
     *     write queue is full, or {@code STORE_UNAVAILABLE}
     */
    CompletionStage<Integer> reserve(long device);
}
