package io.signalbox.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskTest {
    private final Mask mask = new Mask(Set.of("pin", "Pass word"));

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            quoteCharacter = '`',
            value = {
                "{\"pin\":1234,\"a\":1} -> {\"pin\":\"***\",\"a\":1}",
                "{\"a\":[{\"PIN\":\"1\\\"2\"}],\"b\":2} -> {\"a\":[{\"PIN\":\"***\"}],\"b\":2}",
                "{\"pin\":{\"x\":[1,\"}\"]},\"pass word\":[[1],{}]} -> {\"pin\":\"***\",\"pass word\":\"***\"}",
                "{\"pin\" : null } -> {\"pin\" : \"***\"}",
                "{\"p\\u0069n\":1} -> {\"p\\u0069n\":\"***\"}",
                "{\"x\":\"pin\",\"pinned\":1} -> {\"x\":\"pin\",\"pinned\":1}",
                "[\"pin\",1] -> [\"pin\",1]",
                "\"pin\" -> \"pin\"",
                "7 -> 7",
                "{\"a\":1,\"pin\":\"12 -> {\"a\":1,\"pin\":\"***\"",
                "{\"a\":1,\"pin\": -> {\"a\":1,\"pin\":\"***\"",
                "{\"a\":1,\"pi -> {\"a\":1,\"pi",
            })
    void hidesValuesByTheirNames(String json, String shown) {
        assertThat(mask.hide(json)).isEqualTo(shown);
    }

    @Test
    void withoutNamesNothingChanges() {
        assertThat(new Mask(Set.of()).hide("{\"pin\":1}")).isEqualTo("{\"pin\":1}");
    }

    @Test
    void neverFails() {
        String json = "{\"p\\u0069n\":[{\"a\\\\\":\"b\"},true],\"pin\":\"x\\\"y\",\"c\":{\"pin\":[1,2]}}";
        for (int from = 0; from < json.length(); from++) {
            for (int to = from; to <= json.length(); to++) {
                assertThat(mask.hide(json.substring(from, to))).isNotNull();
            }
        }
    }
}
