package io.signalbox.api;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RetryPolicy.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Server-side RPC §2.1 and §2.2. */
class RpcRequestTest {
    private static RpcRequest parse(String body) throws RpcRequest.Malformed {
        return RpcRequest.parse(body.getBytes(UTF_8));
    }

    /** A body with one more member. */
    private static RpcRequest with(String member) throws RpcRequest.Malformed {
        return parse("{\"method\":\"m\"," + member + "}");
    }

    private static void assertMalformed(byte[] body, String text) {
        assertThatThrownBy(() -> RpcRequest.parse(body))
                .isInstanceOf(RpcRequest.Malformed.class)
                .hasMessage(text);
    }

    private static void assertMalformed(String body) {
        assertMalformed(body.getBytes(UTF_8), "Invalid request body");
    }

    @Test
    void onlyTheMethodIsRequired() throws RpcRequest.Malformed {
        RpcRequest request = parse("{\"method\":\"m\"}");
        assertThat(request.method()).isEqualTo("m");
        assertThat(request.params()).asString(UTF_8).isEqualTo("null");
        assertThat(request.timeoutMillis()).isEmpty();
        assertThat(request.expirationTime()).isEmpty();
        assertThat(request.persistent()).isFalse();
        assertThat(request.retries()).isEmpty();
        assertThat(request.requestUuid()).isEmpty();
        assertThat(request.additionalInfo()).isEmpty();
        assertThat(request.lane()).isEmpty();
        assertThat(request.supersede()).isFalse();
        assertThat(request.redeliver()).isEmpty();
        assertThat(request.retryPolicy()).isEmpty();
    }

    @Test
    void allMembersAreRead() throws RpcRequest.Malformed {
        RpcRequest request = parse("""
                {"method": "setGpio", "params": {"pin": 7, "value": 1}, "timeout": 5000, "expirationTime": 1754000000000,
                 "persistent": true, "retries": 3, "additionalInfo": {"requestedBy": "night job"}, "unknown": [1, {}],
                 "requestUUID": "7f1b0f1e-6e0f-4c26-8f8f-5b9a3dbf9a11", "lane": "valve", "supersede": true,
                 "redeliver": false,
                 "retryPolicy": {"backoff": {"initial": 500, "factor": 1.5, "max": 8000, "jitter": 0.2},
                  "retryOn": ["refused", "no-answer"]}}
                """);
        assertThat(request.method()).isEqualTo("setGpio");
        assertThat(request.params()).asString(UTF_8).isEqualTo("{\"pin\":7,\"value\":1}");
        assertThat(request.timeoutMillis()).hasValue(5000);
        assertThat(request.expirationTime()).hasValue(1_754_000_000_000L);
        assertThat(request.persistent()).isTrue();
        assertThat(request.retries()).hasValue(3);
        assertThat(request.requestUuid()).contains(UUID.fromString("7f1b0f1e-6e0f-4c26-8f8f-5b9a3dbf9a11"));
        assertThat(request.additionalInfo()).contains("{\"requestedBy\":\"night job\"}");
        assertThat(request.lane()).contains("valve");
        assertThat(request.supersede()).isTrue();
        assertThat(request.redeliver()).contains(false);
        assertThat(request.retryPolicy())
                .contains(new RetryPolicy(500, 1.5, 8000, 0.2, Set.of(Failure.REFUSED, Failure.NO_ANSWER)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "{\"retryOn\":[]} -> []",
                "{\"retryOn\":null} -> null",
                "{\"retryOn\":[\"no-answer\",\"no-answer\"]} -> [NO_ANSWER]",
                "{\"backoff\":{}} -> [SENT_NOT_ACKNOWLEDGED]",
                "{\"retryOn\":[\"refused\"],\"backoff\":null} -> [REFUSED]",
            })
    void failuresThatAreRetried(String policy, String expected) throws RpcRequest.Malformed {
        assertThat(with("\"retryPolicy\":" + policy)
                        .retryPolicy()
                        .map(p -> p.retryOn().toString())
                        .orElse("null"))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"not-answered\"]", "[null]", "[[]]", "\"refused\"", "{}", "[\"REFUSED\"]"})
    void anUnknownFailureIsRefusedWithTheKnownOnes(String retryOn) {
        assertMalformed(
                ("{\"method\":\"m\",\"retryPolicy\":{\"retryOn\":" + retryOn + "}}").getBytes(UTF_8),
                "Member 'retryPolicy.retryOn' must be a list of: sent-not-acknowledged, no-answer, refused");
    }

