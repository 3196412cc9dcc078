package io.signalbox.simulator;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ThreadLocalRandom;

/** {@code crash}: what was acknowledged is there after {@code kill -9}: telemetry, or with {@code --kills} commands. */
final class CrashCommand implements Command {
    private static final Duration FIRST_ACKNOWLEDGEMENT = Duration.ofSeconds(30);
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    @Override
    public String name() {
        return "crash";
    }

    @Override
    public String summary() {
        return "starts a server, kills it in the middle of telemetry or commands, again and again; what it said must be true";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.count("rounds", "20", "kills, in the middle of telemetry"),
                Option.count("kills", null, "instead: kills in the middle of persistent commands"),
                Option.rate("with --kills: commands per second of all callers [160]"),
                Option.count("deadline", "60", "with --kills: the longest time that a command gets, at least 2 s"),
                Option.count("commands", "200000", "with --kills: most commands of a run, kept in memory"),
                Option.count("seed", null, "with --kills: of everything that is random (default: a new one, printed)"),
                Option.text("jar", "server/target/signalbox.jar", "the server"),
                Option.text("java", null, "program that runs it (default: the one that runs this)"),
                Option.text("env", null, "more settings for it: NAME=VALUE,NAME=VALUE"),
                Option.text(
                        "work",
                        System.getProperty("java.io.tmpdir"),
                        "folder for its data, on the disk that is to be tried"),
                Option.count("devices", "8", "devices that publish, or are commanded by one caller each"),
                Option.count("inflight", "4", "unacknowledged messages of each device"),
                Option.count(
                        "longest",
                        "1500",
                        "the kill comes at a random time, at most so long after the first PUBACK or accepted command, ms"),
                Option.text("user", "tenant@thingsboard.org", "tenant administrator to log in as"),
                Option.text("password", "tenant", "and the password"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        Path jar = Path.of(arguments.text("jar"));
        if (!Files.isReadable(jar)) {
            throw new UsageError("there is no " + jar + "; build the server first, or give its --jar");
        }
        Path java = arguments
                .optionalText("java")
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("java.home"), "bin", "java"));
        try (Loop loop = new Loop();
                CrashedServer server = new CrashedServer(
                        loop,
                        List.of(java.toString(), "-Xmx512m", "-jar", jar.toString(), "--demo"),
                        Path.of(arguments.text("work")),
                        environment(arguments),
                        arguments.text("user"),
                        arguments.text("password"))) {
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop server"));
            try {
                if (arguments.optionalCount("kills").isPresent()) {
                    runCommands(loop, server, arguments, out);
                } else {
                    run(loop, server, arguments, out);
                }
            } catch (LossFound | SimulationFailed e) {
                out.println("data and output of the server: " + server.folder());
                throw e;
            }
            server.kill();
            server.deleteFolder();
            return 0;
        } catch (LossFound e) {
            out.println(e.getMessage());
            return 1;
        }
    }

    private static void run(Loop loop, CrashedServer server, Arguments arguments, PrintStream out) {
        Duration firstStart = server.start();
        out.printf("first start  ready in %d ms%n", firstStart.toMillis());
        Rest rest = loggedIn(loop, server.target());
        List<Device> devices = new Devices(rest, 4).make("crash", arguments.positive("devices"));
        int inflight = arguments.positive("inflight");
        Ledger ledger = new Ledger(devices, inflight, System.currentTimeMillis());
        int rounds = arguments.positive("rounds");
        for (int round = 1; round <= rounds; round++) {
            ledger.beginRound();
            publish(loop, server, ledger, inflight, arguments.positive("longest"));
            Duration start = server.start();
            Ledger.Check check = ledger.check(loggedIn(loop, server.target()), true);
            out.printf("round %-3d    %s, ready in %d ms%n", round, check, start.toMillis());
            requireAll(check);
        }
        Ledger.Check check = ledger.check(loggedIn(loop, server.target()), false);
        out.printf("all rounds   %s%n", check);
        requireAll(check);
        requireCalm(server);
    }

    private static void runCommands(Loop loop, CrashedServer server, Arguments arguments, PrintStream out) {
        long seed = arguments
                .optionalCount("seed")
                .orElseGet(() -> ThreadLocalRandom.current().nextInt(1_000_000_000));
        CommandLoad.Settings settings = new CommandLoad.Settings(
                arguments.rate().orElse(160),
                Duration.ofSeconds(Math.max(2, arguments.count("deadline"))),
                arguments.positive("commands"),
                seed);
        boolean atOnce = environment(arguments).keySet().stream().noneMatch(name -> name.endsWith("SUBMIT_STRATEGY"));
        out.printf("seed %d%n", seed);
        CommandCrash crash = new CommandCrash(loop, server, settings, atOnce, out);
        if (!crash.run(arguments.positive("kills"), arguments.positive("devices"), arguments.positive("longest"))) {
            throw new LossFound("what the server said of commands was not true");
        }
        requireCalm(server);
    }

    private static void requireCalm(CrashedServer server) {
        List<String> alarming = server.alarmingLines();
        if (!alarming.isEmpty()) {
            throw new LossFound("the server's log speaks of damage: " + alarming.getFirst());
        }
    }

    private static void publish(Loop loop, CrashedServer server, Ledger ledger, int inflight, int longestMillis) {
        PublishLoad load = new PublishLoad(
                loop,
                server.target(),
                new PublishLoad.Settings(inflight, 1, OptionalDouble.empty(), 1),
                ledger.tokens(),
                ledger,
                Optional.empty());
        load.open();
        load.start();
        if (!loop.runUntil(() -> load.acknowledgedCount() > 0, FIRST_ACKNOWLEDGEMENT)) {
            throw new SimulationFailed("no PUBACK within " + FIRST_ACKNOWLEDGEMENT.toSeconds() + " s");
        }
        loop.runFor(Duration.ofMillis(1 + ThreadLocalRandom.current().nextInt(longestMillis)));
        server.kill();
        // what the server had written before it died is still on its way, and counts
        load.abandon(FAREWELL);
    }

    static Rest loggedIn(Loop loop, Target target) {
        Rest rest = new Rest(loop, target.http());
        rest.login(target.user(), target.password());
        return rest;
    }

    private static void requireAll(Ledger.Check check) {
        if (check.lost() > 0 || check.wrong() > 0) {
            throw new LossFound("acknowledged messages are lost or wrong");
        }
    }

    static Map<String, String> environment(Arguments arguments) {
        Map<String, String> environment = new HashMap<>();
        arguments.optionalText("env").stream()
                .flatMap(text -> Arrays.stream(text.split(",", -1)))
                .forEach(pair -> {
                    int equals = pair.indexOf('=');
                    if (equals < 1) {
                        throw new UsageError("--env must be NAME=VALUE,NAME=VALUE, not " + pair);
                    }
                    environment.put(pair.substring(0, equals), pair.substring(equals + 1));
                });
        return environment;
    }

    /** The server broke its promise. */
    private static final class LossFound extends RuntimeException {
        private static final long serialVersionUID = 1;

        LossFound(String message) {
            super(message);
        }
    }
}
