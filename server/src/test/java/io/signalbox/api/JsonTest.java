package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;

class JsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "[]",
                "true",
                "{\"a\":[1,2.50,1e400,-0.0,12345678901234567890,\"x\",{\"b\":null}],\"c\":\"\\u0001\\\\\"}"
            })
    void whatIsReadIsWrittenAsItWas(String text) {
        assertThat(Json.text(Json.read(text)::write)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{broken",
                "hello",
                "{'a':1}",
                "{a:1}",
                "{\"a\":1} x",
                "[1,]",
                "01",
                "NaN",
                "{\"a\":1,}"
            })
    void whatIsNoJsonIsRefused(String text) {
        assertThatThrownBy(() -> Json.read(text)).isInstanceOf(JacksonException.class);
        assertThatThrownBy(() -> Json.read(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(JacksonException.class);
    }

    @Test
    void limitsHold() {
        assertThat(Json.read("[".repeat(200) + "]".repeat(200))).isInstanceOf(Node.Items.class);
        for (String text : new String[] {
            "[".repeat(10_000) + "]".repeat(10_000),
            "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
            "{\"" + "k".repeat(Json.NAME_CHARS_MAX + 1) + "\":1}",
            "1".repeat(10_000),
            "[" + "1,".repeat(Json.TOKENS_MAX) + "1]"
        }) {
            assertThatThrownBy(() -> Json.read(text.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(JacksonException.class);
        }
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        for (int[] bad : new int[][] {{0xC3, 0x28}, {0xFF}, {0xE2, 0x82}, {0x80}}) {
            byte[] body = new byte[bad.length + 2];
            body[0] = '"';
            for (int i = 0; i < bad.length; i++) {
                body[i + 1] = (byte) bad[i];
            }
            body[body.length - 1] = '"';
            assertThatThrownBy(() -> Json.read(body)).isInstanceOf(JacksonException.class);
        }
    }
}
