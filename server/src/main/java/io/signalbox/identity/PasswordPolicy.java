package io.signalbox.identity;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/**
 * What a new password must look like (authentication §9); what is empty is not limited.
 *
 * @param forcesReset    a login with a password that breaks the policy is refused
 * @param expirationDays how long a password is good for
 * @param reuseDays      how long a password that was replaced may not come back
 */
public record PasswordPolicy(
        int lengthMin,
        int lengthMax,
        OptionalInt uppercaseMin,
        OptionalInt lowercaseMin,
        OptionalInt digitsMin,
        OptionalInt specialMin,
        boolean allowsWhitespace,
        boolean forcesReset,
        OptionalInt expirationDays,
        OptionalInt reuseDays) {
    /** In characters as the API says it, and in UTF-8 bytes: bcrypt reads no more, and we never cut a password silently. */
    public static final int LENGTH_MAX = 72;

    private static final int LENGTH_MIN = 6;
    private static final int DAYS_MAX = 36_500;

    public static final PasswordPolicy STANDARD = new PasswordPolicy(
            LENGTH_MIN,
            LENGTH_MAX,
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            true,
            false,
            OptionalInt.empty(),
            OptionalInt.empty());

    /** @throws Rejected {@code BAD_REQUEST}: no password could follow it, or a number is out of range */
    public PasswordPolicy {
        require(lengthMin >= 1 && lengthMin <= LENGTH_MAX, "minimumLength must be from 1 to " + LENGTH_MAX);
        require(
                lengthMax >= lengthMin && lengthMax <= LENGTH_MAX,
                "maximumLength must be from minimumLength to " + LENGTH_MAX);
        int letters = 0;
        for (OptionalInt min : List.of(uppercaseMin, lowercaseMin, digitsMin, specialMin)) {
            require(min.orElse(0) >= 0 && min.orElse(0) <= LENGTH_MAX, "a minimum must be from 0 to " + LENGTH_MAX);
            letters += min.orElse(0);
        }
        require(letters <= lengthMax, "a password of maximumLength cannot hold all that is asked for");
        for (OptionalInt days : List.of(expirationDays, reuseDays)) {
            require(days.orElse(0) >= 0 && days.orElse(0) <= DAYS_MAX, "days must be from 0 to " + DAYS_MAX);
        }
    }

    private static void require(boolean holds, String text) {
        if (!holds) {
            throw Texts.bad("Validation error: password policy: " + text);
        }
    }

    /** @throws Rejected {@code BAD_REQUEST}, in the words of the policy, a line for each violation */
    public void check(String password) {
        List<String> violations = violations(password);
        if (!violations.isEmpty()) {
            throw new Rejected(ErrorCode.BAD_REQUEST, String.join("\n", violations));
        }
    }

    /** Empty: the password follows the policy. */
    List<String> violations(String password) {
        List<String> violations = new ArrayList<>();
        if (password.length() < lengthMin) {
            violations.add("Password must be " + lengthMin + " or more characters in length.");
        }
        if (password.length() > lengthMax || !fits(password)) {
            violations.add("Password must be no more than " + lengthMax + " characters in length.");
        }
        few(password, uppercaseMin, Character::isUpperCase, "uppercase").ifPresent(violations::add);
        few(password, lowercaseMin, Character::isLowerCase, "lowercase").ifPresent(violations::add);
        few(password, digitsMin, Character::isDigit, "digit").ifPresent(violations::add);
        few(password, specialMin, PasswordPolicy::isSpecial, "special").ifPresent(violations::add);
        if (!allowsWhitespace && password.codePoints().anyMatch(Character::isWhitespace)) {
            violations.add("Password contains a whitespace character.");
        }
        return violations;
    }

    private static boolean isSpecial(int c) {
        return !Character.isLetterOrDigit(c) && !Character.isWhitespace(c);
    }

    private static Optional<String> few(String password, OptionalInt min, IntPredicate counts, String kind) {
        return password.codePoints().filter(counts).count() >= min.orElse(0)
                ? Optional.empty()
                : Optional.of("Password must contain " + min.getAsInt() + " or more " + kind + " characters.");
    }

    /** Whether bcrypt would read all of it. */
    static boolean fits(String password) {
        return password.length() <= LENGTH_MAX && password.getBytes(StandardCharsets.UTF_8).length <= LENGTH_MAX;
    }
}
