package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import java.time.Duration;

/**
 * How commands go out to one device now.
 *
 * @param inFlightMax commands that the device has at a time, from the attempt to their end: answered, or delivered if they are
 *                    one-way; an acknowledgement of a two-way command is not its end
 * @param redeliver   for commands whose callers did not say
 * @param answerWait  how long a delivered command holds up those behind it; zero where the strategy holds nobody up for an
 *                    answer
 */
record Delivery(SubmitStrategy strategy, int inFlightMax, boolean redeliver, Duration answerWait) {
    static final int UNLIMITED = Integer.MAX_VALUE;

    /**
     * The server's own where {@code set} says nothing.
     *
     * @param answerWait of devices whose commands wait for the answers to those before them
     */
    static Delivery of(RpcSettings set, SubmitStrategy strategy, Duration answerWait) {
        SubmitStrategy chosen = set.submitStrategy().orElse(strategy);
        int most = set.inFlightMax().orElse(0);
        return new Delivery(
                chosen,
                most == 0 ? UNLIMITED : most,
                set.redeliver().orElse(true),
                chosen == SubmitStrategy.SEQUENTIAL_ON_RESPONSE_FROM_DEVICE ? answerWait : Duration.ZERO);
    }

    /** No command waits for another one. */
    boolean isFree() {
        return strategy == SubmitStrategy.BURST && inFlightMax == UNLIMITED;
    }
}
