package io.signalbox.telemetry;

/** Who writes an attribute and who may read it. */
public enum Scope {
    CLIENT_SCOPE,
    SERVER_SCOPE,
    SHARED_SCOPE
}
