package io.signalbox.simulator;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** {@code compare}: the server against the {@link Relay}, in turn on the same machine, so that its noise hits both. */
final class CompareCommand implements Command {

    private static final Duration LEAD_IN = Duration.ofSeconds(1);

    /** One turn of each. */
    private record Pair(Measurement relay, Measurement server) {
        double rateRatio() {
            return server.perSecond() / relay.perSecond();
        }

        double p50Ratio() {
            return server.p50Millis() / relay.p50Millis();
        }

        double p99Ratio() {
            return server.p99Millis() / relay.p99Millis();
        }
    }

    @Override
    public String name() {
        return "compare";
    }

    @Override
    public String summary() {
        return "rpc against the server and against a relay of its own, in turn, and the ratios";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("devices", "64", "devices that answer"),
                Option.count("callers", "64", "HTTP connections, one call outstanding on each"),
                Option.count("seconds", "10", "measured time of each turn, s"),
                Option.count("warmup", "10", "warm-up of each side before the first pair, s"),
                Option.count("pairs", "5", "turns of each side"),
                Option.count("qos", "0", "QoS of the devices' subscription, 0 or 1"),
                Option.rate("calls per second of all callers (default: each goes on when it has its answer)"),
                Option.count("params-bytes", "0", "padding in each command, bytes"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        Limits.requireFiles(2 * (arguments.count("devices") + arguments.count("callers")));
        Duration warmup = RpcCommand.seconds(arguments, "warmup");
        Duration turn = RpcCommand.seconds(arguments, "seconds");
        boolean json = arguments.flag("json");
        try (Bench bench = new Bench(arguments);
                RelayProcess relay = new RelayProcess()) {
            List<Device> devices = bench.devices(arguments.positive("devices"));
            List<String> tokens = devices.stream().map(Device::token).toList();
            List<String> ids = devices.stream().map(Device::id).toList();
            RpcLoad.Settings settings = RpcCommand.settings(arguments);
            // the same token goes to both, so that the requests are byte for byte of the same size
            String token = bench.rest().authorization();
            RpcLoad onRelay = new RpcLoad(
                    bench.loop(),
                    relay.http(),
                    relay.mqtt(),
                    settings,
                    tokens,
                    tokens,
                    token,
                    Optional.of(relay.server()));
            RpcLoad onServer = new RpcLoad(
                    bench.loop(),
                    bench.target().http(),
                    bench.target().mqtt(),
                    settings,
                    tokens,
                    ids,
                    token,
                    bench.server());
            onRelay.open();
            onServer.open();
            onRelay.run(warmup, Duration.ZERO);
            onServer.run(warmup, Duration.ZERO);
            List<Pair> pairs = new ArrayList<>();
            for (int i = 1; i <= arguments.positive("pairs"); i++) {
                Pair pair = i % 2 == 1 ? relayFirst(onRelay, onServer, turn) : serverFirst(onRelay, onServer, turn);
                pairs.add(pair);
                if (!json) {
                    print(out, i, pair);
                }
            }
            onServer.close();
            onRelay.close();
            report(pairs).print(out, json);
            return 0;
        }
    }

    private static Pair relayFirst(RpcLoad relay, RpcLoad server, Duration turn) {
        Measurement ofRelay = relay.run(LEAD_IN, turn);
        return new Pair(ofRelay, server.run(LEAD_IN, turn));
    }

    /** Every second pair is turned around, so that a machine which gets slower or faster favours neither side. */
    private static Pair serverFirst(RpcLoad relay, RpcLoad server, Duration turn) {
        Measurement ofServer = server.run(LEAD_IN, turn);
        return new Pair(relay.run(LEAD_IN, turn), ofServer);
    }

    private static void print(PrintStream out, int number, Pair pair) {
        out.printf("pair %d   relay  %s%n", number, text(pair.relay));
        out.printf("         server %s%n", text(pair.server));
        out.printf(
                "         ratio  rate %.3f   p50 %.2f   p99 %.2f%n",
                pair.rateRatio(), pair.p50Ratio(), pair.p99Ratio());
    }

    private static String text(Measurement m) {
        double micros = m.serverCpu()
                .map(cpu -> cpu.toNanos() / 1e3 / Math.max(1, m.count()))
                .orElse(0.0);
        return "%,9.0f/s   p50 %.3f ms   p99 %.3f ms   max %.1f ms   %.1f µs each   errors %s"
                .formatted(m.perSecond(), m.p50Millis(), m.p99Millis(), m.maxMillis(), micros, m.errors());
    }

    private static Report report(List<Pair> pairs) {
        Report report = new Report();
        report.add("command", "command", "compare");
        report.add("rateRatio", "rate, server to relay", median(pairs, Pair::rateRatio), "%.3f (median of pairs)");
        report.add("p50Ratio", "p50, server to relay", median(pairs, Pair::p50Ratio), "%.2f (median of pairs)");
        report.add("p99Ratio", "p99, server to relay", median(pairs, Pair::p99Ratio), "%.2f (median of pairs)");
        report.add("relayPerSecond", "relay", median(pairs, p -> p.relay().perSecond()), "%,.0f/s (median)");
        report.add("serverPerSecond", "server", median(pairs, p -> p.server().perSecond()), "%,.0f/s (median)");
        report.addJson(
                "pairs",
                pairs.stream()
                        .map(p -> Map.of("relay", json(p.relay()), "server", json(p.server())))
                        .toList());
        return report;
    }

    private static Map<String, Object> json(Measurement measurement) {
        Report report = new Report();
        measurement.report(report, "calls");
        return report.values();
    }

    private static double median(List<Pair> pairs, ToDoubleFunction<Pair> figure) {
        double[] sorted = pairs.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
