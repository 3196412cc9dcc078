package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.Outcome.Stage;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Mailbox.Receiver;
import io.signalbox.session.Signal;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open commands of one device, inside its mailbox: decides who goes next, carries out what {@link Rpc} decides.
 *
 * <p>Open commands are, in the order of acceptance, those in {@link #sent} and then those in {@link #unsent}; a command gets
 * its device-visible id when it is first sent.
 */
final class DeviceRpcs implements Mailbox.Commands {
    private static final Logger log = LoggerFactory.getLogger(DeviceRpcs.class);

    private final Mailbox mailbox;
    private final RpcService service;

    /** The one map of what may still be answered, by device-visible id. */
    private final LinkedHashMap<Integer, Pending> sent = new LinkedHashMap<>(4);

    private final ArrayDeque<Pending> unsent = new ArrayDeque<>(2);

    /** The reserved ids that are left: {@code idNext} up to, not including, {@code idEnd}. */
    private int idNext;

    private int idEnd;
    private boolean reserving;

    DeviceRpcs(Mailbox mailbox, RpcService service) {
        this.mailbox = mailbox;
        this.service = service;
    }

    /** Events of this feature. */
    sealed interface Event extends Mailbox.Event.OfCommands {
        record Submitted(Pending pending) implements Event {}

        /** The caller went away; the command goes on. */
        record Abandoned(Pending pending) implements Event {}

        record Woken(Pending pending, Rpc.Event event) implements Event {}

        record Reserved(int first) implements Event {}

        record ReserveFailed() implements Event {}

        record ShutDown() implements Event {}
    }

    /** An open command and its caller. Mutable state belongs to the mailbox. */
    static final class Pending implements RpcService.Call {
        private final RpcService service;
        private final long device;
        private final Loop callerLoop;
        private @Nullable Consumer<Outcome> done;
        private Rpc rpc;
        private int requestId;
        private Loop.@Nullable Timer deadline;

        Pending(RpcService service, long device, Command command, Loop callerLoop, Consumer<Outcome> done) {
            this.service = service;
            this.device = device;
            this.callerLoop = callerLoop;
            this.done = done;
            this.rpc = Rpc.accept(command);
        }

        long device() {
            return device;
        }

        Loop callerLoop() {
            return callerLoop;
        }

        @Override
        public void abandon() {
            service.abandon(this);
        }
    }

    @Override
    public void on(Mailbox.Event.OfCommands event) {
        mailbox.assertInside();
        switch ((Event) event) {
            case Event.Submitted(Pending pending) -> submit(pending);
            case Event.Abandoned(Pending pending) -> {
                if (pending.done != null) {
                    pending.done = null;
                    service.waiterLeft();
                }
            }
            case Event.Woken(Pending pending, Rpc.Event rpcEvent) -> {
                if (rpcEvent instanceof Rpc.Event.Elapsed) { // the stage is that of now, not of when the timer was set
                    apply(pending, new Rpc.Event.Elapsed(unsentStage()));
                } else {
                    apply(pending, rpcEvent);
                }
                next();
            }
            case Event.Reserved(int first) -> {
                reserving = false;
                idNext = first;
                idEnd = first + RequestIds.BLOCK;
                next();
            }
            case Event.ReserveFailed() -> {
                reserving = false;
                declineUnsent();
            }
            case Event.ShutDown() -> shutDown();
        }
    }

    @Override
    public void on(Signal.OfRpc signal) {
        Pending pending = sent.get(signal.requestId());
        if (pending == null) {
            service.stray();
            return;
        }
        apply(
                pending,
                switch (signal) {
                    case Signal.RpcWritten(int _, int attempt, boolean ackExpected) ->
                        new Rpc.Event.Written(attempt, ackExpected);
                    case Signal.RpcAcked(int _, int attempt) -> new Rpc.Event.Acked(attempt);
                    case Signal.RpcAckOverdue(int _, int attempt) -> new Rpc.Event.AckOverdue(attempt);
                    case Signal.RpcRefused(int _, String error) -> new Rpc.Event.Refused(error);
                    case Signal.RpcReplied(int _, byte[] payload) -> new Rpc.Event.Replied(payload);
                });
        if (signal instanceof Signal.RpcAckOverdue && pending.rpc.isOpen()) {
            sendAgain(pending);
        }
        if (!unsent.isEmpty() || service.strategy() != SubmitStrategy.BURST) {
            next();
        }
    }

    @Override
    public void ready(Receiver receiver) {
        mailbox.assertInside();
        reserveIfEmpty();
        if (offerSent(receiver)) {
            next();
        }
    }

    @Override
    public boolean isIdle(boolean subscribed) {
        return sent.isEmpty() && unsent.isEmpty() && !reserving && !subscribed;
    }

    private void submit(Pending pending) {
        Command command = pending.rpc.command();
        long now = service.nanoTime();
        if (now - command.deadline() >= 0) {
            service.forgotten(command);
            answer(pending, new Outcome.TimedOut(Stage.EXPIRED));
            return;
        }
        if (sent.size() + unsent.size() >= service.openPerDeviceMax()) {
            service.forgotten(command);
            answer(
                    pending,
                    new Outcome.Declined(
                            ErrorCode.TOO_MANY_REQUESTS,
                            "Too many open commands for this device: " + service.openPerDeviceMax()));
            return;
        }
        service.opened();
        pending.deadline = wakeAfter(pending, command.deadline() - now, new Rpc.Event.Elapsed(Stage.NO_SESSION));
        unsent.add(pending);
        next();
    }

    /** Hands out unsent commands as the strategy allows, in order. */
    private void next() {
        if (!sendAgainInTurn()) {
            return;
        }
        while (!unsent.isEmpty()) {
            Receiver receiver = mailbox.receiver();
            if (receiver == null || !mayStart()) {
                return;
            }
            int id = takeId();
            if (id == 0) {
                return;
            }
            Pending pending = unsent.element();
            pending.requestId = id;
            if (!transmit(pending, receiver)) {
                idNext--;
                return;
            }
            if (pending.rpc.isOpen()) { // else its time was over, and it has gone already
                unsent.remove();
                sent.put(id, pending);
            }
        }
    }

    /**
     * Where one follows the other, what an earlier connection was given may get its turn long after this one subscribed. False:
     * there is no room.
     */
    private boolean sendAgainInTurn() {
        if (sent.isEmpty() || service.strategy() == SubmitStrategy.BURST) {
            return true;
        }
        Receiver receiver = mailbox.receiver();
        // Not to a poll: another one may be carrying the command at this moment.
        return receiver == null || !receiver.session().features().push() || offerSent(receiver);
    }

    private boolean mayStart() {
        return switch (service.strategy()) {
            case BURST -> true;
            case SEQUENTIAL_ON_ACK_FROM_DEVICE ->
                sent.values().stream().allMatch(p -> p.rpc.isDelivered() || p.rpc.yields());
            case SEQUENTIAL_ON_RESPONSE_FROM_DEVICE -> sent.values().stream().allMatch(p -> p.rpc.yields());
        };
    }

    /**
     * A session subscribed or has room again: what was sent to another subscription and is not done is sent to it, as the
     * strategy says (server-side RPC §5.1). False: it has no room for all.
     */
    private boolean offerSent(Receiver receiver) {
        for (Pending pending : List.copyOf(sent.values())) {
            switch (service.strategy()) {
                case BURST -> {
                    if (!transmit(pending, receiver)) {
                        return false;
                    }
                    if (!receiver.session().features().push()) {
                        return true;
                    }
                }
                case SEQUENTIAL_ON_ACK_FROM_DEVICE -> {
                    if (!pending.rpc.isDelivered() && !gaveUp(pending, receiver)) {
                        return transmit(pending, receiver);
                    }
                }
                case SEQUENTIAL_ON_RESPONSE_FROM_DEVICE -> {
                    if (!pending.rpc.isDelivered() && !gaveUp(pending, receiver)) {
                        return transmit(pending, receiver);
                    }
                    if (!pending.rpc.yields()) {
                        carryOut(pending, pending.rpc.resume(receiver.generation()));
                        return true;
                    }
                }
            }
        }
        return true;
    }

    /** This subscription did not acknowledge it however often it was sent. */
    private static boolean gaveUp(Pending pending, Receiver receiver) {
        return pending.rpc.yields() && pending.rpc.generation() == receiver.generation();
    }

    private void sendAgain(Pending pending) {
        Receiver receiver = mailbox.receiver();
        if (receiver != null) {
            transmit(pending, receiver);
        }
    }

    /** False: the session has no room, and nothing has changed. */
    private boolean transmit(Pending pending, Receiver receiver) {
        Rpc.Step step = pending.rpc.on(new Rpc.Event.Ready(receiver.generation()), service.nanoTime());
        for (Rpc.Effect effect : step.effects()) {
            if (effect instanceof Rpc.Effect.Transmit(int attempt)) {
                Command command = pending.rpc.command();
                if (!receiver.session()
                        .send(new DownlinkMessage.RpcRequest(
                                pending.requestId, attempt, command.method(), command.params()))) {
                    return false;
                }
                mailbox.spend(receiver);
            }
        }
        carryOut(pending, step);
        return true;
    }

    private void apply(Pending pending, Rpc.Event event) {
        carryOut(pending, pending.rpc.on(event, service.nanoTime()));
    }

    /** Takes the step; a transmission has been carried out before, since it can fail. */
    private void carryOut(Pending pending, Rpc.Step step) {
        boolean wasOpen = pending.rpc.isOpen();
        pending.rpc = step.next();
        if (wasOpen && !pending.rpc.isOpen()) {
            if (!sent.remove(pending.requestId, pending)) {
                unsent.remove(pending);
            }
            service.closed();
            service.forgotten(pending.rpc.command());
        }
        for (Rpc.Effect effect : step.effects()) {
            switch (effect) {
                case Rpc.Effect.Transmit _ -> {}
                case Rpc.Effect.WakeAfter(long delayNanos, Rpc.Event event) -> wakeAfter(pending, delayNanos, event);
                case Rpc.Effect.Answer(Outcome outcome) -> answer(pending, outcome);
            }
        }
    }

    private Loop.Timer wakeAfter(Pending pending, long delayNanos, Rpc.Event event) {
        return pending.callerLoop.schedule(
                Duration.ofNanos(delayNanos), () -> service.post(pending, new Event.Woken(pending, event)));
    }

    private void answer(Pending pending, Outcome outcome) {
        Consumer<Outcome> done = pending.done;
        Loop.Timer timer = pending.deadline;
        pending.done = null;
        pending.deadline = null;
        if (done != null) {
            service.waiterLeft();
        }
        pending.callerLoop.run(() -> {
            if (timer != null) {
                timer.cancel();
            }
            if (done != null) {
                tell(done, outcome);
            }
        });
    }

    /** A caller whose callback throws must not take the device's mailbox with it. */
    private void tell(Consumer<Outcome> done, Outcome outcome) {
        try {
            done.accept(outcome);
        } catch (RuntimeException | AssertionError e) {
            service.failed();
            log.error("rpc caller not told device={}", mailbox.device(), e);
        }
    }

    private Stage unsentStage() {
        return mailbox.receiver() != null
                ? Stage.WAITING
                : mailbox.isConnected() ? Stage.NOT_SUBSCRIBED : Stage.NO_SESSION;
    }

    /** The next free id, or 0 while a block is being reserved. */
    private int takeId() {
        while (idNext != idEnd) {
            int id = idNext++;
            if (!sent.containsKey(id)) {
                return id;
            }
        }
        reserveIfEmpty();
        return 0;
    }

    private void reserveIfEmpty() {
        if (idNext == idEnd && !reserving) {
            reserving = true;
            service.reserve(mailbox.device());
        }
    }

    private void declineUnsent() {
        Outcome outcome =
                new Outcome.Declined(ErrorCode.STORE_UNAVAILABLE, "The store does not take writes; nothing was sent");
        List.copyOf(unsent).forEach(pending -> apply(pending, new Rpc.Event.Dropped(outcome)));
    }

    private void shutDown() {
        Stage unsentStage = unsentStage();
        List<Pending> all = new ArrayList<>(sent.values());
        all.addAll(unsent);
        for (Pending pending : all) {
            Outcome outcome = new Outcome.ShuttingDown(pending.rpc.stage(unsentStage));
            apply(pending, new Rpc.Event.Dropped(outcome));
        }
    }
}
