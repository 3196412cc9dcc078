package io.signalbox.config;

/** When the next command of a device goes out (server-side RPC §5). */
public enum SubmitStrategy {
    /** At once. */
    BURST,
    /** When none before it waits for its delivery. */
    SEQUENTIAL_ON_ACK_FROM_DEVICE,
    /** When all before it are answered, or delivered if they are one-way. */
    SEQUENTIAL_ON_RESPONSE_FROM_DEVICE
}
