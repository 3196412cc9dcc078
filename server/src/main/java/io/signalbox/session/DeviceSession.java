package io.signalbox.session;

/** One live connection of a device, or one poll. Any thread; never blocks. */
public interface DeviceSession {
    SessionId id();

    /** Whether it takes any number of messages while it lives; else it ends after the first one, as a long-poll does. */
    boolean isPush();

    /**
     * Puts a message on its way; messages leave in the order of the calls.
     *
     * @return false when there is no room now: nothing was taken, and {@link Signal.Writable} follows when there is
     */
    boolean send(DownlinkMessage message);

    /** Whether {@link #send} would take a message now; if not, {@link Signal.Writable} follows when it would. */
    boolean hasRoom();

    /** When the device was last heard on it, {@link System#nanoTime}. */
    long heardNanos();

    /** Ends the connection; {@link Uplink#closed} follows. */
    void close(CloseReason why);
}
