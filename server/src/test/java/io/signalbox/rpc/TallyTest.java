package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TallyTest {
    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void countsEndsAndTimesWhatReachedItsAim() {
        Tally tally = new Tally();
        for (int i = 0; i < 98; i++) {
            tally.end(RpcStatus.SUCCESSFUL, 1, millis(4));
        }
        tally.end(RpcStatus.DELIVERED, 3, millis(40));
        tally.end(RpcStatus.SUCCESSFUL, 1, millis(3_000));
        tally.end(RpcStatus.EXPIRED, 0, millis(60_000));
        tally.late(false);
        tally.late(true);

        assertThat(tally.commands()).isEqualTo(101);
        assertThat(tally.ended(RpcStatus.EXPIRED)).isEqualTo(1);
        assertThat(tally.ended(RpcStatus.FAILED)).isZero();
        assertThat(tally.resent()).isEqualTo(2);
        assertThat(tally.late()).isEqualTo(1);
        assertThat(tally.duplicates()).isEqualTo(1);
        assertThat(tally.timed()).isEqualTo(100);
        assertThat(tally.meanMillis()).isEqualTo((98 * 4 + 40 + 3_000) / 100.0);
        assertThat(tally.millisMax()).isEqualTo(3_000);
        assertThat(tally.quantileMillis(0.5)).isEqualTo(5);
        assertThat(tally.quantileMillis(0.99)).isEqualTo(50);
        assertThat(tally.quantileMillis(1)).isBetween(3_000.0, 3_001.0);
    }

    @Test
    void sumIsThatOfBoth() {
        Tally one = new Tally();
        one.end(RpcStatus.FAILED, 2, millis(7));
        Tally other = new Tally();
        other.end(RpcStatus.FAILED, 1, millis(7));
        other.end(RpcStatus.SUCCESSFUL, 1, millis(7));
        one.add(other);
        assertThat(one.ended(RpcStatus.FAILED)).isEqualTo(2);
        assertThat(one.resent()).isEqualTo(1);
        assertThat(one.timed()).isEqualTo(1);
        assertThat(other.ended(RpcStatus.FAILED)).isEqualTo(1);
    }

    @Test
    void nothingHasNoTimes() {
        assertThat(new Tally().meanMillis()).isZero();
        assertThat(new Tally().quantileMillis(0.5)).isZero();
    }
}
