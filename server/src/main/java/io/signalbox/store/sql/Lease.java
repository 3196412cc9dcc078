package io.signalbox.store.sql;

import java.time.Duration;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The row by which one process owns tables of a database server. Each transaction of the owner counts up in it, so that two
 * things are certain: an owner that was replaced writes nothing more, nor does one whose database was put back to an older
 * state or made anew; and of a commit without an answer the row tells whether it happened. A file has none: its folder is locked. The writer's thread; blocks.
 */
public final class Lease {
    /** From the last transaction of the owner, by the clock of the database, until anybody may take its place. */
    static final Duration HELD = Duration.ofSeconds(15);

    /** An idle owner writes so often. */
    static final Duration RENEWED_EVERY = Duration.ofSeconds(4);

    /** What {@link Transactions#commits} was in the state that a query sees; the part is its parameter. */
    public static final String COMMITS = "SELECT commits FROM store_owner WHERE part = ?";

    private static final Logger log = LoggerFactory.getLogger(Lease.class);

    private static final String NOW = "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)";

    private final String part;
    private final long generation;
    private final String token;
    private long commits;

    private Lease(String part, long generation, String token, long commits) {
        this.part = part;
        this.generation = generation;
        this.token = token;
        this.commits = commits;
    }

    /** Another process owns the tables. */
    static final class Lost extends RuntimeException {
        private static final long serialVersionUID = 1;

        Lost(String part, long generation) {
            super("another process has taken over " + part + ", or the database is not the one it was: generation "
                    + generation + " is over");
        }
    }

    /**
     * Takes the tables, at once from a process of the same installation, since its folder is locked by this one.
     *
     * @param part         which tables
     * @param installation what is the same for all processes that use the same folder
     * @param holder       for people: the process
     * @throws SqlFailure another has them
     */
    static Lease claim(Sql sql, Database database, String part, String installation, String holder) {
        sql.execute(
                "CREATE TABLE IF NOT EXISTS store_owner (part TEXT NOT NULL PRIMARY KEY, generation BIGINT NOT NULL,"
                        + " token TEXT NOT NULL, commits BIGINT NOT NULL, installation TEXT NOT NULL, holder TEXT NOT NULL,"
                        + " renewed_time BIGINT NOT NULL)");
        String token = UUID.randomUUID().toString();
        return sql.inTransaction(() -> {
            sql.update(
                    "INSERT INTO store_owner (part, generation, token, commits, installation, holder, renewed_time)"
                            + " VALUES (?, 0, '', 0, '', '', 0) ON CONFLICT (part) DO NOTHING",
                    part);
            return sql.first(
                            "UPDATE store_owner SET generation = generation + 1, token = ?, installation = ?, holder = ?,"
                                    + " renewed_time = " + NOW
                                    + " WHERE part = ? AND (installation = ? OR renewed_time + ? < "
                                    + NOW + ") RETURNING generation, commits",
                            row -> new Lease(part, row.number("generation"), token, row.number("commits")),
                            token,
                            installation,
                            holder,
                            part,
                            installation,
                            HELD.toMillis())
                    .orElseThrow(() -> held(sql, database, part));
        });
    }

    private static SqlFailure held(Sql sql, Database database, String part) {
        return sql.first(
                        "SELECT holder, (renewed_time + ? - " + NOW
                                + ") / 1000 AS seconds FROM store_owner WHERE part = ?",
                        row -> new SqlFailure(database + ": is in use by " + row.text("holder")
                                + "; stop that one. If it is dead already, the store is free in "
                                + Math.max(1, row.number("seconds") + 1) + " s"),
                        HELD.toMillis(),
                        part)
                .orElseThrow();
    }

    /**
     * First in each transaction that writes.
     *
     * @throws Lost nothing may be written any more
     */
    void mark(Sql sql) {
        int rows = sql.update(
                "UPDATE store_owner SET commits = ?, renewed_time = " + NOW
                        + " WHERE part = ? AND token = ? AND commits = ?",
                commits + 1,
                part,
                token,
                commits);
        if (rows == 0) {
            throw new Lost(part, generation);
        }
    }

    long commits() {
        return commits;
    }

    /** The transaction that was marked last is kept. */
    void committed() {
        commits++;
    }

    /**
     * Whether the transaction that was marked last, and got no answer to its commit, is kept. Waits for the end of that
     * transaction, since it has the row. In a transaction of its own.
     *
     * @throws Lost also when it is kept: then nobody can say
     */
    boolean isKept(Sql sql) {
        return sql.inTransaction(() -> sql.first(
                        "UPDATE store_owner SET renewed_time = " + NOW
                                + " WHERE part = ? AND token = ? RETURNING commits",
                        row -> row.number("commits") > commits,
                        part,
                        token)
                .orElseThrow(() -> new Lost(part, generation)));
    }

    /** Lets the next process in at once. Never throws. */
    void release(Sql sql) {
        try {
            sql.update("UPDATE store_owner SET renewed_time = 0 WHERE part = ? AND token = ?", part, token);
        } catch (SqlFailure e) {
            log.warn("store not released, others have to wait until it counts as given up part={}", part, e);
        }
    }
}
