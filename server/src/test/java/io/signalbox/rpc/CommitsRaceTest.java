package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.testing.Race;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Followers that come and go while commits are told. */
@Timeout(60)
class CommitsRaceTest {
    private static final long DEVICE = 7;
    private static final long COMMITS = 50_000;

    private final Commits commits = new Commits();
    /** The last commit whose telling has begun, and the last whose telling is done. */
    private volatile long begun;

    private volatile long done;

    private static final class Heard implements Commits.Follower {
        final ConcurrentLinkedQueue<Long> numbers = new ConcurrentLinkedQueue<>();

        @Override
        public void committed(long number) {
            numbers.add(number);
            Race.dawdle();
        }

        @Override
        public void deviceDeleted() {
            numbers.add(-1L);
        }

        /** Asked while somebody leaves: a good moment for others to come. */
        @Override
        public boolean equals(@Nullable Object other) {
            Race.dawdle();
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    @Test
    void whoFollowsHearsAllAndWhoLeftHearsNothing() {
        Heard steady = new Heard();
        commits.follow(DEVICE, steady);
        Race.of(List.of(this::tell, this::visit, this::visit));
        assertThat(steady.numbers).containsExactlyElementsOf(range(0, COMMITS));
        commits.leave(DEVICE, steady);
        commits.deviceDeleted(DEVICE);
        assertThat(steady.numbers).doesNotContain(-1L);
    }

    private void tell() {
        for (long number = 1; number <= COMMITS; number++) {
            begun = number;
            commits.committed(DEVICE, number);
            done = number;
        }
    }

    private void visit() {
        while (done < COMMITS) {
            Heard visitor = new Heard();
            commits.follow(DEVICE, visitor);
            long from = begun;
            Race.until("a commit", () -> done > from || done == COMMITS);
            long to = done;
            commits.leave(DEVICE, visitor);
            long gone = begun;
            assertThat(visitor.numbers.stream().filter(number -> number > from && number <= to))
                    .containsExactlyElementsOf(range(from, to));
            assertThat(visitor.numbers).allMatch(number -> number <= gone);
        }
    }

    private static List<Long> range(long behind, long to) {
        return LongStream.rangeClosed(behind + 1, to).boxed().toList();
    }
}
