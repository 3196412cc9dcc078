package io.signalbox.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.device.DeviceId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
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
public final class Fingerprint {
    private static final int BYTES = 16;
    private static final JsonFactory JSON = new JsonFactory();

    private Fingerprint() {}

    public static byte[] of(RpcOrder order) {
        return of(order.deviceId(), order.oneWay(), order.method(), order.params(), true, order.lane(), order.caller());
    }

    static byte[] of(
            DeviceId device,
            boolean oneWay,
            String method,
            byte[] params,
            boolean persistent,
            Optional<String> lane,
            UserId caller) {
        StringBuilder text = new StringBuilder(256);
        text(text, device.uuid().toString());
        text.append(oneWay ? '1' : '2');
        text(text, method);
        text(text, canonical(params));
        text.append(persistent ? 'p' : 'w');
        text.append(lane.isPresent() ? 'l' : 'n');
        text(text, lane.orElse(""));
        text(text, Arrays.toString(Uuids.bytes(caller.uuid())));
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
