package io.signalbox.simulator;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One option of a command.
 *
 * @param name without the dashes
 * @param kind what values it takes
 * @param standard the value when it is not given; null when the command then decides by itself
 * @param text what it means, with its unit
 */
record Option(String name, Kind kind, @Nullable String standard, String text) {

    /** Kinds of value; the pattern is what a value must match. */
    enum Kind {
        COUNT("N", "[0-9]{1,9}"),
        RATE("R", "[0-9]{1,9}(\\.[0-9]+)?"),
        TEXT("TEXT", ".+"),
        FLAG("", "");

        private final String sign;
        private final Pattern pattern;

        Kind(String sign, String pattern) {
            this.sign = sign;
            this.pattern = Pattern.compile(pattern);
        }
    }

    static final List<Option> TARGET = List.of(
            text("url", "http://127.0.0.1:8080", "HTTP address of the server, loopback only"),
            text("mqtt", "127.0.0.1:1883", "MQTT address of the server, loopback only"),
            text("user", "tenant@thingsboard.org", "tenant administrator to log in as"),
            text("password", "tenant", "and the password"));

    static final Option JSON = flag("json", "one line of JSON instead of a table");
    static final Option PID = new Option(
            "pid", Kind.COUNT, null, "process to read memory and CPU of (default: who listens on the HTTP port)");
    static final Option PREFIX =
            text("prefix", null, "device i is called PREFIX-i, its token too (default: a fresh one)");
    static final Option KEEP = flag("keep", "reuse the devices of an earlier run with this --prefix, and delete none");
    static final Option ADDRESSES =
            count("addresses", "1", "connect from 127.0.0.1 to 127.0.0.N in turn; one address has about 28,000 ports");
    static final Option CONNECTIONS = count("connections", "32", "HTTP connections that make and delete the devices");

    static Option count(String name, @Nullable String standard, String text) {
        return new Option(name, Kind.COUNT, standard, text);
    }

    static Option rate(String text) {
        return new Option("rate", Kind.RATE, null, text);
    }

    static Option text(String name, @Nullable String standard, String text) {
        return new Option(name, Kind.TEXT, standard, text);
    }

    static Option flag(String name, String text) {
        return new Option(name, Kind.FLAG, null, text);
    }

    boolean accepts(String value) {
        return kind.pattern.matcher(value).matches();
    }

    String help() {
        String left = "--" + name + (kind == Kind.FLAG ? "" : " " + kind.sign);
        return "    %-18s %s%s".formatted(left, text, standard == null ? "" : " [" + standard + "]");
    }
}
