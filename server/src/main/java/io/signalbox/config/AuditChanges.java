package io.signalbox.config;

/** What the audit log keeps of calls of the REST API that are no commands. */
public enum AuditChanges {
    OFF,
    /** Changes: what was written. */
    W,
    /** Also who read credentials and attributes. */
    RW
}
