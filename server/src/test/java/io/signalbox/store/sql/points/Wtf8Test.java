package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Wtf8Test {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "temperature",
                "\0",
                "Größe",
                "温度",
                "\uD83D\uDE00",
                "\uFFFD",
                "\uD800",
                "\uDC00",
                "\uDC00\uD800",
                "a\uD83D",
                "\uD83D\uD83D\uDE00",
                "\uFFFF\u07FF\u0800\u007F\u0080"
            })
    void everyTextComesBack(String text) {
        assertThat(Wtf8.decode(Wtf8.encode(text))).isEqualTo(text);
    }

    @Test
    void plainTextIsUtf8() {
        String text = "Temperatur °C 温度 \uD83D\uDE00";
        assertThat(Wtf8.encode(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void unpairedSurrogatesDiffer() {
        assertThat(Wtf8.encode("\uD800")).isNotEqualTo(Wtf8.encode("\uD801"));
    }

    @Test
    void randomCharactersComeBack() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 10_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int k = random.nextInt(6); k > 0; k--) {
                text.append((char) (random.nextBoolean() ? 0xD700 + random.nextInt(0x900) : random.nextInt(0x10000)));
            }
            assertThat(Wtf8.decode(Wtf8.encode(text.toString()))).isEqualTo(text.toString());
        }
    }
}
