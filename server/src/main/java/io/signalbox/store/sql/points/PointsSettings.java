package io.signalbox.store.sql.points;

import java.time.Duration;

/**
 * Limits and times of the time-series store. Bytes are those that readings take in memory.
 *
 * @param queueMessagesMax messages that wait for a commit, at most
 * @param queueBytesMax their bytes, at most; one message alone may be larger
 * @param commitMessagesMax messages of one commit, at most
 * @param commitBytesMax their bytes, at most; one message alone may be larger
 * @param gather how long a commit waits for company, when the last one had more than one message
 * @param gatherMessages that many waiting messages are company enough
 * @param tailBytesMax committed readings that are not in the point table yet; at half of it they are moved early and in larger
 *     slices, at all of it commits wait for the move
 * @param moveEvery how long committed readings wait for their move
 * @param sliceCostMax work of the move between two commits: a reading costs 1, each series that it touches
 *     {@link PointsWriter#SERIES_COST} more
 * @param purgeRowsMax rows that a purge deletes between two commits
 * @param dictionaryBytesMax memory for the series numbers of devices that were heard last
 * @param readers threads that read, each with a connection
 * @param readsWaitingMax reads that wait for one of them, at most
 */
public record PointsSettings(
        int queueMessagesMax,
        long queueBytesMax,
        int commitMessagesMax,
        long commitBytesMax,
        Duration gather,
        int gatherMessages,
        long tailBytesMax,
        Duration moveEvery,
        int sliceCostMax,
        int purgeRowsMax,
        long dictionaryBytesMax,
        int readers,
        int readsWaitingMax) {
    private static final long MIB = 1 << 20;

    public static final PointsSettings STANDARD = new PointsSettings(
            16_384,
            16 * MIB,
            4_000,
            4 * MIB,
            Duration.ofMillis(5),
            64,
            64 * MIB,
            Duration.ofSeconds(5),
            2_500,
            5_000,
            32 * MIB,
            2,
            1_000);

    public PointsSettings {
        if (queueMessagesMax < 1 || commitMessagesMax < 1 || sliceCostMax < 1 || purgeRowsMax < 1 || readers < 0) {
            throw new IllegalArgumentException("limits of the time-series store must be positive");
        }
    }
}
