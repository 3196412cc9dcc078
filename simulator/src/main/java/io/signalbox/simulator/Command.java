package io.signalbox.simulator;

import java.io.PrintStream;
import java.util.List;

/** One thing that the simulator can do from the command line. */
interface Command {
    String name();

    /** One line for {@code --help}. */
    String summary();

    List<Option> options();

    /**
     * Does it; results go to {@code out}, progress to the standard error stream.
     *
     * @return the exit code: 0, or 1 when what was to be shown did not hold
     * @throws SimulationFailed when it could not be done
     * @throws UsageError when options do not go together
     */
    int run(Arguments arguments, PrintStream out);
}
