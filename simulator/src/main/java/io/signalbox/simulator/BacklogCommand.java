package io.signalbox.simulator;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code backlog}: what a server with very many open commands costs, from its start on. */
final class BacklogCommand implements Command {
    private static final int METHODS = 10;
    private static final long LIFE_MILLIS = Duration.ofDays(1).toMillis();

    @Override
    public String name() {
        return "backlog";
    }

    @Override
    public String summary() {
        return "starts a server, gives it open commands of absent devices, kills it; its start, the devices' return, searches";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.count("commands", "1000000", "open persistent commands; a tenant may have 2,000,000"),
                Option.count("devices", "100000", "absent devices that they are for"),
                Option.count("full", "50", "of these, devices that have very many, and come back one after the other"),
                Option.count("each", "1000", "commands of each of those"),
                Option.count("patience", "60", "time that one of them waits for all of its commands, s"),
                Option.count("qos", "1", "QoS of their subscription, 0 or 1"),
                Option.count("searches", "20", "calls of each kind of search"),
                Option.count("page-size", "50", "commands on a page that is measured"),
                Option.count("deep", "100", "pages of 1,000 before the deep one"),
                Option.text("start", "./run", "program that becomes the server; gets --demo"),
                Option.text("env", null, "more settings for it: NAME=VALUE,NAME=VALUE"),
                Option.text(
                        "work", System.getProperty("java.io.tmpdir"), "folder for its data; 1,000,000 take about 1 GB"),
                Option.count("connections", "64", "HTTP connections that make devices and commands"),
                Option.JSON,
                Option.text("user", "tenant@thingsboard.org", "tenant administrator to log in as"),
                Option.text("password", "tenant", "and the password"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        int full = arguments.positive("full");
        int each = arguments.positive("each");
        int commands = arguments.positive("commands");
        int deviceCount = arguments.positive("devices");
        if (full >= deviceCount || (long) full * each > commands) {
            throw new UsageError("--full must leave --devices, and --full times --each --commands, for the others");
        }
        Path start = Path.of(arguments.text("start")).toAbsolutePath();
        if (!Files.isExecutable(start)) {
            throw new UsageError("there is no program " + start);
        }
        try (Loop loop = new Loop();
                CrashedServer server = new CrashedServer(
                        loop,
                        List.of(start.toString(), "--demo"),
                        Path.of(arguments.text("work")),
                        CrashCommand.environment(arguments),
                        arguments.text("user"),
                        arguments.text("password"))) {
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop server"));
            Report report = new Report();
            report.add("command", "command", name());
            boolean isRight;
            try {
                server.start();
                Rest rest = CrashCommand.loggedIn(loop, server.target());
                List<Device> devices =
                        new Devices(rest, arguments.positive("connections")).make("backlog", deviceCount);
                fill(rest, devices, arguments, report);
                report.add("filledMb", "server memory before kill", megabytes(server), "%.1f MiB");
                server.kill();
                report.add("readyMs", "ready again after", server.start().toNanos() / 1e6, "%,.0f ms");
                report.add("readyMb", "server memory then", megabytes(server), "%.1f MiB");
                Return back = new Return(loop, server.target(), each, arguments.qos());
                back.run(devices.subList(0, full), RpcCommand.seconds(arguments, "patience"));
                back.report(report);
                isRight = back.isRight();
                new Searches(CrashCommand.loggedIn(loop, server.target()), arguments).run(devices.getFirst(), report);
                report.add("endMb", "server memory at the end", megabytes(server), "%.1f MiB");
            } catch (SimulationFailed e) {
                out.println("data and output of the server: " + server.folder());
                throw e;
            }
            report.print(out, arguments.flag("json"));
            server.kill();
            server.deleteFolder();
            return isRight ? 0 : 1;
        }
    }

    private static double megabytes(CrashedServer server) {
        return server.process().residentKilobytes() / 1024.0;
    }

    /** The full devices' commands come first, in turn. */
    private static void fill(Rest rest, List<Device> devices, Arguments arguments, Report report) {
        int count = arguments.positive("commands");
        int full = arguments.positive("full");
        int ofFull = full * arguments.positive("each");
        long deadline = System.currentTimeMillis() + LIFE_MILLIS;
        long begun = System.nanoTime();
        new Backlog(rest, arguments.positive("connections")).post(count, i -> {
            int device = i < ofFull ? i % full : full + (i - ofFull) % (devices.size() - full);
            return Backlog.command(devices.get(device), method(i), i, deadline);
        });
        report.add("commands", "open commands", (double) count, "%,.0f");
        report.add("devices", "absent devices", (double) devices.size(), "%,.0f");
        report.add("acceptedPerSecond", "accepted", count * 1e9 / (System.nanoTime() - begun), "%,.0f/s");
    }

    private static String method(int number) {
        return "method" + number % METHODS;
    }

    /** Devices that come back one after the other, and take all that waits for them. */
    private static final class Return implements MqttClient.Owner {
        private final Loop loop;
        private final Target target;
        private final int each;
        private final int qos;
        private final MqttPacket packet = new MqttPacket();
        private final Histogram first = new Histogram();
        private final Histogram all = new Histogram();
        private Optional<String> loss = Optional.empty();
        private long subscribed;
        private long missingCount;

        Return(Loop loop, Target target, int each, int qos) {
            this.loop = loop;
            this.target = target;
            this.each = each;
            this.qos = qos;
        }

        void run(List<Device> devices, Duration patience) {
            for (Device device : devices) {
                Taker taker = new Taker(packet, device.token(), qos);
                subscribed = 0;
                taker.open(loop, this, target.mqtt(), null);
                loop.runUntil(() -> (subscribed > 0 && taker.count >= each) || loss.isPresent(), patience);
                loss.ifPresent(reason -> {
                    throw new SimulationFailed("device " + device.token() + ": MQTT " + reason);
                });
                missingCount += Math.max(0, each - taker.count);
                if (subscribed > 0 && taker.count > 0) {
                    first.record(taker.firstAt - subscribed);
                    all.record(taker.lastAt - subscribed);
                }
                taker.disconnect();
                loop.runUntil(() -> !taker.isOpen(), Duration.ofSeconds(2));
                taker.close();
                loss = Optional.empty();
            }
        }

        boolean isRight() {
            return missingCount == 0;
        }

        void report(Report report) {
            report.add("missing", "commands not received", (double) missingCount, "%,.0f");
            report.add("firstP50Ms", "first command, p50", first.percentileMillis(50), "%.3f ms after SUBACK");
            report.add("firstP99Ms", "first command, p99", first.percentileMillis(99), "%.3f ms");
            report.add("firstMaxMs", "first command, max", first.max() / 1e6, "%.3f ms");
            report.add("allP50Ms", "all commands, p50", all.percentileMillis(50), "%.0f ms after SUBACK");
            report.add("allMaxMs", "all commands, max", all.max() / 1e6, "%.0f ms");
        }

        @Override
        public void ready(MqttClient client) {
            subscribed = System.nanoTime();
        }

        @Override
        public void lost(MqttClient client, String reason) {
            loss = Optional.of(reason);
        }
    }

    private static final class Taker extends MqttClient {
        private int count;
        private long firstAt;
        private long lastAt;

        Taker(MqttPacket packet, String token, int qos) {
            super(packet, token, RpcLoad.REQUESTS, qos);
        }

        @Override
        void publishArrived(MqttPacket publish) {
            lastAt = System.nanoTime();
            if (count++ == 0) {
                firstAt = lastAt;
            }
        }
    }

    /** Pages of the search over all commands of the tenant. */
    private static final class Searches {
        private final Rest rest;
        private final int times;
        private final int pageSize;
        private final int deep;
        private double maxMillis;

        Searches(Rest rest, Arguments arguments) {
            this.rest = rest;
            this.times = arguments.positive("searches");
            this.pageSize = arguments.positive("page-size");
            this.deep = arguments.count("deep");
        }

        void run(Device device, Report report) {
            measure(report, "First", "first page", "");
            measure(report, "Deep", "deep page", "&cursor=" + deepCursor());
            measure(report, "Device", "one device", "&deviceId=" + device.id());
            measure(report, "State", "common state", "&status=QUEUED");
            measure(report, "RareState", "rare state", "&status=DELIVERED");
            measure(report, "Method", "one of ten methods", "&method=" + method(0));
            measure(report, "RareMethod", "unknown method", "&method=none");
            report.add("searchMaxMs", "slowest page", maxMillis, "%.1f ms");
        }

        /** Where so many pages end; of a shorter list its middle is deep enough. */
        private String deepCursor() {
            String cursor = "";
            for (int page = 0; page < deep; page++) {
                String more = cursor.isEmpty() ? "" : "&cursor=" + cursor;
                String next = rest.get("/api/rpc/persistent?pageSize=1000" + more)
                        .path("nextCursor")
                        .asString("");
                if (next.isEmpty()) {
                    break;
                }
                cursor = next;
            }
            return cursor;
        }

        private void measure(Report report, String name, String label, String filter) {
            Histogram histogram = new Histogram();
            String path = "/api/rpc/persistent?pageSize=" + pageSize + filter;
            for (int i = 0; i < times; i++) {
                long begun = System.nanoTime();
                rest.get(path);
                histogram.record(System.nanoTime() - begun);
            }
            double max = histogram.max() / 1e6;
            maxMillis = Math.max(maxMillis, max);
            report.add("search" + name + "P50Ms", label + ", p50", histogram.percentileMillis(50), "%.1f ms");
            report.add("search" + name + "MaxMs", label + ", max", max, "%.1f ms");
        }
    }
}
