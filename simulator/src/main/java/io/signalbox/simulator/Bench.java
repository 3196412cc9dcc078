package io.signalbox.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What every command that loads a server needs: the loop, a login, devices that are deleted at the end, and the server's
 * process. Closed when the command is through, whether it went well or not.
 */
final class Bench implements AutoCloseable {
    static final List<Option> OPTIONS = options();

    private final Loop loop = new Loop();
    private final Target target;
    private final Rest rest;
    private final Optional<ServerProcess> server;
    private final Devices made;
    private final boolean keep;
    private final String prefix;
    private List<Device> devices = List.of();

    /**
     * Logs in.
     *
     * @throws SimulationFailed when nobody listens, or the login is refused
     */
    Bench(Arguments arguments) {
        target = Target.of(arguments);
        keep = arguments.flag(Option.KEEP.name());
        if (keep && arguments.optionalText(Option.PREFIX.name()).isEmpty()) {
            throw new UsageError("--keep needs a --prefix to find the devices by");
        }
        prefix = arguments.optionalText(Option.PREFIX.name()).orElseGet(Devices::freshPrefix);
        server = ServerProcess.of(arguments, target.http().getPort());
        rest = new Rest(loop, target.http());
        rest.login(target.user(), target.password());
        made = new Devices(rest, arguments.positive(Option.CONNECTIONS.name()));
    }

    Loop loop() {
        return loop;
    }

    Target target() {
        return target;
    }

    Rest rest() {
        return rest;
    }

    Optional<ServerProcess> server() {
        return server;
    }

    /** Makes so many devices, or finds those of an earlier run. */
    List<Device> devices(int count) {
        devices = made.make(prefix, count);
        return devices;
    }

    @Override
    public void close() {
        try (loop) {
            if (!keep) {
                made.delete(devices);
            }
        }
    }

    private static List<Option> options() {
        List<Option> options = new ArrayList<>(Option.TARGET);
        options.addAll(List.of(Option.PID, Option.JSON, Option.PREFIX, Option.KEEP, Option.CONNECTIONS));
        return List.copyOf(options);
    }

    /** The options of a command that uses a bench: its own ones first. */
    static List<Option> options(Option... own) {
        List<Option> options = new ArrayList<>(List.of(own));
        options.addAll(OPTIONS);
        return options;
    }
}
