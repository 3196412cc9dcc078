package io.signalbox.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where a PostgreSQL database is, and who comes: {@code postgres://user:password@host:port/database?option=value}. What is
 * not a plain letter in user, password or database stands there as {@code %40}. As text it has no password.
 *
 * @param password empty: none is sent
 * @param options  those of {@link #OPTIONS} that are set, as the driver calls them
 */
public record PostgresUrl(
        String host, int port, String database, String user, Optional<String> password, Map<String, String> options) {
    /** How the connection is encrypted and whom it trusts, and the schema that holds the tables. */
    public static final Set<String> OPTIONS = Set.of("sslmode", "sslrootcert", "currentSchema");

    private static final int PORT = 5432;

    public PostgresUrl {
        options = Map.copyOf(options);
    }

    /** @throws IllegalArgumentException it is not of the form above; the message does not show it */
    public static PostgresUrl parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException _) {
            throw new IllegalArgumentException("not a URL"); // whose message would show the password
        }
        String scheme = String.valueOf(uri.getScheme());
        String path = String.valueOf(uri.getRawPath());
        String login = String.valueOf(uri.getRawUserInfo());
        boolean isComplete = (scheme.equals("postgres") || scheme.equals("postgresql"))
                && uri.getHost() != null
                && uri.getRawUserInfo() != null
                && uri.getRawFragment() == null
                && path.length() > 1
                && path.indexOf('/', 1) < 0;
        if (!isComplete) {
            throw new IllegalArgumentException("not complete");
        }
        int colon = login.indexOf(':');
        return new PostgresUrl(
                uri.getHost(),
                uri.getPort() < 0 ? PORT : uri.getPort(),
                decoded(path.substring(1)),
                decoded(colon < 0 ? login : login.substring(0, colon)),
                colon < 0 ? Optional.empty() : Optional.of(decoded(login.substring(colon + 1))),
                options(uri.getRawQuery() == null ? "" : uri.getRawQuery()));
    }

    private static Map<String, String> options(String query) {
        Map<String, String> options = new TreeMap<>();
        for (String option : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = option.indexOf('=');
            if (equals < 0 || !OPTIONS.contains(option.substring(0, equals))) {
                throw new IllegalArgumentException("unknown option");
            }
            options.put(option.substring(0, equals), decoded(option.substring(equals + 1)));
        }
        return options;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }

    /** {@code text} with nothing that could be a password in it, also when it cannot be parsed. */
    static String withoutPassword(String text) {
        int login = text.indexOf("://") + 3;
        int host = text.lastIndexOf('@');
        int colon = text.indexOf(':', login);
        return login < 3 || host < 0 || colon < 0 || colon > host
                ? text
                : text.substring(0, colon) + ":***" + text.substring(host);
    }

    /** For people: without the password and the options. */
    @Override
    public String toString() {
        return "postgres://" + user + "@" + host + ":" + port + "/" + database;
    }
}
