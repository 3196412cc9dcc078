package io.signalbox.simulator;

/** A command of the simulator cannot go on; the message is one line for the person who typed it. */
final class SimulationFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    SimulationFailed(String message) {
        super(message);
    }

    SimulationFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
