package io.signalbox.session;

import java.io.IOException;

/** One way in for devices. */
public interface Transport extends AutoCloseable {
    /** Configuration key and metric tag. */
    String name();

    /**
     * Begins to listen; returns once it does. Blocks.
     *
     * @throws IOException the address is taken or may not be used
     */
    void start() throws IOException;

    /** Accepts no more connections; those that are open go on. Any thread; does not block. */
    void stopAccepting();

    /** Returns once every session is closed. Blocks. */
    @Override
    void close();
}
