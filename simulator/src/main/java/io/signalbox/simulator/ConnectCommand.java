package io.signalbox.simulator;

import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@code connect}: how fast devices come in. */
final class ConnectCommand implements Command {
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(30);

    @Override
    public String name() {
        return "connect";
    }

    @Override
    public String summary() {
        return "MQTT connections at a fixed rate, and how long each waits for its CONNACK";
    }

    @Override
    public List<Option> options() {
        return Bench.options(
                Option.count("devices", "1000", "connections to open, each by a device of its own"),
                new Option("rate", Option.Kind.RATE, "500", "connections per second"),
                Option.ADDRESSES);
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int count = arguments.positive("devices");
        Limits.requireFiles(count);
        double rate = arguments.rate().orElseThrow();
        try (Bench bench = new Bench(arguments)) {
            List<String> tokens =
                    bench.devices(count).stream().map(Device::token).toList();
            Arrivals arrivals = new Arrivals(
                    bench.loop(), bench.target().mqtt(), TelemetryCommand.addresses(arguments), new Pace(rate), tokens);
            Optional<ServerProcess> server = bench.server();
            Duration cpuBefore = server.map(ServerProcess::cpu).orElse(Duration.ZERO);
            arrivals.run(Duration.ofSeconds((long) (count / rate)).plus(DRAIN_LIMIT));
            Report report = new Report();
            report.add("command", "command", name());
            report.add("connections", "connections", (double) arrivals.connack.count(), "%,.0f");
            report.add("perSecond", "rate", arrivals.connack.count() / arrivals.seconds, "%,.0f/s");
            report.add("connackP50Ms", "CONNECT to CONNACK p50", arrivals.connack.percentileMillis(50), "%.3f ms");
            report.add("connackP99Ms", "CONNECT to CONNACK p99", arrivals.connack.percentileMillis(99), "%.3f ms");
            report.add("totalP50Ms", "from the meant time p50", arrivals.total.percentileMillis(50), "%.3f ms");
            report.add("totalP99Ms", "from the meant time p99", arrivals.total.percentileMillis(99), "%.3f ms");
            report.add("errors", "errors", arrivals.errors);
            server.ifPresent(s -> {
                double micros = s.cpu().minus(cpuBefore).toNanos() / 1e3;
                report.add("serverMicrosEach", "server processor each", micros / count, "%.1f µs");
            });
            report.print(out, arguments.flag("json"));
            arrivals.close();
            return arrivals.errors.isEmpty() ? 0 : 1;
        }
    }

    /** Opens one connection after the other; they stay until the end. */
    private static final class Arrivals implements MqttClient.Owner {
        private final Loop loop;
        private final InetSocketAddress server;
        private final int addresses;
        private final Pace pace;
        private final List<Arrival> all;
        private final Histogram connack = new Histogram();
        private final Histogram total = new Histogram();
        private final Map<String, Long> errors = new TreeMap<>();
        private double seconds;
        private int opened;
        private boolean closing;

        Arrivals(Loop loop, InetSocketAddress server, int addresses, Pace pace, List<String> tokens) {
            MqttPacket packet = new MqttPacket();
            this.loop = loop;
            this.server = server;
            this.addresses = addresses;
            this.pace = pace;
            this.all = new ArrayList<>(
                    tokens.stream().map(token -> new Arrival(packet, token)).toList());
        }

        void run(Duration limit) {
            Runnable due = this::openDue;
            long start = System.nanoTime();
            pace.start(start);
            loop.eachPass(due);
            try (var _ = loop.beat(pace.beat())) {
                loop.runUntil(() -> connack.count() + errorCount() >= all.size(), limit);
            }
            loop.noLongerEachPass(due);
            seconds = (System.nanoTime() - start) / 1e9;
            long missing = all.size() - connack.count() - errorCount();
            if (missing > 0) {
                errors.put("no CONNACK", missing);
            }
        }

        void close() {
            closing = true;
            all.forEach(MqttClient::disconnect);
            loop.runUntil(() -> all.stream().noneMatch(MqttClient::isOpen), Duration.ofSeconds(3));
            all.forEach(MqttClient::close);
        }

        @Override
        public void ready(MqttClient client) {
            long now = System.nanoTime();
            connack.record(now - client.connectSent());
            total.record(now - ((Arrival) client).meant);
        }

        @Override
        public void lost(MqttClient client, String reason) {
            if (!closing) {
                errors.merge(reason, 1L, Long::sum);
            }
        }

        private void openDue() {
            long now = System.nanoTime();
            while (opened < all.size() && pace.isDue(now)) {
                Arrival arrival = all.get(opened);
                arrival.meant = pace.take();
                arrival.open(loop, this, server, Fleet.local(opened++, addresses));
            }
        }

        private long errorCount() {
            return errors.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    private static final class Arrival extends MqttClient {
        private long meant;

        Arrival(MqttPacket packet, String token) {
            super(packet, token, null, 0);
        }
    }
}
