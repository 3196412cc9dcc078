package io.signalbox.session;

import io.signalbox.device.Device;
import io.signalbox.payload.AttributeRequest;
import io.signalbox.payload.Reading;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Everything a transport may tell the server. Event loops only; never blocks. */
public interface Uplink {
    /**
     * Who shows this access token.
     *
     * @return completes at once when the device is known in memory, else on a thread of the store; exceptionally with
     *     {@link io.signalbox.ops.Rejected} when the store fails
     */
    CompletionStage<Optional<Device>> authenticate(String accessToken);

    /**
     * A connection or poll begins. A new connection ends the device's older one; one whose token is good no more, which may have
     * happened since it was shown, is closed.
     */
    void opened(Device device, String accessToken, DeviceSession session);

    /** It ended, for whatever reason. Later signals of it are ignored. */
    void closed(Device device, DeviceSession session);

    /**
     * Keeps a message.
     *
     * @return false when the server is full: nothing was taken and {@code receipt} stays silent; stop reading until
     *     {@link #whenWritable}
     */
    boolean receive(Device from, UplinkMessage message, Receipt receipt);

    /** Runs {@code task} once, on any thread, when a full server has room again; at once when it has. */
    void whenWritable(Runnable task);

    /** The device lives, and had nothing else to say. */
    void heard(Device from);

    /**
     * The device sent what cannot be taken.
     *
     * @param what  it tried: {@code telemetry}
     * @param error what is wrong
     */
    void malformed(Device from, String what, String error);

    /** Something about a session or a command; in the order of the calls. */
    void signal(Device from, SessionId session, Signal signal);

    /** An answer from a device that has no session for it, as over HTTP; {@code receipt} as in {@link Signal.RpcReplied}. */
    void replied(Device from, int requestId, byte[] payload, Receipt receipt);

    /** Reads attributes for the device itself. Completes on any thread, exceptionally with {@link io.signalbox.ops.Rejected}. */
    CompletionStage<AttributeValues> attributes(Device from, AttributeRequest request);

    /** What was found. */
    record AttributeValues(List<Reading> client, List<Reading> shared) {}
}
