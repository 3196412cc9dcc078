package io.signalbox.session;

/** Why the server ends a connection. */
public enum CloseReason {
    TAKEN_OVER,
    DEVICE_DELETED,
    CREDENTIALS_CHANGED,
    SHUTTING_DOWN
}
