package io.signalbox.rpc;

import java.time.Duration;
import java.util.UUID;

/**
 * A command as its caller gave it, checked.
 *
 * @param id         the {@code rpcId} of the API
 * @param params     compact UTF-8 JSON; {@code null} when the caller gave none
 * @param deadline   {@link System#nanoTime} at which it ends, so that a jump of the clock ends nothing early
 * @param retries    how often it is sent again when no acknowledgement comes
 * @param answerWait how long a delivered command holds up those behind it; zero: it does not
 * @param handover   a one-way command is done once it is written out, without waiting for an acknowledgement
 */
public record Command(
        UUID id,
        String method,
        byte[] params,
        boolean oneWay,
        long deadline,
        int retries,
        Duration answerWait,
        boolean handover) {}
