package io.signalbox.simulator;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** {@code rpc}: two-way commands, HTTP to MQTT and back. */
final class RpcCommand implements Command {
    /** About the length of a real token, so that requests to a relay are no shorter. */
    private static final int TOKEN_CHARS = 450;

    @Override
    public String name() {
        return "rpc";
    }

    @Override
    public String summary() {
        return "two-way commands from HTTP callers to MQTT devices and back";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("devices", "64", "devices that answer"),
                Option.count("callers", "64", "HTTP connections, one call outstanding on each"),
                Option.count("seconds", "10", "measured time, s"),
                Option.count("warmup", "5", "time before that, s"),
                Option.count("qos", null, "QoS of the devices' subscription, 0 or 1 (default: 0, with --persistent 1)"),
                Option.flag("persistent", "persistent commands; done when the device's answer has its PUBACK"),
                Option.rate("calls per second of all callers (default: each goes on when it has its answer)"),
                Option.count("params-bytes", "0", "padding in each command, bytes"),
                Option.flag("relay", "the server is a relay: no login, no devices to make"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        if (arguments.flag("relay") && arguments.flag("persistent")) {
            throw new UsageError("a relay keeps nothing: --relay and --persistent do not go together");
        }
        Limits.requireFiles(arguments.count("devices") + arguments.count("callers"));
        return arguments.flag("relay") ? runOnRelay(arguments, out) : runOnServer(arguments, out);
    }

    private int runOnServer(Arguments arguments, PrintStream out) {
        try (Bench bench = new Bench(arguments)) {
            List<Device> devices = bench.devices(arguments.positive("devices"));
            RpcLoad load = new RpcLoad(
                    bench.loop(),
                    bench.target().http(),
                    bench.target().mqtt(),
                    settings(arguments),
                    devices.stream().map(Device::token).toList(),
                    devices.stream().map(Device::id).toList(),
                    bench.rest().authorization(),
                    bench.server());
            return run(load, arguments, out);
        }
    }

    private int runOnRelay(Arguments arguments, PrintStream out) {
        Target target = Target.of(arguments);
        List<String> tokens = IntStream.range(0, arguments.positive("devices"))
                .mapToObj(i -> "sim-" + i)
                .toList();
        try (Loop loop = new Loop()) {
            RpcLoad load = new RpcLoad(
                    loop,
                    target.http(),
                    target.mqtt(),
                    settings(arguments),
                    tokens,
                    tokens,
                    "Bearer " + "x".repeat(TOKEN_CHARS),
                    ServerProcess.of(arguments, target.http().getPort()));
            return run(load, arguments, out);
        }
    }

    private int run(RpcLoad load, Arguments arguments, PrintStream out) {
        load.open();
        Measurement measurement = load.run(seconds(arguments, "warmup"), seconds(arguments, "seconds"));
        load.close();
        Report report = new Report();
        report.add("command", "command", name());
        measurement.report(report, "calls");
        report.print(out, arguments.flag("json"));
        return 0;
    }

    static RpcLoad.Settings settings(Arguments arguments) {
        boolean persistent = arguments.flag("persistent");
        return new RpcLoad.Settings(
                arguments.positive("callers"),
                arguments.qos(persistent ? 1 : 0),
                arguments.count("params-bytes"),
                arguments.rate(),
                persistent);
    }

    static Duration seconds(Arguments arguments, String name) {
        return Duration.ofSeconds(arguments.count(name));
    }
}
