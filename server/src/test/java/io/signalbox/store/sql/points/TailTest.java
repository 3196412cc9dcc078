package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.payload.Value;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TailTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void holdsWhatAPlainMapHolds(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<Long, NavigableMap<Long, Value>> model = new TreeMap<>();
        Tail tail = Tail.empty(0);
        for (int row = 1; row <= 200; row++) {
            Run run = Runs.random(random, 40);
            tail = tail.plus(run, row);
            for (Runs.At at : Runs.list(run)) {
                model.computeIfAbsent(at.series(), _ -> new TreeMap<>()).put(at.ts(), at.value());
            }
            if (random.nextInt(20) == 0 && tail.frozen().isEmpty()) {
                long dropped = random.nextInt(6) * 300L;
                tail = tail.freeze(series -> series == dropped);
                model.remove(dropped);
            }
            check(model, tail, random);
        }
    }

    private static void check(Map<Long, NavigableMap<Long, Value>> model, Tail tail, SplittableRandom random) {
        for (long series = 0; series < 6 * 300; series += 150) {
            NavigableMap<Long, Value> expected = model.getOrDefault(series, new TreeMap<>());
            assertThat(tail.latest(series).map(Tail.Point::value).orElse(null))
                    .isEqualTo(expected.isEmpty() ? null : expected.lastEntry().getValue());
            long start = random.nextInt(10) - 5L;
            long end = random.nextInt(10) - 5L;
            int limit = 1 + random.nextInt(5);
            boolean ascending = random.nextBoolean();
            NavigableMap<Long, Value> inRange =
                    start < end ? expected.subMap(start, true, end, false) : new TreeMap<>();
            NavigableMap<Long, Value> found = tail.range(series, start, end, limit, ascending);
            assertThat((ascending ? found : found.descendingMap()).entrySet())
                    .containsExactlyElementsOf((ascending ? inRange : inRange.descendingMap())
                            .entrySet().stream().limit(limit).toList());
        }
    }

    @Test
    void hasFewRunsHoweverManyCommits() {
        Tail tail = Tail.empty(0);
        for (int row = 1; row <= 5_000; row++) {
            tail = tail.plus(Runs.of(Runs.at(row % 100, row, new Value.Whole(row))), row);
        }
        assertThat(tail.live()).hasSizeLessThan(15);
        assertThat(tail.bytes()).isEqualTo(5_000 * 44);
    }
}
