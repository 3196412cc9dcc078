package io.signalbox.store.sql.points;

import java.util.ArrayList;
import java.util.List;

/** Times from {@code startTs} to before {@code endTs}. */
record Span(long startTs, long endTs) {
    boolean isEmpty() {
        return startTs >= endTs;
    }

    boolean has(long ts) {
        return startTs <= ts && ts < endTs;
    }

    /** What is left of it without these, by time. */
    List<Span> without(List<Span> hidden) {
        List<Span> left = isEmpty() ? List.of() : List.of(this);
        for (Span gone : hidden) {
            List<Span> rest = new ArrayList<>();
            for (Span span : left) {
                add(rest, new Span(span.startTs, Math.min(span.endTs, gone.startTs)));
                add(rest, new Span(Math.max(span.startTs, gone.endTs), span.endTs));
            }
            left = gone.isEmpty() ? left : rest;
        }
        return left;
    }

    private static void add(List<Span> spans, Span span) {
        if (!span.isEmpty()) {
            spans.add(span);
        }
    }
}
