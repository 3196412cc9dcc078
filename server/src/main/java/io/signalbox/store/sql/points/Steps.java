package io.signalbox.store.sql.points;

import java.sql.SQLException;

/**
 * The points in the store's work at which tests look in, fail it or pull the plug. {@link #NONE} in production.
 *
 * <p>Called on the thread that does the work.
 */
interface Steps {
    Steps NONE = _ -> {};

    enum Step {
        /** The group commit is written, not committed. */
        COMMIT_WRITTEN,
        /** It is on disk; readers do not see it yet. */
        COMMITTED,
        /** Readers see it; receipts have not heard. */
        PUBLISHED,
        /** A move began. */
        FROZEN,
        /** A slice of the move is written, not committed. */
        SLICE_WRITTEN,
        /** It is on disk. */
        SLICE_COMMITTED,
        /** All slices are; readers still see the tail that was moved. */
        MOVED,
        /** A slice of a purge is written, not committed. */
        PURGE_WRITTEN,
        /** It is on disk. */
        PURGE_COMMITTED,
        /** A slice of an erasure is written, not committed. */
        ERASE_WRITTEN,
        /** It is on disk. */
        ERASE_COMMITTED,
        /** A reader took the tail, and has not looked into the file. */
        READ_TAIL,
        /** A reader has a snapshot of the file. */
        READ_SNAPSHOT
    }

    /** @throws SQLException to make the step fail as the disk would */
    void at(Step step) throws SQLException;
}
