package io.signalbox.api;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what other threads complete. Virtual threads only. */
final class Stages {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private Stages() {}

    /** @throws Rejected the stage's own, or {@code INTERNAL} {@code Request timeout} after 30 seconds (REST API §2) */
    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Rejected rejected) {
                throw rejected;
            }
            throw new IllegalStateException("stage failed", e.getCause());
        } catch (TimeoutException e) {
            throw new Rejected(ErrorCode.INTERNAL, "Request timeout");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Rejected(ErrorCode.STORE_UNAVAILABLE, "The server is shutting down");
        }
    }
}
