package io.signalbox.payload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadJsonTest {
    private static final List<Reading> READINGS = List.of(
            new Reading("t", new Value.Decimal(25.0), 1),
            new Reading("n", new Value.Whole(25), 2),
            new Reading("on", new Value.Flag(true), 3),
            new Reading("s", new Value.Text("a\"b\\\n\u0001é€😀/"), 4),
            new Reading("j", new Value.Json("{\"a\":1}"), 5));

    @Test
    void attributesResponseLeavesOutScopesWithoutAttributes() {
        List<Reading> one = List.of(new Reading("a", new Value.Whole(1), 1));
        List<Reading> other = List.of(new Reading("b", new Value.Decimal(25), 1));
        assertThat(text(PayloadJson.attributesResponse(one, other)))
                .isEqualTo("{\"client\":{\"a\":1},\"shared\":{\"b\":25.0}}");
        assertThat(text(PayloadJson.attributesResponse(one, List.of()))).isEqualTo("{\"client\":{\"a\":1}}");
        assertThat(text(PayloadJson.attributesResponse(List.of(), other))).isEqualTo("{\"shared\":{\"b\":25.0}}");
        assertThat(text(PayloadJson.attributesResponse(List.of(), List.of()))).isEqualTo("{}");
    }

    @Test
    void updatesAreFlat() {
        assertThat(text(PayloadJson.attributesChanged(READINGS, List.of())))
                .isEqualTo("{\"t\":25.0,\"n\":25,\"on\":true,\"s\":\"a\\\"b\\\\\\n\\u0001é€😀/\",\"j\":{\"a\":1}}");
        assertThat(text(PayloadJson.attributesChanged(List.of(), List.of("a", "b\""))))
                .isEqualTo("{\"deleted\":[\"a\",\"b\\\"\"]}");
    }

    @Test
    void attributesAreListedWithTheirUpdate() {
        assertThat(text(PayloadJson.attributesList(READINGS.subList(0, 2))))
                .isEqualTo(
                        "[{\"lastUpdateTs\":1,\"key\":\"t\",\"value\":25.0},{\"lastUpdateTs\":2,\"key\":\"n\",\"value\":25}]");
        assertThat(text(PayloadJson.attributesList(List.of()))).isEqualTo("[]");
    }

    @Test
    void timeseriesAreTextUnlessStrict() {
        List<Reading> readings = List.of(
                new Reading("a", new Value.Decimal(23.5), 1),
                new Reading("b", new Value.Json("[1,\"x\"]"), 2),
                new Reading("a", new Value.Flag(true), 3));
        assertThat(text(PayloadJson.timeseries(readings, false)))
                .isEqualTo(
                        "{\"a\":[{\"ts\":1,\"value\":\"23.5\"},{\"ts\":3,\"value\":\"true\"}],\"b\":[{\"ts\":2,\"value\":\"[1,\\\"x\\\"]\"}]}");
        assertThat(text(PayloadJson.timeseries(readings, true)))
                .isEqualTo(
                        "{\"a\":[{\"ts\":1,\"value\":23.5},{\"ts\":3,\"value\":true}],\"b\":[{\"ts\":2,\"value\":[1,\"x\"]}]}");
        assertThat(text(PayloadJson.timeseries(List.of(), true))).isEqualTo("{}");
    }

    @Test
    void latestShowsEveryKeyThatWasAskedFor() {
        List<Reading> found = List.of(new Reading("b", new Value.Whole(2), 1));
        assertThat(text(PayloadJson.latest(List.of("a", "b"), found, 99, false)))
                .isEqualTo("{\"a\":[{\"ts\":99,\"value\":null}],\"b\":[{\"ts\":1,\"value\":\"2\"}]}");
    }

    @Test
    void halfOfASurrogatePairDoesNotLeaveTheServer() {
        assertThat(text(PayloadJson.attributesChanged(
                        List.of(new Reading("a", new Value.Text("x\ud800y\udc00"), 1)), List.of())))
                .isEqualTo("{\"a\":\"x\ufffdy\ufffd\"}");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsWrittenIsReadAgain(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            String key = "k" + text(random, 10);
            Value value = switch (random.nextInt(4)) {
                case 0 -> new Value.Whole(random.nextLong() >> random.nextInt(64));
                case 1 ->
                    new Value.Decimal(random.nextInt(1 << 29) / 64.0); // no exponent: 1.0E7 reads as a whole number
                case 2 -> new Value.Text("x" + text(random, 40));
                default -> new Value.Flag(random.nextBoolean());
            };
            List<Reading> readings = List.of(new Reading(key, value, i));
            byte[] json = PayloadJson.attributesChanged(readings, List.of());
            assertThat(LenientJson.attributes(json, i))
                    .as("seed %d, %s", seed, text(json))
                    .isEqualTo(readings);
        }
    }

    private static String text(Random random, int charsMax) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(charsMax); i > 0; i--) {
            int bits = 1 + random.nextInt(20);
            int c = 1 + random.nextInt(1 << bits);
            text.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 'x' : c);
        }
        return text.toString();
    }

    private static String text(byte[] json) {
        return new String(json, UTF_8);
    }
}
