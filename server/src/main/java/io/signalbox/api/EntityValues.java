package io.signalbox.api;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.payload.PayloadJson;
import io.signalbox.payload.Reading;
import io.signalbox.query.ValueKey;
import io.signalbox.telemetry.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A device with what was read of its values.
 *
 * @param attributes       by scope and key
 * @param points           the latest of each time series
 * @param attributesCommit the commit up to which the attributes are true
 * @param pointsCommit     the same of the points
 */
record EntityValues(
        Device device,
        Map<Scope, Map<String, Reading>> attributes,
        List<Reading> points,
        long attributesCommit,
        long pointsCommit) {

    /** A value as text with its time; a key without one is {@code ts} 0 and an empty text. */
    record Cell(long ts, String text) {
        static final Cell NONE = new Cell(0, "");

        static Cell of(Optional<Reading> reading) {
            return reading.map(value -> new Cell(value.ts(), PayloadJson.text(value.value())))
                    .orElse(NONE);
        }
    }

    /** The values of these keys, in their order. */
    Map<ValueKey, Cell> cells(List<ValueKey> keys) {
        Map<ValueKey, Cell> cells = new LinkedHashMap<>();
        keys.forEach(key -> cells.put(key, cell(key)));
        return cells;
    }

    private Cell cell(ValueKey key) {
        return switch (key.source()) {
            case ENTITY_FIELD -> new Cell(device.createdTime(), field(key.name()));
            case TIME_SERIES ->
                Cell.of(points.stream()
                        .filter(reading -> reading.key().equals(key.name()))
                        .findFirst());
            case ATTRIBUTE, CLIENT_ATTRIBUTE, SHARED_ATTRIBUTE, SERVER_ATTRIBUTE ->
                Cell.of(attribute(
                        key,
                        scope -> Optional.ofNullable(
                                attributes.getOrDefault(scope, Map.of()).get(key.name()))));
            case ALARM_FIELD -> Cell.NONE;
        };
    }

    /** What is in a scope. */
    interface InScope {
        Optional<Reading> at(Scope scope);
    }

    /** What an attribute's key shows: the value of its scope, or of any scope the newest. */
    static Optional<Reading> attribute(ValueKey key, InScope values) {
        return scopes(key)
                .flatMap(scope -> values.at(scope).stream())
                .reduce((one, later) -> one.ts() > later.ts() ? one : later);
    }

    private static Stream<Scope> scopes(ValueKey key) {
        return switch (key.source()) {
            case ATTRIBUTE -> Stream.of(Scope.values());
            case CLIENT_ATTRIBUTE -> Stream.of(Scope.CLIENT_SCOPE);
            case SERVER_ATTRIBUTE -> Stream.of(Scope.SERVER_SCOPE);
            case SHARED_ATTRIBUTE -> Stream.of(Scope.SHARED_SCOPE);
            case ENTITY_FIELD, TIME_SERIES, ALARM_FIELD -> Stream.of();
        };
    }

    private String field(String name) {
        return switch (name) {
            case "name" -> device.name();
            case "label" -> device.label().orElse("");
            case "type" -> device.type();
            case "createdTime" -> Long.toString(device.createdTime());
            case "entityType" -> "DEVICE";
            case "customerId" -> device.customer().map(CustomerId::toString).orElse("");
            case "additionalInfo" -> device.additionalInfo().orElse("");
            default -> "";
        };
    }
}
