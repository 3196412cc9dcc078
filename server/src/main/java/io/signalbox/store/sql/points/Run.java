package io.signalbox.store.sql.points;

import io.signalbox.payload.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Readings sorted by series, then time, each pair once; immutable. In columns, since the tail holds up to a million: 20
 * bytes a reading beside its value, and merging reads memory in order.
 *
 * <p>Any thread.
 */
final class Run {
    static final Run EMPTY = new Run(new long[0], new long[0], new Value[0], null, 0, 0);

    /** Bytes of a reading beside its value. */
    static final int ROW_BYTES = 20;

    private final long[] series;
    private final long[] times;
    private final Value[] values;

    /** When each reading is to go; null when all of them stay, as most do. */
    private final long @Nullable [] expires;

    private final int size;
    private final long bytes;

    private Run(long[] series, long[] times, Value[] values, long @Nullable [] expires, int size, long bytes) {
        this.series = series;
        this.times = times;
        this.values = values;
        this.expires = expires;
        this.size = size;
        this.bytes = bytes;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Memory that the readings take, roughly. */
    long bytes() {
        return bytes;
    }

    long series(int index) {
        return series[index];
    }

    long ts(int index) {
        return times[index];
    }

    Value value(int index) {
        return values[index];
    }

    /** Epoch milliseconds at which the reading is to go; 0: it stays. */
    long expires(int index) {
        return expires == null ? 0 : expires[index];
    }

    boolean hasExpiring() {
        return expires != null;
    }

    /** The index of the first reading at or after {@code ts} of {@code wanted}, or of a later series. */
    int floor(long wanted, long ts) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (series[middle] < wanted || (series[middle] == wanted && times[middle] < ts)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The index after the last reading of {@code wanted}. */
    int end(long wanted) {
        return wanted == Long.MAX_VALUE ? size : floor(wanted + 1, Long.MIN_VALUE);
    }

    /** Both, sorted; where both have a series and time, {@code later} wins. */
    static Run merge(Run earlier, Run later) {
        if (earlier.isEmpty()) {
            return later;
        }
        if (later.isEmpty()) {
            return earlier;
        }
        Columns merged = new Columns(earlier.size + later.size);
        merged.bytes = earlier.bytes + later.bytes; // not summed again: that would touch every value
        int a = 0;
        int b = 0;
        while (a < earlier.size && b < later.size) {
            int order = Long.compare(earlier.series[a], later.series[b]);
            if (order == 0) {
                order = Long.compare(earlier.times[a], later.times[b]);
            }
            if (order < 0) {
                merged.copy(earlier, a, a + 1);
                a++;
            } else {
                if (order == 0) {
                    merged.bytes -= ROW_BYTES + ValueColumn.bytes(earlier.values[a++]);
                }
                merged.copy(later, b, b + 1);
                b++;
            }
        }
        merged.copy(earlier, a, earlier.size);
        merged.copy(later, b, later.size);
        return merged.run();
    }

    /** Without the readings of series that {@code dropped} names. */
    Run without(LongPredicate dropped) {
        Columns kept = new Columns(size);
        for (int i = 0; i < size; i++) {
            if (!dropped.test(series[i])) {
                kept.add(series[i], times[i], values[i], expires(i));
            }
        }
        return kept.size == size ? this : kept.run();
    }

    /** Without the readings from index {@code first} to before {@code end}. */
    Run without(int first, int end) {
        if (first >= end) {
            return this;
        }
        Columns kept = new Columns(size - (end - first));
        kept.bytes = bytes;
        for (int i = first; i < end; i++) {
            kept.bytes -= ROW_BYTES + ValueColumn.bytes(values[i]);
        }
        kept.copy(this, 0, first);
        kept.copy(this, end, size);
        return kept.run();
    }

    private static final class Columns {
        private long[] series;
        private long[] times;
        private Value[] values;
        private long @Nullable [] expires;
        private int size;
        private long bytes;

        Columns(int capacity) {
            series = new long[capacity];
            times = new long[capacity];
            values = new Value[capacity];
        }

        void add(long oneSeries, long ts, Value value, long expiresAt) {
            series[size] = oneSeries;
            times[size] = ts;
            values[size] = value;
            if (expiresAt != 0) {
                expires()[size] = expiresAt;
            }
            size++;
            bytes += ROW_BYTES + ValueColumn.bytes(value);
        }

        private long[] expires() {
            long[] present = expires;
            if (present == null) {
                present = new long[series.length];
                expires = present;
            }
            return present;
        }

        /** Leaves {@link #bytes} to the caller. */
        void copy(Run from, int first, int end) {
            int count = end - first;
            System.arraycopy(from.series, first, series, size, count);
            System.arraycopy(from.times, first, times, size, count);
            System.arraycopy(from.values, first, values, size, count);
            if (from.expires != null) {
                System.arraycopy(from.expires, first, expires(), size, count);
            }
            size += count;
        }

        void grow() {
            int capacity = Math.max(16, size * 2);
            series = Arrays.copyOf(series, capacity);
            times = Arrays.copyOf(times, capacity);
            values = Arrays.copyOf(values, capacity);
            expires = expires == null ? null : Arrays.copyOf(expires, capacity);
        }

        /** The run that has these columns. They are cut when a tenth of them would lie idle for as long as the run lives. */
        Run run() {
            if (size < series.length - series.length / 10) {
                return new Run(
                        Arrays.copyOf(series, size),
                        Arrays.copyOf(times, size),
                        Arrays.copyOf(values, size),
                        expires == null ? null : Arrays.copyOf(expires, size),
                        size,
                        bytes);
            }
            return new Run(series, times, values, expires, size, bytes);
        }
    }

    /** Collects readings in any order. One thread. */
    static final class Builder {
        private static final int POSITION_BITS = 24;
        private static final long POSITION_MASK = (1L << POSITION_BITS) - 1;

        private final Columns columns = new Columns(16);

        /** Adds a reading, which replaces those of the same series and time that were added before. */
        void add(long series, long ts, Value value, long expiresAt) {
            if (columns.size == columns.series.length) {
                columns.grow();
            }
            columns.add(series, ts, value, expiresAt);
        }

        boolean isEmpty() {
            return columns.size == 0;
        }

        Run build() {
            int size = columns.size;
            if (size > POSITION_MASK) {
                throw new IllegalStateException("too many readings in one commit: " + size);
            }
            // Series and position packed into one number: sorting primitives takes a fraction of sorting objects.
            long[] order = new long[size];
            for (int i = 0; i < size; i++) {
                order[i] = (columns.series[i] << POSITION_BITS) | i;
            }
            Arrays.sort(order);
            Columns sorted = new Columns(size);
            for (int first = 0; first < size; ) {
                int end = first + 1;
                long series = order[first] >> POSITION_BITS;
                boolean ascending = true;
                while (end < size && order[end] >> POSITION_BITS == series) {
                    ascending &= ts(order[end - 1]) < ts(order[end]);
                    end++;
                }
                if (ascending) {
                    for (int i = first; i < end; i++) {
                        sorted.add(series, ts(order[i]), value(order[i]), expires(order[i]));
                    }
                } else {
                    addByTime(sorted, series, order, first, end);
                }
                first = end;
            }
            return sorted.run();
        }

        private void addByTime(Columns sorted, long series, long[] order, int first, int end) {
            List<Long> group = new ArrayList<>(end - first);
            for (int i = first; i < end; i++) {
                group.add(order[i]);
            }
            group.sort(Comparator.comparingLong(this::ts)); // stable: of equal times the last added comes last
            for (int i = 0; i < group.size(); i++) {
                boolean replaced = i + 1 < group.size() && ts(group.get(i)) == ts(group.get(i + 1));
                if (!replaced) {
                    sorted.add(series, ts(group.get(i)), value(group.get(i)), expires(group.get(i)));
                }
            }
        }

        private long ts(long packed) {
            return columns.times[(int) (packed & POSITION_MASK)];
        }

        private Value value(long packed) {
            return columns.values[(int) (packed & POSITION_MASK)];
        }

        private long expires(long packed) {
            return columns.expires == null ? 0 : columns.expires[(int) (packed & POSITION_MASK)];
        }
    }

    /** Takes readings that are sorted already. One thread. */
    static final class Sorted {
        private final Columns columns;

        Sorted(int capacity) {
            columns = new Columns(capacity);
        }

        /** @throws IllegalArgumentException the reading does not come after the one before */
        void add(long series, long ts, Value value, long expiresAt) {
            int last = columns.size - 1;
            if (last >= 0
                    && (series < columns.series[last]
                            || (series == columns.series[last] && ts <= columns.times[last]))) {
                throw new IllegalArgumentException("readings are not in order at " + columns.size);
            }
            if (columns.size == columns.series.length) {
                columns.grow();
            }
            columns.add(series, ts, value, expiresAt);
        }

        Run build() {
            return columns.run();
        }
    }
}
