package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.Outcome.Stage;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Mailbox.Receiver;
import io.signalbox.session.Signal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commands of one device, inside its mailbox: decides who goes next, carries out what {@link Rpc} decides.
 *
 * <p>{@link OpenRpcs} has those that are open, in order; a command gets its device-visible id when it is first sent. A
 * lightweight command lives there only. A persistent one lives in the store, and here while the device is connected: see
 * {@link StoredRpcs}.
 */
final class DeviceRpcs implements Mailbox.Commands {
    private final Mailbox mailbox;
    private final RpcService service;
    private final OpenRpcs open = new OpenRpcs();
    private final DeviceSettings settings;
    private final StoredRpcs stored;
    private Delivery delivery;

    /** No command waits for another one, nor for what is not read yet. */
    private boolean isFree;

    private boolean isKnown;

    /** Commands go out otherwise than the server says. */
    private boolean isSet;

    /** Some of what was sent before waits until fewer commits are under way. */
    private boolean isOwed;

    /**
     * Commands of one attempt that nobody was given yet, oldest first: they end in the very event, but while what this server
     * needs is on its way. Persistent ones are accepted when that is known.
     */
    private final ArrayDeque<Pending> nowOrNever = new ArrayDeque<>(0);

    /** The reserved ids that are left: {@code idNext} up to, not including, {@code idEnd}. */
    private int idNext;

    private int idEnd;
    private boolean reserving;

    DeviceRpcs(Mailbox mailbox, RpcService service) {
        this.mailbox = mailbox;
        this.service = service;
        this.settings = new DeviceSettings(mailbox, service);
        this.delivery = settings.delivery();
        this.stored = new StoredRpcs(mailbox, service, open, settings, this);
    }

    /** Events of this feature. */
    sealed interface Event extends Mailbox.Event.OfCommands {
        record Submitted(Pending pending) implements Event {}

        /** The caller went away; the command goes on. */
        record Abandoned(Pending pending) implements Event {}

        /** Nobody knows yet whether the command is stored. */
        record StoreSilent(Pending pending) implements Event {}

        record Woken(Pending pending, Rpc.Event event) implements Event {}

        record Reserved(int first) implements Event {}

        record ReserveFailed() implements Event {}

        /** The commit of this command that was under way is done, or did not happen. */
        record Saved(Pending pending, RpcStore.Saved how) implements Event {}

        record Loaded(List<RpcRecord> records) implements Event {}

        /** As {@link Loaded}, with the answer to what {@link DeviceSettings} asked. */
        record LoadedWith(int asked, RpcSettings.@Nullable OfDevice set, List<RpcRecord> records) implements Event {}

        /** @param asked 0: the settings were not asked for */
        record LoadFailed(int asked) implements Event {}

        record LoadAgain() implements Event {}

        record SettingsChanged() implements Event {}

        record ProfileIs(DeviceProfileId profile) implements Event {}

        /** @param change counts changes of all profiles */
        record ProfileChanged(long change, DeviceProfileId profile, RpcSettings now) implements Event {}

        record SettingsRead(int asked, RpcSettings.@Nullable OfDevice set) implements Event {}

        record SettingsUnread(int asked) implements Event {}

        record ShutDown() implements Event {}
    }

    @Override
    public void on(Mailbox.Event.OfCommands event) {
        mailbox.assertInside();
        if (event instanceof RpcChanged(long number)) {
            stored.changed(number);
            return;
        }
        switch ((Event) event) {
            case Event.Submitted(Pending pending) -> submit(pending);
            case Event.Abandoned(Pending pending) -> pending.forgetCaller();
            case Event.StoreSilent(Pending pending) -> pending.answer(new Outcome.Unknown());
            case Event.Woken(Pending pending, Rpc.Event rpcEvent) -> woken(pending, rpcEvent);
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
            case Event.Saved(Pending pending, RpcStore.Saved how) -> stored.saved(pending, how);
            case Event.Loaded(List<RpcRecord> records) -> stored.loaded(records);
            case Event.LoadedWith(int asked, RpcSettings.OfDevice set, List<RpcRecord> records) -> {
                settings.answered(asked, set);
                follow();
                stored.loaded(records);
            }
            case Event.LoadFailed(int asked) -> {
                if (asked != 0) {
                    settings.answered(asked, null);
                    follow();
                }
                stored.loadFailed();
            }
            case Event.LoadAgain() -> {
                stored.loadAgain();
                reserveIfEmpty();
            }
            case Event.SettingsChanged() -> settings.changed();
            case Event.ProfileIs(DeviceProfileId profile) -> settings.profileIs(profile);
            case Event.ProfileChanged(long change, DeviceProfileId profile, RpcSettings now) -> {
                settings.profileChanged(change, profile, now);
                follow();
            }
            case Event.SettingsRead(int asked, RpcSettings.OfDevice set) -> {
                settings.answered(asked, set);
                follow();
            }
            case Event.SettingsUnread(int asked) -> settings.unread(asked);
            case Event.ShutDown() -> shutDown();
        }
        if (!nowOrNever.isEmpty()) {
            endNowOrNever();
        }
    }

