package io.signalbox.store.sql;

import io.signalbox.device.Uuids;
import io.signalbox.payload.JsonBytes;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Lists of any length as one parameter of a statement, JSON text: what {@link Dialect} reads of it. */
final class JsonLists {
    private JsonLists() {}

    /** For {@link Dialect#inNumbers}. */
    static String numbers(Collection<Long> numbers) {
        return numbers.toString();
    }

    /** For {@link Dialect#inTexts}. */
    static String texts(Dialect dialect, Collection<String> texts) {
        JsonBytes out = new JsonBytes(16 * texts.size() + 2).put('[');
        boolean isFirst = true;
        for (String text : texts) {
            out.raw(isFirst ? "" : ",").string(dialect.stored(text));
            isFirst = false;
        }
        return out.put(']').toString();
    }

    /** For {@link Dialect#inIds}. */
    static String ids(List<UUID> ids) {
        JsonBytes out = new JsonBytes(36 * ids.size() + 2).put('[');
        boolean isFirst = true;
        for (UUID id : ids) {
            out.raw(isFirst ? "" : ",").string(HexFormat.of().formatHex(Uuids.bytes(id)));
            isFirst = false;
        }
        return out.put(']').toString();
    }

    /**
     * For {@link Dialect#valueTable}: {@code [[device,whole,decimal,text,flag],…]}.
     *
     * @param values by the number of the device
     */
    static String values(Dialect dialect, Map<Long, Reading> values) {
        JsonBytes out = new JsonBytes(32 * values.size() + 2).put('[');
        boolean isFirst = true;
        for (Map.Entry<Long, Reading> entry : values.entrySet()) {
            out.raw((isFirst ? "[" : ",[") + entry.getKey());
            isFirst = false;
            switch (entry.getValue().value()) {
                case Value.Whole(long value) -> out.raw("," + value + ",null,null,null]");
                case Value.Decimal(double value) ->
                    out.raw(",null," + (Double.isFinite(value) ? value : "null") + ",null,null]");
                case Value.Text(String value) ->
                    out.raw(",null,null,").string(dialect.stored(value)).raw(",null]");
                case Value.Flag(boolean value) -> out.raw(",null,null,null," + value + "]");
                case Value.Json(String text) ->
                    out.raw(",null,null,").string(dialect.stored(text)).raw(",null]");
            }
        }
        return out.put(']').toString();
    }
}
