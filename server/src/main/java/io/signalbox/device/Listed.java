package io.signalbox.device;

import java.util.List;
import java.util.function.Function;

/**
 * A part of a list.
 *
 * @param total how long the whole list is
 */
public record Listed<T>(List<T> items, long total) {
    public Listed {
        items = List.copyOf(items);
    }

    public <U> Listed<U> map(Function<T, U> change) {
        return new Listed<>(items.stream().map(change).toList(), total);
    }
}