    /** Goes on as is set now. What the device has stays there; behind it, the new settings count. */
    private void follow() {
        boolean wasKnown = isKnown;
        Delivery before = delivery;
        isKnown = settings.isKnown();
        delivery = settings.delivery();
        isFree = isKnown && delivery.isFree();
        isSet = !delivery.equals(service.delivery());
        if (!delivery.equals(before)) {
            open.all().forEach(this::change);
        } else if (wasKnown == isKnown) {
            return;
        }
        goOn();
    }

    private void change(Pending pending) {
        pending.rpc = pending.rpc.under(delivery);
        if (pending.rpc.isDelivered() && !delivery.answerWait().isZero()) {
            pending.wakeAfter(delivery.answerWait().toNanos(), new Rpc.Event.AnswerOverdue(pending.rpc.generation()));
        }
    }

    /** More may go out than before. */
    void goOn() {
        Receiver receiver = mailbox.receiver();
        // Not again to a poll: another one may be carrying the command.
        if (receiver == null || offerSent(receiver, receiver.session().isPush())) {
            next();
        }
    }

    boolean isFree() {
        return isFree;
    }

    /** Whether it is known what the device takes, and what it may have already. */
    private boolean isReady() {
        return isFree || (isKnown && stored.isBegun());
    }

    /** The command goes out as is set for the device. */
    void fit(Pending pending) {
        if (isSet) {
            pending.rpc = pending.rpc.under(delivery);
        }
    }

    private void woken(Pending pending, Rpc.Event event) {
        if (pending.isDropped) {
            return;
        }
        switch (event) {
            // the stage is that of now, not of when the timer was set
            case Rpc.Event.Elapsed _ -> apply(pending, new Rpc.Event.Elapsed(unsentStage()));
            case Rpc.Event.RetryDue(int attempt, boolean _) -> {
                Receiver receiver = mailbox.receiver();
                boolean spoke = receiver != null && receiver.session().heardNanos() - pending.handedNanos > 0;
                apply(pending, new Rpc.Event.RetryDue(attempt, spoke));
                if (pending.rpc.isOpen() && !pending.rpc.isTaken()) { // else it is about an older attempt
                    sendAgain(pending);
                }
            }
            default -> apply(pending, event);
        }
        next();
    }

    @Override
    public void on(Signal.OfRpc signal) {
        take(signal);
        if (open.hasUnsent() || !isFree) {
            next();
        }
    }

    /** As {@link #on(Signal.OfRpc)}, but nothing is sent. */
    void take(Signal.OfRpc signal) {
        Pending pending = open.sent(signal.requestId());
        if (pending == null) {
            if (signal instanceof Signal.RpcReplied reply) {
                stored.stray(reply);
            } else {
                service.stray();
            }
            return;
        }
        if (!pending.isOut) {
            service.stray();
            if (signal instanceof Signal.RpcReplied reply) {
                reply.receipt().ifPresent(Pending::tellStored);
            }
            return;
        }
        switch (signal) {
            case Signal.RpcWritten(int _, int attempt, boolean ackExpected) ->
                apply(pending, new Rpc.Event.Written(attempt, ackExpected));
            case Signal.RpcAcked(int _, int attempt) -> apply(pending, new Rpc.Event.Acked(attempt));
            case Signal.RpcAckOverdue(int _, int attempt) -> {
                apply(pending, new Rpc.Event.AckOverdue(attempt));
                if (pending.rpc.isOpen() && !pending.isPersistent() && !pending.rpc.isTaken()) {
                    sendAgain(pending);
                }
            }
            case Signal.RpcRefused(int _, String error) -> apply(pending, new Rpc.Event.Refused(error));
            case Signal.RpcReplied reply -> {
                apply(pending, new Rpc.Event.Replied(reply.payload()));
                pending.answered(reply);
            }
        }
    }

    @Override
    public void ready(Receiver receiver) {
        mailbox.assertInside();
        reserveIfEmpty();
        stored.readOnce();
        if (offerSent(receiver, true)) {
            next();
        }
    }

