package io.signalbox.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":1,\"b\":[true,null]} | { \"b\" : [true, null], \"a\" : 1.0 }",
                "\"\\u0041\" | \"A\"",
                "1e2 | 100",
                "-0 | 0",
                "{\"a\":1,\"a\":2} | {\"a\":2}",
                "{\"x\":{\"b\":1,\"a\":2}} | {\"x\":{\"a\":2,\"b\":1}}"
            })
    void equalValuesAreTheSame(String one, String other) {
        assertThat(canonical(one)).isEqualTo(canonical(other));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[1,2] | [2,1]",
                "[[1],2] | [[1,2]]",
                "1 | \"1\"",
                "null | \"n\"",
                "true | false",
                "{} | []",
                "[12] | [1,2]",
                "[\"ab\"] | [\"a\",\"b\"]",
                "{\"a\":\"1:b\"} | {\"a1\":\":b\"}",
                "0.1 | 0.10000000000000000001"
            })
    void otherValuesAreOthers(String one, String other) {
        assertThat(canonical(one)).isNotEqualTo(canonical(other));
    }

    @Test
    void whatTheParserRefusesIsComparedAsText() {
        assertThat(canonical("1e99999999999")).isNotEqualTo(canonical("1e99999999998"));
        String deep = "[".repeat(5_000) + "]".repeat(5_000);
        assertThat(canonical(deep)).isEqualTo(deep);
    }

    private static String canonical(String json) {
        return Fingerprint.canonical(json.getBytes(UTF_8));
    }
}
