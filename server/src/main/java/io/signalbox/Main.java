package io.signalbox;

import io.signalbox.config.Config;
import io.signalbox.config.Start;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the server from the command line and ends it with SIGTERM or SIGINT. */
public final class Main {
    private static final int CANNOT_START = 1;
    private static final int WRONG_SETTINGS = 2;

    private Main() {}

    /** Returns once the server listens; the process goes on. */
    public static void main(String[] args) {
        long began = System.nanoTime();
        switch (Start.of(args, System.getenv(), Path.of(""))) {
            case Start.Print(String text) -> System.out.print(text);
            case Start.Refused(String text) -> {
                System.err.print(text);
                System.exit(WRONG_SETTINGS);
            }
            case Start.Run(Config config) -> run(config, began);
            case Start.Backup(Config config, Path into) -> backup(config, into);
        }
    }

    private static void backup(Config config, Path into) {
        try {
            Backup.run(config, into, System.out);
        } catch (Backup.Failed e) {
            System.err.println(e.getMessage());
            System.exit(CANNOT_START);
        }
    }

    private static void run(Config config, long began) {
        try {
            Server server = Server.open(config, InstantSource.system());
            Welcome.firstStart(System.out, server.administratorPassword());
            Server.Started started = server.start();
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(() -> end(server, config.server().shutdownTimeout()), "shutdown"));
            Welcome.print(System.out, config, started, Duration.ofNanos(System.nanoTime() - began));
        } catch (Server.CannotStart e) {
            System.err.println(e.getMessage());
            // The shutdown hook is not set yet, and threads of a half-started server must not keep the process.
            Runtime.getRuntime().halt(CANNOT_START);
        }
    }

    /** Ends the process itself, with 0: a virtual machine that got a signal would end with 143. */
    private static void end(Server server, Duration atMost) {
        Logger log = LoggerFactory.getLogger(Main.class);
        log.info("stopping");
        Thread stopping = Thread.ofPlatform().name("stop").daemon().start(server::stop);
        try {
            if (stopping.join(atMost)) {
                log.info("stopped");
            } else {
                log.warn("stopped before everything was closed afterMillis={}", atMost.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(0);
    }
}
