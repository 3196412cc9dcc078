package io.signalbox.simulator;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server that is started on an own data folder and free ports, killed in the middle of its work, and started again.
 * Each start writes to a log file of its own in the folder.
 */
final class CrashedServer implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(3);
    private static final Duration LOOK_EVERY = Duration.ofMillis(20);

    private final Loop loop;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Path folder;
    private final Target target;
    private int starts;
    private Process process;

    /**
     * Prepares; {@link #start} starts. It gets a fresh folder in {@code work}.
     *
     * @param command becomes the server, in the same process
     */
    @SuppressWarnings("NullAway.Init") // no process before start()
    CrashedServer(
            Loop loop, List<String> command, Path work, Map<String, String> environment, String user, String password) {
        this.loop = loop;
        this.environment = environment;
        this.command = List.copyOf(command);
        try {
            folder = Files.createTempDirectory(Files.createDirectories(work), "signalbox-crash-");
        } catch (IOException e) {
            throw new SimulationFailed("cannot make a folder: " + e.getMessage(), e);
        }
        target = new Target(freePort(), freePort(), user, password);
    }

    Target target() {
        return target;
    }

    Path folder() {
        return folder;
    }

    /**
     * Starts it and waits until it says that it is ready.
     *
     * @return how long that took
     */
    Duration start() {
        Path log = log(++starts);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        builder.environment().put("SIGNALBOX_DATA_DIR", folder.resolve("data").toString());
        builder.environment()
                .put("SIGNALBOX_HTTP_PORT", String.valueOf(target.http().getPort()));
        builder.environment()
                .put("SIGNALBOX_MQTT_PORT", String.valueOf(target.mqtt().getPort()));
        long begun = System.nanoTime();
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new SimulationFailed("cannot start the server: " + e.getMessage(), e);
        }
        while (!isReady()) {
            if (!process.isAlive()) {
                throw new SimulationFailed("the server ended with code " + process.exitValue() + ", see " + log);
            }
            if (System.nanoTime() - begun > START_LIMIT.toNanos()) {
                throw new SimulationFailed(
                        "the server was not ready within " + START_LIMIT.toSeconds() + " s, see " + log);
            }
            loop.runFor(LOOK_EVERY);
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /** kill -9. */
    void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new SimulationFailed("process " + process.pid() + " does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SimulationFailed("interrupted", e);
        }
    }

    /** The running server. */
    ServerProcess process() {
        return new ServerProcess(process.pid());
    }

    /** Lines of all its logs that speak of repairing or of corruption. */
    List<String> alarmingLines() {
        List<String> found = new ArrayList<>();
        for (int i = 1; i <= starts; i++) {
            try (Stream<String> lines = Files.lines(log(i), StandardCharsets.UTF_8)) {
                lines.filter(CrashedServer::isAlarming).forEach(found::add);
            } catch (IOException e) {
                throw new SimulationFailed("cannot read " + log(i) + ": " + e.getMessage(), e);
            }
        }
        return found;
    }

    void deleteFolder() {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new SimulationFailed("cannot delete " + folder + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    private boolean isReady() {
        try {
            Rest rest = new Rest(loop, target.http());
            Rest.Request request = new Rest.Request("GET", "/health/ready", null);
            return rest.all(1, _ -> request, 1, Duration.ofSeconds(2))
                            .getFirst()
                            .status()
                    == 200;
        } catch (SimulationFailed _) {
            return false; // nobody listens yet
        }
    }

    private Path log(int number) {
        return folder.resolve("server-" + number + ".log");
    }

    private static boolean isAlarming(String line) {
        String lower = line.toLowerCase(Locale.ROOT);
        return lower.contains("repair") || lower.contains("corrupt");
    }

    private static InetSocketAddress freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, Target.loopback(1, 0).getAddress())) {
            return Target.loopback(1, socket.getLocalPort());
        } catch (IOException e) {
            throw new SimulationFailed("no free port: " + e.getMessage(), e);
        }
    }
}
