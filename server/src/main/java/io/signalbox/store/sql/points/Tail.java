package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The readings that are committed to the journal and not, or not all, in the point table yet. An immutable snapshot: the
 * writer replaces it by reference, readers keep the one they took.
 *
 * @param frozen what the move under way carries to the point table, in slices; empty when none is
 * @param live what was committed after that, oldest first; each run at least about twice as large as the next, so that there
 *     are few
 * @param frozenUpTo the journal row up to which readings are in {@code frozen} or were moved
 * @param lastRow the newest journal row of this snapshot
 * @param erasedUpTo the newest journal row that is a deletion; what it deleted is not in the runs any more
 * @param decided latest values that a deletion decided, by series: they count, whatever tables and runs have
 */
record Tail(Run frozen, List<Run> live, long frozenUpTo, long lastRow, long erasedUpTo, Map<Long, Decided> decided) {

    /**
     * The latest value of a series since a deletion.
     *
     * @param point empty: there is none
     * @param row the journal row of the deletion
     */
    record Decided(Optional<Point> point, long row) {}

    /** A reading without its key. */
    record Point(long ts, Value value) {}

    Tail {
        live = List.copyOf(live);
        decided = Map.copyOf(decided);
    }

    static Tail empty(long lastRow) {
        return new Tail(Run.EMPTY, List.of(), lastRow, lastRow, 0, Map.of());
    }

    /** With the readings of one more commit, journal row {@code row}. */
    Tail plus(Run run, long row) {
        List<Run> runs = new ArrayList<>(live);
        Run last = run;
        while (!runs.isEmpty() && runs.getLast().size() < 2 * last.size()) {
            last = Run.merge(runs.removeLast(), last);
        }
        if (!last.isEmpty()) {
            runs.add(last);
        }
        return new Tail(frozen, runs, frozenUpTo, row, erasedUpTo, renewed(run));
    }

    /** What is decided, with the readings of one more commit. */
    private Map<Long, Decided> renewed(Run run) {
        if (decided.isEmpty()) {
            return decided;
        }
        Map<Long, Decided> renewed = new HashMap<>(decided);
        decided.forEach((series, before) -> {
            int last = run.end(series) - 1;
            if (last >= 0
                    && run.series(last) == series
                    && before.point().map(point -> run.ts(last) >= point.ts()).orElse(true)) {
                renewed.put(series, new Decided(Optional.of(new Point(run.ts(last), run.value(last))), before.row()));
            }
        });
        return renewed;
    }

    /** Without what a deletion, journal row {@code row}, takes away. */
    Tail without(Erasure erasure, long row) {
        List<Run> runs = new ArrayList<>();
        for (Run run : live) {
            Run left = without(run, erasure);
            if (!left.isEmpty()) {
                runs.add(left);
            }
        }
        Map<Long, Decided> decidedNow = new HashMap<>(decided);
        switch (erasure.latest()) {
            case Erasure.Latest.Kept() -> {}
            case Erasure.Latest.Gone() -> decidedNow.put(erasure.series(), new Decided(Optional.empty(), row));
            case Erasure.Latest.Is(Point point) ->
                decidedNow.put(erasure.series(), new Decided(Optional.of(point), row));
        }
        return new Tail(without(frozen, erasure), runs, frozenUpTo, row, row, decidedNow);
    }

    private static Run without(Run run, Erasure erasure) {
        return run.without(
                run.floor(erasure.series(), erasure.startTs()), run.floor(erasure.series(), erasure.endTs()));
    }

    /** Whether what is live has readings of the series in this span. */
    boolean hasLive(long series, Span span) {
        return live.stream().anyMatch(run -> run.floor(series, span.startTs()) < run.floor(series, span.endTs()));
    }

    /** With all that is live in one frozen run, but for the {@code dropped} series. Only without a frozen run. */
    Tail freeze(LongPredicate dropped) {
        if (!frozen.isEmpty()) {
            throw new IllegalStateException("a move is under way");
        }
        Run all = Run.EMPTY;
        for (Run run : live.reversed()) {
            all = Run.merge(run, all);
        }
        return new Tail(all.without(dropped), List.of(), lastRow, lastRow, erasedUpTo, decided);
    }

    /** After the move: without the frozen run, and without what was decided before it, which is in the latest table now. */
    Tail moved() {
        Map<Long, Decided> later = new HashMap<>(decided);
        later.values().removeIf(each -> each.row() <= frozenUpTo);
        return new Tail(Run.EMPTY, live, frozenUpTo, lastRow, erasedUpTo, later);
    }

    /** The latest value that a deletion decided; null: none did. */
    @Nullable
    Decided decided(long series) {
        return decided.get(series);
    }

    long bytes() {
        long bytes = frozen.bytes();
        for (Run run : live) {
            bytes += run.bytes();
        }
        return bytes;
    }

    /** The newest reading of a series; of equal times the one committed last. */
    Optional<Point> latest(long series) {
        Run newest = Run.EMPTY;
        int at = -1;
        for (Run run : oldestFirst()) {
            int last = run.end(series) - 1;
            if (last >= 0 && run.series(last) == series && (at < 0 || run.ts(last) >= newest.ts(at))) {
                newest = run;
                at = last;
            }
        }
        return at < 0 ? Optional.empty() : Optional.of(new Point(newest.ts(at), newest.value(at)));
    }

    /**
     * Readings of a series with {@code startTs <= ts < endTs}, by time.
     *
     * @param limit at most so many, the earliest ones, or, unless {@code ascending}, the latest
     */
    NavigableMap<Long, Value> range(long series, long startTs, long endTs, int limit, boolean ascending) {
        NavigableMap<Long, Value> range = new TreeMap<>();
        for (Run run : oldestFirst()) {
            int first = run.floor(series, startTs);
            int end = Math.max(first, run.floor(series, endTs));
            if (ascending) {
                end = Math.min(end, first + Math.min(limit, end - first));
            } else {
                first = Math.max(first, end - Math.min(limit, end - first));
            }
            for (int i = first; i < end; i++) {
                range.put(run.ts(i), run.value(i));
            }
        }
        while (range.size() > limit) { // what lies beyond may be old: a later run was cut before it
            if (ascending) {
                range.pollLastEntry();
            } else {
                range.pollFirstEntry();
            }
        }
        return range;
    }

    private List<Run> oldestFirst() {
        List<Run> runs = new ArrayList<>(live.size() + 1);
        runs.add(frozen);
        runs.addAll(live);
        return runs;
    }
}
