package io.signalbox.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.config.RateLimit;
import io.signalbox.ops.Rejected;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GuessesTest {
    private long nanos = 1;
    private final Guesses guesses = new Guesses(RateLimit.parse("200:60"), RateLimit.parse("120:60"), () -> nanos);

    @Test
    void aHundredTriesAMinuteAreLeftAndThenNeitherTheAccountNorTheAddressGetsOn() {
        for (int i = 0; i < 120; i++) {
            guesses.check(from("192.0.2.1"), "kim@example.org");
            guesses.failed(from("192.0.2.1"), "kim@example.org");
        }
        assertRefused("192.0.2.1", "Kim@Example.org");
        assertRefused("192.0.2.9", "kim@example.org");
        for (int i = 0; i < 80; i++) {
            guesses.check(from("192.0.2.1"), "other" + i + "@example.org");
            guesses.failed(from("192.0.2.1"), "other" + i + "@example.org");
        }
        assertRefused("192.0.2.1", "new@example.org");
        guesses.check(from("192.0.2.2"), "new@example.org");
        nanos += Duration.ofSeconds(1).toNanos();
        guesses.check(from("192.0.2.1"), "kim@example.org");
    }

    @Test
    void anIpv6NetworkIsOneAddress() {
        for (int i = 0; i < 200; i++) {
            guesses.failed(from("2001:db8::" + Integer.toHexString(i)), "user" + i);
        }
        assertRefused("2001:db8::ffff", "new@example.org");
        guesses.check(from("2001:db8:0:1::1"), "new@example.org");
    }

    private void assertRefused(String address, String account) {
        assertThatThrownBy(() -> guesses.check(from(address), account)).isInstanceOf(Rejected.class);
    }

    private static Client from(String address) {
        return new Client(address, "Other", "Other", "Other");
    }

    @Test
    void allPartsOfALimitMustHaveOneLeft() {
        RateLimit limit = RateLimit.parse("2:1,3:60");
        RateBuckets<String> buckets = new RateBuckets<>(() -> nanos);
        assertThat(buckets.take("a", limit)).isTrue();
        assertThat(buckets.take("a", limit)).isTrue();
        assertThat(buckets.take("a", limit)).isFalse();
        assertThat(buckets.take("b", limit)).isTrue();
        nanos += Duration.ofSeconds(1).toNanos();
        assertThat(buckets.has("a", limit)).isTrue();
        assertThat(buckets.take("a", limit)).isTrue();
        assertThat(buckets.take("a", limit)).isFalse();
        assertThat(buckets.take("a", RateLimit.NONE)).isTrue();
    }
}
