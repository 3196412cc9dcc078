package io.signalbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadTurnsTest {
    /** What runs, until the test ends it. */
    private final ArrayDeque<Runnable> threads = new ArrayDeque<>();

    private final ReadTurns turns = new ReadTurns(threads::add, 4, 2);
    private final List<String> done = new ArrayList<>();

    @Test
    void nobodyHasMoreThanItsPart() {
        run("a", "a1", "a2", "a3", "a4");
        assertThat(threads).hasSize(2);
        run("b", "b1", "b2", "b3");
        assertThat(threads).hasSize(4);
        run("c", "c1");
        assertThat(turns.waiting()).isEqualTo(4);

        endOne();
        endOne();
        endAll();

        assertThat(done).containsExactly("a1", "a2", "b1", "b2", "c1", "a3", "a4", "b3");
        assertThat(turns.waiting()).isZero();
        run("a", "a5");
        endAll();
        assertThat(done).endsWith("a5");
    }

    private void run(String owner, String... works) {
        for (String work : works) {
            turns.run(owner, () -> done.add(work));
        }
    }

    private void endOne() {
        threads.remove().run();
    }

    private void endAll() {
        while (!threads.isEmpty()) {
            endOne();
        }
    }
}
