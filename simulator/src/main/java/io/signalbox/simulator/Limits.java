package io.signalbox.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** What the operating system allows this process. */
final class Limits {
    /** Descriptors that the virtual machine and the selector need for themselves. */
    private static final int MARGIN = 200;

    private Limits() {}

    /** Soft limit of open files; empty where there is no /proc. */
    static OptionalLong openFiles() {
        try {
            return Files.readAllLines(Path.of("/proc/self/limits")).stream()
                    .filter(line -> line.startsWith("Max open files"))
                    .map(line ->
                            line.substring("Max open files".length()).strip().split("\\s+", -1)[0])
                    .mapToLong(soft -> soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft))
                    .findFirst();
        } catch (IOException _) {
            return OptionalLong.empty();
        }
    }

    static String openFilesText() {
        OptionalLong limit = openFiles();
        return limit.isEmpty()
                ? "unknown"
                : limit.getAsLong() == Long.MAX_VALUE ? "unlimited" : String.valueOf(limit.getAsLong());
    }

    /** @throws SimulationFailed when {@code connections} are more than this process may open */
    static void requireFiles(int connections) {
        OptionalLong limit = openFiles();
        if (limit.isPresent() && connections + MARGIN > limit.getAsLong()) {
            throw new SimulationFailed(connections + " connections need " + (connections + MARGIN)
                    + " open files, but this process may open " + limit.getAsLong() + " (see ulimit -n)");
        }
    }
}
