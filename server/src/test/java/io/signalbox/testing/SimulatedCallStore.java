package io.signalbox.testing;

import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.CallStore;
import io.signalbox.rpc.KeyedCall;
import io.signalbox.rpc.Outcome;
import io.signalbox.session.Loop;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Remembered calls whose commits happen when a test says so, or fail, or are lost with the process. Nothing is forgotten. One thread. */
public final class SimulatedCallStore implements CallStore {
    private final Map<Key, Row> committed = new HashMap<>();
    private final ArrayDeque<Work> queue = new ArrayDeque<>();
    private boolean full;

    private record Key(TenantId tenant, String text) {}

    /** @param outcome null: begun */
    private record Row(
            UUID id, byte[] fingerprint, @Nullable Outcome outcome) {}

    private record Work(Runnable commit, Runnable fail) {}

    /** Whether new calls are turned away. */
    public void setFull(boolean isFull) {
        full = isFull;
    }

    public boolean isBusy() {
        return !queue.isEmpty();
    }

    /** Commits what waits longest, or fails to. */
    public void commit(boolean fails) {
        Work work = queue.poll();
        if (work != null) {
            (fails ? work.fail() : work.commit()).run();
        }
    }

    /** The process ends: what waits never happened, and nobody hears of it. */
    public void crash() {
        queue.clear();
    }

    @Override
    public boolean claim(KeyedCall call, Loop loop, Consumer<Claim> done) {
        if (full) {
            return false;
        }
        queue.add(new Work(
                () -> {
                    Claim claim = claim(call);
                    loop.execute(() -> done.accept(claim));
                },
                () -> loop.execute(() -> done.accept(new Claim.Failed(ErrorCode.STORE_UNAVAILABLE)))));
        return true;
    }

    private Claim claim(KeyedCall call) {
        Row row = committed.putIfAbsent(key(call), new Row(call.id(), call.fingerprint(), null));
        if (row == null) {
            return new Claim.Claimed();
        }
        if (!Arrays.equals(row.fingerprint(), call.fingerprint())) {
            return new Claim.Taken(row.id());
        }
        Outcome outcome = row.outcome();
        return outcome == null ? new Claim.Begun(row.id()) : new Claim.Ended(row.id(), outcome);
    }

    @Override
    public void remember(KeyedCall call, Outcome outcome, Loop loop, Runnable done) {
        queue.add(new Work(
                () -> {
                    committed.computeIfPresent(key(call), (_, row) -> new Row(row.id(), row.fingerprint(), outcome));
                    loop.execute(done);
                },
                () -> loop.execute(done)));
    }

    @Override
    public void release(KeyedCall call, Loop loop, Runnable done) {
        queue.add(new Work(
                () -> {
                    committed.remove(key(call));
                    loop.execute(done);
                },
                () -> loop.execute(done)));
    }

    private static Key key(KeyedCall call) {
        return new Key(call.tenant(), call.key());
    }
}
