package io.signalbox.registry;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the registry refuses about texts, in the words of the REST API (§1, §5, §9). */
final class Checks {
    static final int CHARS_MAX = 255;

    private static final Pattern EMAIL = Pattern.compile("[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}");
    private static final Pattern MARKUP = Pattern.compile("<[A-Za-z/!?]");

    private Checks() {}

    /** A short text that people read: no markup, so that no page can be made to run it. */
    static void text(String member, String text) {
        if (text.length() > CHARS_MAX) {
            throw badRequest("Validation error: " + member + " length must be equal or less than " + CHARS_MAX);
        }
        if (text.indexOf('\0') >= 0 || MARKUP.matcher(text).find()) {
            throw badRequest("Validation error: " + member + " is malformed");
        }
    }

    static void text(String member, Optional<String> text) {
        text.ifPresent(present -> text(member, present));
    }

    static void credentialsId(String id) {
        if (id.chars().anyMatch(Character::isISOControl)) {
            throw badRequest("credentialsId must not contain control characters!");
        }
    }

    static void email(String email) {
        if (!EMAIL.matcher(email).matches()) {
            throw badRequest("Invalid email address format '" + email + "'!");
        }
    }

    static Rejected badRequest(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