    @ParameterizedTest
    @CsvSource({"0, true", "-0, true", "1, false", "-1, false", "0.0, false", "null, false", "[], false", "true, false"
    })
    void onlyTheNumberIsATimeoutOfZero(String timeout, boolean isZero) throws RpcRequest.Malformed {
        assertThat(with("\"timeout\":" + timeout).zeroTimeout()).isEqualTo(isZero);
        assertThat(with("\"timeout\":0,\"timeout\":" + timeout).zeroTimeout()).isEqualTo(isZero);
    }

    @Test
    void nullMembersOfOurOwnAreAsAbsent() throws RpcRequest.Malformed {
        RpcRequest request = with("\"additionalInfo\":null,\"lane\":null,\"supersede\":null,\"redeliver\":null,"
                + "\"retryPolicy\":null");
        assertThat(request).usingRecursiveComparison().isEqualTo(parse("{\"method\":\"m\"}"));
        assertThat(with("\"additionalInfo\":[1],\"additionalInfo\":null").additionalInfo())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "1e400", "true", "\"é \\n\"", "[]", "{\"a\":[1.10,{}]}"})
    void additionalInfoStaysAsItIs(String json) throws RpcRequest.Malformed {
        assertThat(with("\"additionalInfo\": " + json + " ").additionalInfo()).contains(json);
        assertThat(parse("{\"additionalInfo\":" + json + ",\"method\":\"m\"}").additionalInfo())
                .contains(json);
    }

    @Test
    void aLaneHasAtMost255Characters() throws RpcRequest.Malformed {
        String longest = "é".repeat(255);
        assertThat(with("\"lane\":\"" + longest + "\"").lane()).contains(longest);
        assertMalformed(
                ("{\"method\":\"m\",\"lane\":\"" + longest + "x\"}").getBytes(UTF_8),
                "Member 'lane' must be a string of at most 255 characters");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "{} -> null",
                "{\"x\":{\"backoff\":1}} -> null",
                "{\"backoff\":null} -> null",
                "{\"backoff\":{}} -> 2000 1.0 60000 0.0",
                "{\"backoff\":{\"initial\":null,\"x\":[1],\"factor\":2}} -> 2000 2.0 60000 0.0",
                "{\"backoff\":{\"initial\":90000}} -> 90000 1.0 90000 0.0",
                "{\"backoff\":{\"initial\":0,\"max\":0,\"jitter\":1,\"factor\":100}} -> 0 100.0 0 1.0",
                "{\"backoff\":{\"max\":86400000},\"y\":1} -> 2000 1.0 86400000 0.0",
            })
    void partsOfARetryPolicyThatAreNotGiven(String json, String expected) throws RpcRequest.Malformed {
        RpcRequest request = parse("{\"retryPolicy\":" + json + ",\"method\":\"m\",\"timeout\":7}");
        assertThat(request.retryPolicy()
                        .map(p -> p.initialMillis() + " " + p.factor() + " " + p.maxMillis() + " " + p.jitter())
                        .orElse("null"))
                .isEqualTo(expected);
        assertThat(request.method()).isEqualTo("m");
        assertThat(request.timeoutMillis()).hasValue(7);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "\"lane\":5 -> Member 'lane' must be a string of at most 255 characters",
                "\"lane\":{} -> Member 'lane' must be a string of at most 255 characters",
                "\"supersede\":true -> Member 'supersede' needs the member 'lane'",
                "\"supersede\":1 -> Member 'supersede' must be true or false",
                "\"redeliver\":\"true\" -> Member 'redeliver' must be true or false",
                "\"redeliver\":[] -> Member 'redeliver' must be true or false",
                "\"retryPolicy\":3 -> Member 'retryPolicy' must be an object",
                "\"retryPolicy\":[] -> Member 'retryPolicy' must be an object",
                "\"retryPolicy\":{\"backoff\":\"x\"} -> Member 'retryPolicy.backoff' must be an object",
            })
    void aMemberOfOurOwnThatIsOfTheWrongKindIsNamed(String member, String text) {
        assertMalformed(("{\"method\":\"m\"," + member + "}").getBytes(UTF_8), text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "\"initial\":-1 -> initial' must be an integer number of milliseconds from 0 to 86400000",
                "\"initial\":1.5 -> initial' must be an integer number of milliseconds from 0 to 86400000",
                "\"initial\":\"1\" -> initial' must be an integer number of milliseconds from 0 to 86400000",
                "\"max\":86400001 -> max' must be an integer number of milliseconds from 0 to 86400000",
                "\"max\":99999999999999999999999 -> max' must be an integer number of milliseconds from 0 to 86400000",
                "\"max\":{} -> max' must be an integer number of milliseconds from 0 to 86400000",
                "\"max\":1999 -> max' must not be less than 'initial'",
                "\"factor\":0.99 -> factor' must be a number from 1 to 100",
                "\"factor\":1e400 -> factor' must be a number from 1 to 100",
                "\"factor\":true -> factor' must be a number from 1 to 100",
                "\"jitter\":-0.1 -> jitter' must be a number from 0 to 1",
                "\"jitter\":1.1 -> jitter' must be a number from 0 to 1",
                "\"jitter\":[0] -> jitter' must be a number from 0 to 1",
            })
    void aWrongPartOfARetryPolicyIsNamed(String part, String text) {
        assertMalformed(
                ("{\"method\":\"m\",\"retryPolicy\":{\"backoff\":{" + part + "}}}").getBytes(UTF_8),
                "Member 'retryPolicy.backoff." + text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "\"m\" -> m",
                "\"\\u00e9 \\t x\" -> é \t x",
                "5 -> 5",
                "1.50 -> 1.50",
                "true -> true",
                "null -> null"
            })
    void aMethodMayBeAnyScalar(String json, String method) throws RpcRequest.Malformed {
        assertThat(parse("{\"method\":" + json + "}").method()).isEqualTo(method);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "{}", "[]", "{\"a\":[1]}", "[[2],3]"})
    void anEmptyTextOrAnObjectOrAnArrayIsTheEmptyMethod(String json) throws RpcRequest.Malformed {
        assertThat(parse("{\"method\":" + json + ",\"params\":1}").method()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "false",
                "0",
                "-0",
                "-0.0",
                "1.10",
                "1e400",
                "1E-5",
                "12345678901234567890123456789012345678901234567890",
                "\"\"",
                "\"  a  b  \"",
                "\"é€😀\"",
                "\"\\u00e9\\u20AC\\ud83d\\ude00\\ud800\"",
                "\"\\\"\"",
                "\"\\\\\"",
                "\"\\\\\\\" ] }\"",
                "[]",
                "[[],{}]",
                "{}",
                "{\"\":{\" \":\" \"}}",
                "{\"a\":1,\"a\":2}",
                "[1,\"2 \",{\"b\":[null,true]}]"
            })
    void parametersStayAsTheyAreByteForByte(String json) throws RpcRequest.Malformed {
        for (String member : new String[] {"\"params\":" + json, "\"params\":" + json + " ", "\"params\" : " + json}) {
            assertThat(with(member).params()).asString(UTF_8).isEqualTo(json);
            assertThat(with(member + ",\"timeout\":1").params()).asString(UTF_8).isEqualTo(json);
            assertThat(parse("{" + member + ",\"method\":\"m\"}").params())
                    .asString(UTF_8)
                    .isEqualTo(json);
        }
    }

    @Test
    void blanksBetweenTokensOfParametersAreDropped() throws RpcRequest.Malformed {
        assertThat(with("\"params\": \r\n\t{ \"a b\" :\t[ 1 , \" \\\" x \" ,\n{ } ] }\n")
                        .params())
                .asString(UTF_8)
                .isEqualTo("{\"a b\":[1,\" \\\" x \",{}]}");
    }

    @Test
    void theLastOfMembersWithOneNameCounts() throws RpcRequest.Malformed {
        RpcRequest request =
                parse("{\"method\":\"a\",\"params\":[1],\"timeout\":1,\"method\":\"b\",\"params\":2,\"timeout\":3}");
        assertThat(request.method()).isEqualTo("b");
        assertThat(request.params()).asString(UTF_8).isEqualTo("2");
        assertThat(request.timeoutMillis()).hasValue(3);
    }

    @Test
    void membersInsideOthersAreNotMembersOfTheRequest() throws RpcRequest.Malformed {
        RpcRequest request = with("\"x\":{\"params\":1,\"method\":\"x\"},\"params\":{\"method\":\"y\",\"timeout\":7}");
        assertThat(request.method()).isEqualTo("m");
        assertThat(request.params()).asString(UTF_8).isEqualTo("{\"method\":\"y\",\"timeout\":7}");
        assertThat(request.timeoutMillis()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "5000 -> 5000",
                "-1 -> -1",
                "1.9 -> 1",
                "1e3 -> 1000",
                "1e400 -> 9223372036854775807",
                "\"700\" -> 700",
                "\" 700 \" -> 700",
                "\"soon\" -> 0",
                "\"\" -> 0",
                "null -> 0",
                "false -> 0",
                "{\"a\":1} -> 0",
                "[5] -> 0"
            })
    void whatIsNoNumberOfMillisecondsIsZero(String json, long millis) throws RpcRequest.Malformed {
        RpcRequest request = with("\"timeout\":" + json + ",\"expirationTime\":" + json);
        assertThat(request.timeoutMillis()).hasValue(millis);
        assertThat(request.expirationTime()).hasValue(millis);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {
                "true -> true",
                "\"true\" -> true",
                "1 -> true",
                "-0.5 -> true",
                "false -> false",
                "\"false\" -> false",
                "\"yes\" -> false",
                "0 -> false",
                "0.0 -> false",
                "null -> false",
                "{} -> false",
                "[true] -> false"
            })
    void whatCountsAsPersistent(String json, boolean persistent) throws RpcRequest.Malformed {
        assertThat(with("\"persistent\":" + json).persistent()).isEqualTo(persistent);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {"0 -> 0", "3 -> 3", "\"4\" -> 4", "-1 -> 0", "99999999999 -> 2147483647"})
    void retriesAreNeverNegative(String json, int retries) throws RpcRequest.Malformed {
        assertThat(with("\"retries\":" + json).retries()).hasValue(retries);
    }

    @Test
    void nullIsNoWishForRetriesOrAnId() throws RpcRequest.Malformed {
        RpcRequest request = with("\"retries\":null,\"requestUUID\":null");
        assertThat(request.retries()).isEmpty();
        assertThat(request.requestUuid()).isEmpty();
    }

    @Test
    void anEmptyBodyIsMissing() {
        assertMalformed(new byte[0], "Required request body is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[{\"method\":\"m\"}]", "5", "\"m\"", "null", "true"})
    void onlyAnObjectIsARequest(String body) {
        assertMalformed(body.getBytes(UTF_8), "Request body must be a JSON object");
    }

    @Test
    void theMethodMustBeThere() {
        assertMalformed(
                "{\"params\":{\"method\":\"m\"}}".getBytes(UTF_8), "Member 'method' is missing in the request body");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"method\":\"m\"",
                "{\"method\":\"m\",}",
                "{\"method\":\"m\"} x",
                "{\"method\":\"m\"}{}",
                "{\"method\":\"m\"}}",
                "{method:\"m\"}",
                "{'method':'m'}",
                "{\"method\":\"m\",\"params\":}",
                "{\"method\":\"m\",\"params\":[1,2}",
                "{\"method\":\"m\",\"params\":01}",
                "{\"method\":\"m\",\"params\":1.}",
                "{\"method\":\"m\",\"params\":NaN}",
                "{\"method\":\"m\",\"params\":tru}",
                "{\"method\":\"m\",\"params\":\"a\nb\"}",
                "{\"method\":\"m\",\"params\":\"\\x\"}",
                "{\"method\":\"m\",\"params\":\"open}",
                "{\"method\":\"m\",\"requestUUID\":\"x\"}",
                "{\"method\":\"m\",\"requestUUID\":\"\"}",
                "{\"method\":\"m\",\"requestUUID\":{}}",
                "// {\"method\":\"m\"}",
                "\uFEFF{\"method\":\"m\"}"
            })
    void whatIsNoJsonIsInvalid(String body) {
        assertMalformed(body);
    }

    /** Some readers of JSON guess other encodings, and then cannot say where a value lies. */
    @Test
    void onlyUtf8IsRead() {
        String body = "{\"method\":\"m\",\"params\":[1]}";
        assertMalformed(body.getBytes(UTF_16BE), "Invalid request body");
        assertMalformed(body.getBytes(UTF_16LE), "Invalid request body");
        assertMalformed(
                "{\"method\":\"m\",\"params\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1), "Invalid request body");
        assertMalformed(
                "{\"method\":\"m\",\"params\":[\"é\"]}".getBytes(StandardCharsets.ISO_8859_1), "Invalid request body");
    }

    @Test
    void depthIsLimited() throws RpcRequest.Malformed {
        int most = RpcRequest.DEPTH_MAX - 1; // the request itself is one
        String deep = "[".repeat(most) + "]".repeat(most);
        assertThat(with("\"params\":" + deep).params()).asString(UTF_8).isEqualTo(deep);
        assertMalformed("{\"method\":\"m\",\"params\":[" + deep + "]}");
        assertMalformed("{\"method\":\"m\",\"x\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}");
        assertMalformed("[".repeat(10_000));
    }
}
