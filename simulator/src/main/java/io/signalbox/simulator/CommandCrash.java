package io.signalbox.simulator;

import io.signalbox.simulator.CommandHistory.Sent;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;

/** Kills a server in the middle of persistent commands, again and again, and then asks it what became of each. */
final class CommandCrash {
    private static final Duration FIRST_ACCEPTED = Duration.ofSeconds(30);
    private static final Duration EVERYBODY_BACK = Duration.ofSeconds(30);
    private static final Duration FAREWELL = Duration.ofSeconds(2);
    /** The last commands get so much more than they must have. */
    private static final Duration REST = CommandHistory.END_LIMIT.plusMillis(250);

    private static final int CONNECTIONS = 4;
    private static final int PAGE = 1_000;
    private static final Duration PAGE_LIMIT = Duration.ofMinutes(2);

    private final Loop loop;
    private final CrashedServer server;
    private final CommandLoad.Settings settings;
    private final boolean atOnce;
    private final PrintStream out;
    private final Violations violations = new Violations();

    /** @param atOnce as in {@link CommandCheck} */
    CommandCrash(Loop loop, CrashedServer server, CommandLoad.Settings settings, boolean atOnce, PrintStream out) {
        this.loop = loop;
        this.server = server;
        this.settings = settings;
        this.atOnce = atOnce;
        this.out = out;
    }

    /**
     * Does it, and prints a line for each kill and the totals.
     *
     * @param longestMillis between the first command of a round and its kill
     * @return whether all was true
     */
    boolean run(int kills, int deviceCount, int longestMillis) {
        Duration firstStart = server.start();
        out.printf("first start  ready in %d ms%n", firstStart.toMillis());
        Rest rest = CrashCommand.loggedIn(loop, server.target());
        List<Device> devices = new Devices(rest, CONNECTIONS).make("crash", deviceCount);
        CommandHistory history = new CommandHistory(devices.size(), violations);
        CommandLoad load = new CommandLoad(loop, server.target(), settings, devices, history);
        SplittableRandom random = new SplittableRandom(settings.seed() + 1);
        for (int kill = 1; kill <= kills; kill++) {
            killOnce(kill, 1 + random.nextInt(longestMillis), rest, load, history);
            rest = CrashCommand.loggedIn(loop, server.target());
        }
        load.serverIsUp(rest.authorization(), false);
        if (!loop.runUntil(load::isEverybodyBack, EVERYBODY_BACK)) {
            throw new SimulationFailed("some devices cannot come back: " + load.losses());
        }
        long left = history.lastDeadline() + REST.toMillis() - System.currentTimeMillis();
        out.printf("all sent     %d s until the last deadline%n", Math.max(0, left) / 1_000);
        loop.runFor(Duration.ofMillis(Math.max(0, left)));
        load.close(FAREWELL);
        check(CrashCommand.loggedIn(loop, server.target()), devices, history);
        report(load, history);
        return violations.isEmpty();
    }

    private void killOnce(int kill, int killMillis, Rest rest, CommandLoad load, CommandHistory history) {
        long accepted = history.acceptedCount();
        long receptions = history.receptions();
        long kept = history.answersKept();
        long unanswered = load.unansweredCount();
        load.serverIsUp(rest.authorization(), history.size() < settings.commandsMax());
        boolean isAccepting = loop.runUntil(
                () -> history.acceptedCount() > accepted || history.size() >= settings.commandsMax(), FIRST_ACCEPTED);
        if (!isAccepting) {
            throw new SimulationFailed("no command accepted within " + FIRST_ACCEPTED.toSeconds() + " s; refused: "
                    + load.refusals() + ", connections: " + load.losses());
        }
        loop.runFor(Duration.ofMillis(killMillis));
        server.kill();
        load.serverIsDown(FAREWELL);
        Duration start = server.start();
        out.printf(
                "kill %-3d     after %,d ms: %,d accepted, %,d received, %,d answers acknowledged, %,d calls cut off; ready in %,d ms%n",
                kill,
                killMillis,
                history.acceptedCount() - accepted,
                history.receptions() - receptions,
                history.answersKept() - kept,
                load.unansweredCount() - unanswered,
                start.toMillis());
    }

    /** Reads back every command that was accepted, and its history if the server tells it. */
    private void check(Rest rest, List<Device> devices, CommandHistory history) {
        CommandCheck check = new CommandCheck(history, device -> CommandLoad.qos(device) == 1, atOnce, violations);
        Map<String, Long> states = new TreeMap<>();
        List<Sent> accepted = history.accepted();
        boolean isTold = !accepted.isEmpty() && isHistoryTold(rest, accepted.getFirst());
        for (int from = 0; from < accepted.size(); from += PAGE) {
            List<Sent> page = accepted.subList(from, Math.min(accepted.size(), from + PAGE));
            List<Rest.Response> records = read(rest, page, CommandCrash::path);
            List<Rest.Response> histories = isTold ? read(rest, page, CommandCrash::historyPath) : List.of();
            for (int i = 0; i < page.size(); i++) {
                Sent command = page.get(i);
                Rest.Response record = records.get(i);
                boolean isFound = record.status() == 200;
                String state = isFound ? record.json().path("status").asString("?") : "lost";
                states.merge((command.oneWay ? "one-way " : "two-way ") + state, 1L, Long::sum);
                check.judge(
                        command,
                        isFound ? record.json() : null,
                        devices.get(command.device).id());
                if (isTold && isFound && histories.get(i).status() == 200) {
                    check.judgeHistory(command, histories.get(i).json().path("history"));
                }
            }
        }
        out.printf("states       %s%n", states);
        out.printf("history      %s%n", isTold ? "read" : "not told by the server");
    }

    private static List<Rest.Response> read(Rest rest, List<Sent> commands, Function<Sent, String> path) {
        List<Rest.Response> responses = rest.all(
                commands.size(),
                i -> new Rest.Request("GET", path.apply(commands.get(i)), null),
                CONNECTIONS,
                PAGE_LIMIT);
        for (int i = 0; i < commands.size(); i++) {
            if (responses.get(i).status() != 200 && responses.get(i).status() != 404) {
                throw new SimulationFailed("GET " + path.apply(commands.get(i)) + ": HTTP "
                        + responses.get(i).status() + " " + responses.get(i).body());
            }
        }
        return responses;
    }

    private static boolean isHistoryTold(Rest rest, Sent command) {
        Rest.Response response = rest.call(new Rest.Request("GET", historyPath(command), null));
        return response.status() == 200 && response.json().path("history").isArray();
    }

    private static String path(Sent command) {
        return "/api/rpc/persistent/" + command.id();
    }

    private static String historyPath(Sent command) {
        return path(command) + "/history";
    }

    private void report(CommandLoad load, CommandHistory history) {
        out.printf(
                "totals       %,d sent, %,d accepted, %,d cut off, refused %s; %,d commands received in %,d PUBLISHes, %,d answered and acknowledged; connections ended by the server %s%n",
                history.size(),
                history.acceptedCount(),
                load.unansweredCount(),
                load.refusals(),
                history.receivedCount(),
                history.receptions(),
                history.answersKept(),
                load.losses());
        violations.print(out);
    }
}
