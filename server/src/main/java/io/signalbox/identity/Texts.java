package io.signalbox.identity;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;
import java.util.regex.Pattern;

/** The rules for text that callers give to users and tenants (REST API §1). */
final class Texts {
    private static final int CHARS_MAX = 255;
    private static final Pattern EMAIL =
            Pattern.compile("[A-Z0-9._%+-]+@[A-Z0-9.-]+\\.[A-Z]{2,}", Pattern.CASE_INSENSITIVE);
    private static final Pattern MARKUP = Pattern.compile("<[a-zA-Z/!?]");

    private Texts() {}

    /**
     * At most 255 characters, no markup, no NUL.
     *
     * @param name the member, as texts name it
     * @throws Rejected {@code BAD_REQUEST}
     */
    static void check(String name, String value) {
        if (value.length() > CHARS_MAX) {
            throw bad("Validation error: " + name + " length must be equal or less than " + CHARS_MAX);
        }
        if (value.indexOf('\0') >= 0 || MARKUP.matcher(value).find()) {
            throw bad("Validation error: " + name + " is malformed");
        }
    }

    static void check(String name, Optional<String> value) {
        value.ifPresent(text -> check(name, text));
    }

    /** @throws Rejected {@code BAD_REQUEST}: {@code Invalid email address format 'x'!} */
    static void checkEmail(String email) {
        check("email", email);
        if (!EMAIL.matcher(email).matches()) {
            throw bad("Invalid email address format '" + email + "'!");
        }
    }

    static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
