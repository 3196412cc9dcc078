package io.signalbox.identity;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The server that takes our mail.
 *
 * @param isTls    the connection is encrypted from its first byte
 * @param startTls it must become encrypted before anything is said
 * @param username empty: without a login
 */
public record MailSettings(
        String from,
        String host,
        int port,
        boolean isTls,
        boolean startTls,
        Duration timeout,
        Optional<String> username,
        Optional<String> password) {
    static final String SECTION = "mail";

    private static final int TEXT_CHARS_MAX = 255;
    private static final Duration TIMEOUT_MAX = Duration.ofMinutes(1);

    /** @throws io.signalbox.ops.Rejected {@code BAD_REQUEST} */
    public MailSettings {
        if (from.isBlank() || !isLine(from)) {
            throw Texts.bad("Validation error: mailFrom should be specified!");
        }
        if (host.isBlank() || !isLine(host)) {
            throw Texts.bad("Validation error: smtpHost should be specified!");
        }
        if (port < 1 || port > 65_535) {
            throw Texts.bad("Validation error: smtpPort must be from 1 to 65535");
        }
        if (timeout.toMillis() < 1 || timeout.compareTo(TIMEOUT_MAX) > 0) {
            throw Texts.bad("Validation error: timeout must be from 1 to " + TIMEOUT_MAX.toMillis());
        }
        if (!username.map(MailSettings::isLine).orElse(true)
                || !password.map(MailSettings::isLine).orElse(true)) {
            throw Texts.bad("Validation error: username and password must be one line each");
        }
    }

    private static boolean isLine(String text) {
        return text.length() <= TEXT_CHARS_MAX && text.chars().noneMatch(Character::isISOControl);
    }

    Map<String, String> stored() {
        Map<String, String> stored = new HashMap<>(Map.of(
                "from", from,
                "host", host,
                "port", Integer.toString(port),
                "tls", Boolean.toString(isTls),
                "start-tls", Boolean.toString(startTls),
                "timeout-millis", Long.toString(timeout.toMillis())));
        username.ifPresent(name -> stored.put("username", name));
        password.ifPresent(secret -> stored.put("password", secret));
        return stored;
    }

    static Optional<MailSettings> of(Map<String, String> stored) {
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new MailSettings(
                value(stored, "from"),
                value(stored, "host"),
                Integer.parseInt(value(stored, "port")),
                Boolean.parseBoolean(value(stored, "tls")),
                Boolean.parseBoolean(value(stored, "start-tls")),
                Duration.ofMillis(Long.parseLong(value(stored, "timeout-millis"))),
                Optional.ofNullable(stored.get("username")),
                Optional.ofNullable(stored.get("password"))));
    }

    private static String value(Map<String, String> stored, String name) {
        return Objects.requireNonNull(stored.get(name), name);
    }

    /** Without the password, so that it gets into no log. */
    @Override
    public String toString() {
        return "MailSettings[" + host + ":" + port + "]";
    }
}
