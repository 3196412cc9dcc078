package io.signalbox.api;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an event of a stream of transitions is called: {@code <number>-<line>}.
 *
 * @param number of the command in the store
 * @param line   of its history, counted from 1: the version of the command that brought it, but where a change leaves no line
 */
record EventId(long number, int line) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})-([0-9]{1,9})");

    /** Empty also when it is none of ours: the stream then begins anew. */
    static Optional<EventId> parse(@Nullable String text) {
        Matcher matcher = FORM.matcher(text == null ? "" : text);
        return matcher.matches()
                ? Optional.of(new EventId(Long.parseLong(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    String text() {
        return number + "-" + line;
    }
}
