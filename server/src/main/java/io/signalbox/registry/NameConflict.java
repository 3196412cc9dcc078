package io.signalbox.registry;

import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * What happens when a new thing's name is taken (REST API §5.2).
 *
 * @param isChanged     whether the name is made unique; else the thing is refused
 * @param separator     between the name and what makes it unique
 * @param isIncremental whether that is a counter; else random letters and digits
 */
public record NameConflict(boolean isChanged, String separator, boolean isIncremental) {
    public static final NameConflict REFUSED = new NameConflict(false, "", false);

    private static final int COUNTER_MAX = 1_000;
    private static final int RANDOM_CHARS = 6;

    /** The name, or one made of it. Nobody keeps it free: storing it may still fail. */
    String free(String wanted, Predicate<String> isTaken, RandomGenerator random) {
        if (!isChanged || !isTaken.test(wanted)) {
            return wanted;
        }
        if (isIncremental) {
            for (int counter = 1; counter <= COUNTER_MAX; counter++) {
                String name = wanted + separator + counter;
                if (!isTaken.test(name)) {
                    return name;
                }
            }
        }
        return wanted + separator + RandomText.of(random, RANDOM_CHARS);
    }
}
