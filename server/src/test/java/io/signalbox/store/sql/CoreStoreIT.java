package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class CoreStoreIT {
    private static final int THREADS = 64;
    private static final int EACH = 10;

    private final TestDatabase databases;

    @TempDir
    Path folder;

    CoreStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @Test
    void whatManyThreadsInsertIsThereAfterReopening() throws Exception {
        try (Fixture core = new Fixture(databases.in(folder))) {
            TenantId tenant = core.tenant("A");
            List<Future<List<Device>>> inserts = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int thread = 0; thread < THREADS; thread++) {
                    int prefix = thread;
                    inserts.add(threads.submit(() -> insertSome(core, tenant, prefix)));
                }
            }
            core.reopen();

            List<Device> inserted = new ArrayList<>();
            for (Future<List<Device>> insert : inserts) {
                inserted.addAll(insert.get());
            }
            assertThat(core.devices().devicesOf(tenant, 0, 2 * THREADS * EACH))
                    .containsExactlyInAnyOrderElementsOf(inserted)
                    .hasSize(THREADS * EACH);
        }
    }

    private static List<Device> insertSome(Fixture core, TenantId tenant, int prefix) {
        List<Device> inserted = new ArrayList<>();
        for (int i = 0; i < EACH; i++) {
            Device device = core.device(tenant, "D" + prefix + "-" + i);
            // whoever was answered finds it
            assertThat(core.devices().device(device.id())).contains(device);
            inserted.add(device);
        }
        return inserted;
    }
}
