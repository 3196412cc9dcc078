package io.signalbox.simulator;

/** Command line of the simulator. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(args.length);
    }
}
