package io.signalbox.rpc;

import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Where it is remembered for 24 hours that a lightweight command with an idempotency key was begun, and how it ended. The keys are
 * those of {@link RpcStore}: one stands for one request, be it lightweight or persistent.
 */
public interface CallStore {
    /** Bytes of the longest answer that is kept. */
    int ANSWER_BYTES_MAX = 16 << 10;

    /** What a key stands for. */
    sealed interface Claim {
        /** It was free; from this commit on it stands for the command, which has begun. */
        record Claimed() implements Claim {}

        /** This very request was begun before, and nothing is known of its end. */
        record Begun(UUID id) implements Claim {}

        /** This very request has ended so; {@link Outcome.NotKept} when its answer was too long. */
        record Ended(UUID id, Outcome outcome) implements Claim {}

        /** It stands for another request. */
        record Taken(UUID id) implements Claim {}

        /** Nothing was written. */
        record Failed(ErrorCode code) implements Claim {}
    }

    /**
     * Takes the beginning of a command into the next commit, if its key is free. Event loops; never blocks.
     *
     * @param done runs on {@code loop} after the commit
     * @return false when the store has no room: nothing was taken and {@code done} does not run
     */
    boolean claim(KeyedCall call, Loop loop, Consumer<Claim> done);

    /**
     * Takes the end of a command that was begun into the next commit, whatever waits already. Event loops; never blocks.
     *
     * @param outcome answered, delivered, or timed out after an attempt
     * @param done    runs on {@code loop} after the commit, and also when it failed: then the command stays as begun
     */
    void remember(KeyedCall call, Outcome outcome, Loop loop, Runnable done);

    /** As {@link #remember}, but the command was never sent, and its key is free again. */
    void release(KeyedCall call, Loop loop, Runnable done);
}
