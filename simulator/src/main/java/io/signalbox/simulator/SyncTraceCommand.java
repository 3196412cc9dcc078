package io.signalbox.simulator;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/** {@code sync-trace}: the system calls of a running server, as proof that it syncs before it acknowledges. */
final class SyncTraceCommand implements Command {
    private static final String CALLS =
            "trace=fsync,fdatasync,read,readv,recvfrom,recvmsg,write,writev,pwrite64,pwritev,sendto,sendmsg";

    @Override
    public String name() {
        return "sync-trace";
    }

    @Override
    public String summary() {
        return "watches a server with strace while one device publishes; every PUBACK must come after the sync";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("messages", "20", "messages, one at a time"),
                Option.text("file", "points.db-wal", "end of the name of the file that must be synced"),
                Option.text("output", null, "keep what strace wrote in this file"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int messages = arguments.positive("messages");
        try (Bench bench = new Bench(arguments)) {
            ServerProcess server = bench.server()
                    .orElseThrow(() -> new SimulationFailed("cannot see the server's process; give its --pid"));
            PublishLoad load = new PublishLoad(
                    bench.loop(),
                    bench.target(),
                    new PublishLoad.Settings(1, 1, OptionalDouble.empty(), 1),
                    List.of(bench.devices(1).getFirst().token()),
                    new Some(messages),
                    Optional.empty());
            load.open();
            Path output = arguments.optionalText("output").map(Path::of).orElseGet(SyncTraceCommand::temporary);
            Process strace = attach(server, output);
            Measurement measurement = load.runToEnd(Duration.ofMinutes(1));
            detach(strace);
            load.close();
            SyncTrace trace = new SyncTrace(arguments.text("file"));
            try (var lines = Files.lines(output, StandardCharsets.ISO_8859_1)) {
                lines.forEach(trace::line);
            }
            if (arguments.optionalText("output").isEmpty()) {
                Files.delete(output);
            }
            Report report = new Report();
            report.add("command", "command", name());
            report.add("messages", "messages", (double) measurement.count(), "%,.0f");
            report.add("synced", "PUBACK after the sync", (double) trace.synced(), "%,.0f");
            report.add("early", "PUBACK before it", (double) trace.early(), "%,.0f");
            report.print(out, arguments.flag("json"));
            return trace.early() == 0 && trace.synced() == messages ? 0 : 1;
        } catch (IOException e) {
            throw new SimulationFailed("trace: " + e.getMessage(), e);
        }
    }

    /** Starts strace and waits until it says that it holds the server; what else it says fits into the pipe. */
    private static Process attach(ServerProcess server, Path output) throws IOException {
        Process strace = new ProcessBuilder(
                        "strace",
                        "-f",
                        "-x",
                        "-y",
                        "-s",
                        "100",
                        "-e",
                        CALLS,
                        "-p",
                        String.valueOf(server.pid()),
                        "-o",
                        output.toString())
                .start();
        String line = FirstLine.of(strace, strace.errorReader(StandardCharsets.UTF_8));
        if (!line.contains("attached")) {
            strace.destroy();
            throw new SimulationFailed("strace cannot watch process " + server.pid() + ": " + line);
        }
        return strace;
    }

    private static void detach(Process strace) {
        strace.destroy();
        try {
            if (!strace.waitFor(10, TimeUnit.SECONDS)) {
                strace.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SimulationFailed("interrupted", e);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempFile("signalbox-", ".strace");
        } catch (IOException e) {
            throw new SimulationFailed("cannot make a file: " + e.getMessage(), e);
        }
    }

    /** A fixed number of small messages. */
    private static final class Some implements PublishLoad.Messages {
        private int left;

        Some(int count) {
            left = count;
        }

        @Override
        public boolean next(int device, int slot, Bytes payload) {
            if (left == 0) {
                return false;
            }
            payload.put("{\"k\":").putDecimal(left--).put('}');
            return true;
        }
    }
}
