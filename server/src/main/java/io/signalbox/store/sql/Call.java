package io.signalbox.store.sql;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work on the database that somebody waits for. */
final class Call<T> {
    private static final Logger log = LoggerFactory.getLogger(Call.class);

    private final Function<Sql, T> work;
    private final CompletableFuture<T> answer = new CompletableFuture<>();

    /** Where the work runs now; guarded by this. */
    private @Nullable Sql runsOn;

    Call(Function<Sql, T> work) {
        this.work = work;
        var _ = answer.whenComplete((_, _) -> cancelIfGivenUp());
    }

    private synchronized void cancelIfGivenUp() {
        if (answer.isCancelled() && runsOn != null) {
            runsOn.cancel();
        }
    }

    private synchronized void runsOn(@Nullable Sql sql) {
        runsOn = sql;
    }

    CompletableFuture<T> answer() {
        return answer;
    }

    /** Does the work; what it came to is told by running the result. Who gives up cancels the query under way. Throws what the work throws. */
    Runnable run(Sql sql) {
        runsOn(sql);
        try {
            T result = work.apply(sql);
            return () -> answer.complete(result);
        } finally {
            runsOn(null);
        }
    }

    void refuse(Rejected reason) {
        answer.completeExceptionally(reason);
    }

    /** Whether nobody waits any more. */
    boolean isAbandoned() {
        return answer.isDone();
    }

    /**
     * Blocks until the answer is there; a call that was not begun by then is never made.
     *
     * @throws Rejected the reason of the refusal, or {@code STORE_UNAVAILABLE} after {@code patience}
     */
    static <T> T await(CompletableFuture<T> answer, Duration patience) {
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Rejected rejected ? rejected : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            answer.cancel(false);
            throw Refusals.unavailable();
        } catch (InterruptedException e) {
            answer.cancel(false);
            Thread.currentThread().interrupt();
            throw Refusals.unavailable();
        }
    }

    /** What the sender hears of a failure of its work; logs what it must not read. */
    static Rejected refusal(Throwable failure) {
        return switch (failure) {
            case Rejected rejected -> rejected;
            case SqlFailure sqlFailure -> {
                log.warn("store failed", sqlFailure);
                yield Refusals.unavailable();
            }
            default -> {
                log.error("work on the store failed", failure);
                yield new Rejected(ErrorCode.INTERNAL, "Internal error");
            }
        };
    }
}
