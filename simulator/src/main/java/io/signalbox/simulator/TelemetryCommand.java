package io.signalbox.simulator;

import java.io.PrintStream;
import java.util.List;
import java.util.SplittableRandom;

/** {@code telemetry}: acknowledged messages with a few values each. */
final class TelemetryCommand implements Command {
    @Override
    public String name() {
        return "telemetry";
    }

    @Override
    public String summary() {
        return "telemetry over MQTT, each device with a number of unacknowledged messages in flight";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("devices", "64", "devices that publish"),
                Option.count("inflight", "8", "unacknowledged messages of each device"),
                Option.count("seconds", "10", "measured time, s"),
                Option.count("warmup", "5", "time before that, s"),
                Option.count("values", "2", "values in each message, k1, k2 and so on"),
                Option.count("qos", "1", "QoS of the messages; 0 needs --rate and counts what was written"),
                Option.rate("messages per second of all devices (default: as fast as they are acknowledged)"),
                Option.ADDRESSES);
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int count = arguments.positive("devices");
        if (arguments.qos() == 0 && arguments.rate().isEmpty()) {
            throw new UsageError("--qos 0 needs --rate, since nothing holds it back");
        }
        System.err.println("open files allowed: " + Limits.openFilesText());
        Limits.requireFiles(count);
        try (Bench bench = new Bench(arguments)) {
            List<String> tokens =
                    bench.devices(count).stream().map(Device::token).toList();
            PublishLoad load = new PublishLoad(
                    bench.loop(),
                    bench.target(),
                    new PublishLoad.Settings(
                            arguments.positive("inflight"), arguments.qos(), arguments.rate(), addresses(arguments)),
                    tokens,
                    new Readings(arguments.positive("values")),
                    bench.server());
            load.open();
            Measurement measurement =
                    load.run(RpcCommand.seconds(arguments, "warmup"), RpcCommand.seconds(arguments, "seconds"));
            load.close();
            Report report = new Report();
            report.add("command", "command", name());
            report.add("devices", "devices", (double) count, "%,.0f");
            measurement.report(report, "messages");
            report.print(out, arguments.flag("json"));
            return 0;
        }
    }

    static int addresses(Arguments arguments) {
        int addresses = arguments.positive("addresses");
        if (addresses > 254) {
            throw new UsageError("--addresses must be at most 254");
        }
        return addresses;
    }

    /** Payloads like {@code {"k1":21.375,"k2":83.002}}; the server gives the time. */
    private static final class Readings implements PublishLoad.Messages {
        private final SplittableRandom random = new SplittableRandom(1);
        private final byte[][] keys;

        Readings(int values) {
            keys = Values.keys(values);
        }

        @Override
        public boolean next(int device, int slot, Bytes payload) {
            Values.put(payload, keys, random);
            return true;
        }
    }
}
