package io.signalbox.simulator;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** {@code relay}: the yardstick, as a server of its own. */
final class RelayCommand implements Command {
    /** A relay that was forgotten ends by itself. */
    private static final Duration LIFE = Duration.ofHours(1);

    @Override
    public String name() {
        return "relay";
    }

    @Override
    public String summary() {
        return "the yardstick: passes POST /…/TOKEN on to the device with that token, and its answer back";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.count("http", "0", "HTTP port on 127.0.0.1, 0 for any free one"),
                Option.count("mqtt", "0", "MQTT port on 127.0.0.1, 0 for any free one"));
    }

    @Override
    public int run(Arguments arguments, PrintStream out) {
        try (Loop loop = new Loop()) {
            Relay relay = new Relay(loop, arguments.count("http"), arguments.count("mqtt"));
            out.println("relay http=" + Target.text(relay.http()) + " mqtt=" + Target.text(relay.mqtt()));
            out.flush();
            loop.runFor(LIFE);
            return 0;
        }
    }
}
