package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.signalbox.device.Device;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.rpc.RequestIds;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlRequestIdsIT {
    private final TestDatabase databases;

    @TempDir
    Path folder;

    private Fixture core;
    private Device device;

    SqlRequestIdsIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        device = core.device(core.tenant("A"), "D");
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void blocksFollowEachOtherAlsoAcrossRestarts() {
        Device other = core.device(device.tenant(), "E");

        assertThat(reserve(device)).isEqualTo(1);
        assertThat(reserve(device)).isEqualTo(1 + RequestIds.BLOCK);
        core.reopen();
        assertThat(reserve(device)).isEqualTo(1 + 2 * RequestIds.BLOCK);
        assertThat(reserve(other)).isEqualTo(1);
    }

    @Test
    void blocksReservedAtTheSameTimeDiffer() {
        List<CompletableFuture<Integer>> blocks = IntStream.range(0, 50)
                .mapToObj(
                        i -> core.store().requestIds().reserve(device.number()).toCompletableFuture())
                .toList();

        assertThat(blocks.stream().map(CompletableFuture::join).distinct()).hasSize(50);
    }

    @Test
    void idsStayPositiveAndStartOver() {
        long blocks = (Integer.MAX_VALUE - 1L) / RequestIds.BLOCK;
        int last = (int) (1 + (blocks - 1) * RequestIds.BLOCK);
        reserve(device);
        core.close();
        try (Sql sql = core.sql()) {
            sql.update("UPDATE rpc_id_next SET next_id = ?", last);
        }
        core = new Fixture(databases.in(folder));

        assertThat(reserve(device)).isEqualTo(last);
        assertThat(Math.addExact(last, RequestIds.BLOCK - 1)).isPositive();
        assertThat(reserve(device)).isEqualTo(1);
    }

    @Test
    void deletedDeviceGetsNone() {
        reserve(device);
        core.devices().delete(device.id());

        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> reserve(device))
                .havingCause()
                .isInstanceOfSatisfying(
                        Rejected.class, rejected -> assertThat(rejected.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }

    private int reserve(Device device) {
        return core.store()
                .requestIds()
                .reserve(device.number())
                .toCompletableFuture()
                .join();
    }
}
