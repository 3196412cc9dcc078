package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.RpcStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryCodecTest {
    private static final List<Cause> CAUSES = List.of(Cause.values());
    private static final List<RpcStatus> STATES = List.of(RpcStatus.values());
    private static final List<String> DETAILS =
            List.of("", "a", "ü € 😀", "x".repeat(127), "y".repeat(128), "z".repeat(1_000));

    @Test
    void bytesStayAsTheyAreInFiles() {
        List<HistoryEntry> history = List.of(
                new HistoryEntry(1_000, Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, ""),
                new HistoryEntry(1_002, Cause.ATTEMPT, RpcStatus.SENT, 1, 77, ""),
                new HistoryEntry(1_001, Cause.DUPLICATE_REPLY, RpcStatus.DELETED, 300, -1, "ok"));

        byte[] bytes = HistoryCodec.encode(history);

        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("01" + "0101d00f000000" + "02020401" + "9a0100" + "100a01" + "ac0201" + "026f6b");
        assertThat(HistoryCodec.decode(bytes)).isEqualTo(history);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whateverGoesInComesOut(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 300; round++) {
            List<HistoryEntry> history = history(random);
            assertThat(HistoryCodec.decode(HistoryCodec.encode(history)))
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(history);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void damagedBytesAreRefusedOrRead(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = HistoryCodec.encode(history(random));
            byte[] damaged = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                HistoryCodec.decode(damaged);
            } catch (SqlFailure e) {
                assertThat(e).hasMessageContaining("command");
            }
        }
    }

    @Test
    void cutLineIsRefused() {
        byte[] bytes =
                HistoryCodec.encode(List.of(new HistoryEntry(1, Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, "detail")));

        assertThatExceptionOfType(SqlFailure.class)
                .isThrownBy(() -> HistoryCodec.decode(Arrays.copyOf(bytes, bytes.length - 1)));
    }

    @Test
    void everyStateHasACodeOfItsOwn() {
        for (RpcStatus status : RpcStatus.values()) {
            assertThat(StatusCode.status(StatusCode.of(status))).isEqualTo(status);
        }
    }

    private static List<HistoryEntry> history(SplittableRandom random) {
        List<HistoryEntry> history = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            history.add(new HistoryEntry(
                    random.nextBoolean() ? random.nextLong() : 1_754_000_000_000L + random.nextInt(100_000),
                    CAUSES.get(random.nextInt(CAUSES.size())),
                    STATES.get(random.nextInt(STATES.size())),
                    random.nextInt(Integer.MAX_VALUE) >>> random.nextInt(31),
                    random.nextLong() >> random.nextInt(64),
                    DETAILS.get(random.nextInt(DETAILS.size()))));
        }
        return history;
    }
}
