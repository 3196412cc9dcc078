package io.signalbox.simulator;

/** A queue of numbers with a fixed capacity, without boxes. */
final class IntQueue {
    private final int[] items;
    private int first;
    private int size;

    IntQueue(int capacity) {
        items = new int[Math.max(1, capacity)];
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** @throws IllegalStateException when it is full, which means that an item was added twice */
    void add(int item) {
        if (size == items.length) {
            throw new IllegalStateException("queue of " + size + " is full");
        }
        int at = first + size++;
        items[at < items.length ? at : at - items.length] = item;
    }

    int remove() {
        int item = items[first];
        first = first + 1 == items.length ? 0 : first + 1;
        size--;
        return item;
    }

    /** Takes {@code item} out wherever it stands. */
    void removeIfPresent(int item) {
        for (int left = size; left > 0; left--) {
            int next = remove();
            if (next != item) {
                add(next);
            }
        }
    }
}
