package io.signalbox.config;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the text of a setting must look like.
 *
 * @param expected unit and range, for messages and the help: {@code a time, 1ms to 1h}
 * @param reader   turns text into the value; fails with {@link IllegalArgumentException}, whose message is not shown
 */
record Form<T>(String expected, Function<String, T> reader) {
    private static final List<Unit> TIMES = List.of(
            new Unit("ms", 1),
            new Unit("s", 1_000),
            new Unit("m", 60_000),
            new Unit("h", 3_600_000),
            new Unit("d", 86_400_000));
    private static final List<Unit> SIZES =
            List.of(new Unit("B", 1), new Unit("KiB", 1L << 10), new Unit("MiB", 1L << 20), new Unit("GiB", 1L << 30));

    private record Unit(String name, long factor) {}

    static Form<Integer> whole(int min, int max, String what) {
        return new Form<>(
                "a number of " + what + ", " + min + " to " + max,
                text -> Math.toIntExact(within(min, max, digits(text))));
    }

    /** For what may be more than 31 bits. */
    static Form<Long> count(long min, long max, String what) {
        return new Form<>("a number of " + what + ", " + min + " to " + max, text -> within(min, max, digits(text)));
    }

    /** Names with commas between them; blanks around them do not count. */
    static Form<Set<String>> names() {
        return new Form<>("names with commas between them, or nothing", text -> {
            if (text.isBlank()) {
                return Set.of();
            }
            Set<String> names =
                    Arrays.stream(text.split(",", -1)).map(String::strip).collect(Collectors.toSet());
            if (names.contains("")) {
                throw new IllegalArgumentException(text);
            }
            return Set.copyOf(names);
        });
    }

    static Form<Integer> port(boolean mayBeFree) {
        int min = mayBeFree ? 0 : 1;
        return new Form<>(
                "a port, " + min + " to 65535" + (mayBeFree ? " (0: a free one)" : ""),
                text -> Math.toIntExact(within(min, 65_535, digits(text))));
    }

    static Form<Optional<Integer>> portIfAny() {
        return new Form<>(
                "a port, 0 to 65535 (0: a free one), or nothing",
                text -> text.isEmpty()
                        ? Optional.empty()
                        : Optional.of(port(true).reader.apply(text)));
    }

    static Form<Optional<Path>> file() {
        return new Form<>(
                "a file, or nothing",
                text -> text.isEmpty()
                        ? Optional.empty()
                        : Optional.of(folder().reader.apply(text)));
    }

    /** Text that is not shown. */
    static Form<String> secret() {
        return new Form<>("text", text -> text);
    }

    /** A number with a unit; milliseconds without one. */
    static Form<Duration> time(Duration min, Duration max) {
        return new Form<>(
                "a time (ms, s, m, h, d), " + shown(TIMES, min.toMillis()) + " to " + shown(TIMES, max.toMillis()),
                text -> Duration.ofMillis(within(min.toMillis(), max.toMillis(), quantity(text, TIMES))));
    }

    /** A number with a unit; bytes without one. */
    static Form<Long> size(long min, long max) {
        return new Form<>(
                "a size (B, KiB, MiB, GiB), " + shown(SIZES, min) + " to " + shown(SIZES, max),
                text -> within(min, max, quantity(text, SIZES)));
    }

    static Form<RateLimit> rate() {
        return new Form<>("numbers with their seconds, as in 100:1,2000:60, or nothing: any number", RateLimit::parse);
    }

    static Form<Boolean> flag() {
        return new Form<>("true or false", text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        });
    }

    static <E extends Enum<E>> Form<E> choice(List<E> values) {
        return new Form<>(
                "one of " + String.join(", ", values.stream().map(Enum::name).toList()),
                text -> values.stream()
                        .filter(value -> value.name().equals(text))
                        .findFirst()
                        .orElseThrow(IllegalArgumentException::new));
    }

    /** Names are not looked up: a server should not start differently because a name server is slow. */
    static Form<String> address() {
        return new Form<>("an IP address, or localhost", text -> {
            if (!text.equals("localhost")) {
                InetAddress.ofLiteral(text);
            }
            return text;
        });
    }

    static Form<Path> folder() {
        return new Form<>("a folder", text -> {
            if (text.isBlank()) {
                throw new IllegalArgumentException("blank");
            }
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException(e);
            }
        });
    }

    static Form<Optional<String>> url() {
        return new Form<>("an http or https URL, or nothing", text -> {
            if (text.isEmpty()) {
                return Optional.empty();
            }
            URI uri;
            try {
                uri = new URI(text);
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(e);
            }
            boolean isWeb = uri.getScheme() != null
                    && List.of("http", "https").contains(uri.getScheme().toLowerCase(Locale.ROOT));
            if (!isWeb
                    || uri.getHost() == null
                    || uri.getRawQuery() != null
                    || uri.getRawFragment() != null
                    || uri.getRawUserInfo() != null) {
                throw new IllegalArgumentException(text);
            }
            return Optional.of(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
        });
    }

    /** Empty: the data folder. Never shown as it is, since a password may be in it: {@link PostgresUrl#withoutPassword}. */
    static Form<Optional<PostgresUrl>> store() {
        return new Form<>(
                "sqlite, or postgres://user:password@host:port/database (with %.. for other than letters and digits; ?"
                        + String.join(
                                "=, &", PostgresUrl.OPTIONS.stream().sorted().toList()) + "=)",
                text -> text.equals("sqlite") ? Optional.empty() : Optional.of(PostgresUrl.parse(text)));
    }

    /** Whether an address that {@link #address} accepts is reached from this machine only. */
    static boolean isLoopback(String address) {
        return address.equals("localhost") || InetAddress.ofLiteral(address).isLoopbackAddress();
    }

    boolean accepts(String text) {
        try {
            return reader.apply(text) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static long within(long min, long max, long value) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("out of range");
        }
        return value;
    }

    private static long quantity(String text, List<Unit> units) {
        int split = 0;
        while (split < text.length() && text.charAt(split) >= '0' && text.charAt(split) <= '9') {
            split++;
        }
        String name = text.substring(split).strip();
        Unit unit = units.stream()
                .filter(candidate -> candidate.name.equals(name))
                .findFirst()
                .or(() -> name.isEmpty() ? Optional.of(units.getFirst()) : Optional.empty())
                .orElseThrow(IllegalArgumentException::new);
        try {
            return Math.multiplyExact(digits(text.substring(0, split)), unit.factor);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static long digits(String text) {
        if (text.isEmpty() || Arrays.stream(text.chars().toArray()).anyMatch(c -> c < '0' || c > '9')) {
            throw new IllegalArgumentException(text); // Long.parseLong would take a sign, and digits of all scripts
        }
        return Long.parseLong(text);
    }

    /** With the greatest unit that leaves a whole number. */
    private static String shown(List<Unit> units, long value) {
        Unit unit = units.reversed().stream()
                .filter(candidate -> value > 0 && value % candidate.factor == 0)
                .findFirst()
                .orElse(units.getFirst());
        return value / unit.factor + unit.name;
    }
}
