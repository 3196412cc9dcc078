package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.rpc.RpcStore.Change;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.testing.MemoryRpcStore;
import io.signalbox.testing.SimulatedLoop;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PersistentRpcsTest {
    private static final long DEVICE = 7;
    private static final long NOW = 1_700_000_000_000L;

    private final MemoryRpcStore store = new MemoryRpcStore(_ -> Optional.empty());
    private final SimulatedLoop loop = new SimulatedLoop.World().loop();
    private final List<Mailbox.Event> told = new ArrayList<>();
    private final Sessions sessions = new Sessions(List.of(loop), _ -> new Told());
    private final PersistentRpcs rpcs =
            new PersistentRpcs(store, sessions, new Commits(), InstantSource.fixed(Instant.ofEpochMilli(NOW)));

    private final class Told implements Mailbox.Commands {
        @Override
        public void on(Mailbox.Event.OfCommands event) {
            told.add(event);
        }

        @Override
        public void on(Signal.OfRpc signal) {}

        @Override
        public void ready(Mailbox.Receiver receiver) {}

        @Override
        public boolean isIdle() {
            return false;
        }
    }

    private UUID command(RpcStatus status, boolean isOpen, int attempt) {
        UUID id = UUID.randomUUID();
        store.add(
                new RpcOrder(
                        id,
                        new TenantId(UUID.randomUUID()),
                        DEVICE,
                        new DeviceId(UUID.randomUUID()),
                        NOW - 1,
                        NOW + 60_000,
                        false,
                        "m",
                        new byte[] {'1'},
                        OptionalInt.empty(),
                        Optional.empty(),
                        RetryPolicy.STANDARD,
                        false,
                        Optional.of(true),
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        new UserId(UUID.randomUUID()),
                        "a@b.c",
                        RpcOrder.Origin.UNKNOWN),
                new RpcProgress(
                        status,
                        isOpen,
                        attempt,
                        attempt,
                        0,
                        Optional.empty(),
                        List.of(new HistoryEntry(NOW - 1, HistoryEntry.Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, ""))));
        return id;
    }

    private void giveTheDeviceAMailbox() {
        sessions.hand(DEVICE, new RpcChanged(0));
        carryOut();
        told.clear();
    }

    private void carryOut() {
        while (loop.step()) {
            // until nothing waits
        }
    }

    @Test
    void aCancelledCommandIsToldToItsMailbox() {
        giveTheDeviceAMailbox();
        UUID id = command(RpcStatus.QUEUED, true, 0);
        assertThat(rpcs.cancel(id, "a@b.c")).isInstanceOf(Change.Done.class);
        assertThat(told).isEmpty(); // not on this thread
        carryOut();
        assertThat(told).containsExactly(new RpcChanged(1));
        RpcProgress progress = rpcs.find(id).orElseThrow().progress();
        assertThat(progress.status()).isEqualTo(RpcStatus.CANCELLED);
        assertThat(progress.history().getLast().ts()).isEqualTo(NOW);
    }

    @Test
    void aDeletedCommandIsToldToItsMailbox() {
        giveTheDeviceAMailbox();
        assertThat(rpcs.delete(command(RpcStatus.SENT, true, 1), "a@b.c")).isInstanceOf(Change.Done.class);
        carryOut();
        assertThat(told).containsExactly(new RpcChanged(1));
    }

    @Test
    void whatChangedNothingIsNotTold() {
        giveTheDeviceAMailbox();
        assertThat(rpcs.cancel(command(RpcStatus.SENT, true, 1), "a@b.c")).isInstanceOf(Change.AlreadySent.class);
        assertThat(rpcs.cancel(command(RpcStatus.EXPIRED, false, 0), "a@b.c")).isInstanceOf(Change.AlreadyEnded.class);
        assertThat(rpcs.cancel(UUID.randomUUID(), "a@b.c")).isInstanceOf(Change.Missing.class);
        assertThat(rpcs.delete(UUID.randomUUID(), "a@b.c")).isInstanceOf(Change.Missing.class);
        carryOut();
        assertThat(told).isEmpty();
    }

    @Test
    void aDeviceWithoutAMailboxGetsNone() {
        assertThat(rpcs.cancel(command(RpcStatus.QUEUED, true, 0), "a@b.c")).isInstanceOf(Change.Done.class);
        carryOut();
        assertThat(sessions.size()).isZero();
    }
}
