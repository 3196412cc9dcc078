package io.signalbox.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresUrlTest {
    @Test
    void partsComeOutAsTheyAreMeant() {
        assertThat(PostgresUrl.parse("postgres://a%40b:p%2F+%3A%40@db.example:6000/my%20base?sslmode=require"))
                .isEqualTo(new PostgresUrl(
                        "db.example", 6000, "my base", "a@b", Optional.of("p/+:@"), Map.of("sslmode", "require")));
        assertThat(PostgresUrl.parse("postgresql://me@[::1]/base"))
                .isEqualTo(new PostgresUrl("[::1]", 5432, "base", "me", Optional.empty(), Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://u:secret@h",
                "postgres://u:secret@h/",
                "postgres://u:secret@h/a/b",
                "postgres://h/base",
                "mysql://u:secret@h/base",
                "postgres://u:secret@h/base#x",
                "postgres://u:secret@h/base?socketFactory=x",
                "postgres://u:sec ret@h/base",
                "postgres://u:secret%zz@h/base",
                "postgres"
            })
    void otherTextsAreRefusedWithoutShowingThem(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresUrl.parse(text))
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("sec"));
    }

    @Test
    void passwordIsShownNowhere(@TempDir Path folder) {
        for (String text :
                new String[] {"postgres://u:secret@h/base", "postgres://u:secret@@h/ba se", "x://u:secret@h"}) {
            Start start = Start.of(new String[] {"--print-config"}, Map.of("SIGNALBOX_STORE", text), folder);
            String shown = switch (start) {
                case Start.Print(String printed) -> printed;
                case Start.Refused(String refused) -> refused;
                case Start.Run run -> run.toString();
                case Start.Backup backup -> backup.toString();
            };
            assertThat(shown).contains("u:***@").doesNotContain("secret");
        }
        assertThat(PostgresUrl.parse("postgres://u:secret@h/base").toString()).isEqualTo("postgres://u@h:5432/base");
    }
}
