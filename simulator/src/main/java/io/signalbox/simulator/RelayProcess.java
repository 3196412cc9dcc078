package io.signalbox.simulator;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@link Relay} in a process of its own, with the same Java and options as this one; ends when closed. */
final class RelayProcess implements AutoCloseable {
    private static final Pattern ADDRESSES =
            Pattern.compile("relay http=127\\.0\\.0\\.1:(\\d+) mqtt=127\\.0\\.0\\.1:(\\d+)");

    private final Process process;
    private final InetSocketAddress http;
    private final InetSocketAddress mqtt;

    /** Starts it, and waits until it listens. */
    RelayProcess() {
        try {
            process = new ProcessBuilder(command())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String line = FirstLine.of(process, process.inputReader(StandardCharsets.UTF_8));
            Matcher matcher = ADDRESSES.matcher(line);
            if (!matcher.matches()) {
                process.destroy();
                throw new SimulationFailed("the relay did not start: " + line);
            }
            http = Target.loopback(1, Integer.parseInt(matcher.group(1)));
            mqtt = Target.loopback(1, Integer.parseInt(matcher.group(2)));
        } catch (IOException e) {
            throw new SimulationFailed("the relay did not start: " + e.getMessage(), e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "stop relay"));
    }

    InetSocketAddress http() {
        return http;
    }

    InetSocketAddress mqtt() {
        return mqtt;
    }

    ServerProcess server() {
        return new ServerProcess(process.pid());
    }

    @Override
    public void close() {
        process.destroy();
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "relay"));
        return command;
    }
}
