package io.signalbox.payload;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LenientJsonTest {
    private static final long NOW = 1_700_000_000_000L;

    /** Bodies that both kinds of device message take, and what is read: name, letter of the type, value. */
    static Stream<Arguments> bodies() {
        return Stream.of(
                arguments("{}", ""),
                arguments("{\"a\":1}", "a=L1"),
                arguments("  { \"a\" :\t1 ,\r\n\"b\" : -2 } ", "a=L1 b=L-2"),
                arguments("{temperature:25, mode:'eco'}", "temperature=L25 mode=Seco"),
                arguments("{a=1;b=>2}", "a=L1 b=L2"),
                arguments("{a:1,a:2}", "a=L2"),
                arguments("{a:1,b:2,a:null}", "b=L2"),
                arguments("{a:null}", ""),
                arguments("{a:true,b:FALSE,c:\"true\"}", "a=Btrue b=Bfalse c=Strue"),
                arguments("{a:26.0,b:1.5,c:-0.25,d:-0.0}", "a=D26.0 b=D1.5 c=D-0.25 d=D0.0"),
                arguments("{a:1e3,b:1.5e3,c:1.5e-1,d:1E+2,e:0e9,f:-2e0}", "a=L1000 b=L1500 c=D0.15 d=L100 e=L0 f=L-2"),
                arguments(
                        "{a:9223372036854775807,b:-9223372036854775808}",
                        "a=L9223372036854775807 b=L-9223372036854775808"),
                arguments("{a:9223372036854775808,b:1e19}", "a=S9223372036854775808 b=S10000000000000000000"),
                arguments("{a:123456789012345678901234567890}", "a=S123456789012345678901234567890"),
                arguments(
                        "{a:0.1234567890123456,b:0.12345678901234567}", "a=D0.1234567890123456 b=S0.12345678901234567"),
                arguments("{a:1.5e-16,b:15e-18}", "a=S0.00000000000000015 b=S0.000000000000000015"),
                arguments("{a:9007199254740993.5}", "a=D9.007199254740994E15"),
                arguments("{a:\"007\",b:\"12.50\",c:\"-3\",d:\".5\",e:\"25\"}", "a=L7 b=D12.5 c=L-3 d=D0.5 e=L25"),
                arguments(
                        "{a:\"1e3\",b:\"+1\",c:\" 1\",d:\"12.\",e:\"1.2.3\",f:\"-\",g:\"\"}",
                        "a=S1e3 b=S+1 c=S 1 d=S12. e=S1.2.3 f=S- g=S"),
                arguments("{a:007,b:-,c:12.,d:01e3,e:NaN,f:1a}", "a=L7 b=S- c=S12. d=S01e3 e=SNaN f=S1a"),
                arguments("{a:\"\\u0031\\u0032\"}", "a=L12"),
                arguments("{a:\"x\\n\\t\\\"\\\\\\/\\u00e9\\ud83d\\ude00\"}", "a=Sx\n\t\"\\/é😀"),
                arguments(
                        "{a:{b:[1,'x',null,TRUE,1.50,1e3,-0,007]}}",
                        "a=J{\"b\":[1,\"x\",null,true,1.50,1e3,-0,\"007\"]}"),
                arguments("{a:[1,,2,]}", "a=J[1,null,2,null]"),
                arguments("{a:[],b:{}}", "a=J[] b=J{}"),
                arguments("{a:{x:1,y:2,x:{z:3,z:4}}}", "a=J{\"x\":{\"z\":4},\"y\":2}"),
                arguments("# hash\n{a /* , */ : 1, // line\n b:2} # end", "a=L1 b=L2"),
                arguments(")]}'\n{a:1}", "a=L1"),
                arguments("\uFEFF{a:1}", "a=L1"),
                arguments("{\"ключ\":\"знач\",'é':'😀'}", "ключ=Sзнач é=S😀"),
                arguments("{ts:5}", "ts=L5"),
                arguments("{values:{a:1}}", "values=J{\"a\":1}"));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void bodiesAndWhatTheyMean(String body, String expected) {
        assertThat(shown(LenientJson.attributes(bytes(body), NOW))).isEqualTo(expected);
        assertThat(shown(LenientJson.telemetry(bytes(body), NOW))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{oops",
                "{",
                "}",
                "[",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":,\"b\":1}",
                "{a:1,}",
                "{,a:1}",
                "{a:/*c*/1/x}",
                "{a:1 b:2}",
                "{a b:1}",
                "{a:1]",
                "{\"a\":1}}",
                "{\"a\":1} x",
                "{\"a\":1}{\"b\":1}",
                "{\"a\":\"x}",
                "{'a\":1}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":\"\\u12zz\"}",
                "{\"a\":\"\\u0000\"}",
                "{\"a\":\"\\ud800\"}",
                "{\"a\":\"\\udc00\\ud800\"}",
                "{\"\\",
                "{\"\":1}",
                "{/*",
                "{/ a:1}",
                "{a:[1}",
                "{a:[1 2]}",
                "{a:{b}}",
                "{a:1e99999999999}",
                "{a:1e999999999}",
                "{a:1e-999999999}",
                "{a:\u0000}",
                "{a:\"\u0000\"}",
            })
    void bodiesThatNobodyReads(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        assertThatThrownBy(() -> LenientJson.telemetry(bytes, NOW)).isInstanceOf(MalformedPayload.class);
        assertThatThrownBy(() -> LenientJson.attributes(bytes, NOW)).isInstanceOf(MalformedPayload.class);
        assertThatThrownBy(() -> LenientJson.restTelemetry(bytes, NOW)).isInstanceOf(MalformedPayload.class);
        assertThatThrownBy(() -> LenientJson.restAttributes(bytes, NOW)).isInstanceOf(MalformedPayload.class);
        assertThatThrownBy(() -> LenientJson.attributeRequest(("{x:1," + body).getBytes(UTF_8)))
                .isInstanceOf(MalformedPayload.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '~',
            value = {
                "~~ -> Can't parse value: null",
                "~  // nothing ~ -> Can't parse value: null",
                "null -> Can't parse value: null",
                "5 -> Can't parse value: 5",
                "'x y' -> Can't parse value: \"x y\"",
                "hello -> Can't parse value: \"hello\"",
                "[1] -> Can't parse value: 1",
                "[{a:1},] -> Can't parse value: null",
                "[[]] -> Can't parse value: []",
                "{ts:abc,values:{}} -> Can't parse value: \"abc\"",
                "{ts:null,values:{}} -> Can't parse value: null",
                "{ts:'1.5',values:{}} -> Can't parse value: \"1.5\"",
                "{ts:[],values:{}} -> Can't parse value: []",
                "{values:[1],ts:1} -> Can't parse value: [1]",
            })
    void telemetryOfTheWrongShapeSaysWhatWasMet(String body, String message) {
        assertThatThrownBy(() -> LenientJson.telemetry(body.getBytes(UTF_8), NOW))
                .hasMessage(message);
    }

    @Test
    void attributesAreAnObjectOnly() {
        assertThatThrownBy(() -> LenientJson.attributes(bytes("[{a: 1}]"), NOW))
                .hasMessage("Can't parse value: [{\"a\":1}]");
        assertThatThrownBy(() -> LenientJson.attributes(bytes("\"" + "x".repeat(500) + "\""), NOW))
                .hasMessage("Can't parse value: \"" + "x".repeat(99) + "…");
    }

    @Test
    void telemetryWithTimesOfItsOwn() {
        assertThat(LenientJson.telemetry(bytes("{ts:1451649600512,values:{a:1,b:'x'},other:9}"), NOW))
                .containsExactly(
                        new Reading("a", new Value.Whole(1), 1451649600512L),
                        new Reading("b", new Value.Text("x"), 1451649600512L));
        assertThat(times("{values:{a:1},ts:'-7'}")).containsExactly(-7L);
        assertThat(times("{ts:5.9,values:{a:1}}")).containsExactly(5L);
        assertThat(times("{ts:1,values:{a:1},ts:2}")).containsExactly(2L);
        assertThat(times("[{ts:1,values:{a:1}},{b:2},{ts:3,values:{}},{values:{a:1},ts:4}]"))
                .containsExactly(1L, NOW, 4L);
        assertThat(times("[]")).isEmpty();
        assertThat(LenientJson.telemetry(bytes("{ts:1,values:{a:1},values:{b:2}}"), NOW))
                .containsExactly(new Reading("b", new Value.Whole(2), 1));
    }

    @Test
    void aKeyMayComeTwiceInDifferentRecords() {
        assertThat(LenientJson.telemetry(bytes("[{a:1},{a:2}]"), NOW)).hasSize(2);
    }

    @Test
    void theLastOfManyEqualNamesCounts() {
        Random random = new Random(7);
        StringBuilder body = new StringBuilder("{");
        Map<String, Integer> expected = new TreeMap<>();
        for (int i = 0; i < 5_000; i++) {
            String key = "k" + random.nextInt(200);
            boolean isNull = random.nextInt(3) == 0;
            body.append(i == 0 ? "" : ",").append(key).append(':').append(isNull ? "null" : i);
            if (isNull) {
                expected.remove(key);
            } else {
                expected.put(key, i);
            }
        }
        List<Reading> readings = LenientJson.attributes(bytes(body.append('}').toString()), NOW);
        assertThat(readings).hasSameSizeAs(expected.keySet());
        assertThat(readings.stream().collect(Collectors.toMap(Reading::key, r -> ((Value.Whole) r.value()).value())))
                .containsExactlyInAnyOrderEntriesOf(expected.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> (long) e.getValue())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '~',
            value = {
                "{broken -> Invalid JSON",
                "hello world -> Invalid JSON",
                "[1] -> Request is not a JSON object",
                "5 -> Request is not a JSON object",
                "\"x\" -> Request is not a JSON object",
                "hello -> Request is not a JSON object",
                "~~ -> Request is not a JSON object",
                "{} -> No attributes data found in request body!",
                "{\"\":1} -> Key cannot be blank",
                "{' ':1} -> Key cannot be blank",
                "{a:null} -> Can't parse value: null",
            })
    void attributesOfRestFailInTheWordsOfTheApi(String body, String message) {
        assertThatThrownBy(() -> LenientJson.restAttributes(bytes(body), NOW)).hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '~',
            value = {
                "{broken -> Unable to parse time series payload: Invalid JSON body!",
                "hello -> Unable to parse time series payload. Invalid JSON body: Can't parse value: \"hello\"",
                "5 -> Unable to parse time series payload. Invalid JSON body: Can't parse value: 5",
                "[\"x\"] -> Unable to parse time series payload. Invalid JSON body: Can't parse value: \"x\"",
                "{} -> No time series data found in request body!",
                "[] -> No time series data found in request body!",
                "{\"\":1} -> Key can't be null or empty",
                "{a:null} -> Unable to parse time series payload. Invalid JSON body: Can't parse value: null",
            })
    void telemetryOfRestFailsInTheWordsOfTheApi(String body, String message) {
        assertThatThrownBy(() -> LenientJson.restTelemetry(bytes(body), NOW)).hasMessage(message);
    }

    @Test
    void keysHave255CharactersAtMost() {
        String fits = "{\"" + "é".repeat(255) + "\":1}";
        String tooLong = "{\"" + "k".repeat(256) + "\":1}";
        assertThat(LenientJson.attributes(bytes(fits), NOW)).hasSize(1);
        assertThatThrownBy(() -> LenientJson.attributes(bytes(tooLong), NOW))
                .isInstanceOf(MalformedPayload.class)
                .hasMessageContaining("255");
        assertThatThrownBy(() -> LenientJson.restTelemetry(bytes(tooLong), NOW))
                .hasMessage("Validation error: key length must be equal or less than 255");
    }

    @Test
    void attributeRequestsNameKeysOfOneScopeOfBothOrOfNone() {
        assertThat(request("{\"clientKeys\":\"a,b\",\"sharedKeys\":\"c\"}"))
                .isEqualTo(new AttributeRequest(Optional.of(List.of("a", "b")), Optional.of(List.of("c"))));
        assertThat(request("{}")).isEqualTo(new AttributeRequest(Optional.empty(), Optional.empty()));
        assertThat(request("{sharedKeys:' a,b ',x:[{y:1}]}"))
                .isEqualTo(new AttributeRequest(Optional.empty(), Optional.of(List.of(" a", "b "))));
        assertThat(request("{clientKeys:\"\"}").clientKeys()).contains(List.of());
        assertThat(request("{clientKeys:5}").clientKeys()).contains(List.of("5"));
        for (String bad : List.of(
                "[]", "", "null", "{clientKeys:null}", "{clientKeys:[\"a\"]}", "{clientKeys:{}}", "{clientKeys:}")) {
            assertThatThrownBy(() -> request(bad)).as(bad).isInstanceOf(MalformedPayload.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{a:", "{\"ts\":1,\"values\":", "{a:[", "[{a:[{b:", "{x:{ts:"})
    void endlessNestingIsRefusedAtOnce(String opening) {
        byte[] body = bytes(opening.repeat(10_000));
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(2), () -> {
            assertThatThrownBy(() -> LenientJson.telemetry(body, NOW)).isInstanceOf(MalformedPayload.class);
            assertThatThrownBy(() -> LenientJson.attributes(body, NOW)).isInstanceOf(MalformedPayload.class);
            assertThatThrownBy(() -> LenientJson.attributeRequest(body)).isInstanceOf(MalformedPayload.class);
        });
    }

    @Test
    void nestingAsDeepAsAllowedIsRead() {
        int arrays = LenientJson.DEPTH_MAX - 1;
        String json = "[".repeat(arrays) + "]".repeat(arrays);
        assertThat(shown(LenientJson.attributes(bytes("{a:" + json + "}"), NOW)))
                .isEqualTo("a=J" + json);
        assertThatThrownBy(() -> LenientJson.attributes(bytes("{a:[" + json + "]}"), NOW))
                .hasMessageContaining("200");
    }

    @Test
    void aBodyBringsABoundedNumberOfValues() {
        assertThat(LenientJson.telemetry(members(LenientJson.READINGS_MAX), NOW))
                .hasSize(LenientJson.READINGS_MAX);
        assertThatThrownBy(() -> LenientJson.telemetry(members(LenientJson.READINGS_MAX + 1), NOW))
                .hasMessage("more than 10000 values in one message");
        byte[] nested = bytes("{a:[" + "1,".repeat(LenientJson.NESTED_MAX) + "1]}");
        assertThatThrownBy(() -> LenientJson.telemetry(nested, NOW)).hasMessageContaining("200000");
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        for (String bad : List.of(
                "\u00c3",
                "\u0080",
                "\u00c0\u0080",
                "\u00ed\u00a0\u0080",
                "\u00f5\u0080\u0080\u0080",
                "\u00f0\u0080\u0080\u0080",
                "\u00f4\u0090\u0080\u0080",
                "\u00e0\u0080\u0080",
                "\u00ff")) {
            byte[] body = ("{\"a\":\"" + bad + "\"}").getBytes(ISO_8859_1);
            assertThatThrownBy(() -> LenientJson.telemetry(body, NOW)).isInstanceOf(MalformedPayload.class);
        }
        byte[] cut = "{\"a\":\"\u00e2\u0082".getBytes(ISO_8859_1);
        assertThatThrownBy(() -> LenientJson.telemetry(cut, NOW)).isInstanceOf(MalformedPayload.class);
    }

    @Test
    void longNumbersCostNoMoreThanTheirLength() {
        String digits = "9".repeat(1_000_000);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            assertThat(shown(LenientJson.telemetry(bytes("{a:" + digits + "}"), NOW)))
                    .isEqualTo("a=S" + digits);
            assertThat(LenientJson.telemetry(bytes("{a:" + digits + ".5}"), NOW)
                            .getFirst()
                            .value())
                    .isInstanceOf(Value.Text.class);
            assertThatThrownBy(() -> LenientJson.telemetry(bytes("{a:" + digits + "e5}"), NOW))
                    .isInstanceOf(MalformedPayload.class);
            assertThat(LenientJson.telemetry(bytes("{a:\"" + "0".repeat(1_000_000) + "7\"}"), NOW)
                            .getFirst()
                            .value())
                    .isEqualTo(new Value.Whole(7));
        });
    }

    /** Whatever comes, the answer is a list or {@link MalformedPayload}; what is read can be written and read again. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void mutatedBodiesNeverBreakTheReader(long seed) {
        Random random = new Random(seed);
        List<String> seeds = List.of(
                "{\"ts\":1451649600512,\"values\":{\"a\":1.50,\"b\":\"x\\u00e9\\n\"}}",
                "[{a:1;b=>'two'},{\"ts\":\"5\",values:{c:[1,{d:null}]}}] // end",
                ")]}'\n{'k' : -12e-3, /* c */ z:{\"é\":[true,,NaN]}}",
                "{clientKeys:\"a,b\",sharedKeys:5}");
        byte[] alphabet = bytes("{}[]:;,=>\"'\\/#*u01e.-+ \n\tnaté\u0000");
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            for (int i = 0; i < 20_000; i++) {
                byte[] body = bytes(seeds.get(random.nextInt(seeds.size())));
                for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                    int at = random.nextInt(body.length);
                    switch (random.nextInt(4)) {
                        case 0 -> body[at] = (byte) random.nextInt(256);
                        case 1 -> body[at] = alphabet[random.nextInt(alphabet.length)];
                        case 2 -> body = Arrays.copyOf(body, Math.max(1, at));
                        default -> {
                            byte[] twice = Arrays.copyOf(body, body.length + at);
                            System.arraycopy(body, 0, twice, body.length, at);
                            body = twice;
                        }
                    }
                }
                attempt(seed, body, b -> LenientJson.telemetry(b, NOW));
                attempt(seed, body, b -> LenientJson.restTelemetry(b, NOW));
                attempt(seed, body, b -> LenientJson.restAttributes(b, NOW));
                attempt(seed, body, LenientJson::attributeRequest);
                List<Reading> read =
                        attempt(seed, body, b -> LenientJson.attributes(b, NOW)).orElse(List.of());
                assertThat(LenientJson.attributes(PayloadJson.attributesChanged(read, List.of()), NOW))
                        .as("seed %d, body %s", seed, new String(body, ISO_8859_1))
                        .isEqualTo(read);
            }
        });
    }

    private static <T> Optional<T> attempt(long seed, byte[] body, Function<byte[], T> reader) {
        try {
            return Optional.of(reader.apply(body));
        } catch (MalformedPayload e) {
            return Optional.empty();
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError("seed " + seed + ", body " + new String(body, ISO_8859_1), e);
        }
    }

    private static AttributeRequest request(String body) {
        return LenientJson.attributeRequest(bytes(body));
    }

    private static List<Long> times(String body) {
        return LenientJson.telemetry(bytes(body), NOW).stream().map(Reading::ts).toList();
    }

    private static byte[] members(int count) {
        return bytes(
                IntStream.range(0, count).mapToObj(i -> "k" + i + ":1").collect(Collectors.joining(",", "{", "}")));
    }

    private static String shown(List<Reading> readings) {
        return readings.stream().map(r -> r.key() + "=" + shown(r.value())).collect(Collectors.joining(" "));
    }

    private static String shown(Value value) {
        return switch (value) {
            case Value.Whole w -> "L" + w.value();
            case Value.Decimal d -> "D" + d.value();
            case Value.Text t -> "S" + t.value();
            case Value.Flag f -> "B" + f.value();
            case Value.Json j -> "J" + j.text();
        };
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
