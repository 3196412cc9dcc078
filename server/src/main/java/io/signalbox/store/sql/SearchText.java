package io.signalbox.store.sql;

import java.util.Locale;
import java.util.Optional;

/** Texts as searches compare them: in lower case, since databases know that of few letters. */
final class SearchText {
    private SearchText() {}

    /** What is stored beside the texts. */
    static String of(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** No search finds what begins in one of them and ends in the other. */
    static String of(String text, Optional<String> other) {
        return of(text + other.map(more -> '\n' + more).orElse(""));
    }

    /** What {@code LIKE ? ESCAPE '!'} is to compare with, to find {@code part} anywhere. */
    static String pattern(String part) {
        return '%' + of(part).replace("!", "!!").replace("%", "!%").replace("_", "!_") + '%';
    }

    /** As {@link #pattern}, to find {@code start} at the beginning; a {@code %} in it stands for any text. */
    static String prefix(String start) {
        return of(start).replace("!", "!!").replace("_", "!_") + '%';
    }
}
