package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SyncTraceTest {
    /** {@code v1/devices/me/telemetry} as strace -x prints it. */
    private static final String TOPIC =
            "\\x76\\x31\\x2f\\x64\\x65\\x76\\x69\\x63\\x65\\x73\\x2f\\x6d\\x65\\x2f\\x74\\x65\\x6c\\x65\\x6d\\x65\\x74\\x72\\x79";

    private static final String RECEIVED =
            "11 read(9<socket:[5]>, \"\\x32\\x25\\x00\\x17" + TOPIC + "\\x00\\x01\", 4096) = 39";
    private static final String WRITTEN = "12 pwrite64(7</d/points.db-wal>, \"\\x00\"..., 24, 32) = 24";
    private static final String SYNCED = "12 fdatasync(7</d/points.db-wal>) = 0";
    private static final String PUBACK = "11 write(9<socket:[5]>, \"\\x40\\x02\\x00\\x01\", 4) = 4";

    private final SyncTrace trace = new SyncTrace("points.db-wal");

    @Test
    void receivedWrittenSyncedAcknowledged() {
        lines(RECEIVED, WRITTEN, SYNCED, PUBACK, RECEIVED, WRITTEN, SYNCED, PUBACK);
        assertThat(trace.synced()).isEqualTo(2);
        assertThat(trace.early()).isZero();
    }

    @Test
    void acknowledgedBeforeTheSync() {
        lines(RECEIVED, WRITTEN, PUBACK, SYNCED);
        assertThat(trace.early()).isEqualTo(1);
        assertThat(trace.synced()).isZero();
    }

    @Test
    void acknowledgedWhileTheSyncIsUnderWay() {
        lines(
                RECEIVED,
                WRITTEN,
                "12 fdatasync(7</d/points.db-wal> <unfinished ...>",
                PUBACK,
                "12 <... fdatasync resumed>) = 0");
        assertThat(trace.early()).isEqualTo(1);
    }

    @Test
    void callsThatWereInterruptedByOthersCountWhenTheyEnd() {
        lines(
                "11 read(9<socket:[5]>,  <unfinished ...>",
                "13 write(1</log>, \"x\", 1) = 1",
                "11 <... read resumed>\"\\x32\\x25\\x00\\x17" + TOPIC + "\", 4096) = 39",
                WRITTEN,
                "12 fdatasync(7</d/points.db-wal> <unfinished ...>",
                "12 <... fdatasync resumed>) = 0",
                PUBACK);
        assertThat(trace.synced()).isEqualTo(1);
    }

    @Test
    void syncOfAnEarlierWriteOrAnotherFileOrWithAnErrorIsNone() {
        lines(RECEIVED, SYNCED, PUBACK);
        lines(RECEIVED, WRITTEN, "12 fdatasync(7</d/core.db-wal>) = 0", PUBACK);
        lines(RECEIVED, WRITTEN, "12 fdatasync(7</d/points.db-wal>) = -1 EIO (Input/output error)", PUBACK);
        assertThat(trace.early()).isEqualTo(3);
        assertThat(trace.synced()).isZero();
    }

    private void lines(String... lines) {
        for (String line : lines) {
            trace.line(line);
        }
    }
}
