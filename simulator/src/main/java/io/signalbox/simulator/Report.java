package io.signalbox.simulator;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Figures of a run, printed as a table for people or as one line of JSON for scripts. */
final class Report {
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, String> lines = new LinkedHashMap<>();

    /** @param name in JSON; {@code label} in the table, where {@code format} shows the value */
    void add(String name, String label, double value, String format) {
        if (value == Math.rint(value)) {
            values.put(name, (long) value);
        } else {
            values.put(name, Math.round(value * 1000) / 1000.0);
        }
        lines.put(label, String.format(Locale.ROOT, format, value));
    }

    void add(String name, String label, Map<String, Long> counts) {
        values.put(name, counts);
        lines.put(label, counts.isEmpty() ? "none" : counts.toString());
    }

    void add(String name, String label, String value) {
        values.put(name, value);
        lines.put(label, value);
    }

    /** A value of the JSON line only. */
    void addJson(String name, Object value) {
        values.put(name, value);
    }

    Map<String, Object> values() {
        return values;
    }

    void print(PrintStream out, boolean json) {
        if (json) {
            out.println(Rest.text(values));
        } else {
            lines.forEach((label, value) -> out.printf("%-26s %s%n", label, value));
        }
    }
}
