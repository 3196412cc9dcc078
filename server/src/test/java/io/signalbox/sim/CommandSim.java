package io.signalbox.sim;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The path of commands by seed: what {@link CommandWorld} promises holds whatever devices, connections, callers and the store
 * do, and wherever the process ends.
 *
 * <p>One seed again: {@code -Dsignalbox.sim.seed=…}. Many: {@code scripts/simulate-commands}.
 */
public class CommandSim {
    private static final int SEEDS = 10_000;

    @Test
    void commandsKeepTheirPromises() {
        Long only = Long.getLong("signalbox.sim.seed");
        if (only != null) {
            run(only);
            return;
        }
        for (long seed = 1; seed <= SEEDS; seed++) {
            run(seed);
        }
    }

    /** Runs as many seeds as the first argument says, from the second, or from 1, on. */
    public static void main(String[] args) {
        long seeds = Long.parseLong(args[0]);
        long first = args.length > 1 ? Long.parseLong(args[1]) : 1;
        long began = System.nanoTime();
        int failed = 0;
        for (long seed = first; seed < first + seeds; seed++) {
            AssertionError failure = attempt(seed, Faults.NONE);
            if (failure != null) {
                failed++;
                System.out.println(failure.getMessage());
                if (failed == 10) {
                    break;
                }
            }
            if ((seed - first + 1) % 100_000 == 0) {
                System.out.println((seed - first + 1) + " seeds");
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf("%d seeds, %d failed, %.0f a second%n", seeds, failed, (double) seeds / seconds);
        System.exit(failed == 0 ? 0 : 1);
    }

    static void run(long seed) {
        AssertionError failure = attempt(seed, Faults.NONE);
        if (failure != null) {
            throw failure;
        }
    }

    /** The first seed from 1 to {@code seeds} that fails, with what it says; null: none does. */
    public static @Nullable String firstFailure(long seeds) {
        return firstFailure(seeds, Faults.NONE);
    }

    static @Nullable String firstFailure(long seeds, Faults faults) {
        for (long seed = 1; seed <= seeds; seed++) {
            AssertionError failure = attempt(seed, faults);
            if (failure != null) {
                return String.valueOf(failure.getMessage());
            }
        }
        return null;
    }

    private static @Nullable AssertionError attempt(long seed, Faults faults) {
        try {
            new CommandWorld(seed, faults).run();
            return null;
        } catch (AssertionError e) {
            return e;
        } catch (RuntimeException e) {
            return new AssertionError("seed " + seed + ": " + e, e);
        }
    }
}
