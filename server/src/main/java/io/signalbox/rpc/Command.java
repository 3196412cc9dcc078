package io.signalbox.rpc;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * A command as its caller gave it, checked.
 *
 * @param id         the {@code rpcId} of the API
 * @param params     compact UTF-8 JSON; {@code null} when the caller gave none
 * @param deadline   {@link System#nanoTime} at which it ends, so that a jump of the clock ends nothing early
 * @param retries    how often it is sent again when an attempt failed
 * @param once       one attempt, now or never; {@code deadline} is when that ends at the latest
 * @param answerWait how long a delivered command holds up those behind it; zero: it does not
 * @param handover   a one-way command is done once it is written out, without waiting for an acknowledgement
 * @param order      what is stored of a persistent command; empty for a lightweight one
 */
public record Command(
        UUID id,
        String method,
        byte[] params,
        boolean oneWay,
        long deadline,
        int retries,
        boolean once,
        Duration answerWait,
        boolean handover,
        Optional<RpcOrder> order) {
    /** Whether it outlives the process and its caller does not wait for its end. */
    public boolean isPersistent() {
        return order.isPresent();
    }

    /** As it goes out to a device with these settings. */
    Command under(Delivery delivery) {
        boolean isDoneWhenWritten = delivery.isFree() && !isPersistent();
        return new Command(
                id, method, params, oneWay, deadline, retries, once, delivery.answerWait(), isDoneWhenWritten, order);
    }

    /** Whether it is sent again after such a failure, as often as {@link #retries} allows. */
    boolean retriesOn(RetryPolicy.Failure failure) {
        return retryPolicy().retryOn().contains(failure);
    }

    private RetryPolicy retryPolicy() {
        return order.map(RpcOrder::retryPolicy).orElse(RetryPolicy.STANDARD);
    }

    /** How long it waits before it is sent again when {@code overdue} attempts failed. */
    long backoffNanos(int overdue) {
        // the id is as good a source of jitter as any, and the machine stays pure
        double share = (double) (id.getLeastSignificantBits() >>> 11) * 0x1.0p-53;
        return Duration.ofMillis(retryPolicy().waitMillis(overdue, share)).toNanos();
    }
}
