package io.signalbox.query;

import io.signalbox.payload.Reading;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Latest values of time series, for a query that looks at them: by key, by the number of the device.
 *
 * @param byKey has each of {@link EntityQuery#series}; a device without a value is left out
 */
public record SeriesValues(Map<String, Map<Long, Reading>> byKey) {
    public static final SeriesValues NONE = new SeriesValues(Map.of());

    /** @param readings by the number of the device */
    public static SeriesValues of(List<String> keys, Map<Long, List<Reading>> readings) {
        Map<String, Map<Long, Reading>> byKey = new HashMap<>();
        keys.forEach(key -> byKey.put(key, new HashMap<>()));
        readings.forEach((device, some) ->
                some.forEach(reading -> byKey.computeIfPresent(reading.key(), (_, devices) -> {
                    devices.put(device, reading);
                    return devices;
                })));
        return new SeriesValues(byKey);
    }
}
