package io.signalbox.rpc;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line for each persistent command that did not reach its aim, up to {@link #LINES_MAX} a second; the others of that
 * second are one line together. Any thread.
 */
final class FailureLog {
    static final int LINES_MAX = 20;

    private static final Logger log = LoggerFactory.getLogger(FailureLog.class);
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final LongSupplier nanoTime;
    private long began;
    private int lines;
    private long untold;

    FailureLog(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.began = nanoTime.getAsLong();
    }

    void add(RpcOrder order, RpcProgress progress) {
        if (mayTell()) {
            log.info(
                    "rpc failed rpc={} device={} status={} cause={} attempts={}",
                    order.id(),
                    order.deviceId(),
                    progress.status(),
                    progress.history().getLast().cause(),
                    progress.attempt());
        }
    }

    private synchronized boolean mayTell() {
        tell();
        if (lines == LINES_MAX) {
            untold++;
            return false;
        }
        lines++;
        return true;
    }

    /** The line about all others, when their second is over. */
    synchronized void tell() {
        long now = nanoTime.getAsLong();
        if (now - began < SECOND) {
            return;
        }
        if (untold > 0) {
            log.info(
                    "rpcs failed without a line each rpcs={} seconds={}",
                    untold,
                    Duration.ofNanos(now - began).toSeconds());
        }
        began = now;
        lines = 0;
        untold = 0;
    }
}
