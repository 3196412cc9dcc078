package io.signalbox.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PasswordPolicyTest {
    private static final PasswordPolicy STRICT = policy(8, 20, OptionalInt.of(1));

    private static PasswordPolicy policy(int lengthMin, int lengthMax, OptionalInt min) {
        return new PasswordPolicy(
                lengthMin, lengthMax, min, min, min, min, false, false, OptionalInt.empty(), OptionalInt.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "12345, Password must be 6 or more characters in length.",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, Password must be no more than 72 characters in length.",
        "яяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяя, Password must be no more than 72 characters in length."
    })
    void theStandardSaysWhy(String password, String why) {
        assertThatThrownBy(() -> PasswordPolicy.STANDARD.check(password))
                .isInstanceOf(Rejected.class)
                .hasMessage(why)
                .extracting(e -> ((Rejected) e).code())
                .isEqualTo(ErrorCode.BAD_REQUEST);
    }

    @Test
    void eachViolationHasItsLine() {
        assertThat(STRICT.violations("Abcdef1!")).isEmpty();
        assertThat(STRICT.violations(" "))
                .containsExactly(
                        "Password must be 8 or more characters in length.",
                        "Password must contain 1 or more uppercase characters.",
                        "Password must contain 1 or more lowercase characters.",
                        "Password must contain 1 or more digit characters.",
                        "Password must contain 1 or more special characters.",
                        "Password contains a whitespace character.");
        assertThatThrownBy(() -> STRICT.check("abcdefg")).hasMessageContaining("length.\nPassword must contain");
    }

    @ParameterizedTest
    @CsvSource({"0, 72, 0", "6, 73, 0", "7, 6, 0", "6, 7, 2", "6, 72, -1"})
    void aPolicyThatNoPasswordCouldFollowIsRefused(int lengthMin, int lengthMax, int min) {
        assertThatThrownBy(() -> policy(lengthMin, lengthMax, OptionalInt.of(min)))
                .isInstanceOf(Rejected.class)
                .hasMessageStartingWith("Validation error: password policy");
    }
}
