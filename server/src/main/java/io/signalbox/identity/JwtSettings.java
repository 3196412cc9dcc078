package io.signalbox.identity;

import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * How tokens are made (authentication §5.3).
 *
 * @param issuer  that new tokens name
 * @param issuers that tokens may name: this one, and those that were set before
 */
public record JwtSettings(Duration access, Duration refresh, String issuer, Set<String> issuers, SigningKey key) {
    static final String SECTION = "jwt";
    public static final String STANDARD_ISSUER = "thingsboard.io";

    private static final Duration ACCESS_MIN = Duration.ofMinutes(1);
    private static final Duration REFRESH_MIN = Duration.ofMinutes(15);
    private static final Duration REFRESH_MAX = Duration.ofDays(3_650);
    private static final int ISSUERS_MAX = 10;

    public JwtSettings {
        issuers = Set.copyOf(issuers);
    }

    /** What counts until somebody sets something else. */
    public static JwtSettings start(SigningKey key, Duration access, Duration refresh) {
        return new JwtSettings(access, refresh, STANDARD_ISSUER, Set.of(STANDARD_ISSUER), key);
    }

    /**
     * These settings, as somebody wants to change them.
     *
     * @param key Base64 of 64 bytes at least
     * @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}
     */
    JwtSettings changed(Duration access, Duration refresh, String issuer, String key) {
        if (issuer.isBlank()) {
            throw Texts.bad("JWT token issuer should be specified!");
        }
        Texts.check("JWT token issuer", issuer);
        if (refresh.compareTo(REFRESH_MIN) < 0 || refresh.compareTo(REFRESH_MAX) > 0) {
            throw Texts.bad("JWT refresh token expiration time should be from " + REFRESH_MIN.toSeconds() + " to "
                    + REFRESH_MAX.toSeconds() + " seconds!");
        }
        if (access.compareTo(ACCESS_MIN) < 0) {
            throw Texts.bad("JWT token expiration time should be at least " + ACCESS_MIN.toSeconds() + " seconds!");
        }
        if (access.compareTo(refresh) >= 0) {
            throw Texts.bad("JWT token expiration time should be less than refresh token expiration time!");
        }
        Set<String> known = new LinkedHashSet<>(List.of(issuer));
        issuers.stream().limit(ISSUERS_MAX).forEach(known::add);
        return new JwtSettings(access, refresh, issuer, known, decoded(key));
    }

    private static SigningKey decoded(String key) {
        byte[] secret;
        try {
            secret = Base64.getDecoder().decode(key);
        } catch (IllegalArgumentException e) {
            throw Texts.bad("JWT signing key should be Base64 encoded!");
        }
        if (secret.length < SigningKey.BYTES || secret.length > SigningKey.BYTES_MAX) {
            throw Texts.bad("JWT signing key should have from " + SigningKey.BYTES * 8 + " to "
                    + SigningKey.BYTES_MAX * 8 + " bits!");
        }
        return new SigningKey(secret);
    }

    /** The key in Base64. */
    public String keyText() {
        return Base64.getEncoder().encodeToString(key.secret());
    }

    Map<String, String> stored() {
        return Map.of(
                "access-seconds", Long.toString(access.toSeconds()),
                "refresh-seconds", Long.toString(refresh.toSeconds()),
                "issuer", issuer,
                "issuers", String.join("\n", issuers),
                "key", keyText());
    }

    /** @param start counts when nothing was stored */
    static JwtSettings of(Map<String, String> stored, JwtSettings start) {
        if (stored.isEmpty()) {
            return start;
        }
        return new JwtSettings(
                Duration.ofSeconds(Long.parseLong(value(stored, "access-seconds"))),
                Duration.ofSeconds(Long.parseLong(value(stored, "refresh-seconds"))),
                value(stored, "issuer"),
                Set.copyOf(Arrays.asList(value(stored, "issuers").split("\n", -1))),
                decoded(value(stored, "key")));
    }

    private static String value(Map<String, String> stored, String name) {
        return Objects.requireNonNull(stored.get(name), name);
    }
}
