package io.signalbox.simulator;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;

/** {@code fill}: stored points in large numbers, so that a server can be measured with a full store. */
final class FillCommand implements Command {
    @Override
    public String name() {
        return "fill";
    }

    @Override
    public String summary() {
        return "stores points quickly: telemetry arrays with past times, over MQTT QoS 1";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("devices", "64", "devices that the points belong to"),
                Option.count("points", "1000000", "points to store, of all devices together"),
                Option.count("values", "2", "values (points) in each record, k1, k2 and so on"),
                Option.count("records", "100", "records in each message"),
                Option.count("step", "1000", "time from a record of a device to its next one, ms"),
                Option.count("inflight", "4", "unacknowledged messages of each device"),
                Option.count("limit", "600", "give up after this time, s"),
                Option.ADDRESSES);
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int count = arguments.positive("devices");
        Limits.requireFiles(count);
        try (Bench bench = new Bench(arguments)) {
            List<String> tokens =
                    bench.devices(count).stream().map(Device::token).toList();
            History history = new History(arguments);
            PublishLoad load = new PublishLoad(
                    bench.loop(),
                    bench.target(),
                    new PublishLoad.Settings(
                            arguments.positive("inflight"),
                            1,
                            OptionalDouble.empty(),
                            TelemetryCommand.addresses(arguments)),
                    tokens,
                    history,
                    bench.server());
            load.open();
            Measurement measurement = load.runToEnd(RpcCommand.seconds(arguments, "limit"));
            load.close();
            Report report = new Report();
            report.add("command", "command", name());
            report.add("points", "points", (double) history.points, "%,.0f");
            report.add("pointsPerSecond", "points rate", history.points / measurement.seconds(), "%,.0f/s");
            report.add("firstTs", "first time", String.valueOf(history.firstTs));
            measurement.report(report, "messages");
            report.print(out, arguments.flag("json"));
            return measurement.errors().isEmpty() ? 0 : 1;
        }
    }

    /** Every device's records in order of time; the last one is about now. */
    private static final class History implements PublishLoad.Messages {
        private static final byte[] TS = ascii("{\"ts\":");
        private static final byte[] VALUES = ascii(",\"values\":");

        private final SplittableRandom random = new SplittableRandom(1);
        private final byte[][] keys;
        private final long[] left;
        private final long[] nextTs;
        private final int records;
        private final int stepMillis;
        private final long firstTs;
        private long points;

        History(Arguments arguments) {
            int devices = arguments.positive("devices");
            int values = arguments.positive("values");
            long each = (arguments.positive("points") + (long) devices * values - 1) / ((long) devices * values);
            keys = Values.keys(values);
            records = arguments.positive("records");
            stepMillis = arguments.positive("step");
            firstTs = System.currentTimeMillis() - each * stepMillis;
            left = new long[devices];
            Arrays.fill(left, each);
            nextTs = new long[devices];
            Arrays.fill(nextTs, firstTs);
        }

        @Override
        public boolean next(int device, int slot, Bytes payload) {
            long count = Math.min(records, left[device]);
            if (count == 0) {
                return false;
            }
            for (int i = 0; i < count; i++) {
                payload.put(i == 0 ? '[' : ',')
                        .put(TS)
                        .putDecimal(nextTs[device])
                        .put(VALUES);
                Values.put(payload, keys, random);
                payload.put('}');
                nextTs[device] += stepMillis;
            }
            payload.put(']');
            left[device] -= count;
            points += count * keys.length;
            return true;
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
    }
}
