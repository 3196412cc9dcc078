package io.signalbox.api;

import io.signalbox.device.Uuids;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RetryPolicy.Failure;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * The body of an RPC call (server-side RPC §2.1). Members that the reference knows are read as leniently as it does; those of our
 * own must be of the right kind, {@code null} is as absent.
 *
 * @param params         compact UTF-8 JSON, byte for byte the caller's value but for blanks
 * @param timeoutMillis  as given; the minimum is not applied
 * @param zeroTimeout    whether that is the number 0, and not something that only counts as 0
 * @param expirationTime epoch milliseconds
 * @param requestUuid    what the caller wants the command to be called
 * @param additionalInfo compact JSON text; {@code null} is as absent
 * @param lane           commands of one lane and device replace each other
 * @param supersede      ends the older open commands of the lane; never without one
 * @param redeliver      whether a delivered, unanswered command goes out again when the device subscribes; empty: as the
 *                       device is set
 */
record RpcRequest(
        String method,
        byte[] params,
        OptionalLong timeoutMillis,
        boolean zeroTimeout,
        OptionalLong expirationTime,
        boolean persistent,
        OptionalInt retries,
        Optional<UUID> requestUuid,
        Optional<String> additionalInfo,
        Optional<String> lane,
        boolean supersede,
        Optional<Boolean> redeliver,
        Optional<RetryPolicy> retryPolicy) {
    static final int LANE_CHARS_MAX = 255;
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
        private boolean zeroTimeout;
        private OptionalLong expirationTime = OptionalLong.empty();
        private boolean persistent;
        private OptionalInt retries = OptionalInt.empty();
        private Optional<UUID> requestUuid = Optional.empty();
        private Optional<String> additionalInfo = Optional.empty();
        private Optional<String> lane = Optional.empty();
        private boolean supersede;
        private Optional<Boolean> redeliver = Optional.empty();
        private Optional<RetryPolicy> retryPolicy = Optional.empty();

        void take(String name, JsonParser json, byte[] body) throws Malformed {
            JsonToken token = json.nextToken();
            switch (name) {
                case "method" -> {
                    method = token.isScalarValue() ? json.getString() : "";
                    json.skipChildren();
                }
                case "params" -> params = slice(json, body);
                case "timeout" -> {
                    long given = whole(json, token);
                    timeoutMillis = OptionalLong.of(given);
                    zeroTimeout = token == JsonToken.VALUE_NUMBER_INT && given == 0;
                }
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
                case "additionalInfo" ->
                    additionalInfo = token == JsonToken.VALUE_NULL
                            ? Optional.empty()
                            : Optional.of(new String(slice(json, body), StandardCharsets.UTF_8));
                case "lane" -> lane = lane(json, token);
                case "supersede" -> supersede = strictFlag(name, token).orElse(false);
                case "redeliver" -> redeliver = strictFlag(name, token);
                case "retryPolicy" -> retryPolicy = Retries.policy(json, token);
                default -> json.skipChildren();
            }
        }

        private static Optional<String> lane(JsonParser json, JsonToken token) throws Malformed {
            if (token == JsonToken.VALUE_NULL) {
                return Optional.empty();
            }
            if (token != JsonToken.VALUE_STRING || json.getString().length() > LANE_CHARS_MAX) {
                throw new Malformed("Member 'lane' must be a string of at most " + LANE_CHARS_MAX + " characters");
            }
            return Optional.of(json.getString());
        }

        private static Optional<Boolean> strictFlag(String name, JsonToken token) throws Malformed {
            return switch (token) {
                case VALUE_TRUE -> Optional.of(true);
                case VALUE_FALSE -> Optional.of(false);
                case VALUE_NULL -> Optional.empty();
                default -> throw new Malformed("Member '" + name + "' must be true or false");
            };
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
            if (supersede && lane.isEmpty()) {
                throw new Malformed("Member 'supersede' needs the member 'lane'");
            }
            return new RpcRequest(
                    method,
                    params,
                    timeoutMillis,
                    zeroTimeout,
                    expirationTime,
                    persistent,
                    retries,
                    requestUuid,
                    additionalInfo,
                    lane,
                    supersede,
                    redeliver,
                    retryPolicy);
        }
    }

    /**
     * The member {@code retryPolicy}: {@code {"backoff":{"initial":ms,"factor":n,"max":ms,"jitter":0..1},"retryOn":["…"]}}. Each part
     * may be missing.
     */
    private static final class Retries {
        private static final long WAIT_MILLIS_MAX = 86_400_000;
        private static final int FACTOR_MAX = 100;

        /** The longest wait when the caller names none. */
        private static final long MAX_MILLIS_DEFAULT = 60_000;

        private static final String KNOWN =
                Stream.of(Failure.values()).map(Failure::word).collect(Collectors.joining(", "));

        private long initialMillis = RetryPolicy.STANDARD.initialMillis();
        private double factor = RetryPolicy.STANDARD.factor();
        private long maxMillis = -1;
        private double jitter = RetryPolicy.STANDARD.jitter();

        static Optional<RetryPolicy> policy(JsonParser json, JsonToken token) throws Malformed {
            if (!isObject("retryPolicy", token)) {
                return Optional.empty();
            }
            Optional<RetryPolicy> backoff = Optional.empty();
            Optional<Set<Failure>> retryOn = Optional.empty();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                JsonToken value = json.nextToken();
                switch (name) {
                    case "backoff" ->
                        backoff = isObject("retryPolicy.backoff", value)
                                ? Optional.of(new Retries().backoff(json))
                                : Optional.empty();
                    case "retryOn" -> retryOn = retryOn(json, value);
                    default -> json.skipChildren();
                }
            }
            if (backoff.isEmpty() && retryOn.isEmpty()) {
                return Optional.empty();
            }
            RetryPolicy times = backoff.orElse(RetryPolicy.STANDARD);
            return Optional.of(new RetryPolicy(
                    times.initialMillis(),
                    times.factor(),
                    times.maxMillis(),
                    times.jitter(),
                    retryOn.orElse(RetryPolicy.RETRY_ON_STANDARD)));
        }

        private static Optional<Set<Failure>> retryOn(JsonParser json, JsonToken token) throws Malformed {
            if (token == JsonToken.VALUE_NULL) {
                return Optional.empty();
            }
            if (token != JsonToken.START_ARRAY) {
                throw notKnown();
            }
            Set<Failure> failures = EnumSet.noneOf(Failure.class);
            for (JsonToken item = json.nextToken(); item != JsonToken.END_ARRAY; item = json.nextToken()) {
                String word = item == JsonToken.VALUE_STRING ? json.getString() : "";
                failures.add(Stream.of(Failure.values())
                        .filter(failure -> failure.word().equals(word))
                        .findAny()
                        .orElseThrow(Retries::notKnown));
            }
            return Optional.of(failures);
        }

        private static Malformed notKnown() {
            return new Malformed("Member 'retryPolicy.retryOn' must be a list of: " + KNOWN);
        }

        private RetryPolicy backoff(JsonParser json) throws Malformed {
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                JsonToken token = json.nextToken();
                if (token == JsonToken.VALUE_NULL) {
                    continue;
                }
                switch (name) {
                    case "initial" -> initialMillis = millis(name, json, token);
                    case "factor" -> factor = number(name, json, token, 1, FACTOR_MAX);
                    case "max" -> maxMillis = millis(name, json, token);
                    case "jitter" -> jitter = number(name, json, token, 0, 1);
                    default -> json.skipChildren();
                }
            }
            if (maxMillis < 0) {
                maxMillis = Math.max(initialMillis, MAX_MILLIS_DEFAULT);
            }
            if (maxMillis < initialMillis) {
                throw new Malformed("Member 'retryPolicy.backoff.max' must not be less than 'initial'");
            }
            return new RetryPolicy(initialMillis, factor, maxMillis, jitter, RetryPolicy.RETRY_ON_STANDARD);
        }

        private static boolean isObject(String path, JsonToken token) throws Malformed {
            if (token != JsonToken.START_OBJECT && token != JsonToken.VALUE_NULL) {
                throw new Malformed("Member '" + path + "' must be an object");
            }
            return token == JsonToken.START_OBJECT;
        }

        private static long millis(String name, JsonParser json, JsonToken token) throws Malformed {
            double value = token == JsonToken.VALUE_NUMBER_INT ? json.getDoubleValue() : -1;
            if (!(value >= 0 && value <= WAIT_MILLIS_MAX)) {
                throw new Malformed("Member 'retryPolicy.backoff." + name
                        + "' must be an integer number of milliseconds from 0 to " + WAIT_MILLIS_MAX);
            }
            return (long) value;
        }

        private static double number(String name, JsonParser json, JsonToken token, int min, int max) throws Malformed {
            double value = token.isNumeric() ? json.getDoubleValue() : Double.NaN;
            if (!(value >= min && value <= max)) {
                throw new Malformed(
                        "Member 'retryPolicy.backoff." + name + "' must be a number from " + min + " to " + max);
            }
            return value;
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
