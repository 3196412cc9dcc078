package io.signalbox.simulator;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** {@code sweep}: many commands of absent devices expire within a short time, while others are called. */
final class SweepCommand implements Command {
    /** The load goes on so much longer than the last deadline, and whatever is open then is an error. */
    private static final Duration TAIL = Duration.ofSeconds(3);

    @Override
    public String name() {
        return "sweep";
    }

    @Override
    public String summary() {
        return "commands of absent devices expire in one minute; what that does to calls meanwhile, and how late the ends are";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("commands", "100000", "persistent commands that expire"),
                Option.count("absent", "1000", "devices that they are for"),
                Option.count("spread", "60", "time over which their deadlines are spread, s"),
                Option.count("lead", "60", "time to store them in before the first deadline, s"),
                new Option("rate", Option.Kind.RATE, "2000", "lightweight calls per second meanwhile"),
                Option.count("devices", "64", "devices that answer them"),
                Option.count("callers", "256", "HTTP connections that make them"),
                Option.count("seconds", "20", "measured time without a sweep, s"),
                Option.count("warmup", "10", "time before that, s"),
                Option.count("qos", "0", "QoS of the devices' subscription, 0 or 1"),
                Option.count("seed", "1", "of the deadlines"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int live = arguments.positive("devices");
        int spreadMillis = arguments.positive("spread") * 1_000;
        int leadMillis = arguments.positive("lead") * 1_000;
        Limits.requireFiles(live + arguments.positive("callers"));
        try (Bench bench = new Bench(arguments)) {
            List<Device> devices = bench.devices(live + arguments.positive("absent"));
            RpcLoad load = load(bench, devices.subList(0, live), arguments);
            load.open();
            Measurement without =
                    load.run(RpcCommand.seconds(arguments, "warmup"), RpcCommand.seconds(arguments, "seconds"));
            long first = System.currentTimeMillis() + leadMillis;
            Backlog backlog = new Backlog(bench.rest(), arguments.positive(Option.CONNECTIONS.name()));
            List<Device> absent = devices.subList(live, devices.size());
            SplittableRandom random = new SplittableRandom(arguments.count("seed"));
            long[] deadlines = random.longs(arguments.positive("commands"), first, first + spreadMillis)
                    .toArray();
            List<String> ids = backlog.post(
                    deadlines.length, i -> Backlog.command(absent.get(i % absent.size()), "sweep", i, deadlines[i]));
            long left = first - System.currentTimeMillis();
            if (left < 0) {
                throw new SimulationFailed(
                        "storing the commands took " + (leadMillis - left) / 1_000 + " s: give more --lead");
            }
            Measurement with = load.run(
                    Duration.ofMillis(left), Duration.ofMillis(spreadMillis).plus(TAIL));
            load.close();
            Ends ends = new Ends();
            int number = 0;
            for (Rest.Response response : backlog.all(ids.size(), i -> history(ids.get(i)))) {
                ends.read(response.json(), deadlines[number++]);
            }
            report(without, with, ends).print(out, arguments.flag("json"));
            return ends.isRight(ids.size()) ? 0 : 1;
        }
    }

    private static RpcLoad load(Bench bench, List<Device> devices, Arguments arguments) {
        return new RpcLoad(
                bench.loop(),
                bench.target().http(),
                bench.target().mqtt(),
                new RpcLoad.Settings(arguments.positive("callers"), arguments.qos(), 0, arguments.rate(), false),
                devices.stream().map(Device::token).toList(),
                devices.stream().map(Device::id).toList(),
                bench.rest().authorization(),
                bench.server());
    }

    private static Rest.Request history(String id) {
        return new Rest.Request("GET", "/api/rpc/persistent/" + id + "/history", null);
    }

    private Report report(Measurement without, Measurement with, Ends ends) {
        Report report = new Report();
        report.add("command", "command", name());
        report.add("withoutP50Ms", "p50 without a sweep", without.p50Millis(), "%.3f ms");
        report.add("withoutP99Ms", "p99 without a sweep", without.p99Millis(), "%.3f ms");
        report.add("withoutMaxMs", "max without a sweep", without.maxMillis(), "%.3f ms");
        report.add("p99DelayMs", "p99 later by", with.p99Millis() - without.p99Millis(), "%.3f ms");
        report.add("states", "states at the end", ends.states);
        report.add("endP50Ms", "ends behind deadline, p50", ends.late.percentileMillis(50), "%,.0f ms");
        report.add("endMaxMs", "ends behind deadline, max", ends.late.max() / 1e6, "%,.0f ms");
        report.add("endedEarly", "ended before deadline", (double) ends.earlyCount, "%,.0f");
        with.report(report, "calls");
        return report;
    }

    /** What the commands' histories say. */
    private static final class Ends {
        private final Histogram late = new Histogram();
        private final TreeMap<String, Long> states = new TreeMap<>();
        private long earlyCount;

        void read(JsonNode rpc, long deadline) {
            states.merge(rpc.path("status").asString("?"), 1L, Long::sum);
            for (JsonNode line : rpc.path("history")) {
                if (line.path("cause").asString("").equals("expired")) {
                    long behind = line.path("ts").asLong(0) - deadline;
                    if (behind < 0) {
                        earlyCount++;
                    }
                    late.record(Duration.ofMillis(behind).toNanos());
                }
            }
        }

        boolean isRight(int count) {
            return earlyCount == 0 && late.count() == count && states.getOrDefault("EXPIRED", 0L) == count;
        }
    }
}
