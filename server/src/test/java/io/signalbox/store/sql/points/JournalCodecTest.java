package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.signalbox.payload.Value;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class JournalCodecTest {
    /** Such bytes are on disks: to change them takes a new version. */
    static Stream<Arguments> rows() {
        return Stream.of(
                Arguments.of("01 00", Runs.of()),
                Arguments.of("01 01 8002 00 00 02", Runs.of(Runs.at(256, 0, new Value.Whole(1)))),
                Arguments.of("01 01 8002 01 00 01", Runs.of(Runs.at(256, -1, new Value.Whole(-1)))),
                Arguments.of(
                        "01 01 00 00 00 ffffffffffffffffff01", Runs.of(Runs.at(0, 0, new Value.Whole(Long.MIN_VALUE)))),
                Arguments.of("01 01 00 00 01 3ff8000000000000", Runs.of(Runs.at(0, 0, new Value.Decimal(1.5)))),
                Arguments.of("01 01 00 00 01 8000000000000000", Runs.of(Runs.at(0, 0, new Value.Decimal(-0.0)))),
                Arguments.of("01 01 00 00 02 03 c3a441", Runs.of(Runs.at(0, 0, new Value.Text("äA")))),
                Arguments.of("01 01 00 00 02 03 eda080", Runs.of(Runs.at(0, 0, new Value.Text("\uD800")))),
                Arguments.of("01 01 00 00 02 00", Runs.of(Runs.at(0, 0, new Value.Text("")))),
                Arguments.of("01 01 00 00 05 02 7b7d", Runs.of(Runs.at(0, 0, new Value.Json("{}")))),
                Arguments.of(
                        "01 03 05 04 03 00 02 04 01 03 00 0e",
                        Runs.of(
                                Runs.at(5, 2, new Value.Flag(false)),
                                Runs.at(5, 3, new Value.Flag(true)),
                                Runs.at(6, 1, new Value.Whole(7)))),
                Arguments.of(
                        "01 02 00 ffffffffffffffffff01 03 00 01 03",
                        Runs.of(
                                Runs.at(0, Long.MIN_VALUE, new Value.Flag(false)),
                                Runs.at(0, Long.MAX_VALUE, new Value.Flag(false)))));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void rowsAreTheseBytes(String hex, Run run) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThat(JournalCodec.encode(run)).isEqualTo(bytes);
        assertThat(Runs.list(run(bytes))).isEqualTo(Runs.list(run));
    }

    @ParameterizedTest
    @CsvSource({
        "'', ends early",
        "00 00, version 0",
        "04 00, version 4",
        "03 05 00 00 03, form 3",
        "02 01 00 00 03, ends early",
        "01 01, ends early",
        "01 7f, claims 127 readings",
        "01 ffffffffffffffffff01, claims -1",
        "01 80808080808080808080 01, more than 64 bits",
        "01 00 00, 1 bytes too many",
        "01 01 00 00 06, type 6",
        "01 01 00 00 02 7f 61, text of 127 bytes",
        "01 02 05 00 03 00 00 03, not in order"
    })
    void otherBytesAreNoRow(String hex, String why) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JournalCodec.decode(bytes))
                .withMessageContaining(why);
    }

    @Test
    void randomRunsComeBack() {
        for (int seed = 0; seed < 200; seed++) {
            Run run = Runs.random(new SplittableRandom(seed), 60);
            assertThat(Runs.list(run(JournalCodec.encode(run))))
                    .as("seed %d", seed)
                    .isEqualTo(Runs.list(run));
        }
    }

    @Test
    void readingsThatEndAndDeletionsComeBack() {
        Run.Builder readings = new Run.Builder();
        readings.add(300, 5, new Value.Whole(1), 0);
        readings.add(300, 6, new Value.Text("a"), 1_900_000_000_000L);
        Run run = run(JournalCodec.encode(readings.build()));
        assertThat(run.expires(0)).isZero();
        assertThat(run.expires(1)).isEqualTo(1_900_000_000_000L);
        for (Erasure.Latest latest : List.of(
                new Erasure.Latest.Kept(),
                new Erasure.Latest.Gone(),
                new Erasure.Latest.Is(new Tail.Point(7, new Value.Flag(true))))) {
            Erasure erasure = new Erasure(300, Long.MIN_VALUE, Long.MAX_VALUE, latest);
            assertThat(JournalCodec.decode(JournalCodec.encode(erasure)))
                    .isEqualTo(new JournalCodec.Row.Erased(erasure));
        }
    }

    private static Run run(byte[] row) {
        return ((JournalCodec.Row.Readings) JournalCodec.decode(row)).run();
    }

    @Test
    void mangledRowsFailAsIllegalArguments() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = JournalCodec.encode(Runs.random(random, 5));
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            byte[] mangled = random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length));
            try {
                JournalCodec.decode(mangled);
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageMatching("(?s).+");
            }
        }
    }
}