    @Override
    public boolean isIdle() {
        if (reserving || settings.isAsking() || stored.isBusy() || open.hasLightweight()) {
            return false;
        }
        stored.forgetAll();
        return true;
    }

    // ------------------------------------------------------------------------------------------------ acceptance

    private void submit(Pending pending) {
        Command command = pending.rpc.command();
        long now = service.nanoTime();
        pending.acceptedNanos = now;
        if (pending.isPersistent()) {
            stored.accept(pending, now);
            return;
        }
        if (now - command.deadline() >= 0) {
            service.forgotten(command);
            pending.answer(new Outcome.TimedOut(Stage.EXPIRED));
            return;
        }
        if (open.size() >= service.openPerDeviceMax()) {
            service.forgotten(command);
            pending.answer(new Outcome.Declined(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "Too many open commands for this device: " + service.openPerDeviceMax()));
            return;
        }
        fit(pending);
        service.opened();
        pending.watchDeadline(now);
        if (stored.hasOlder()) {
            open.addBehind(pending);
        } else {
            open.add(pending);
        }
        if (command.once()) {
            nowOrNever.add(pending);
        }
        next();
    }

    /** Somebody could take a command, if only this server knew all it needs. */
    boolean isGettingReady() {
        return mailbox.receiver() != null && (reserving || stored.isReading() || settings.isAsking());
    }

    /** A persistent command of one attempt comes again when what is on its way is there. */
    void decideSoon(Pending pending) {
        nowOrNever.add(pending);
    }

    /** A command of one attempt, of which there was none. */
    void endUnsent(Pending pending) {
        apply(pending, new Rpc.Event.Over(unsentStage()));
    }

