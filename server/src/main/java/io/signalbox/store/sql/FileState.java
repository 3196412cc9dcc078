package io.signalbox.store.sql;

import io.signalbox.ops.Health;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a file or a database takes writes, as its writer found last; part of the server's health. One line is logged for each change,
 * however many requests meet it. Any thread.
 */
public final class FileState {
    /** Writes to a file without changing what it says, inside a transaction: its commit proves that the file can be written. */
    public static final String PROBE = "PRAGMA user_version = 0";

    private static final Logger log = LoggerFactory.getLogger(FileState.class);

    private final String part;
    private final Health health;
    private volatile Optional<Fault> fault = Optional.empty();

    /** @param part the name in the health */
    public FileState(String part, Health health) {
        this.part = part;
        this.health = health;
        health.set(part, Health.State.ACCEPTING);
    }

    /** A write failed; returns false if the file is not to blame, and nothing was noted or logged. */
    public boolean writeFailed(Throwable failure) {
        Optional<Fault> why = Fault.of(failure);
        why.ifPresent(found -> note(found, failure));
        return why.isPresent();
    }

    /** A read failed; returns false unless the file is corrupt or the database is away, and nothing was noted or logged. */
    public boolean readFailed(Throwable failure) {
        Optional<Fault> why = Fault.of(failure).filter(found -> found == Fault.CORRUPT || found == Fault.UNREACHABLE);
        why.ifPresent(found -> note(found, failure));
        return why.isPresent();
    }

    /** A commit that wrote is on disk. */
    public void written() {
        if (isFailing()) {
            recovered();
        }
    }

    public boolean isFailing() {
        return fault.isPresent();
    }

    /** Nothing is written any more, whatever becomes of the file: it is corrupt, or another process has the database. */
    public boolean isOver() {
        return fault.isPresent() && fault.get().isForGood();
    }

    private synchronized void note(Fault found, Throwable failure) {
        if (isOver() || fault.equals(Optional.of(found))) {
            return;
        }
        fault = Optional.of(found);
        health.set(part, Health.State.DOWN, found.text());
        log.error("store takes no writes store={} why={}", part, found.text(), failure);
    }

    private synchronized void recovered() {
        if (!isOver()) {
            fault = Optional.empty();
            health.set(part, Health.State.ACCEPTING);
            log.info("store takes writes again store={}", part);
        }
    }
}
