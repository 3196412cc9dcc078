package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
    private static final List<Option> OPTIONS = Bench.options(
            Option.count("devices", "64", ""), Option.count("qos", "0", ""), Option.rate(""), Option.flag("gc", ""));

    @Test
    void valuesReplaceStandards() {
        Arguments arguments = parse("--devices 7 --rate 2.5 --gc");
        assertThat(arguments.count("devices")).isEqualTo(7);
        assertThat(arguments.rate()).hasValue(2.5);
        assertThat(arguments.flag("gc")).isTrue();
        assertThat(arguments.flag("json")).isFalse();
        assertThat(arguments.qos()).isZero();
        assertThat(parse("").rate()).isEmpty();
        assertThat(parse("").count("devices")).isEqualTo(64);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --nope 1         | unknown option --nope
                    7                | unknown option 7
                    --devices        | --devices needs a value
                    --devices x      | --devices cannot be x
                    --devices -1     | --devices cannot be -1
                    --devices 1e3    | --devices cannot be 1e3
                    --rate fast      | --rate cannot be fast
                    """)
    void wrongWordsAreNamed(String words, String message) {
        assertThatThrownBy(() -> parse(words)).isInstanceOf(UsageError.class).hasMessage(message);
    }

    @Test
    void numbersHaveLimits() {
        assertThatThrownBy(() -> parse("--qos 2").qos()).hasMessage("--qos must be 0 or 1");
        assertThatThrownBy(() -> parse("--devices 0").positive("devices")).hasMessage("--devices must be at least 1");
        assertThatThrownBy(() -> parse("--rate 0").rate()).hasMessage("--rate must be above 0");
    }

    @Test
    void targetIsWhereTheServerListens() {
        Target target = Target.of(parse("--url http://127.0.0.1:81 --mqtt 127.0.0.2:82"));
        assertThat(Target.text(target.http())).isEqualTo("127.0.0.1:81");
        assertThat(Target.text(target.mqtt())).isEqualTo("127.0.0.2:82");
        assertThat(target.user()).isEqualTo("tenant@thingsboard.org");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--url http://192.0.2.1:8080",
                "--mqtt 192.0.2.1:1883",
                "--mqtt 1883",
                "--mqtt 127.0.0.1:x",
                "--mqtt 127.0.0.1:0",
                "--url https://127.0.0.1",
                "--url ftp",
                "--url :::"
            })
    void targetOnAnotherMachineOrWithoutFormIsRefused(String words) {
        Arguments arguments = parse(words);
        assertThatThrownBy(() -> Target.of(arguments)).isInstanceOf(UsageError.class);
    }

    private static Arguments parse(String words) {
        return Arguments.parse(OPTIONS, words.isEmpty() ? List.of() : List.of(words.split(" ", -1)));
    }
}
