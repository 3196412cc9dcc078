package io.signalbox.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What the command line, the environment and the file ask for. */
public sealed interface Start {
    /** Serve. */
    record Run(Config config) implements Start {}

    /** Copy the data of such a server into this folder, and end. */
    record Backup(Config config, Path into) implements Start {}

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
        Optional<Path> backup = Optional.empty();
        boolean printConfig = false;
        for (int i = 0; i < args.length; i++) {
            String arg = args[i];
            if (arg.equals("--help") || arg.equals("-h")) {
                return new Print(Settings.help());
            } else if (arg.equals("--print-config")) {
                printConfig = true;
            } else if (arg.equals("--demo")) {
                settings.set(Setting.DEMO, "true", "--demo");
            } else if (arg.equals("backup") && i == 0 && args.length > 1) {
                backup = Optional.of(workingDir.resolve(args[++i]));
            } else if (arg.startsWith("--config=")) {
                file = Optional.of(workingDir.resolve(arg.substring("--config=".length())));
            } else if (arg.equals("--config") && i + 1 < args.length) {
                file = Optional.of(workingDir.resolve(args[++i]));
            } else {
                return new Refused(
                        switch (arg) {
                            case "--config" -> "--config: needs the name of a file\n";
                            case "backup" -> "backup: needs the name of a folder, and comes first\n";
                            default ->
                                arg
                                        + ": unknown argument; known are backup FOLDER, --demo, --config FILE, --print-config, --help\n";
                        });
            }
        }
        settings.addAll(environment);
        Path standard = workingDir.resolve("signalbox.yml");
        file.or(() -> Files.exists(standard) ? Optional.of(standard) : Optional.empty())
                .ifPresent(path -> settings.addAll(SettingsFile.read(path)));
        Start decided = settings.decide(printConfig);
        return decided instanceof Run(Config config) && backup.isPresent() ? new Backup(config, backup.get()) : decided;
    }
}
