package io.signalbox.simulator;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code silent}: many callers wait for devices that never answer. */
final class SilentCommand implements Command {
    @Override
    public String name() {
        return "silent";
    }

    @Override
    public String summary() {
        return "callers of devices that never answer: each must hear of its own deadline, once and in time";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("devices", "50", "devices that take commands and answer none"),
                Option.count(
                        "callers", "5000", "HTTP connections, one call at a time on each, spread over the devices"),
                new Option("rate", Option.Kind.RATE, "1000", "calls per second"),
                Option.count("shortest", "10000", "the shortest deadline, ms"),
                Option.count("longest", "25000", "the longest, ms"),
                Option.count("rounds", "2", "times that all call; how late the answers are is told of the last one"),
                Option.count("seed", "1", "of the deadlines"),
                Option.count("qos", "1", "QoS of the devices' subscription, 0 or 1"),
                Option.flag(
                        "gc",
                        "have the server collect its garbage before the first and the last reading (jcmd PID GC.run)"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int devices = arguments.positive("devices");
        int callers = arguments.positive("callers");
        int shortest = arguments.positive("shortest");
        int longest = arguments.positive("longest");
        if (shortest > longest) {
            throw new UsageError("--shortest must not be above --longest");
        }
        int qos = arguments.qos();
        Limits.requireFiles(devices + callers);
        SilentCalls.Settings settings = new SilentCalls.Settings(
                callers, arguments.rate().orElseThrow(), shortest, longest, arguments.count("seed"));
        try (Bench bench = new Bench(arguments)) {
            List<Device> silent = bench.devices(devices);
            MqttPacket packet = new MqttPacket();
            Fleet fleet = new Fleet(
                    bench.loop(),
                    bench.target().mqtt(),
                    1,
                    silent.stream()
                            .map(device -> new IdleCommand.Listener(packet, device.token(), qos))
                            .toList());
            SilentCalls calls = new SilentCalls(
                    bench.loop(), bench.target(), settings, silent, bench.rest().authorization());
            boolean collect = arguments.flag("gc");
            Optional<ServerProcess> server = bench.server();
            fleet.open(Duration.ofMinutes(1));
            calls.open();
            Optional<Long> before = server.map(process -> memory(process, bench.loop(), collect));
            for (int round = 1; round < arguments.positive("rounds"); round++) {
                calls.call();
                calls.await();
            }
            calls.call();
            Optional<Long> waiting = server.map(ServerProcess::residentKilobytes);
            calls.await();
            Optional<Long> after = server.map(process -> memory(process, bench.loop(), collect));
            Report report = new Report();
            report.add("command", "command", name());
            report.add("devices", "silent devices", (double) devices, "%,.0f");
            calls.report(report);
            before.ifPresent(k -> report.add("beforeMb", "server memory before", k / 1024.0, "%.1f MiB"));
            waiting.ifPresent(k -> report.add("waitingMb", "while all wait", k / 1024.0, "%.1f MiB"));
            after.ifPresent(k -> report.add("afterMb", "after all answers", k / 1024.0, "%.1f MiB"));
            report.add("errors", "errors", fleet.losses());
            report.print(out, arguments.flag("json"));
            boolean isRight = calls.isRight() && fleet.lostCount() == 0;
            calls.close();
            fleet.close();
            return isRight ? 0 : 1;
        }
    }

    private static long memory(ServerProcess server, Loop loop, boolean collect) {
        return collect ? server.settledKilobytes(loop, true) : server.residentKilobytes();
    }
}
