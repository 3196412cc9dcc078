package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.testing.Race;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that offer, one that takes, and one that closes. */
@Timeout(60)
class WorkQueueRaceTest {
    private static final int ROUNDS = 50;
    private static final int OFFERERS = 3;
    private static final int ITEMS_MAX = 8;
    private static final int ITEM_BYTES = 10;

    private record Item(int offerer, int number) {}

    @Test
    void whatWasTakenInIsGivenOutOnceAndInOrder() {
        for (int round = 0; round < ROUNDS; round++) {
            race(50 + round * 7 % 400, round % 2 == 0);
        }
    }

    /** @param isOneLane all belong to the server, else each offerer is a tenant */
    private static void race(int closeAfter, boolean isOneLane) {
        WorkQueue<Item> queue = new WorkQueue<>(ITEMS_MAX, ITEMS_MAX * ITEM_BYTES / 2, 0);
        List<Item> given = new ArrayList<>();
        ConcurrentLinkedQueue<Integer> sizes = new ConcurrentLinkedQueue<>();
        ConcurrentHashMap<Integer, Integer> takenIn = new ConcurrentHashMap<>();
        List<Race.Part> parts = new ArrayList<>();
        for (int i = 0; i < OFFERERS; i++) {
            int offerer = i;
            parts.add(() -> takenIn.put(
                    offerer, offerUntilClosed(queue, isOneLane ? WorkQueue.SERVER : "tenant" + offerer, offerer)));
        }
        parts.add(() -> {
            for (List<Item> some = queue.take(5); !some.isEmpty(); some = queue.take(5)) {
                given.addAll(some);
                sizes.add(queue.size());
                if (given.size() >= closeAfter) {
                    queue.close(); // while others offer
                }
            }
        });
        Race.of(parts);
        for (int i = 0; i < OFFERERS; i++) {
            int offerer = i;
            assertThat(given.stream().filter(item -> item.offerer() == offerer).map(Item::number))
                    .containsExactlyElementsOf(IntStream.range(0, takenIn.getOrDefault(offerer, -1))
                            .boxed()
                            .toList());
        }
        int most = ITEMS_MAX / 2 + (isOneLane ? 0 : OFFERERS * WorkQueue.SHARE);
        assertThat(sizes).allMatch(size -> size <= most);
        assertThat(queue.size()).isZero();
    }

    /** {@return how many were taken in} */
    private static int offerUntilClosed(WorkQueue<Item> queue, Object owner, int offerer) {
        int number = 0;
        while (true) {
            switch (queue.offer(owner, new Item(offerer, number), ITEM_BYTES)) {
                case TAKEN -> number++;
                case FULL -> Thread.onSpinWait();
                case CLOSED -> {
                    return number;
                }
            }
        }
    }
}
