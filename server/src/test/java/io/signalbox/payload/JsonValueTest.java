package io.signalbox.payload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Server-side RPC §2.3. */
class JsonValueTest {
    /** What the caller would get; null: the answer is no JSON. */
    private static @Nullable String first(byte[] payload) {
        int length = JsonValue.length(payload);
        return length < 0 ? null : new String(payload, 0, length, UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "0",
                "-1.10",
                "1e400",
                "12345678901234567890",
                "\"\"",
                "\"ok \\\" é €\"",
                "[]",
                "[1, 2 ,{\"a\" : null}]",
                "{}",
                "{ \"t\": 21.50 }"
            })
    void aJsonValueIsTheAnswerAsItStands(String json) {
        assertThat(first(json.getBytes(UTF_8))).isEqualTo(json);
        assertThat(first((json + "\n").getBytes(UTF_8))).isEqualTo(json);
        assertThat(first((json + " \t\r\n ").getBytes(UTF_8))).isEqualTo(json);
        assertThat(first((json + " more").getBytes(UTF_8))).isEqualTo(json);
        assertThat(first((json + " {").getBytes(UTF_8))).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '\u0001',
            value = {"{}} -> {}", "[1]2 -> [1]", "\"a\"b -> \"a\""})
    void whatFollowsTheFirstValueIsIgnored(String payload, String json) {
        assertThat(first(payload.getBytes(UTF_8))).isEqualTo(json);
    }

    @Test
    void blanksBeforeTheValueStay() {
        assertThat(first(" \n 5".getBytes(UTF_8))).isEqualTo(" \n 5");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "\n",
                "hello",
                "tru",
                "nul",
                "NaN",
                "01",
                "-",
                "1.",
                "{",
                "[1,",
                "{\"a\"",
                "{a:1}",
                "'a'",
                "\"open",
                "\"a\nb\"",
                "]",
                ",",
                "\uFEFF{}",
                "// x"
            })
    void everythingElseIsNone(String payload) {
        assertThat(first(payload.getBytes(UTF_8))).isNull();
    }

    @Test
    void onlyUtf8IsRead() {
        for (String json : new String[] {"1", "{}", "\"é\"", "[1,2,3]"}) {
            assertThat(first(json.getBytes(StandardCharsets.UTF_16BE))).isNull();
            assertThat(first(json.getBytes(StandardCharsets.UTF_16LE))).isNull();
            assertThat(first(json.getBytes(StandardCharsets.UTF_16))).isNull();
        }
        assertThat(first("\"é\"".getBytes(StandardCharsets.ISO_8859_1))).isNull();
    }

    @Test
    void depthIsLimited() {
        int most = 200;
        String deep = "[".repeat(most) + "]".repeat(most);
        assertThat(first(deep.getBytes(UTF_8))).isEqualTo(deep);
        assertThat(first(("[" + deep + "]").getBytes(UTF_8))).isNull();
        assertThat(first("{\"a\":".repeat(10_000).getBytes(UTF_8))).isNull();
    }

    @Test
    void noBytesMakeItFail() {
        Random random = new Random(1);
        byte[] likely = "{}[]\":,0123456789.-eEtrufalsn\\ \n\u0000\u00ff\u00fe".getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < 50_000; i++) {
            byte[] payload = new byte[1 + random.nextInt(12)];
            for (int k = 0; k < payload.length; k++) {
                payload[k] = likely[random.nextInt(likely.length)];
            }
            int length = JsonValue.length(payload);
            assertThat(length)
                    .as("seed 1, round %d", i)
                    .isBetween(-1, payload.length)
                    .isNotZero();
        }
    }
}
