package io.signalbox.simulator;

/** The command line asks for something that does not exist; one line for the person who typed it, exit code 2. */
final class UsageError extends RuntimeException {
    private static final long serialVersionUID = 1;

    UsageError(String message) {
        super(message);
    }
}
