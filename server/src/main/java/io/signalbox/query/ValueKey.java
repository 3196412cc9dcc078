package io.signalbox.query;

/** Something of a device that has a value, by the name that the wire has for its kind (telemetry and WebSocket API B6). */
public record ValueKey(Source source, String name) {
    /** Where a value comes from. */
    public enum Source {
        ENTITY_FIELD,
        TIME_SERIES,
        /** Of several scopes the value that was written last. */
        ATTRIBUTE,
        CLIENT_ATTRIBUTE,
        SHARED_ATTRIBUTE,
        SERVER_ATTRIBUTE,
        /** This server has no alarms: no value. */
        ALARM_FIELD
    }

    public boolean isSeries() {
        return source == Source.TIME_SERIES;
    }

    public boolean isAttribute() {
        return switch (source) {
            case ATTRIBUTE, CLIENT_ATTRIBUTE, SHARED_ATTRIBUTE, SERVER_ATTRIBUTE -> true;
            case ENTITY_FIELD, TIME_SERIES, ALARM_FIELD -> false;
        };
    }
}
