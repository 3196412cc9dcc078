package io.signalbox.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import at.favre.lib.crypto.bcrypt.BCrypt;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PasswordsTest {
    private static final Passwords passwords = new Passwords();

    @AfterAll
    static void close() {
        passwords.close();
    }

    @Test
    void onlyTheHashedPasswordMatches() {
        Optional<String> hash = Optional.of(passwords.hash("пароль1"));
        assertThat(passwords.matches("пароль1", hash)).isTrue();
        assertThat(passwords.matches("пароль2", hash)).isFalse();
        assertThat(passwords.matches("пароль1", Optional.empty())).isFalse();
    }

    @Test
    void aPasswordThatIsTooLongForBcryptMatchesNothing() {
        Optional<String> hash = Optional.of(passwords.hash("x".repeat(72)));
        assertThat(passwords.matches("x".repeat(72), hash)).isTrue();
        assertThat(passwords.matches("x".repeat(73), hash)).isFalse();
    }

    /** Were it malformed, the check of an unknown user would end at once and tell that there is none. */
    @Test
    void theHashOfNobodyCostsWhatAnyHashCosts() {
        byte[] nobody = Passwords.NOBODY.getBytes(StandardCharsets.US_ASCII);
        BCrypt.Result result = BCrypt.verifyer().verify("x".getBytes(StandardCharsets.US_ASCII), nobody);
        assertThat(result.validFormat).isTrue();
        assertThat(result.details.cost).isEqualTo(Passwords.COST);
    }

    @Test
    void tooManyAtOnceAreRefusedAndNotQueued() {
        try (Passwords one = new Passwords(1, 1)) {
            Future<String> running = one.hashing("secret1");
            Future<String> waiting = one.hashing("secret2");
            assertThatThrownBy(() -> one.hash("secret3"))
                    .isInstanceOf(Rejected.class)
                    .extracting(e -> ((Rejected) e).code())
                    .isEqualTo(ErrorCode.TOO_MANY_REQUESTS);
            assertThat(Passwords.await(running)).startsWith("$2a$10$");
            assertThat(Passwords.await(waiting)).startsWith("$2a$10$");
        }
    }
}
