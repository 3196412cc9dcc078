package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.Outcome.Stage;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Mailbox.Receiver;
import io.signalbox.session.Receipt;
import io.signalbox.session.Signal;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open commands of one device, inside its mailbox: decides who goes next, carries out what {@link Rpc} decides.
 *
 * <p>Open commands are, in the order of acceptance, those in {@link #sent} and then those in {@link #unsent}; a command gets
 * its device-visible id when it is first sent.
 *
 * <p>A lightweight command lives here only. A persistent one lives in the store, and here while the device is connected: what
 * is stored is read when somebody could take it ({@link Backlog}), and forgotten with the last session. Each of its steps is
 * committed; what the step has to say to the device or to a caller waits for that commit ({@link Pending#saving}). Whatever
 * goes wrong there, the command is dropped here and read again: the store is the truth.
 */
final class DeviceRpcs implements Mailbox.Commands {
    private static final Logger log = LoggerFactory.getLogger(DeviceRpcs.class);

    /** Stored commands that are read at a time. */
    private static final int PAGE = 200;

    /** Answers that came before their commands were read. */
    private static final int EARLY_MAX = 100;

    private static final Duration RETRY = Duration.ofMillis(500);

    private final Mailbox mailbox;
    private final RpcService service;

    /** The one map of what may still be answered, by device-visible id. */
    private final LinkedHashMap<Integer, Pending> sent = new LinkedHashMap<>(4);

    private final ArrayDeque<Pending> unsent = new ArrayDeque<>(2);

    /** The reserved ids that are left: {@code idNext} up to, not including, {@code idEnd}. */
    private int idNext;

    private int idEnd;
    private boolean reserving;

    private Backlog backlog = Backlog.UNREAD;

    /** Present while there are persistent commands here; those that wait for their first commit are not in it. */
    private @Nullable Map<Long, Pending> stored;

    private long readUpTo;

    /** Commits under way. */
    private int saves;

    /** Lightweight commands that came while older ones were still to be read. */
    private final ArrayDeque<Pending> behind = new ArrayDeque<>(0);

    /** Persistent commands that came since then, oldest first: their place is behind what is read. */
    private final ArrayDeque<Pending> unplaced = new ArrayDeque<>(0);

    /** A commit failed during the read: its answer may be older than that. */
    private boolean isOutdated;

    private final List<Signal.RpcReplied> early = new ArrayList<>(0);

    /** How much of what is stored for the device is here. */
    private enum Backlog {
        UNREAD,
        READING,
        /** The oldest are here, more wait behind them. */
        PARTLY,
        READ
    }

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

        /** The commit of this command that was under way is done, or did not happen. */
        record Saved(Pending pending, RpcStore.Saved how) implements Event {}

        record Loaded(List<RpcRecord> records) implements Event {}

        record LoadFailed() implements Event {}

        record LoadAgain() implements Event {}

        record ShutDown() implements Event {}
    }

    /** Steps that are taken and not on their way to the store yet. */
    private record Held(RpcProgress progress, List<Runnable> afterwards) {}

    /** An open command and its caller. Mutable state belongs to the mailbox. */
    static final class Pending implements RpcService.Call {
        private final RpcService service;
        private final long device;
        private final Loop callerLoop;
        private @Nullable Consumer<Outcome> done;
        private Rpc rpc;
        private int requestId;
        private Loop.@Nullable Timer deadline;

        /** Of the stored record; 0 before its first commit. */
        private long number;

        /** Of the stored record. */
        private long version;

        private List<HistoryEntry> history = List.of();

        /** A commit is under way; what to do when it is done. */
        private @Nullable List<Runnable> saving;

        /**
         * The steps since then, which wait for that commit: if it failed and somebody else took its version, they would seem to
         * follow theirs.
         */
        private @Nullable Held held;

        /** Of answers that wait for the last commit. */
        private final List<Receipt> receipts = new ArrayList<>(0);

        private @Nullable Receiver target;
        private long handedNanos;
        private long acceptedNanos;

        /** 0: not known. */
        private long deliveredNanos;

        /** The device may know it: it was handed to a session, or may have been before the server started. */
        private boolean isOut;

        /** It is no longer this object's business what becomes of the command. */
        private boolean isDropped;

        Pending(RpcService service, long device, Command command, Loop callerLoop, Consumer<Outcome> done) {
            this.service = service;
            this.device = device;
            this.callerLoop = callerLoop;
            this.done = done;
            this.rpc = Rpc.accept(command);
        }

        /** A command that was stored before. */
        Pending(RpcService service, RpcRecord record, Command command, Loop home) {
            this.service = service;
            this.device = record.order().device();
            this.callerLoop = home;
            this.rpc = Rpc.restore(command, record.progress());
            this.requestId = record.progress().requestId();
            this.number = record.number();
            this.version = record.version();
            this.history = record.progress().history();
            this.isOut = record.progress().attempt() > 0;
            long age = Math.max(0, service.millis() - record.order().createdTime());
            this.acceptedNanos = service.nanoTime() - Duration.ofMillis(age).toNanos();
        }

        long device() {
            return device;
        }

        Loop callerLoop() {
            return callerLoop;
        }

        boolean isPersistent() {
            return rpc.command().isPersistent();
        }

        RpcFigures.Kind kind() {
            return isPersistent() ? RpcFigures.Kind.PERSISTENT : RpcFigures.Kind.LIGHTWEIGHT;
        }

        /** Its first commit is under way: it has no number yet that another step could name. */
        boolean isInserting() {
            return number == 0 && saving != null;
        }

        @Override
        public void abandon() {
            service.abandon(this);
        }
    }

    @Override
    public void on(Mailbox.Event.OfCommands event) {
        mailbox.assertInside();
        if (event instanceof RpcChanged(long number)) {
            changed(number);
            return;
        }
        switch ((Event) event) {
            case Event.Submitted(Pending pending) -> submit(pending);
            case Event.Abandoned(Pending pending) -> {
                if (pending.done != null) {
                    pending.done = null;
                    service.waiterLeft();
                }
            }
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
            case Event.Saved(Pending pending, RpcStore.Saved how) -> saved(pending, how);
            case Event.Loaded(List<RpcRecord> records) -> loaded(records);
            case Event.LoadFailed() -> {
                notLoaded();
                letBehindGo();
                loadSoon();
                next();
            }
            case Event.LoadAgain() -> {
                if (backlog != Backlog.READ && (mailbox.receiver() != null || !early.isEmpty())) {
                    load();
                }
                reserveIfEmpty();
            }
            case Event.ShutDown() -> shutDown();
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
        Pending pending = sent.get(signal.requestId());
        if (pending == null) {
            stray(signal);
            return;
        }
        if (!pending.isOut) {
            service.stray();
            if (signal instanceof Signal.RpcReplied reply) {
                reply.receipt().ifPresent(DeviceRpcs::tellStored);
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
            case Signal.RpcReplied(int _, byte[] payload, Optional<Receipt> receipt) -> {
                apply(pending, new Rpc.Event.Replied(payload));
                if (pending.saving == null) {
                    receipt.ifPresent(DeviceRpcs::tellStored);
                } else {
                    receipt.ifPresent(pending.receipts::add);
                }
            }
        }
        if (!unsent.isEmpty() || service.strategy() != SubmitStrategy.BURST) {
            next();
        }
    }

    /** Nobody here waits for it: its command may be in the store still, or have ended. */
    private void stray(Signal.OfRpc signal) {
        if (!(signal instanceof Signal.RpcReplied reply)) {
            service.stray();
        } else if (backlog == Backlog.READ) {
            late(reply);
        } else if (early.size() < EARLY_MAX) {
            early.add(reply);
            load();
        } else {
            service.stray();
            reply.receipt().ifPresent(receipt -> tellRefused(receipt, ErrorCode.TOO_MANY_REQUESTS));
        }
    }

    private void late(Signal.RpcReplied reply) {
        service.late(mailbox.device(), reply);
        Pending ending = ending(reply.requestId());
        if (ending == null) {
            reply.receipt().ifPresent(DeviceRpcs::tellStored);
        } else {
            reply.receipt().ifPresent(ending.receipts::add);
        }
    }

    /** The persistent command of that id whose end is on its way to the store. */
    private @Nullable Pending ending(int requestId) {
        Map<Long, Pending> present = stored;
        if (present != null) {
            for (Pending pending : present.values()) {
                if (pending.requestId == requestId && pending.saving != null) {
                    return pending;
                }
            }
        }
        return null;
    }

    @Override
    public void ready(Receiver receiver) {
        mailbox.assertInside();
        reserveIfEmpty();
        if (backlog == Backlog.UNREAD) {
            load();
        }
        if (offerSent(receiver, true)) {
            next();
        }
    }

    @Override
    public boolean isIdle(boolean subscribed) {
        if (subscribed
                || reserving
                || saves > 0
                || backlog == Backlog.READING
                || !early.isEmpty()
                || hasLightweight()) {
            return false;
        }
        forgetStored();
        return true;
    }

    private boolean hasLightweight() {
        return !behind.isEmpty() || hasLightweight(sent.values()) || hasLightweight(unsent);
    }

    private static boolean hasLightweight(Collection<Pending> some) {
        for (Pending pending : some) {
            if (!pending.isPersistent()) {
                return true;
            }
        }
        return false;
    }

    // ------------------------------------------------------------------------------------------------ acceptance

    private void submit(Pending pending) {
        Command command = pending.rpc.command();
        long now = service.nanoTime();
        pending.acceptedNanos = now;
        if (pending.isPersistent()) {
            accept(pending, now);
            return;
        }
        if (now - command.deadline() >= 0) {
            service.forgotten(command);
            answer(pending, new Outcome.TimedOut(Stage.EXPIRED));
            return;
        }
        if (sent.size() + unsent.size() + behind.size() >= service.openPerDeviceMax()) {
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
        if (backlog == Backlog.READING || backlog == Backlog.PARTLY) {
            behind.add(pending);
        } else {
            unsent.add(pending);
        }
        next();
    }

    /** The first commit already holds the first attempt when somebody can take it now. */
    private void accept(Pending pending, long now) {
        if (now - pending.rpc.command().deadline() >= 0) {
            Rpc.Step step = pending.rpc.on(new Rpc.Event.Elapsed(Stage.EXPIRED), now);
            pending.rpc = step.next();
            save(pending, HistoryEntry.Cause.EXPIRED, List.of());
            return;
        }
        if (backlog == Backlog.READ) {
            unsent.add(pending);
            remember(pending, now);
            next();
        } else {
            unplaced.add(pending);
        }
        if (pending.history.isEmpty()) {
            save(pending, null, List.of());
        }
    }

    private void remember(Pending pending, long now) {
        pending.deadline =
                wakeAfter(pending, pending.rpc.command().deadline() - now, new Rpc.Event.Elapsed(Stage.NO_SESSION));
        if (pending.number != 0) {
            storedByNumber().put(pending.number, pending);
        }
    }

    private Map<Long, Pending> storedByNumber() {
        Map<Long, Pending> present = stored;
        if (present == null) {
            present = new HashMap<>();
            stored = present;
        }
        return present;
    }

    // ------------------------------------------------------------------------------------------------ sending

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
            Pending pending = unsent.element();
            if (pending.isInserting()
                    || (pending.isPersistent() && !receiver.session().hasRoom())) {
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
                unsent.remove();
                sent.put(id, pending);
            }
        }
        if (backlog == Backlog.PARTLY) {
            load();
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
        return receiver == null || !receiver.session().features().push() || offerSent(receiver, true);
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
     *
     * @param again also what another subscription was given
     */
    private boolean offerSent(Receiver receiver, boolean again) {
        for (Pending pending : List.copyOf(sent.values())) {
            if (!again && pending.rpc.isTaken()) {
                if (service.strategy() == SubmitStrategy.BURST || pending.rpc.isDelivered()) {
                    continue;
                }
                return true;
            }
            switch (service.strategy()) {
                case BURST -> {
                    if (pending.rpc.isDelivered() && !redelivers(pending)) {
                        carryOut(pending, pending.rpc.resume(receiver.generation()), service.nanoTime());
                        continue;
                    }
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
                        carryOut(pending, pending.rpc.resume(receiver.generation()), service.nanoTime());
                        return true;
                    }
                }
            }
        }
        return true;
    }

    private static boolean redelivers(Pending pending) {
        return pending.rpc.command().order().map(RpcOrder::redeliver).orElse(true);
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
        if (pending.isInserting()) {
            return true; // looked at again after the commit
        }
        long now = service.nanoTime();
        Rpc.Step step = pending.rpc.on(new Rpc.Event.Ready(receiver.generation()), now);
        for (Rpc.Effect effect : step.effects()) {
            if (effect instanceof Rpc.Effect.Transmit(int attempt)) {
                if (pending.isPersistent()) {
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
            if (!sent.remove(pending.requestId, pending) && !unsent.remove(pending)) {
                behind.remove(pending);
            }
            if (pending.isPersistent()) {
                cancelDeadline(pending);
            } else {
                service.closed();
                service.forgotten(pending.rpc.command());
                service.figures().ended(pending.device, pending.rpc, now - pending.acceptedNanos);
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
                case Rpc.Effect.WakeAfter(long delayNanos, Rpc.Event event) -> wakeAfter(pending, delayNanos, event);
                case Rpc.Effect.Answer(Outcome outcome) -> answer(pending, outcome);
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
                case Rpc.Effect.WakeAfter(long delayNanos, Rpc.Event event) -> wakeAfter(pending, delayNanos, event);
                case Rpc.Effect.Answer _ -> {} // its caller was answered when it was accepted
            }
        }
        if (step.cause() != null) {
            save(pending, step.cause(), afterwards);
        }
    }

    private void save(Pending pending, HistoryEntry.@Nullable Cause cause, List<Runnable> afterwards) {
        Rpc rpc = pending.rpc;
        long now = service.millis();
        List<HistoryEntry> history = new ArrayList<>(pending.history.size() + 2);
        history.addAll(pending.history);
        if (history.isEmpty()) {
            history.add(new HistoryEntry(now, HistoryEntry.Cause.ACCEPTED, RpcStatus.QUEUED, 0, 0, ""));
        }
        if (cause != null) {
            history.add(new HistoryEntry(now, cause, rpc.status(), rpc.attempt(), rpc.generation(), ""));
        }
        pending.history = history;
        RpcProgress progress = new RpcProgress(
                rpc.status(),
                rpc.isOpen(),
                pending.requestId,
                rpc.attempt(),
                rpc.overdue(),
                Optional.ofNullable(rpc.response()),
                history);
        Held held = pending.held;
        if (pending.saving == null) {
            write(pending, progress, afterwards);
        } else {
            List<Runnable> all = held == null ? new ArrayList<>(1) : held.afterwards();
            all.addAll(afterwards);
            pending.held = new Held(progress, all);
        }
    }

    private void write(Pending pending, RpcProgress progress, List<Runnable> afterwards) {
        pending.saving = afterwards;
        saves++;
        Loop home = mailbox.home();
        Consumer<RpcStore.Saved> done = how -> service.post(pending, new Event.Saved(pending, how));
        if (pending.number != 0) {
            service.store().update(pending.number, pending.version, order(pending), progress, home, done);
        } else if (!service.store().insert(order(pending), progress, home, done)) {
            // not here and now: whoever called goes on with the command
            service.post(pending, new Event.Saved(pending, new RpcStore.Saved.Failed(ErrorCode.STORE_UNAVAILABLE)));
        }
    }

    private static RpcOrder order(Pending pending) {
        return pending.rpc.command().order().orElseThrow();
    }

    private void saved(Pending pending, RpcStore.Saved how) {
        saves--;
        List<Runnable> afterwards = Objects.requireNonNull(pending.saving);
        pending.saving = null;
        switch (how) {
            case RpcStore.Saved.Stored(long number, List<RpcStore.Ended> ended) -> {
                ended.forEach(service::changed);
                pending.version++;
                service.committed(pending.device, number);
                if (pending.number == 0) {
                    accepted(pending, number);
                }
                Held held = pending.held;
                pending.held = null;
                if (held != null) {
                    write(pending, held.progress(), held.afterwards());
                }
                afterwards.forEach(Runnable::run);
                settled(pending);
            }
            case RpcStore.Saved.Known(UUID id) -> notAccepted(pending, new Outcome.Known(id));
            case RpcStore.Saved.KeyTaken(UUID id) ->
                notAccepted(
                        pending,
                        new Outcome.Declined(
                                ErrorCode.IDEMPOTENCY_KEY_TAKEN,
                                "The idempotency key stands for another request, rpc " + id));
            case RpcStore.Saved.Outdated() -> drop(pending, ErrorCode.NOT_FOUND);
            case RpcStore.Saved.Failed(ErrorCode code) -> {
                if (pending.number == 0) {
                    notAccepted(
                            pending,
                            new Outcome.Declined(code, "The command was neither stored nor sent, and may be repeated"));
                } else {
                    drop(pending, code);
                    readAgain();
                }
            }
        }
        next();
    }

    /** A commit is done: is anything left to do for the command now? */
    private void settled(Pending pending) {
        if (pending.saving == null) {
            pending.receipts.forEach(DeviceRpcs::tellStored);
            pending.receipts.clear();
            Map<Long, Pending> present = stored;
            if (present != null && !pending.rpc.isOpen()) {
                present.remove(pending.number, pending);
            }
        }
        Receiver receiver = mailbox.receiver();
        if (receiver != null && pending.equals(sent.get(pending.requestId)) && isFor(receiver, pending)) {
            transmit(pending, receiver);
        }
    }

    /** Whether the receiver should be given what was under way to the store when it came, or what another one did not take. */
    private boolean isFor(Receiver receiver, Pending pending) {
        Rpc rpc = pending.rpc;
        if (!rpc.isTaken()) {
            return !rpc.isDelivered();
        }
        return service.strategy() == SubmitStrategy.BURST // with the others, next() looks at all
                && receiver.session().features().push() // a poll may be carrying it
                && (!rpc.isDelivered() || redelivers(pending));
    }

    /** Its first commit is done. */
    private void accepted(Pending pending, long number) {
        pending.number = number;
        service.forgotten(pending.rpc.command());
        answer(pending, new Outcome.Accepted(pending.rpc.command().id()));
        boolean isHere = pending.equals(sent.get(pending.requestId)) || unsent.contains(pending);
        if (isHere) {
            storedByNumber().put(number, pending);
        } else if (backlog != Backlog.READING) { // else it may have come too late for being read
            unplaced.remove(pending);
        }
    }

    private void notAccepted(Pending pending, Outcome outcome) {
        service.forgotten(pending.rpc.command());
        answer(pending, outcome);
        drop(pending, ErrorCode.STORE_UNAVAILABLE);
    }

    /** The store knows better, or knows nothing of it. */
    private void drop(Pending pending, ErrorCode why) {
        pending.isDropped = true;
        pending.held = null;
        sent.remove(pending.requestId, pending);
        unsent.remove(pending);
        unplaced.remove(pending);
        Map<Long, Pending> present = stored;
        if (present != null) {
            present.remove(pending.number, pending);
        }
        cancelDeadline(pending);
        pending.receipts.forEach(receipt -> tellRefused(receipt, why));
        pending.receipts.clear();
    }

    private void changed(long number) {
        Map<Long, Pending> present = stored;
        Pending pending = present == null ? null : present.get(number);
        if (pending != null) {
            drop(pending, ErrorCode.NOT_FOUND);
            next();
        } else {
            unplaced.removeIf(p -> p.number == number);
        }
    }

    // ------------------------------------------------------------------------------------------------ what is stored

    private void load() {
        if (backlog == Backlog.READING) {
            return;
        }
        if (backlog == Backlog.UNREAD) { // what is stored may be older than what waits here
            unsent.removeIf(pending -> !pending.isPersistent() && behind.add(pending));
        }
        backlog = Backlog.READING;
        service.load(mailbox.device(), readUpTo, PAGE);
    }

    private void loadSoon() {
        mailbox.home().schedule(RETRY, () -> service.postIfPresent(mailbox.device(), new Event.LoadAgain()));
    }

    private void loaded(List<RpcRecord> records) {
        if (isOutdated) {
            notLoaded();
            load();
            return;
        }
        long now = service.nanoTime();
        for (RpcRecord record : records) {
            readUpTo = Math.max(readUpTo, record.number());
            if (!storedByNumber().containsKey(record.number())) {
                take(new Pending(service, record, service.command(record.order()), mailbox.home()), now);
            }
        }
        if (records.size() == PAGE) {
            backlog = Backlog.PARTLY;
            unplaced.removeIf(pending -> pending.number != 0);
            if (!early.isEmpty()) {
                load();
            }
        } else {
            backlog = Backlog.READ;
            letBehindGo();
            place(now);
        }
        while (backlog == Backlog.READ && !early.isEmpty()) {
            on(early.removeFirst());
        }
        Receiver receiver = mailbox.receiver();
        // Not again to a poll: another one may be carrying the command.
        if (receiver == null
                || offerSent(receiver, receiver.session().features().push())) {
            next();
        }
    }

    private void place(long now) {
        for (Pending pending : unplaced) {
            if (pending.number == 0 || storedByNumber().putIfAbsent(pending.number, pending) == null) {
                unsent.add(pending);
                remember(pending, now);
            }
        }
        unplaced.clear();
    }

    /** What was read is of no use. */
    private void notLoaded() {
        backlog = Backlog.UNREAD;
        unplaced.removeIf(pending -> pending.number != 0);
        if (isOutdated) {
            isOutdated = false;
            readUpTo = 0;
        }
    }

    private void letBehindGo() {
        unsent.addAll(behind);
        behind.clear();
    }

    private void take(Pending pending, long now) {
        if (pending.requestId == 0) {
            unsent.add(pending);
        } else if (sent.putIfAbsent(pending.requestId, pending) != null) {
            // Only after the ids began anew within the life of one command: the younger is not sent before the older
            // ended.
            return;
        }
        remember(pending, now);
    }

    /** What is stored may be other than what is here: read from the start, keep what is known. */
    private void readAgain() {
        if (backlog == Backlog.READING) {
            isOutdated = true;
            return;
        }
        readUpTo = 0;
        backlog = Backlog.UNREAD;
        loadSoon();
    }

    /** Nobody is connected: the store keeps what is stored. */
    private void forgetStored() {
        Map<Long, Pending> present = stored;
        if (present != null) {
            List.copyOf(present.values()).forEach(pending -> {
                pending.isDropped = true;
                sent.remove(pending.requestId, pending);
                cancelDeadline(pending);
            });
            unsent.clear();
            stored = null;
        }
        backlog = Backlog.UNREAD;
        readUpTo = 0;
    }

    // ------------------------------------------------------------------------------------------------ telling

    private static void tellStored(Receipt receipt) {
        receipt.loop().run(receipt::stored);
    }

    private static void tellRefused(Receipt receipt, ErrorCode code) {
        receipt.loop().run(() -> receipt.refused(code));
    }

    private Loop.Timer wakeAfter(Pending pending, long delayNanos, Rpc.Event event) {
        return pending.callerLoop.schedule(
                Duration.ofNanos(delayNanos), () -> service.post(pending, new Event.Woken(pending, event)));
    }

    private static void cancelDeadline(Pending pending) {
        Loop.Timer timer = pending.deadline;
        pending.deadline = null;
        if (timer != null) {
            pending.callerLoop.run(timer::cancel);
        }
    }

    private void answer(Pending pending, Outcome outcome) {
        Consumer<Outcome> done = pending.done;
        Loop.Timer timer = pending.isPersistent() ? null : pending.deadline;
        pending.done = null;
        if (timer != null) {
            pending.deadline = null;
        }
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
            if (!sent.containsKey(id) && early.stream().noneMatch(reply -> reply.requestId() == id)) {
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
        for (Pending pending : List.copyOf(unsent)) {
            apply(pending, new Rpc.Event.Dropped(outcome));
        }
        if (!unsent.isEmpty()) {
            mailbox.home().schedule(RETRY, () -> service.postIfPresent(mailbox.device(), new Event.LoadAgain()));
        }
    }

    private void shutDown() {
        Stage unsentStage = unsentStage();
        List<Pending> all = new ArrayList<>(sent.values());
        all.addAll(unsent);
        all.addAll(behind);
        for (Pending pending : all) {
            Outcome outcome = new Outcome.ShuttingDown(pending.rpc.stage(unsentStage));
            apply(pending, new Rpc.Event.Dropped(outcome));
        }
    }
}
