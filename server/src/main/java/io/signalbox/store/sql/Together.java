package io.signalbox.store.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Does pieces of work of one kind in a few trips to a database server, instead of a few for each.
 *
 * @param <P> a piece
 * @param <R> what comes of it
 */
interface Together<P, R> {
    /**
     * Does those that are of the usual sort. Writer's thread; throws {@link SqlFailure} only, and then nothing is kept.
     *
     * @return for each piece, in their order, what came of it; null: nothing was done, and it has to be done by itself
     */
    List<@Nullable R> run(Sql sql, List<P> pieces);

    /** A piece and who does it; pieces that have the same go together. */
    record Part<P, R>(Together<P, R> kind, P piece) {}
}
