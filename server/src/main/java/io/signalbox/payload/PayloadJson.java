package io.signalbox.payload;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Writes values as the JSON that devices and REST callers get, in UTF-8. Pure; any thread.
 *
 * <p>A {@link Value.Decimal} always shows a fraction or an exponent ({@code 25.0}), a {@link Value.Whole} never does.
 */
public final class PayloadJson {
    private static final int ENTRY_BYTES = 48;
    private static final int FRAME_BYTES = 32;

    private PayloadJson() {}

    /** The answer to an attribute request, {@code {"client":{…},"shared":{…}}}; a scope without attributes is left out. */
    public static byte[] attributesResponse(List<Reading> client, List<Reading> shared) {
        JsonBytes out = bytesFor(client.size() + shared.size()).put('{');
        if (!client.isEmpty()) {
            members(out.raw("\"client\":{"), client).put('}');
        }
        if (!shared.isEmpty()) {
            if (!client.isEmpty()) {
                out.put(',');
            }
            members(out.raw("\"shared\":{"), shared).put('}');
        }
        return out.put('}').toBytes();
    }

    /**
     * What a device is told about its shared attributes: those that were saved, {@code {"k":v,…}}, and those that were deleted,
     * {@code {"deleted":["k",…]}}, or both.
     */
    public static byte[] attributesChanged(List<Reading> changed, List<String> deleted) {
        JsonBytes out = members(bytesFor(changed.size() + deleted.size()).put('{'), changed);
        if (!deleted.isEmpty()) {
            if (!changed.isEmpty()) {
                out.put(',');
            }
            out.raw("\"deleted\":[");
            for (int i = 0; i < deleted.size(); i++) {
                comma(out, i).string(deleted.get(i));
            }
            out.put(']');
        }
        return out.put('}').toBytes();
    }

    /**
     * A command as devices see it, {@code {"id":1,"method":"m","params":…}} (HTTP device API §3.6).
     *
     * @param requestId left out where the topic names it
     * @param params    UTF-8 JSON, written as it is
     */
    public static byte[] rpcRequest(OptionalInt requestId, String method, byte[] params) {
        JsonBytes out = new JsonBytes(FRAME_BYTES + method.length() + params.length).put('{');
        if (requestId.isPresent()) {
            out.raw("\"id\":").number(requestId.getAsInt()).put(',');
        }
        return out.raw("\"method\":")
                .string(method)
                .raw(",\"params\":")
                .put(params, 0, params.length)
                .put('}')
                .toBytes();
    }

    /** {@code {"error":"…"}}. */
    public static byte[] error(String text) {
        return new JsonBytes(FRAME_BYTES + text.length())
                .raw("{\"error\":")
                .string(text)
                .put('}')
                .toBytes();
    }

    /** Attributes as REST lists them, {@code [{"lastUpdateTs":1,"key":"k","value":v},…]}. */
    public static byte[] attributesList(List<Reading> attributes) {
        JsonBytes out = bytesFor(attributes.size()).put('[');
        for (int i = 0; i < attributes.size(); i++) {
            Reading attribute = attributes.get(i);
            comma(out, i).raw("{\"lastUpdateTs\":").number(attribute.ts());
            out.raw(",\"key\":").string(attribute.key());
            out.raw(",\"value\":").value(attribute.value()).put('}');
        }
        return out.put(']').toBytes();
    }

    /**
     * Time series as REST shows them, {@code {"k":[{"ts":1,"value":"23.5"},…],…}}: keys in the order of their first reading.
     *
     * @param strictTypes {@code 23.5} and {@code true} instead of {@code "23.5"} and {@code "true"}
     */
    public static byte[] timeseries(List<Reading> readings, boolean strictTypes) {
        return series(byKey(readings), 0, strictTypes);
    }

    /**
     * The latest values of the keys that were asked for, in that order; one that has no reading shows
     * {@code [{"ts":now,"value":null}]}.
     *
     * @param strictTypes as for {@link #timeseries}
     */
    public static byte[] latest(List<String> asked, List<Reading> found, long now, boolean strictTypes) {
        Map<String, List<Reading>> known = byKey(found);
        Map<String, List<Reading>> ordered = new LinkedHashMap<>();
        for (String key : asked) {
            ordered.put(key, known.getOrDefault(key, List.of()));
        }
        return series(ordered, now, strictTypes);
    }

    /** The value as JSON text, typed. */
    public static String json(Value value) {
        return new JsonBytes(ENTRY_BYTES).value(value).toString();
    }

    /** The value as bare text: a string without quotes, everything else as in JSON. */
    public static String text(Value value) {
        return switch (value) {
            case Value.Whole(long n) -> Long.toString(n);
            case Value.Decimal(double n) -> Double.toString(n);
            case Value.Text(String text) -> text;
            case Value.Flag(boolean flag) -> Boolean.toString(flag);
            case Value.Json(String text) -> text;
        };
    }

    private static JsonBytes members(JsonBytes out, List<Reading> readings) {
        for (int i = 0; i < readings.size(); i++) {
            Reading reading = readings.get(i);
            comma(out, i).string(reading.key()).put(':').value(reading.value());
        }
        return out;
    }

    private static byte[] series(Map<String, List<Reading>> byKey, long now, boolean strictTypes) {
        JsonBytes out = bytesFor(byKey.size()).put('{');
        int keys = 0;
        for (Map.Entry<String, List<Reading>> entry : byKey.entrySet()) {
            comma(out, keys++).string(entry.getKey()).raw(":[");
            List<Reading> readings = entry.getValue();
            if (readings.isEmpty()) {
                out.raw("{\"ts\":").number(now).raw(",\"value\":null}");
            }
            for (int i = 0; i < readings.size(); i++) {
                Reading reading = readings.get(i);
                comma(out, i).raw("{\"ts\":").number(reading.ts()).raw(",\"value\":");
                if (strictTypes) {
                    out.value(reading.value());
                } else {
                    out.string(text(reading.value()));
                }
                out.put('}');
            }
            out.put(']');
        }
        return out.put('}').toBytes();
    }

    private static Map<String, List<Reading>> byKey(List<Reading> readings) {
        Map<String, List<Reading>> byKey = new LinkedHashMap<>();
        for (Reading reading : readings) {
            byKey.computeIfAbsent(reading.key(), _ -> new ArrayList<>()).add(reading);
        }
        return byKey;
    }

    private static JsonBytes bytesFor(int entries) {
        return new JsonBytes(FRAME_BYTES + entries * ENTRY_BYTES);
    }

    private static JsonBytes comma(JsonBytes out, int index) {
        return index == 0 ? out : out.put(',');
    }
}
