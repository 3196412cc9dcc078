package io.signalbox.query;

import io.signalbox.device.Device;
import io.signalbox.device.Listed;
import io.signalbox.payload.Reading;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds devices by what they are and by their values. Calls block, some seconds at most: virtual threads. An interrupt gives
 * the read up, and what the database does for it. They fail with {@link io.signalbox.ops.Rejected}: {@code BAD_REQUEST} when
 * more than {@link #LOOKED_AT_MAX} devices would have to be looked at, {@code TOO_MANY_REQUESTS} when too many wait, {@code
 * STORE_UNAVAILABLE} when it takes too long.
 */
public interface EntityStore {
    /** Devices whose values one query may look at. */
    int LOOKED_AT_MAX = 100_000;

    /**
     * A page, and how many there are in all.
     *
     * @param series of the query
     */
    Listed<Device> find(Visible visible, EntityQuery query, SeriesValues series);

    /** How many there are. */
    long count(Visible visible, EntityQuery query, SeriesValues series);

    /** The numbers of all of them, whatever the page is. */
    List<Long> numbers(Visible visible, EntityQuery query);

    /**
     * Attributes of these devices, as far as they are still visible: others are left out.
     *
     * @param devices numbers
     * @return by device, scope and key
     */
    Snapshot<Map<Long, Map<Scope, Map<String, Reading>>>> attributes(
            Visible visible, List<Long> devices, Set<String> keys);
}
