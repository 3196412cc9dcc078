package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CsvTest {
    @Test
    void valuesAreApartByDelimitersAndLines() {
        assertThat(Csv.rows("\uFEFFa;b\r\n c ;\n\n;d", ';', 9))
                .containsExactly(
                        new Csv.Row(1, List.of("a", "b")),
                        new Csv.Row(2, List.of("c", "")),
                        new Csv.Row(4, List.of("", "d")));
    }

    @Test
    void quotedValuesMayHaveAnything() {
        assertThat(Csv.rows("\"a,\"\"b\"\"\n\",c\nd,e", ',', 9))
                .containsExactly(new Csv.Row(1, List.of("a,\"b\"\n", "c")), new Csv.Row(3, List.of("d", "e")));
    }

    @Test
    void whatIsNoTableIsRefused() {
        assertThatThrownBy(() -> Csv.rows("a\nb,\"c\n", ',', 9)).hasMessage("Line 2: a quotation mark is not closed");
        assertThatThrownBy(() -> Csv.rows("\"a\"b", ',', 9))
                .hasMessage("Line 1: there is text behind a closing quotation mark");
        assertThatThrownBy(() -> Csv.rows("a\nb\nc", ',', 2)).hasMessage("The file has more than 2 rows");
    }
}
