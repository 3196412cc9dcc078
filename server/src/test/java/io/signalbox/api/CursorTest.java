package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.ops.Rejected;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 255, 1_000_000, Long.MAX_VALUE})
    void comesBackAsItWasGiven(long number) {
        String text = new Cursor(number).text();
        assertThat(Cursor.parse(text).number()).isEqualTo(number);
        assertThat(text).matches("[A-Za-z0-9_-]+"); // fits into a URL
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "AAAA",
                "AAAAAAAAAAAAAAAA",
                "AAAAAAAAAAEAAAAB",
                "//////////////////",
                "ä",
                "AAAAAAAAAAE="
            })
    void othersAreNotOurs(String text) {
        assertThatThrownBy(() -> Cursor.parse(text))
                .isInstanceOf(Rejected.class)
                .hasMessage("Invalid cursor: " + text);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void numbersThatNoRecordHasAreNotOurs(long number) {
        String text = new Cursor(number).text();
        assertThatThrownBy(() -> Cursor.parse(text)).isInstanceOf(Rejected.class);
    }
}
