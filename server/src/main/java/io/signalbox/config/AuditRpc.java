package io.signalbox.config;

/** Which commands of users are written into the audit log. */
public enum AuditRpc {
    ALL,
    /** Those that nobody answered, or that were refused. */
    FAILURES,
    OFF
}
