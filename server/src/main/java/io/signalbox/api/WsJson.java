package io.signalbox.api;

import io.signalbox.api.EntityQueries.Matches;
import io.signalbox.api.EntityValues.Cell;
import io.signalbox.device.Device;
import io.signalbox.payload.JsonBytes;
import io.signalbox.payload.PayloadJson;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import io.signalbox.query.ValueKey;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What sockets get, as JSON text (telemetry and WebSocket API B2). Pure; any thread. */
final class WsJson {
    private WsJson() {}

    /** What goes wrong, by the numbers of this API. */
    enum Failure {
        INTERNAL(1),
        BAD_REQUEST(2),
        TOO_MANY_UPDATES(34);

        private final int number;

        Failure(int number) {
            this.number = number;
        }
    }

    /** A whole message of the older form. */
    static String numbered(long subscription, String behindNumber) {
        return "{\"subscriptionId\":" + subscription + behindNumber;
    }

    /** A failure in the older form. */
    static String failure(long subscription, Failure failure, String text) {
        JsonBytes out = new JsonBytes(160);
        out.raw(",\"errorCode\":" + failure.number + ",\"errorMsg\":").string(text);
        return numbered(
                subscription, out.raw(",\"data\":null,\"latestValues\":{}}").toString());
    }

    /** A failure of a command about entities. */
    static String entityFailure(long command, String type, Failure failure, String text) {
        JsonBytes out = new JsonBytes(200);
        out.raw("{\"cmdId\":" + command + ",\"errorCode\":" + failure.number + ",\"errorMsg\":")
                .string(text)
                .raw(",\"cmdUpdateType\":\"" + type + "\"");
        return out.raw(
                        type.equals("COUNT_DATA")
                                ? ",\"count\":0}"
                                : ",\"data\":null,\"update\":null,\"allowedEntities\":0}")
                .toString();
    }

    /** What is behind the number of an update: readings, those of one key newest first, and keys of attributes that are gone. */
    static String update(List<Reading> readings, List<String> deleted) {
        Map<String, List<Point>> byKey = new TreeMap<>();
        readings.forEach(reading -> byKey.computeIfAbsent(reading.key(), _ -> new ArrayList<>())
                .add(new Point(reading.ts(), Optional.of(PayloadJson.text(reading.value())))));
        deleted.forEach(key -> byKey.put(key, List.of(new Point(0, Optional.of("")))));
        return update(byKey);
    }

    /** As {@link #update(List, List)}; a key that was asked for and has nothing shows {@code null} at {@code now}. */
    static String first(List<String> keys, List<Reading> readings, long now) {
        Map<String, List<Point>> byKey = new TreeMap<>();
        keys.forEach(key -> byKey.put(key, new ArrayList<>()));
        readings.forEach(reading -> byKey.computeIfAbsent(reading.key(), _ -> new ArrayList<>())
                .add(new Point(reading.ts(), Optional.of(PayloadJson.text(reading.value())))));
        byKey.values().stream().filter(List::isEmpty).forEach(points -> points.add(new Point(now, Optional.empty())));
        return update(byKey);
    }

    private record Point(long ts, Optional<String> value) {}

    private static String update(Map<String, List<Point>> byKey) {
        JsonBytes out = new JsonBytes(128 + 64 * byKey.size()).raw(",\"errorCode\":0,\"errorMsg\":null,\"data\":{");
        int keys = 0;
        for (Map.Entry<String, List<Point>> entry : byKey.entrySet()) {
            comma(out, keys++).string(entry.getKey()).raw(":[");
            int points = 0;
            for (Point point : entry.getValue()) {
                comma(out, points++).raw("[" + point.ts() + ",");
                text(out, point.value()).put(']');
            }
            out.put(']');
        }
        out.raw("},\"latestValues\":{");
        keys = 0;
        for (Map.Entry<String, List<Point>> entry : byKey.entrySet()) {
            long newest = entry.getValue().stream().mapToLong(Point::ts).max().orElse(0);
            comma(out, keys++).string(entry.getKey()).raw(":" + newest);
        }
        return out.raw("}}").toString();
    }

    static JsonBytes text(JsonBytes out, Optional<String> text) {
        return text.isPresent() ? out.string(text.get()) : out.raw("null");
    }

    /** {@code {"ts":1,"value":"23.5"}}. */
    static JsonBytes point(JsonBytes out, long ts, Value value) {
        return out.raw("{\"ts\":" + ts + ",\"value\":")
                .string(PayloadJson.text(value))
                .put('}');
    }

    static JsonBytes comma(JsonBytes out, int index) {
        return index == 0 ? out : out.put(',');
    }

    /** One entity of an answer: {@code latest} by key, {@code series} with those of one key newest first. */
    static void entity(JsonBytes out, Device device, Map<ValueKey, Cell> latest, List<Reading> series) {
        out.raw("{\"entityId\":{\"entityType\":\"DEVICE\",\"id\":\"" + device.id() + "\"},\"latest\":{");
        Map<ValueKey.Source, Map<String, Cell>> bySource = new EnumMap<>(ValueKey.Source.class);
        latest.forEach((key, cell) ->
                bySource.computeIfAbsent(key.source(), _ -> new TreeMap<>()).put(key.name(), cell));
        int sources = 0;
        for (Map.Entry<ValueKey.Source, Map<String, Cell>> source : bySource.entrySet()) {
            comma(out, sources++).raw("\"" + source.getKey() + "\":{");
            int keys = 0;
            for (Map.Entry<String, Cell> cell : source.getValue().entrySet()) {
                comma(out, keys++)
                        .string(cell.getKey())
                        .raw(":{\"ts\":" + cell.getValue().ts() + ",\"value\":");
                out.string(cell.getValue().text()).put('}');
            }
            out.put('}');
        }
        out.raw("},\"timeseries\":{");
        Map<String, List<Reading>> byKey = new TreeMap<>();
        series.forEach(reading ->
                byKey.computeIfAbsent(reading.key(), _ -> new ArrayList<>()).add(reading));
        int keys = 0;
        for (Map.Entry<String, List<Reading>> points : byKey.entrySet()) {
            comma(out, keys++).string(points.getKey()).raw(":[");
            int count = 0;
            for (Reading point : points.getValue()) {
                point(comma(out, count++), point.ts(), point.value());
            }
            out.put(']');
        }
        out.raw("},\"aggLatest\":{}}");
    }

    /** A page of entities, each of them JSON already. */
    static String page(List<String> entities, Matches matches) {
        return "{\"data\":[" + String.join(",", entities) + "],\"totalPages\":" + matches.pages()
                + ",\"totalElements\":" + matches.total() + ",\"hasNext\":" + matches.hasNext() + "}";
    }

    /** An answer about entities: {@code page} or {@code changed} is {@code null}. */
    static String entities(long command, String page, String changed) {
        return "{\"cmdId\":" + command
                + ",\"errorCode\":0,\"errorMsg\":null,\"cmdUpdateType\":\"ENTITY_DATA\",\"data\":" + page
                + ",\"update\":" + changed + ",\"allowedEntities\":" + EntityQueries.PAGE_MAX + "}";
    }

    static String count(long command, long count) {
        return "{\"cmdId\":" + command
                + ",\"errorCode\":0,\"errorMsg\":null,\"cmdUpdateType\":\"COUNT_DATA\",\"count\":" + count + "}";
    }
}
