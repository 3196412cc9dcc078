package io.signalbox.config;

/** How the event loops read and write sockets. */
public enum NetworkIo {
    /** The fastest that the machine allows. */
    AUTO,
    IO_URING,
    EPOLL,
    NIO
}
