package io.signalbox.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The line by which a child process says that it is ready. */
final class FirstLine {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private FirstLine() {}

    /** Waits for the line; empty when the process ends without one, or says nothing for 20 s and is ended for it. */
    static String of(Process process, BufferedReader reader) {
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> {
            try {
                String read = reader.readLine();
                return read == null ? "" : read;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try {
            return line.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException _) {
            process.destroyForcibly();
            return "";
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new SimulationFailed("interrupted", e);
        }
    }
}
