package io.signalbox.simulator;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** {@code idle}: what connections cost that do nothing. */
final class IdleCommand implements Command {
    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String summary() {
        return "MQTT connections that subscribe to commands and do nothing; memory of the server before and after";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("devices", "1000", "connections"),
                Option.count("seconds", "30", "time to hold them, s"),
                Option.flag("gc", "have the server collect its garbage before each reading (jcmd PID GC.run)"),
                Option.ADDRESSES);
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int count = arguments.positive("devices");
        Limits.requireFiles(count);
        try (Bench bench = new Bench(arguments)) {
            ServerProcess server = bench.server()
                    .orElseThrow(() -> new SimulationFailed("cannot see the server's process; give its --pid"));
            MqttPacket packet = new MqttPacket();
            List<Listener> listeners = bench.devices(count).stream()
                    .map(device -> new Listener(packet, device.token(), 1))
                    .toList();
            Fleet fleet =
                    new Fleet(bench.loop(), bench.target().mqtt(), TelemetryCommand.addresses(arguments), listeners);
            boolean collect = arguments.flag("gc");
            long before = server.settledKilobytes(bench.loop(), collect);
            fleet.open(Duration.ofMinutes(2));
            bench.loop().runFor(RpcCommand.seconds(arguments, "seconds"));
            long after = server.settledKilobytes(bench.loop(), collect);
            Report report = new Report();
            report.add("command", "command", name());
            report.add("devices", "connections", (double) count, "%,.0f");
            report.add("beforeMb", "server memory before", before / 1024.0, "%.1f MiB");
            report.add("afterMb", "server memory after", after / 1024.0, "%.1f MiB");
            report.add("bytesEach", "bytes per connection", (after - before) * 1024.0 / count, "%,.0f");
            report.add("errors", "errors", fleet.losses());
            report.print(out, arguments.flag("json"));
            boolean allHeld = fleet.lostCount() == 0;
            fleet.close();
            return allHeld ? 0 : 1;
        }
    }

    /** Takes commands, and answers none. */
    static final class Listener extends MqttClient {
        Listener(MqttPacket packet, String token, int qos) {
            super(packet, token, RpcLoad.REQUESTS, qos);
        }
    }
}
