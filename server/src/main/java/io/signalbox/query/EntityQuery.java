package io.signalbox.query;

import io.signalbox.device.DeviceId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which devices are looked for, and which page of them is wanted (telemetry and WebSocket API B6).
 *
 * @param search   part of the name or the label, in any case; empty: any
 * @param sort     empty: in the order in which they were made
 * @param filters  of values
 * @param anyFits  whether one of the filters is enough
 * @param pageSize at least 1
 * @param page     from 0 on
 */
public record EntityQuery(
        Filter filter,
        String search,
        Optional<Sort> sort,
        List<KeyFilter> filters,
        boolean anyFits,
        int pageSize,
        int page) {

    public EntityQuery {
        filters = List.copyOf(filters);
    }

    /** Which devices, by what they are. */
    public sealed interface Filter {
        record Listed(List<DeviceId> ids) implements Filter {
            public Listed {
                ids = List.copyOf(ids);
            }
        }

        /**
         * Those of any of these types.
         *
         * @param types  empty: all
         * @param prefix of the name, in any case; {@code %} stands for any text
         */
        record Any(List<String> types, String prefix) implements Filter {
            public Any {
                types = List.copyOf(types);
            }
        }

        /** Entities that this server does not have. */
        record Nothing() implements Filter {}
    }

    /** Numbers by size, then texts without regard to the case of A to Z; no value is an empty text. */
    public record Sort(ValueKey key, boolean descending) {}

    public record KeyFilter(ValueKey key, Condition condition) {}

    /** What a value has to be. */
    public sealed interface Condition {
        /** Of a number; what is none does not fit. */
        record Numeric(Comparison comparison, Numeral number) implements Condition {}

        /** Of a value as text; no value is an empty one. Without case: A to Z count as a to z. */
        record Text(Likeness likeness, String text, boolean ignoresCase) implements Condition {}

        /** Of a value as text. */
        record OneOf(List<String> texts, boolean isNegated, boolean ignoresCase) implements Condition {
            public OneOf {
                texts = List.copyOf(texts);
            }
        }

        /** What is not true is false, no value as well. */
        record Flag(boolean wanted) implements Condition {}

        record All(List<Condition> parts) implements Condition {
            public All {
                parts = List.copyOf(parts);
            }
        }

        record AnyOf(List<Condition> parts) implements Condition {
            public AnyOf {
                parts = List.copyOf(parts);
            }
        }
    }

    /** A number: whole, or decimal. */
    public sealed interface Numeral {
        record Whole(long value) implements Numeral {}

        record Decimal(double value) implements Numeral {}
    }

    public enum Comparison {
        EQUAL,
        NOT_EQUAL,
        GREATER,
        LESS,
        GREATER_OR_EQUAL,
        LESS_OR_EQUAL
    }

    public enum Likeness {
        EQUAL,
        NOT_EQUAL,
        STARTS_WITH,
        ENDS_WITH,
        CONTAINS,
        NOT_CONTAINS
    }

    /** The same without what looks at time series: at least all that it finds. */
    public EntityQuery withoutSeries() {
        List<KeyFilter> others =
                filters.stream().filter(each -> !each.key().isSeries()).toList();
        boolean canDrop = !anyFits || others.size() == filters.size();
        return new EntityQuery(filter, search, Optional.empty(), canDrop ? others : List.of(), anyFits, pageSize, page);
    }

    /** The time series that it looks at. */
    public List<String> series() {
        return Stream.concat(filters.stream().map(KeyFilter::key), sort.stream().map(Sort::key))
                .filter(ValueKey::isSeries)
                .map(ValueKey::name)
                .distinct()
                .toList();
    }

    /** Whether each device has to be looked at, beyond what it is called. */
    public boolean looksAtValues() {
        return !filters.isEmpty() || sort.isPresent();
    }
}
