package io.signalbox.identity;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/**
 * How users get in, as the system administrator wants it (authentication §9).
 *
 * @param failedLoginsMax more failures than this lock the account; empty or 0: none do
 * @param lockoutEmail    who is told of that
 * @param mobileKeyLength is kept for clients, and means nothing to this server
 * @param activation      how long the link to a first password is good for
 * @param reset           how long the link to a new password is good for
 */
public record SecuritySettings(
        PasswordPolicy policy,
        OptionalInt failedLoginsMax,
        Optional<String> lockoutEmail,
        int mobileKeyLength,
        Duration activation,
        Duration reset) {
    static final String SECTION = "security";
    public static final int HOURS_MAX = 24;

    private static final int FAILED_MAX = 1_000_000;
    private static final int KEY_LENGTH_MAX = 1_000;

    static final SecuritySettings STANDARD = new SecuritySettings(
            PasswordPolicy.STANDARD,
            OptionalInt.empty(),
            Optional.empty(),
            64,
            Duration.ofHours(HOURS_MAX),
            Duration.ofHours(HOURS_MAX));

    /** @throws io.signalbox.ops.Rejected {@code BAD_REQUEST} */
    public SecuritySettings {
        if (failedLoginsMax.orElse(0) < 0 || failedLoginsMax.orElse(0) > FAILED_MAX) {
            throw Texts.bad("Validation error: maxFailedLoginAttempts must be from 0 to " + FAILED_MAX);
        }
        lockoutEmail.ifPresent(Texts::checkEmail);
        if (mobileKeyLength < 1 || mobileKeyLength > KEY_LENGTH_MAX) {
            throw Texts.bad("Validation error: mobileSecretKeyLength must be from 1 to " + KEY_LENGTH_MAX);
        }
        checkHours("userActivationTokenTtl", activation);
        checkHours("passwordResetTokenTtl", reset);
    }

    private static void checkHours(String name, Duration time) {
        if (time.toHours() < 1 || time.toHours() > HOURS_MAX) {
            throw Texts.bad("Validation error: " + name + " must be from 1 to " + HOURS_MAX);
        }
    }

    /** Whether a failure may lock an account. */
    boolean locks() {
        return failedLoginsMax.orElse(0) > 0;
    }

    /** As it is stored: what has no value is absent. */
    Map<String, String> stored() {
        Map<String, String> stored = new HashMap<>();
        stored.put("length-min", Integer.toString(policy.lengthMin()));
        stored.put("length-max", Integer.toString(policy.lengthMax()));
        stored.put("whitespace", Boolean.toString(policy.allowsWhitespace()));
        stored.put("forces-reset", Boolean.toString(policy.forcesReset()));
        stored.put("mobile-key-length", Integer.toString(mobileKeyLength));
        stored.put("activation-hours", Long.toString(activation.toHours()));
        stored.put("reset-hours", Long.toString(reset.toHours()));
        lockoutEmail.ifPresent(email -> stored.put("lockout-email", email));
        BiConsumer<String, OptionalInt> number =
                (name, value) -> value.ifPresent(n -> stored.put(name, Integer.toString(n)));
        number.accept("failed-logins-max", failedLoginsMax);
        number.accept("uppercase-min", policy.uppercaseMin());
        number.accept("lowercase-min", policy.lowercaseMin());
        number.accept("digits-min", policy.digitsMin());
        number.accept("special-min", policy.specialMin());
        number.accept("expiration-days", policy.expirationDays());
        number.accept("reuse-days", policy.reuseDays());
        return stored;
    }

    static SecuritySettings of(Map<String, String> stored) {
        if (stored.isEmpty()) {
            return STANDARD;
        }
        return new SecuritySettings(
                new PasswordPolicy(
                        number(stored, "length-min").orElseThrow(),
                        number(stored, "length-max").orElseThrow(),
                        number(stored, "uppercase-min"),
                        number(stored, "lowercase-min"),
                        number(stored, "digits-min"),
                        number(stored, "special-min"),
                        Boolean.parseBoolean(stored.get("whitespace")),
                        Boolean.parseBoolean(stored.get("forces-reset")),
                        number(stored, "expiration-days"),
                        number(stored, "reuse-days")),
                number(stored, "failed-logins-max"),
                Optional.ofNullable(stored.get("lockout-email")),
                number(stored, "mobile-key-length").orElseThrow(),
                Duration.ofHours(number(stored, "activation-hours").orElseThrow()),
                Duration.ofHours(number(stored, "reset-hours").orElseThrow()));
    }

    private static OptionalInt number(Map<String, String> stored, String name) {
        String value = stored.get(name);
        return value == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
    }
}
