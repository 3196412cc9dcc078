package io.signalbox.store.sql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A WHERE clause that is put together of constant parts, with its parameters. For one thread. */
final class Conditions {
    private final StringBuilder text = new StringBuilder();
    private final List<Object> parameters = new ArrayList<>();

    Conditions and(String condition, Object... values) {
        text.append(text.isEmpty() ? "WHERE " : " AND ")
                .append('(')
                .append(condition)
                .append(')');
        parameters.addAll(Arrays.asList(values));
        return this;
    }

    /** As {@link #and} when there is a value. */
    Conditions andIf(Optional<?> value, String condition) {
        value.ifPresent(present -> and(condition, present));
        return this;
    }

    /** Rows with {@code part} in this column, which holds {@link SearchText}. */
    Conditions search(Optional<String> part, String column) {
        part.ifPresent(given -> and(column + " LIKE ? ESCAPE '!'", SearchText.pattern(given)));
        return this;
    }

    String text() {
        return text.toString();
    }

    Object[] parameters(Object... more) {
        List<Object> all = new ArrayList<>(parameters);
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }
}
