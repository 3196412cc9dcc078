package io.signalbox.store.sql;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the transactions of the one writer of a store, through what may befall its connection. What it says of a transaction
 * is true: kept, or not kept; where a database server does not answer a commit, it asks until it knows.
 *
 * <pre>
 * the database wants it again, a statement spoilt it    rolled back, run again
 * connection lost before the commit                     not kept: opened anew, run again
 * connection lost at the commit                         opened anew, the lease tells: kept, or run again
 * it cannot be opened anew                              not kept; or, at the commit, asked once a second
 * another process has taken over                        nothing is written any more
 * </pre>
 *
 * <p>The writer's thread; blocks.
 */
public final class Transactions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Transactions.class);
    private static final int ATTEMPTS_MAX = 5;

    private final Line line;
    private final Optional<Lease> lease;
    private final FileState state;
    private final Counter repeated;

    /** What is done in one transaction; it may be done again after it was undone. */
    public interface Work {
        /** @param isCareful a statement that fails has to leave the rest as it was: it needs a savepoint */
        void run(Sql sql, boolean isCareful);
    }

    /** Passes some time while the outcome of a commit is not known; returns false when that has to end. */
    public interface Pause {
        boolean pass(Duration atMost);
    }

    private Transactions(Line line, Optional<Lease> lease, FileState state, Counter repeated) {
        this.line = line;
        this.lease = lease;
        this.state = state;
        this.repeated = repeated;
    }

    /**
     * Opens the database for its one writer.
     *
     * @param part which of its tables, as in the names of metrics
     * @throws SqlFailure among others when another process has them
     */
    public static Transactions open(Database database, String part, FileState state, MeterRegistry meters) {
        Line line = new Line(database::openWriter);
        try {
            Optional<Lease> lease = database.claim(line.sql(), part);
            return new Transactions(line, lease, state, meters.counter("signalbox." + part + ".transactions.repeated"));
        } catch (RuntimeException e) {
            line.close();
            throw e;
        }
    }

    /** How many transactions were kept, ever, as {@link Lease#COMMITS} tells readers. Only of a database server. */
    public long commits() {
        return lease.orElseThrow().commits();
    }

    /** For what has to be done before there is anything to write, and for reads. Throws {@link SqlFailure}. */
    public <T> T with(Function<Sql, T> work) {
        return work.apply(line.sql());
    }

    /** How long the writer may be idle, in nanoseconds, before it has to run an empty transaction. */
    public long idleNanosMax() {
        if (lease.isEmpty()) {
            return WorkQueue.FOR_EVER;
        }
        return (state.isFailing() ? Line.RETRY : Lease.RENEWED_EVERY).toNanos();
    }

    /**
     * Runs {@code work} in a transaction, again if need be. Returns when it is kept.
     *
     * @param pause what to do while the outcome is not known
     * @throws RuntimeException it is not kept; unless {@code pause} ended the asking: then nobody knows
     */
    public void run(Work work, Pause pause) {
        boolean isCareful = false;
        for (int attempt = 1; ; attempt++) {
            boolean isOpen = false;
            boolean isCommitting = false;
            try {
                Sql sql = line.sql();
                isOpen = true;
                sql.begin();
                mark(sql);
                work.run(sql, isCareful);
                isCommitting = true;
                sql.commit();
                lease.ifPresent(Lease::committed);
                state.written();
                return;
            } catch (SqlFailure e) {
                undo(e);
                if (isCommitting && e.isConnectionLost() && isKept(e, pause)) {
                    return;
                }
                if (!isOpen || attempt == ATTEMPTS_MAX || !isWorthRepeating(e, isCareful)) {
                    overwrite();
                    throw e;
                }
                repeated.increment();
                isCareful |= !e.isConnectionLost() && !e.isPassing();
            } catch (Throwable e) {
                undo(e);
                overwrite();
                throw e;
            }
        }
    }

    private void mark(Sql sql) {
        if (lease.isPresent()) {
            lease.get().mark(sql);
        } else if (state.isFailing()) {
            sql.execute(FileState.PROBE); // a batch that writes nothing says nothing about the disk
        }
    }

    private void undo(Throwable failure) {
        state.writeFailed(failure);
        if (failure instanceof SqlFailure sqlFailure && sqlFailure.isConnectionLost()) {
            line.lost();
        } else {
            line.sql().rollback();
        }
    }

    private boolean isWorthRepeating(SqlFailure e, boolean wasCareful) {
        boolean mayPass = e.isPassing() || e.isConnectionLost() || (e.spoilsTransaction() && !wasCareful);
        return mayPass && lease.isPresent(); // a file that failed fails again
    }

    /** Asks the lease until it answers. */
    private boolean isKept(SqlFailure lost, Pause pause) {
        while (true) {
            try {
                boolean isKept = lease.orElseThrow().isKept(line.sql());
                if (isKept) {
                    lease.get().committed();
                    state.written();
                }
                log.info("commit had no answer, the database says kept={}", isKept);
                return isKept;
            } catch (SqlFailure e) {
                undo(e);
            } catch (Lease.Lost e) {
                undo(e);
                throw e;
            }
            if (!pause.pass(Line.RETRY)) {
                log.error("stopped before the outcome of a commit was known");
                throw lost;
            }
        }
    }

    /** Takes the place of what is in the log of a file already if only the sync failed: a crash now would bring it back. */
    private void overwrite() {
        if (lease.isPresent() || !state.isFailing() || state.isOver()) {
            return;
        }
        Sql sql = line.sql();
        try {
            sql.begin();
            sql.execute(FileState.PROBE);
            sql.commit();
        } catch (SqlFailure e) {
            log.debug("log not overwritten, or not synced", e);
            sql.rollback();
        }
    }

    @Override
    public void close() {
        if (lease.isPresent() && !state.isOver()) {
            try {
                lease.get().release(line.sql());
            } catch (SqlFailure e) {
                log.warn("store not released, the database is away", e);
            }
        }
        line.close();
    }
}
