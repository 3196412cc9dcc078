package io.signalbox.rpc;

import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lightweight commands with idempotency keys: repeating the request within 24 hours gives the same outcome, and runs nothing
 * twice, whoever repeats it, and also when the server has started anew meanwhile.
 *
 * <pre>
 * free ──claim, committed──▶ begun ──an attempt was made, its outcome is committed──▶ ended: repeats get that outcome
 *   ▲                          │ ╲
 *   └──nothing was sent────────┘  ╲──the process ended, or a commit failed──▶ begun for ever: repeats hear that it is unknown
 * </pre>
 *
 * <p>Who comes while the command is under way in this process waits for its outcome with the first, at most until its own
 * deadline. A first caller that goes away leaves the command and those who wait with it.
 */
public final class KeyedCalls {
    private static final Logger log = LoggerFactory.getLogger(KeyedCalls.class);
    private static final RpcService.Call NOTHING_UNDER_WAY = () -> {};

    /** For the commit of an outcome, behind the command's deadline. */
    private static final Duration STORE_PATIENCE = Duration.ofSeconds(30);

    private final RpcService rpcs;
    private final CallStore store;

    /** Those that are under way; each has the place of a waiter, so the bound of those is theirs, too. */
    private final ConcurrentHashMap<Name, Open> open = new ConcurrentHashMap<>();

    private final LongAdder repeated = new LongAdder();

    private record Name(TenantId tenant, String key) {}

    public KeyedCalls(RpcService rpcs, CallStore store) {
        this.rpcs = rpcs;
        this.store = store;
    }

    /**
     * As {@link RpcService#call}, behind a commit; with another commit before the outcome.
     *
     * @param call whose id is that of {@code command}
     * @param done {@link Outcome.Repeated} when an earlier request has this key
     */
    public RpcService.Call call(long device, KeyedCall call, Command command, Loop caller, Consumer<Outcome> done) {
        Outcome.@Nullable Declined full = rpcs.waiterCame();
        if (full != null) {
            done.accept(full);
            return NOTHING_UNDER_WAY;
        }
        Name name = new Name(call.tenant(), call.key());
        Open mine = new Open(name, device, call, command, caller);
        Open present = open.putIfAbsent(name, mine);
        if (present == null) {
            return mine.begin(done);
        }
        if (!Arrays.equals(present.call.fingerprint(), call.fingerprint())) {
            rpcs.waiterLeft();
            done.accept(taken(present.call.id()));
            return NOTHING_UNDER_WAY;
        }
        Waiter waiter = new Waiter(present, caller, false, done);
        waiter.waitUntil(command.deadline());
        present.home.run(() -> present.join(waiter));
        return waiter;
    }

    /** Commands with a key that are under way now. */
    public int open() {
        return open.size();
    }

    /** Calls since the start that got the outcome of an earlier one. */
    public long repeated() {
        return repeated.sum();
    }

    private static Outcome taken(UUID id) {
        return new Outcome.Declined(
                ErrorCode.IDEMPOTENCY_KEY_TAKEN, "The idempotency key stands for another request, rpc " + id);
    }

    private static Outcome notStored(ErrorCode code) {
        return new Outcome.Declined(code, "The command was neither stored nor sent, and may be repeated");
    }

    /** A command under way and all who wait for its outcome. Mutable state belongs to {@link #home}. */
    private final class Open {
        private final Name name;
        private final long device;
        private final KeyedCall call;
        private final Command command;
        private final Loop home;
        private final Set<Waiter> waiters = new LinkedHashSet<>(2);
        private @Nullable Outcome outcome;

        Open(Name name, long device, KeyedCall call, Command command, Loop home) {
            this.name = name;
            this.device = device;
            this.call = call;
            this.command = command;
            this.home = home;
        }

        RpcService.Call begin(Consumer<Outcome> done) {
            Waiter first = new Waiter(this, home, true, done);
            waiters.add(first);
            first.waitUntil(command.deadline() + STORE_PATIENCE.toNanos());
            if (!store.claim(call, home, how -> claimed(first, how))) {
                end(notStored(ErrorCode.STORE_UNAVAILABLE));
            }
            return first;
        }

