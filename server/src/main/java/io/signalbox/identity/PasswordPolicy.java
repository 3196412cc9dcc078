package io.signalbox.identity;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.charset.StandardCharsets;

/** What a new password must look like (authentication §9). */
public final class PasswordPolicy {
    public static final int LENGTH_MIN = 6;
    /** In characters as the API says it, and in UTF-8 bytes: bcrypt reads no more, and we never cut a password silently. */
    public static final int LENGTH_MAX = 72;

    private PasswordPolicy() {}

    /** @throws Rejected {@code BAD_REQUEST}, in the words of the policy */
    public static void check(String password) {
        if (password.length() < LENGTH_MIN) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST, "Password must be " + LENGTH_MIN + " or more characters in length.");
        }
        if (!fits(password)) {
            throw new Rejected(
                    ErrorCode.BAD_REQUEST, "Password must be no more than " + LENGTH_MAX + " characters in length.");
        }
    }

    static boolean fits(String password) {
        return password.length() <= LENGTH_MAX && password.getBytes(StandardCharsets.UTF_8).length <= LENGTH_MAX;
    }
}
