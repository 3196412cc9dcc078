package io.signalbox.simulator;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Command line of the simulator: finds the command, checks its options, runs it. */
public final class Main {
    private static final List<Command> COMMANDS = List.of(
            new RpcCommand(),
            new TelemetryCommand(),
            new FillCommand(),
            new IdleCommand(),
            new ConnectCommand(),
            new RelayCommand(),
            new CompareCommand(),
            new CrashCommand(),
            new BacklogCommand(),
            new SweepCommand(),
            new SilentCommand(),
            new SyncTraceCommand());

    private Main() {}

    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(args, out, err));
    }

    /** {@return the exit code: 0 done, 1 failed, 2 not understood} */
    static int run(String[] args, PrintStream out, PrintStream err) {
        List<String> words = Arrays.asList(args);
        if (words.isEmpty()
                || words.contains("--help")
                || words.contains("-h")
                || words.getFirst().equals("help")) {
            help(words, words.isEmpty() ? err : out);
            return words.isEmpty() ? 2 : 0;
        }
        try {
            Command command = COMMANDS.stream()
                    .filter(c -> c.name().equals(words.getFirst()))
                    .findFirst()
                    .orElseThrow(() -> new UsageError("unknown command " + words.getFirst()));
            return command.run(Arguments.parse(command.options(), words.subList(1, words.size())), out);
        } catch (UsageError e) {
            err.println("simulate: " + e.getMessage() + "; ./simulate --help lists what there is");
            return 2;
        } catch (SimulationFailed e) {
            err.println("simulate: " + e.getMessage());
            return 1;
        }
    }

    /** About the commands that are named, else about all. */
    private static void help(List<String> words, PrintStream out) {
        Predicate<Command> isAsked = command -> words.contains(command.name());
        boolean all = COMMANDS.stream().noneMatch(isAsked);
        out.println("Devices and load for a server that speaks the ThingsBoard APIs, on this machine only.");
        out.println("Usage: ./simulate COMMAND [options]; defaults stand in [brackets].");
        for (Command command : COMMANDS) {
            if (all || isAsked.test(command)) {
                out.println();
                out.println("  " + command.name() + ": " + command.summary());
                command.options().forEach(option -> out.println(option.help()));
            }
        }
    }
}
