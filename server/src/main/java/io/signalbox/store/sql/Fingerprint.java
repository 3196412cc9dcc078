package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.device.Uuids;
import io.signalbox.rpc.RpcOrder;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What makes two requests the same: device, way, method, parameters as JSON values, persistence, lane and caller, as the
 * first 16 bytes of a SHA-256. Kept in rows, so it never changes.
 */
final class Fingerprint {
    private static final int BYTES = 16;
    private static final JsonFactory JSON = new JsonFactory();

    private Fingerprint() {}

    static byte[] of(RpcOrder order) {
        StringBuilder text = new StringBuilder(256);
        text(text, order.deviceId().uuid().toString());
        text.append(order.oneWay() ? '1' : '2');
        text(text, order.method());
        text(text, canonical(order.params()));
        text.append('p'); // persistent, as all in this store
        text.append(order.lane().isPresent() ? 'l' : 'n');
        text(text, order.lane().orElse(""));
        text(text, Arrays.toString(Uuids.bytes(order.caller().uuid())));
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(UTF_8));
            return Arrays.copyOf(hash, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /**
     * A text that is the same for equal JSON values: the members of objects are sorted, of members with one name the last
     * counts, numbers are compared by value, and strings by their characters. It is not JSON itself.
     */
    static String canonical(byte[] json) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            return value(parser);
        } catch (JacksonException e) {
            return new String(json, UTF_8); // beyond the parser's limits: only the same text is the same
        }
    }

    /** The value at the parser's current token; its limit of depth bounds the recursion. */
    private static String value(JsonParser json) {
        return switch (json.currentToken()) {
            case START_OBJECT -> {
                Map<String, String> members = new TreeMap<>();
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    String name = json.currentName();
                    json.nextToken();
                    members.put(name, value(json));
                }
                StringBuilder text = new StringBuilder("{");
                members.forEach((name, value) -> {
                    text(text, name);
                    text.append(value);
                });
                yield text.append('}').toString();
            }
            case START_ARRAY -> {
                StringBuilder text = new StringBuilder("[");
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    text.append(value(json));
                }
                yield text.append(']').toString();
            }
            case VALUE_STRING -> {
                StringBuilder text = new StringBuilder();
                text(text, json.getString());
                yield text.toString();
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(json.getString());
            case VALUE_TRUE -> "t";
            case VALUE_FALSE -> "f";
            case VALUE_NULL -> "n";
            case null, default -> "";
        };
    }

    private static String number(String text) {
        try {
            return "#" + new BigDecimal(text).stripTrailingZeros() + ";";
        } catch (NumberFormatException | ArithmeticException e) {
            return "#" + text + ";"; // an exponent beyond 32 bits
        }
    }

    /** With its length before it, so that no two lists of texts look the same. */
    private static void text(StringBuilder to, String text) {
        to.append(text.length()).append(':').append(text);
    }
}
