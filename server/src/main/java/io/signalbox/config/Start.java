package io.signalbox.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What the command line, the environment and the file ask for. */
public sealed interface Start {
    /** Serve. */
    record Run(Config config) implements Start {}

    /** Print this text and end with 0. */
    record Print(String text) implements Start {}

    /** Print this text to the error output and end with 2: one line for each thing that is wrong. */
    record Refused(String text) implements Start {}

    /**
     * Decides from the arguments of the program, the environment, and the settings file: the one that the arguments name,
     * else {@code signalbox.yml} in {@code workingDir} if it is there. A variable wins over the file. Blocks for the file.
     */
    static Start of(String[] args, Map<String, String> environment, Path workingDir) {
        Settings settings = new Settings();
        Optional<Path> file = Optional.empty();
        boolean printConfig = false;
        for (int i = 0; i < args.length; i++) {
            String arg = args[i];
            if (arg.equals("--help") || arg.equals("-h")) {
                return new Print(Settings.help());
            } else if (arg.equals("--print-config")) {
                printConfig = true;
            } else if (arg.equals("--demo")) {
                settings.set(Setting.DEMO, "true", "--demo");
            } else if (arg.startsWith("--config=")) {
                file = Optional.of(workingDir.resolve(arg.substring("--config=".length())));
            } else if (arg.equals("--config") && i + 1 < args.length) {
                file = Optional.of(workingDir.resolve(args[++i]));
            } else {
                return new Refused(
                        arg.equals("--config")
                                ? "--config: needs the name of a file\n"
                                : arg
                                        + ": unknown argument; known are --demo, --config FILE, --print-config, --help\n");
            }
        }
        settings.addAll(environment);
        Path standard = workingDir.resolve("signalbox.yml");
        file.or(() -> Files.exists(standard) ? Optional.of(standard) : Optional.empty())
                .ifPresent(path -> settings.addAll(SettingsFile.read(path)));
        return settings.decide(printConfig);
    }
}
