package io.signalbox.simulator;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts of broken promises, with the first few of each kind in words. */
final class Violations {
    private static final int EXAMPLES_MAX = 3;

    private final Map<Violation, Long> counts = new EnumMap<>(Violation.class);
    private final Map<Violation, List<String>> examples = new EnumMap<>(Violation.class);

    void add(Violation kind, String example) {
        counts.merge(kind, 1L, Long::sum);
        List<String> some = examples.computeIfAbsent(kind, _ -> new ArrayList<>());
        if (some.size() < EXAMPLES_MAX) {
            some.add(example);
        }
    }

    long count(Violation kind) {
        return counts.getOrDefault(kind, 0L);
    }

    boolean isEmpty() {
        return counts.isEmpty();
    }

    /** A line for each kind, also for those that were kept. */
    void print(PrintStream out) {
        for (Violation kind : Violation.values()) {
            out.printf("%-8d %s%n", count(kind), kind);
            examples.getOrDefault(kind, List.of()).forEach(example -> out.println("         " + example));
        }
    }
}
