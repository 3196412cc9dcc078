package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever waits in the queue does not wait for what others put into it. */
class WorkQueueTest {
    private record Item(String owner, int number) {}

    private static final int SERVER_SHARE = 100;

    private final WorkQueue<Item> queue = new WorkQueue<>(10_000, Long.MAX_VALUE, SERVER_SHARE);

    private WorkQueue.Offer offer(String owner, int number) {
        return queue.offer(owner, new Item(owner, number), 1);
    }

    @Test
    void oneCommandGoesWithTheNextCommitHoweverManyAnotherTenantHas() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(offer("busy", i)).isEqualTo(WorkQueue.Offer.TAKEN);
        }
        assertThat(offer("busy", 10_000)).isEqualTo(WorkQueue.Offer.FULL);
        assertThat(offer("other", 0)).isEqualTo(WorkQueue.Offer.TAKEN);
        assertThat(queue.take(2)).containsExactly(new Item("busy", 0), new Item("other", 0));
    }

    @Test
    void aFullQueueHasAShareForEachTenantAndNoMore() {
        for (int i = 0; i < 10_000; i++) {
            offer("busy", i);
        }
        for (int i = 0; i < WorkQueue.SHARE; i++) {
            assertThat(offer("other", i)).isEqualTo(WorkQueue.Offer.TAKEN);
        }
        assertThat(offer("other", WorkQueue.SHARE)).isEqualTo(WorkQueue.Offer.FULL);
        assertThat(queue.size()).isEqualTo(10_000 + WorkQueue.SHARE);
    }

    @Test
    void whatTheServerNeedsHasAShareOfItsOwn() {
        for (int i = 0; i < 10_000; i++) {
            offer("busy", i);
        }
        for (int i = 0; i < SERVER_SHARE; i++) {
            assertThat(queue.offer(WorkQueue.SERVER, new Item("server", i), 1)).isEqualTo(WorkQueue.Offer.TAKEN);
        }
        assertThat(queue.offer(WorkQueue.SERVER, new Item("server", SERVER_SHARE), 1))
                .isEqualTo(WorkQueue.Offer.FULL);
    }

    @Test
    void whatIsForcedByOneTenantHoldsUpNobodyElse() {
        for (int i = 0; i < 50_000; i++) {
            queue.force("busy", new Item("busy", i), 1);
        }
        for (int i = 0; i < 10_000; i++) {
            assertThat(offer("other", i)).isEqualTo(WorkQueue.Offer.TAKEN);
        }
        assertThat(queue.take(4)).contains(new Item("other", 0), new Item("other", 1));
    }

    /** With k before it in its lane and n lanes at most, an item is among the first n * (k + 1) that go after it came. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void anItemWaitsForItsOwnLaneAndOneOfEachOther(long seed) {
        Random random = new Random(seed);
        int lanes = 1 + random.nextInt(12);
        Map<String, Integer> waiting = new HashMap<>();
        Map<Item, Long> latest = new HashMap<>();
        Map<String, Integer> numbers = new HashMap<>();
        Map<String, Integer> next = new HashMap<>();
        long taken = 0;
        for (int step = 0; step < 20_000; step++) {
            if (random.nextInt(10) < 6) {
                String owner = "lane" + Math.min(random.nextInt(lanes), random.nextInt(lanes));
                Item item = new Item(owner, numbers.merge(owner, 1, Integer::sum) - 1);
                if (queue.offer(owner, item, 1) == WorkQueue.Offer.TAKEN) {
                    int ahead = waiting.merge(owner, 1, Integer::sum) - 1;
                    latest.put(item, taken + (long) lanes * (ahead + 1));
                } else {
                    numbers.merge(owner, -1, Integer::sum);
                }
            } else if (queue.size() > 0) {
                for (Item item : new ArrayList<>(queue.take(1 + random.nextInt(5)))) {
                    taken++;
                    waiting.merge(item.owner, -1, Integer::sum);
                    assertThat(item.number)
                            .as("the order of its lane, seed %s", seed)
                            .isEqualTo(next.merge(item.owner, 1, Integer::sum) - 1);
                    assertThat(taken).as("its turn, seed %s", seed).isLessThanOrEqualTo(latest.remove(item));
                }
            }
        }
        List<Item> rest = queue.size() > 0 ? queue.take(Integer.MAX_VALUE) : List.of();
        assertThat(rest).hasSize(waiting.values().stream().mapToInt(n -> n).sum());
    }
}
