package io.signalbox.store.sql;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread's connection, opened anew after it was lost; once a second at most, so that calls fail at once meanwhile. Blocks. */
final class Line implements AutoCloseable {
    static final Duration RETRY = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(Line.class);

    private final Supplier<Sql> opener;
    private @Nullable Sql open;
    private @Nullable SqlFailure lastFailure;
    private long failedAt;

    Line(Supplier<Sql> opener) {
        this.opener = opener;
        this.open = opener.get();
    }

    /** @throws SqlFailure it was lost, and cannot be opened now */
    Sql sql() {
        Sql here = open;
        if (here == null) {
            here = reopen();
            open = here;
            lastFailure = null;
        }
        return here;
    }

    private Sql reopen() {
        SqlFailure last = lastFailure;
        if (last != null && System.nanoTime() - failedAt < RETRY.toNanos()) {
            throw last;
        }
        try {
            return opener.get();
        } catch (SqlFailure e) {
            failedAt = System.nanoTime();
            lastFailure = e;
            throw e;
        }
    }

    /** What comes next needs another connection. */
    void lost() {
        close();
    }

    @Override
    public void close() {
        Sql lost = open;
        open = null;
        if (lost != null) {
            try {
                lost.close();
            } catch (SqlFailure e) {
                log.debug("connection not closed cleanly", e);
            }
        }
    }
}
