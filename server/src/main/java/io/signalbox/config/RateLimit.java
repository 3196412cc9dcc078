package io.signalbox.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * How often something may happen, as in {@code 100:1,2000:60} (REST API §4.2): all parts have to allow it.
 *
 * @param parts empty: as often as anybody likes
 */
public record RateLimit(List<Part> parts) {
    public static final RateLimit NONE = new RateLimit(List.of());

    private static final int PARTS_MAX = 5;
    private static final int CAPACITY_MAX = 1_000_000_000;
    private static final int SECONDS_MAX = 31 * 86_400;

    /** So many at once, and again over this time. */
    public record Part(int capacity, Duration time) {}

    public RateLimit {
        parts = List.copyOf(parts);
    }

    /** @throws IllegalArgumentException it is no such text */
    public static RateLimit parse(String text) {
        if (text.isBlank()) {
            return NONE;
        }
        List<Part> parts =
                Arrays.stream(text.split(",", -1)).map(RateLimit::part).toList();
        if (parts.size() > PARTS_MAX) {
            throw new IllegalArgumentException("more than " + PARTS_MAX + " parts");
        }
        return new RateLimit(parts);
    }

    private static Part part(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("no colon in " + text);
        }
        int capacity = Integer.parseInt(text.substring(0, colon).strip());
        int seconds = Integer.parseInt(text.substring(colon + 1).strip());
        if (capacity < 1 || capacity > CAPACITY_MAX || seconds < 1 || seconds > SECONDS_MAX) {
            throw new IllegalArgumentException("out of range: " + text);
        }
        return new Part(capacity, Duration.ofSeconds(seconds));
    }

    public boolean isNone() {
        return parts.isEmpty();
    }

    /** After this time without a call everything is allowed again. */
    public Duration longest() {
        return parts.stream().map(Part::time).max(Duration::compareTo).orElse(Duration.ZERO);
    }
}
