package io.signalbox.session;

import io.signalbox.payload.Reading;
import java.util.List;

/** What a device wants kept; the acknowledgement comes after the commit. */
public sealed interface UplinkMessage {
    /** Points of time series; may be empty. */
    record Telemetry(List<Reading> readings) implements UplinkMessage {}

    /** Client attributes; may be empty. */
    record Attributes(List<Reading> attributes) implements UplinkMessage {}
}
