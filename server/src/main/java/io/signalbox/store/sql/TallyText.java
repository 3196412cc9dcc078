package io.signalbox.store.sql;

import io.signalbox.ops.Histogram;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.Tally;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Counts of commands as a text of numbers with blanks between:
 *
 * <pre>
 * resent late duplicates millisTogether millisMax ; for each state: its {@link StatusCode}, count ; steps, without last zeros
 * </pre>
 */
final class TallyText {
    private TallyText() {}

    static String of(Tally tally) {
        String sums = Stream.of(
                        tally.resent(), tally.late(), tally.duplicates(), tally.millisTogether(), tally.millisMax())
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
        String states = Stream.of(RpcStatus.values())
                .filter(status -> tally.ended(status) > 0)
                .map(status -> StatusCode.of(status) + " " + tally.ended(status))
                .collect(Collectors.joining(" "));
        long[] steps = tally.steps();
        int used = steps.length;
        while (used > 0 && steps[used - 1] == 0) {
            used--;
        }
        String times =
                LongStream.of(steps).limit(used).mapToObj(String::valueOf).collect(Collectors.joining(" "));
        return sums + ";" + states + ";" + times;
    }

    /** @throws SqlFailure the text is none of {@link #of} */
    static Tally parse(String text) {
        String[] parts = text.split(";", -1);
        if (parts.length != 3) {
            throw bad(text);
        }
        long[] sums = numbers(parts[0], text);
        long[] states = numbers(parts[1], text);
        long[] steps = numbers(parts[2], text);
        if (sums.length != 5 || states.length % 2 != 0 || steps.length > Histogram.STEPS) {
            throw bad(text);
        }
        return Tally.of(
                status -> count(states, StatusCode.of(status)), sums[0], sums[1], sums[2], sums[3], sums[4], steps);
    }

    private static long count(long[] states, int code) {
        for (int i = 0; i < states.length; i += 2) {
            if (states[i] == code) {
                return states[i + 1];
            }
        }
        return 0;
    }

    private static long[] numbers(String part, String text) {
        if (part.isEmpty()) {
            return new long[0];
        }
        try {
            return Arrays.stream(part.split(" ", -1)).mapToLong(Long::parseLong).toArray();
        } catch (NumberFormatException e) {
            throw bad(text);
        }
    }

    private static SqlFailure bad(String text) {
        return new SqlFailure("statistics cannot be read: " + text);
    }
}
