package io.signalbox.simulator;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Memory and processor time of a process of this machine, as Linux tells them under /proc. On other systems nobody is
 * found and the figures are left out.
 */
record ServerProcess(long pid) {
    /** Unit of the times in /proc/PID/stat; the kernel's interface fixes it at 100 per second. */
    private static final long TICK_NANOS = 10_000_000;

    private static final Duration SETTLE = Duration.ofSeconds(2);

    private static final ServerProcess SELF =
            new ServerProcess(ProcessHandle.current().pid());

    static ServerProcess self() {
        return SELF;
    }

    /** The process that {@code --pid} names, else the one that listens on the port; empty when neither can be seen. */
    static Optional<ServerProcess> of(Arguments arguments, int httpPort) {
        if (arguments.optionalCount("pid").isPresent()) {
            int pid = arguments.count("pid");
            if (!Files.isReadable(Path.of("/proc/" + pid + "/stat"))) {
                throw new SimulationFailed("there is no process " + pid);
            }
            return Optional.of(new ServerProcess(pid));
        }
        return listening(httpPort);
    }

    /** The process that listens on a TCP port of this machine. */
    static Optional<ServerProcess> listening(int port) {
        Set<String> sockets = new HashSet<>();
        String local = String.format(Locale.ROOT, ":%04X", port);
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : lines(Path.of(table))) {
                String[] fields = line.strip().split("\\s+", -1);
                if (fields.length > 9 && fields[1].endsWith(local) && fields[3].equals("0A")) {
                    sockets.add("socket:[" + fields[9] + "]");
                }
            }
        }
        if (sockets.isEmpty()) {
            return Optional.empty();
        }
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> holds(pid, sockets))
                .findFirst()
                .map(ServerProcess::new);
    }

    /** Processor time used so far, of all threads, in steps of 10 ms. */
    Duration cpu() {
        List<String> stat = lines(Path.of("/proc/" + pid + "/stat"));
        if (stat.isEmpty()) {
            return Duration.ZERO;
        }
        String line = stat.getFirst();
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1); // the name may hold blanks
        return Duration.ofNanos((Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NANOS);
    }

    /** Resident memory now. */
    long residentKilobytes() {
        return lines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(0);
    }

    /**
     * Resident memory in KiB once the process has come to rest, two seconds from now.
     *
     * @param collect has it collect its garbage first, through {@code jcmd}: a Java of this user
     */
    long settledKilobytes(Loop loop, boolean collect) {
        if (collect) {
            collectGarbage();
        }
        loop.runFor(SETTLE);
        return residentKilobytes();
    }

    private void collectGarbage() {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            Process process = new ProcessBuilder(jcmd, String.valueOf(pid), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroy();
                throw new SimulationFailed("jcmd " + pid + " GC.run did not work; is it a Java of this user?");
            }
        } catch (IOException e) {
            throw new SimulationFailed("jcmd: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SimulationFailed("interrupted", e);
        }
    }

    private static boolean holds(long pid, Set<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors) {
                if (sockets.contains(target(descriptor))) {
                    return true;
                }
            }
        } catch (IOException _) {
            return false; // ended meanwhile, or somebody else's
        }
        return false;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException _) {
            return ""; // closed meanwhile
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException _) {
            return List.of(); // no Linux, or the process ended
        }
    }
}
