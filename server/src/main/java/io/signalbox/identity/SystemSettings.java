package io.signalbox.identity;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the system administrator sets while the server runs. It is read at the start and kept in memory: readers, any thread,
 * never block. Changes block until they are committed, and count from then on. Callers checked that they may.
 */
public final class SystemSettings {
    private static final String GENERAL = "general";
    private static final String BASE_URL = "base-url";

    private final IdentityStore store;
    private final Tokens tokens;
    private final Optional<String> configuredUrl;
    private final Supplier<String> ownUrl;
    private volatile SecuritySettings security;
    private volatile Optional<MailSettings> mail;
    private volatile Optional<String> baseUrl;

    /**
     * Reads what was set; blocks.
     *
     * @param configuredUrl of the settings file, and stronger than what is set here
     * @param ownUrl        counts when nobody said where clients reach this server
     */
    public SystemSettings(IdentityStore store, Tokens tokens, Optional<String> configuredUrl, Supplier<String> ownUrl) {
        this.store = store;
        this.tokens = tokens;
        this.configuredUrl = configuredUrl;
        this.ownUrl = ownUrl;
        this.security = SecuritySettings.of(store.settings(SecuritySettings.SECTION));
        this.mail = MailSettings.of(store.settings(MailSettings.SECTION));
        this.baseUrl = Optional.ofNullable(store.settings(GENERAL).get(BASE_URL));
    }

    /** The settings of tokens as they were stored, or else {@code start}. Blocks. */
    public static JwtSettings jwt(IdentityStore store, JwtSettings start) {
        return JwtSettings.of(store.settings(JwtSettings.SECTION), start);
    }

    public SecuritySettings security() {
        return security;
    }

    public SecuritySettings saveSecurity(SecuritySettings wish) {
        store.saveSettings(SecuritySettings.SECTION, wish.stored());
        security = wish;
        return wish;
    }

    /** Empty: nobody set up mail. */
    public Optional<MailSettings> mail() {
        return mail;
    }

    /** As {@link #complete}, and kept. */
    public MailSettings saveMail(MailSettings wish) {
        MailSettings saved = complete(wish);
        store.saveSettings(MailSettings.SECTION, saved.stored());
        mail = Optional.of(saved);
        return saved;
    }

    /**
     * A wish without a password gets the one that is stored, since nobody can read it to send it again; but not for another
     * mail server, which would read it.
     */
    public MailSettings complete(MailSettings wish) {
        if (wish.password().isPresent() || wish.username().isEmpty()) {
            return wish;
        }
        Optional<String> stored = mail.filter(old -> old.host().equals(wish.host())
                        && old.port() == wish.port()
                        && old.isTls() == wish.isTls()
                        && old.startTls() == wish.startTls())
                .flatMap(MailSettings::password);
        return new MailSettings(
                wish.from(),
                wish.host(),
                wish.port(),
                wish.isTls(),
                wish.startTls(),
                wish.timeout(),
                wish.username(),
                stored);
    }

    /**
     * {@code scheme://host[:port]} for links. It never comes from a request: whoever sends that could choose where a link with
     * a secret in it leads.
     */
    public String baseUrl() {
        return configuredUrl.or(() -> baseUrl).orElseGet(ownUrl);
    }

    /** @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}: it is no http or https URL */
    public void saveBaseUrl(String url) {
        String trimmed = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        checkUrl(trimmed);
        store.saveSettings(GENERAL, Map.of(BASE_URL, trimmed));
        baseUrl = Optional.of(trimmed);
    }

    private static void checkUrl(String url) {
        Texts.check("baseUrl", url);
        try {
            URI uri = new URI(url);
            boolean isWeb = List.of("http", "https").contains(uri.getScheme());
            if (isWeb
                    && uri.getHost() != null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && uri.getRawUserInfo() == null) {
                return;
            }
        } catch (URISyntaxException e) {
            // no URL
        }
        throw Texts.bad("Validation error: baseUrl must be an http or https URL");
    }

    public JwtSettings jwt() {
        return tokens.settings();
    }

    /** Tokens that were signed with another key are worthless from then on. */
    public JwtSettings saveJwt(Duration access, Duration refresh, String issuer, String key) {
        JwtSettings wish = tokens.settings().changed(access, refresh, issuer, key);
        store.saveSettings(JwtSettings.SECTION, wish.stored());
        tokens.use(wish);
        return wish;
    }
}