    private void endNowOrNever() {
        while (!nowOrNever.isEmpty() && !isGettingReady()) {
            Pending pending = nowOrNever.remove();
            if (pending.isPersistent()) {
                stored.accept(pending, service.nanoTime());
            } else {
                endUnsent(pending);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ sending

    /** Hands out unsent commands as the strategy allows, in order. */
    void next() {
        if (!isReady() || !sendAgainInTurn()) {
            return;
        }
        while (open.hasUnsent()) {
            Receiver receiver = mailbox.receiver();
            if (receiver == null || !mayStart()) {
                return;
            }
            Pending pending = open.firstUnsent();
            if (pending.isInserting()
                    || (pending.isPersistent()
                            && (stored.isFull() || !receiver.session().hasRoom()))) {
                return;
            }
            int id = takeId();
            if (id == 0) {
                return;
            }
            pending.requestId = id;
            if (!transmit(pending, receiver)) {
                idNext--;
                return;
            }
            if (pending.rpc.isOpen()) { // else its time was over, and it has gone already
                open.firstIsSent();
            }
        }
        stored.readOn();
    }

    /**
     * Where one follows the other, or too many commits were under way, what an earlier connection was given may get its turn
     * long after this one subscribed. False: there is no room.
     */
    private boolean sendAgainInTurn() {
        if (open.sent().isEmpty() || (isFree && (!isOwed || stored.isFull()))) {
            return true;
        }
        isOwed = false;
        Receiver receiver = mailbox.receiver();
        // Not to a poll: another one may be carrying the command at this moment.
        return receiver == null || !receiver.session().isPush() || offerSent(receiver, true);
    }

    private boolean mayStart() {
        if (open.sentCount() >= delivery.inFlightMax()) {
            return false;
        }
        return switch (delivery.strategy()) {
            case BURST -> true;
            case SEQUENTIAL_ON_ACK_FROM_DEVICE ->
                open.sent().stream().allMatch(p -> p.rpc.isDelivered() || p.rpc.yields());
            case SEQUENTIAL_ON_RESPONSE_FROM_DEVICE -> open.sent().stream().allMatch(p -> p.rpc.yields());
        };
    }

    /**
     * A session subscribed or has room again: what was sent to another subscription and is not done is sent to it, as the
     * strategy says (server-side RPC §5.1). False: it has no room for all.
     *
     * @param again also what another subscription was given
     */
    private boolean offerSent(Receiver receiver, boolean again) {
        if (!isReady()) {
            return true;
        }
        int room = room(receiver);
        for (Pending pending : List.copyOf(open.sent())) {
            if (!again && pending.rpc.isTaken()) {
                if (delivery.strategy() == SubmitStrategy.BURST || pending.rpc.isDelivered()) {
                    continue;
                }
                return true;
            }
            boolean isGiven = pending.rpc.generation() == receiver.generation();
            switch (delivery.strategy()) {
                case BURST -> {
                    if (pending.rpc.isDelivered() && !redelivers(pending)) {
                        carryOut(pending, pending.rpc.resume(receiver.generation()), service.nanoTime());
                        continue;
                    }
                    if (!isGiven && room-- <= 0) {
                        return true; // its turn comes when another one ends
                    }
                    if (!transmit(pending, receiver)) {
                        return false;
                    }
                    if (!receiver.session().isPush()) {
                        return true;
                    }
                }
                case SEQUENTIAL_ON_ACK_FROM_DEVICE -> {
                    if (!pending.rpc.isDelivered() && !gaveUp(pending, receiver)) {
                        return (!isGiven && room <= 0) || transmit(pending, receiver);
                    }
                }
                case SEQUENTIAL_ON_RESPONSE_FROM_DEVICE -> {
                    if (!pending.rpc.isDelivered() && !gaveUp(pending, receiver)) {
                        return (!isGiven && room <= 0) || transmit(pending, receiver);
                    }
                    if (!pending.rpc.yields()) {
                        carryOut(pending, pending.rpc.resume(receiver.generation()), service.nanoTime());
                        return true;
                    }
                }
            }
        }
        return true;
    }

    /** A commit of the command is done: maybe somebody came meanwhile who should be given it. */
    void offerAnew(Pending pending) {
        Receiver receiver = mailbox.receiver();
        if (receiver != null && open.isSent(pending) && isFor(receiver, pending) && room(receiver) > 0) {
            transmit(pending, receiver);
        }
    }

    /** Whether the receiver should be given what was under way to the store when it came, or what another one did not take. */
    private boolean isFor(Receiver receiver, Pending pending) {
        Rpc rpc = pending.rpc;
        if (!rpc.isTaken()) {
            return !rpc.isDelivered();
        }
        return delivery.strategy() == SubmitStrategy.BURST // with the others, next() looks at all
                && receiver.session().isPush() // a poll may be carrying it
                && (!rpc.isDelivered() || redelivers(pending));
    }

    /** How many of those that were sent before may be given to the receiver now. */
    private int room(Receiver receiver) {
        int room = delivery.inFlightMax();
        if (room != Delivery.UNLIMITED) {
            for (Pending pending : open.sent()) {
                if (pending.rpc.generation() == receiver.generation()) {
                    room--;
                }
            }
        }
        return room;
    }

    private boolean redelivers(Pending pending) {
        return pending.rpc.command().order().flatMap(RpcOrder::redeliver).orElse(delivery.redeliver());
    }

    /** This subscription did not acknowledge it however often it was sent. */
    private static boolean gaveUp(Pending pending, Receiver receiver) {
        return pending.rpc.yields() && pending.rpc.generation() == receiver.generation();
    }

    private void sendAgain(Pending pending) {
        Receiver receiver = mailbox.receiver();
        if (receiver != null && room(receiver) > 0) {
            transmit(pending, receiver);
        }
    }

    /** False: the session or the store has no room, and nothing has changed. */
    private boolean transmit(Pending pending, Receiver receiver) {
        if (pending.isInserting()) {
            return true; // looked at again after the commit
        }
        long now = service.nanoTime();
        Rpc.Step step = pending.rpc.on(new Rpc.Event.Ready(receiver.generation()), now);
        for (Rpc.Effect effect : step.effects()) {
            if (effect instanceof Rpc.Effect.Transmit(int attempt)) {
                if (pending.isPersistent()) {
                    if (stored.isFull()) {
                        isOwed = true;
                        return false;
                    }
                    if (!receiver.session().hasRoom()) {
                        return false;
                    }
                    pending.target = receiver;
                } else if (hand(pending, receiver, attempt)) {
                    handed(pending, attempt, now);
                } else {
                    return false;
                }
                mailbox.spend(receiver);
            }
        }
        carryOut(pending, step, now);
        return true;
    }

    private void handed(Pending pending, int attempt, long now) {
        pending.handedNanos = now;
        service.figures().attempted(pending.kind(), attempt, now - pending.acceptedNanos);
        if (attempt == 1 && !pending.isPersistent()) {
            service.leftQueue();
        }
    }

    private static boolean hand(Pending pending, Receiver receiver, int attempt) {
        Command command = pending.rpc.command();
        boolean taken = receiver.session()
                .send(new DownlinkMessage.RpcRequest(pending.requestId, attempt, command.method(), command.params()));
        pending.isOut |= taken;
        return taken;
    }

    /** The attempt is committed: the last look before the wire. */
    private void handStored(Pending pending, int attempt) {
        Receiver receiver = pending.target;
        if (pending.isDropped || receiver == null || !pending.rpc.isOpen() || pending.rpc.attempt() != attempt) {
            return;
        }
        long now = service.nanoTime();
        if (now - pending.rpc.command().deadline() >= 0) {
            apply(pending, new Rpc.Event.Elapsed(unsentStage()));
            return;
        }
        handed(pending, attempt, now);
        if (!mailbox.isLive(receiver) || !hand(pending, receiver, attempt)) {
            pending.rpc = pending.rpc.notTaken();
            apply(pending, new Rpc.Event.Over(unsentStage()));
        }
    }

    // ------------------------------------------------------------------------------------------------ steps

    private void apply(Pending pending, Rpc.Event event) {
        long now = service.nanoTime();
        carryOut(pending, pending.rpc.on(event, now), now);
    }

    /** Takes the step; a lightweight transmission has been carried out before, since it can fail. */
    private void carryOut(Pending pending, Rpc.Step step, long now) {
        boolean wasOpen = pending.rpc.isOpen();
        measure(pending, pending.rpc.status(), step.next().status(), now);
        pending.rpc = step.next();
        if (wasOpen && !pending.rpc.isOpen()) {
            open.remove(pending);
            if (pending.isPersistent()) {
                pending.forgetDeadline();
            } else {
                service.closed();
                service.forgotten(pending.rpc.command());
                service.figures().ended(pending.device(), pending.rpc, now - pending.acceptedNanos);
                if (pending.rpc.attempt() == 0) {
                    service.leftQueue();
                }
            }
        }
        if (pending.isPersistent()) {
            carryOutStored(pending, step);
            return;
        }
        for (Rpc.Effect effect : step.effects()) {
            switch (effect) {
                case Rpc.Effect.Transmit _ -> {}
                case Rpc.Effect.WakeAfter(long delayNanos, Rpc.Event event) -> pending.wakeAfter(delayNanos, event);
                case Rpc.Effect.Answer(Outcome outcome) -> pending.answer(outcome);
            }
        }
    }

    private void measure(Pending pending, RpcStatus from, RpcStatus to, long now) {
        if (to == RpcStatus.DELIVERED && from != to && pending.handedNanos != 0) {
            pending.deliveredNanos = now;
            service.figures().stage(pending.kind(), RpcFigures.Stage.DELIVERY).record(now - pending.handedNanos);
        } else if (to == RpcStatus.SUCCESSFUL && from == RpcStatus.DELIVERED && pending.deliveredNanos != 0) {
            service.figures().stage(pending.kind(), RpcFigures.Stage.ANSWER).record(now - pending.deliveredNanos);
        }
    }

    /** As {@link #carryOut}: what is to be seen of the step waits for its commit. */
    private void carryOutStored(Pending pending, Rpc.Step step) {
        List<Runnable> afterwards = new ArrayList<>(1);
        for (Rpc.Effect effect : step.effects()) {
            switch (effect) {
                case Rpc.Effect.Transmit(int attempt) -> afterwards.add(() -> handStored(pending, attempt));
                case Rpc.Effect.WakeAfter(long delayNanos, Rpc.Event event) -> pending.wakeAfter(delayNanos, event);
                case Rpc.Effect.Answer _ -> {} // its caller was answered when it was accepted
            }
        }
        if (step.cause() != null) {
            stored.save(pending, step.cause(), afterwards);
        }
    }

    // ------------------------------------------------------------------------------------------------ request ids

    /** The next free id, or 0 while a block is being reserved. */
    private int takeId() {
        while (idNext != idEnd) {
            int id = idNext++;
            if (open.sent(id) == null && !stored.isAwaited(id)) {
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

    /** What is stored waits for better times. */
    private void declineUnsent() {
        Outcome outcome =
                new Outcome.Declined(ErrorCode.STORE_UNAVAILABLE, "The store does not take writes; nothing was sent");
        for (Pending pending : open.unsent()) {
            apply(pending, new Rpc.Event.Dropped(outcome));
        }
        if (open.hasUnsent()) {
            stored.loadSoon();
        }
    }

    private Stage unsentStage() {
        return mailbox.receiver() != null
                ? Stage.WAITING
                : mailbox.isConnected() ? Stage.NOT_SUBSCRIBED : Stage.NO_SESSION;
    }

    private void shutDown() {
        Stage unsentStage = unsentStage();
        for (Pending pending : open.all()) {
            Outcome outcome = new Outcome.ShuttingDown(pending.rpc.stage(unsentStage));
            apply(pending, new Rpc.Event.Dropped(outcome));
        }
    }
}
