package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.device.Listed;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.payload.Reading;
import io.signalbox.query.EntityQuery;
import io.signalbox.query.EntityStore;
import io.signalbox.query.SeriesValues;
import io.signalbox.query.ValueKey;
import io.signalbox.query.Visible;
import io.signalbox.telemetry.Scope;
import io.signalbox.telemetry.Snapshot;
import io.signalbox.telemetry.TelemetryService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds devices by what they are and by their values (telemetry and WebSocket API B6), and reads their values. Entities of other
 * types are not found.
 *
 * <p>Time series are in a store of their own: of a query that looks at them, their latest values are read first, and go along.
 *
 * <p>Calls block: virtual threads. What a caller may not see is not found either.
 */
final class EntityQueries {
    /** Devices of one page. */
    static final int PAGE_MAX = 10_000;

    private final EntityStore store;
    private final TelemetryService telemetry;

    EntityQueries(EntityStore store, TelemetryService telemetry) {
        this.store = store;
        this.telemetry = telemetry;
    }

    /** One page of devices, without values. */
    record Matches(List<Device> page, long total, int number, int pageSize) {
        long pages() {
            return (total + pageSize - 1) / pageSize;
        }

        boolean hasNext() {
            return number + 1L < pages();
        }
    }

    long count(Caller caller, EntityQuery query) {
        return visible(caller)
                .map(visible -> store.count(visible, query, series(visible, query)))
                .orElse(0L);
    }

    Matches find(Caller caller, EntityQuery query) {
        Listed<Device> found = visible(caller)
                .map(visible -> store.find(visible, query, series(visible, query)))
                .orElse(new Listed<>(List.of(), 0));
        return new Matches(found.items(), found.total(), query.page(), query.pageSize());
    }

    /** Devices as {@link io.signalbox.identity.Access} lets a caller read them; empty: none. */
    private static Optional<Visible> visible(Caller caller) {
        boolean isNobody = caller.authority() == Authority.SYS_ADMIN
                || (caller.authority() == Authority.CUSTOMER_USER
                        && caller.customer().isEmpty());
        return isNobody ? Optional.empty() : caller.tenant().map(tenant -> new Visible(tenant, caller.customer()));
    }

    private SeriesValues series(Visible visible, EntityQuery query) {
        List<String> keys = query.series();
        if (keys.isEmpty()) {
            return SeriesValues.NONE;
        }
        List<Long> devices = store.numbers(visible, query.withoutSeries());
        return SeriesValues.of(
                keys, Stages.await(telemetry.latest(devices, keys)).value());
    }

    /** The values of devices by these keys, in the order of the devices; those that the caller does not see any more are left out. */
    List<EntityValues> values(Caller caller, List<Device> devices, List<ValueKey> keys) {
        Optional<Visible> visible = visible(caller);
        if (devices.isEmpty() || visible.isEmpty()) {
            return List.of();
        }
        List<Long> numbers = devices.stream().map(Device::number).toList();
        Set<String> attributeKeys =
                keys.stream().filter(ValueKey::isAttribute).map(ValueKey::name).collect(Collectors.toSet());
        List<String> series =
                keys.stream().filter(ValueKey::isSeries).map(ValueKey::name).toList();
        Snapshot<Map<Long, List<Reading>>> points =
                series.isEmpty() ? new Snapshot<>(Map.of(), 0) : Stages.await(telemetry.latest(numbers, series));
        Snapshot<Map<Long, Map<Scope, Map<String, Reading>>>> attributes =
                store.attributes(visible.get(), numbers, attributeKeys);
        List<EntityValues> found = new ArrayList<>();
        for (Device device : devices) {
            Map<Scope, Map<String, Reading>> ofDevice = attributes.value().get(device.number());
            if (ofDevice != null) {
                found.add(new EntityValues(
                        device,
                        ofDevice,
                        points.value().getOrDefault(device.number(), List.of()),
                        attributes.commit(),
                        points.commit()));
            }
        }
        return found;
    }
}
