package io.signalbox.session;

import java.util.Optional;

/** What a session tells its device's mailbox; kept nowhere, acknowledged by nobody. */
public sealed interface Signal {
    /** Wants downlink messages of this kind from now on; said again, open commands are sent again. */
    record Subscribed(Topic topic) implements Signal {}

    record Unsubscribed(Topic topic) implements Signal {}

    /** Has room again after {@link DeviceSession#send} returned false. */
    record Writable() implements Signal {}

    /** What a session, or a device without one, tells of a command. */
    sealed interface OfRpc extends Signal {
        int requestId();
    }

    /** The request left the server whole; {@code ackExpected}: the protocol will acknowledge it. */
    record RpcWritten(int requestId, int attempt, boolean ackExpected) implements OfRpc {}

    /** The device's protocol layer has it. */
    record RpcAcked(int requestId, int attempt) implements OfRpc {}

    /** No acknowledgement came in the protocol's time. */
    record RpcAckOverdue(int requestId, int attempt) implements OfRpc {}

    /** The transport cannot put it into the device's form, or could not write it; {@code error} is what callers see. */
    record RpcRefused(int requestId, String error) implements OfRpc {}

    /**
     * The device's own answer, any bytes.
     *
     * @param receipt told once the answer needs to be kept no more, or is on disk; empty: nobody asks
     */
    record RpcReplied(int requestId, byte[] payload, Optional<Receipt> receipt) implements OfRpc {}

    /** Kinds of downlink that a session asks for. */
    enum Topic {
        RPC,
        ATTRIBUTES
    }
}
