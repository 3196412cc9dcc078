package io.signalbox.session;

import java.util.concurrent.atomic.AtomicLong;

/** One connection or poll, not the device: an old one cannot speak for its successor. Counts up in the process. */
public record SessionId(long value) {
    private static final AtomicLong last = new AtomicLong();

    /** A new identity, greater than all before. Any thread. */
    public static SessionId next() {
        return new SessionId(last.incrementAndGet());
    }
}
