package io.signalbox.api;

import io.signalbox.device.Uuids;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * The body of an RPC call (server-side RPC §2.1).
 *
 * @param params         compact UTF-8 JSON, byte for byte the caller's value but for blanks
 * @param timeoutMillis  as given; the minimum is not applied
 * @param expirationTime epoch milliseconds
 * @param requestUuid    what the caller wants the command to be called
 */
record RpcRequest(
        String method,
        byte[] params,
        OptionalLong timeoutMillis,
        OptionalLong expirationTime,
        boolean persistent,
        OptionalInt retries,
        Optional<UUID> requestUuid) {
    static final int DEPTH_MAX = 200;

    private static final byte[] NULL = {'n', 'u', 'l', 'l'};
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
            .disable(TokenStreamFactory.Feature.CHARSET_DETECTION) // positions are known in UTF-8 only
            .build();

    /** What is wrong with a body, for its sender. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message, null, false, false);
        }

        String text() {
            return String.valueOf(getMessage());
        }
    }

    /** Reads a body. Any thread. */
    static RpcRequest parse(byte[] body) throws Malformed {
        if (body.length == 0) {
            throw new Malformed("Required request body is missing");
        }
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body)) {
            Builder builder = new Builder();
            if (json.nextToken() != JsonToken.START_OBJECT) {
                json.skipChildren();
                throw new Malformed("Request body must be a JSON object");
            }
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                builder.take(name, json, body);
            }
            if (json.nextToken() != null) {
                throw new Malformed("Invalid request body");
            }
            return builder.build();
        } catch (JacksonException | IllegalArgumentException e) {
            throw new Malformed("Invalid request body");
        }
    }

    private static final class Builder {
        private @Nullable String method;
        private byte[] params = NULL;
        private OptionalLong timeoutMillis = OptionalLong.empty();
        private OptionalLong expirationTime = OptionalLong.empty();
        private boolean persistent;
        private OptionalInt retries = OptionalInt.empty();
        private Optional<UUID> requestUuid = Optional.empty();

        void take(String name, JsonParser json, byte[] body) {
            JsonToken token = json.nextToken();
            switch (name) {
                case "method" -> {
                    method = token.isScalarValue() ? json.getString() : "";
                    json.skipChildren();
                }
                case "params" -> params = slice(json, body);
                case "timeout" -> timeoutMillis = OptionalLong.of(whole(json, token));
                case "expirationTime" -> expirationTime = OptionalLong.of(whole(json, token));
                case "persistent" -> persistent = flag(json, token);
                case "retries" -> {
                    long given = whole(json, token);
                    retries = token == JsonToken.VALUE_NULL
                            ? OptionalInt.empty()
                            : OptionalInt.of(Math.clamp(given, 0, Integer.MAX_VALUE));
                }
                case "requestUUID" -> {
                    if (token != JsonToken.VALUE_NULL) {
                        requestUuid = Optional.of(Uuids.parse(json.getString()));
                    }
                }
                default -> json.skipChildren();
            }
        }

        /** A number, or text that is one; anything else counts as 0. */
        private static long whole(JsonParser json, JsonToken token) {
            if (token.isNumeric()) {
                return (long) json.getDoubleValue() == Long.MAX_VALUE ? Long.MAX_VALUE : json.getValueAsLong();
            }
            if (token == JsonToken.VALUE_STRING) {
                try {
                    return Long.parseLong(json.getString().strip());
                } catch (NumberFormatException e) {
                    return 0;
                }
            }
            json.skipChildren();
            return 0;
        }

        private static boolean flag(JsonParser json, JsonToken token) {
            boolean flag = token == JsonToken.VALUE_TRUE
                    || (token == JsonToken.VALUE_STRING && json.getString().equals("true"))
                    || (token.isNumeric() && json.getDoubleValue() != 0);
            json.skipChildren();
            return flag;
        }

        /** The value that was just begun, as its bytes in the body. */
        private static byte[] slice(JsonParser json, byte[] body) {
            int from = (int) json.currentTokenLocation().getByteOffset();
            json.skipChildren();
            json.finishToken();
            int to = (int) json.currentLocation().getByteOffset();
            return compact(body, from, to);
        }

        RpcRequest build() throws Malformed {
            if (method == null) {
                throw new Malformed("Member 'method' is missing in the request body");
            }
            return new RpcRequest(method, params, timeoutMillis, expirationTime, persistent, retries, requestUuid);
        }
    }

    /** Valid JSON without the blanks between its tokens. */
    private static byte[] compact(byte[] json, int from, int to) {
        byte[] out = new byte[to - from];
        int length = 0;
        boolean inString = false;
        for (int i = from; i < to; i++) {
            byte c = json[i];
            if (inString) {
                out[length++] = c;
                if (c == '\\') {
                    out[length++] = json[++i];
                } else if (c == '"') {
                    inString = false;
                }
            } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                out[length++] = c;
                inString = c == '"';
            }
        }
        return length == out.length ? out : java.util.Arrays.copyOf(out, length);
    }
}