        private void claimed(Waiter first, CallStore.Claim how) {
            switch (how) {
                case CallStore.Claim.Claimed() -> {
                    first.giveUpPlace(); // the command takes one of its own
                    rpcs.call(device, command, home, this::ended);
                }
                case CallStore.Claim.Begun(UUID id) -> end(new Outcome.Repeated(id, new Outcome.Unknown()));
                case CallStore.Claim.Ended(UUID id, Outcome before) -> end(new Outcome.Repeated(id, before));
                case CallStore.Claim.Taken(UUID id) -> end(taken(id));
                case CallStore.Claim.Failed(ErrorCode code) -> end(notStored(code));
            }
        }

        private void ended(Outcome how) {
            switch (how) {
                case Outcome.Answered _, Outcome.Delivered _ -> store.remember(call, how, home, () -> end(how));
                case Outcome.TimedOut(Outcome.Stage stage) -> {
                    if (stage.mayHaveRun()) {
                        store.remember(call, how, home, () -> end(how));
                    } else {
                        store.release(call, home, () -> end(how));
                    }
                }
                case Outcome.Declined _ -> store.release(call, home, () -> end(how));
                case Outcome.ShuttingDown(
                        Outcome.Stage stage) -> { // the answer does not wait: the store is next to stop
                    if (!stage.mayHaveRun()) {
                        store.release(call, home, () -> {});
                    }
                    end(how);
                }
                case Outcome.Accepted _, Outcome.Known _, Outcome.Repeated _, Outcome.Unknown _, Outcome.NotKept _ ->
                    throw new IllegalStateException("a lightweight command ended with " + how);
            }
        }

        private void join(Waiter waiter) {
            Outcome how = outcome;
            if (how == null) {
                waiters.add(waiter);
            } else {
                waiter.tell(asRepeated(how));
            }
        }

        /** What was begun before is no longer here, and is asked of the store. */
        private void end(Outcome how) {
            outcome = how;
            open.remove(name, this);
            List<Waiter> all = List.copyOf(waiters);
            waiters.clear();
            all.forEach(waiter -> waiter.tell(waiter.isFirst ? how : asRepeated(how)));
        }

        private Outcome asRepeated(Outcome how) {
            return how instanceof Outcome.Repeated ? how : new Outcome.Repeated(call.id(), how);
        }
    }

    /** A caller. Mutable state belongs to its loop. */
    private final class Waiter implements RpcService.Call {
        private final Open of;
        private final Loop loop;
        private final boolean isFirst;
        private @Nullable Consumer<Outcome> done;
        private Loop.@Nullable Timer late;
        private boolean hasPlace = true;

        Waiter(Open of, Loop loop, boolean isFirst, Consumer<Outcome> done) {
            this.of = of;
            this.loop = loop;
            this.isFirst = isFirst;
            this.done = done;
        }

        void waitUntil(long deadline) {
            late = loop.schedule(
                    Duration.ofNanos(Math.max(0, deadline - rpcs.nanoTime())),
                    () -> tell(new Outcome.Repeated(of.call.id(), new Outcome.Unknown())));
        }

        /** Any loop. */
        void tell(Outcome how) {
            loop.run(() -> {
                Consumer<Outcome> told = leave();
                if (told == null) {
                    return;
                }
                if (how instanceof Outcome.Repeated) {
                    repeated.increment();
                }
                try {
                    told.accept(how);
                } catch (RuntimeException | AssertionError e) {
                    rpcs.failed();
                    log.error("rpc caller not told rpc={}", of.call.id(), e);
                }
            });
        }

        @Override
        public void abandon() {
            loop.run(this::leave);
        }

        /** Who was to be told; null: it was told, or went away. */
        private @Nullable Consumer<Outcome> leave() {
            Consumer<Outcome> leaving = done;
            done = null;
            if (leaving != null) {
                if (late != null) {
                    late.cancel();
                    of.home.run(() -> of.waiters.remove(this));
                }
                giveUpPlace();
            }
            return leaving;
        }

        void giveUpPlace() {
            if (hasPlace) {
                hasPlace = false;
                rpcs.waiterLeft();
            }
        }
    }
}
