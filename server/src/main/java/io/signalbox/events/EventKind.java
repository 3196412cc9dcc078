package io.signalbox.events;

import java.util.Arrays;
import java.util.Optional;

/** Kinds of events, by the names of the wire (REST API §13). Of a device there are errors only: the others belong to rules. */
public enum EventKind {
    ERROR,
    LC_EVENT,
    STATS,
    DEBUG_RULE_NODE,
    DEBUG_RULE_CHAIN,
    DEBUG_CALCULATED_FIELD;

    /** Whatever its case. */
    public static Optional<EventKind> named(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.name().equalsIgnoreCase(name))
                .findFirst();
    }
}
