package io.signalbox.rpc;

import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Signal;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The stored commands of one device, inside its mailbox: what of them is in memory, and the commits of their steps.
 *
 * <p>What is stored is read when somebody could take it ({@link Backlog}), and forgotten with the last session. Each step is
 * committed; what it has to say to the device or to a caller waits for that commit ({@link Pending#saving}). Whatever goes
 * wrong there, the command is dropped here and read again: the store is the truth.
 */
final class StoredRpcs {
    /** Stored commands that are read at a time. */
    private static final int PAGE = 200;

    /** Of a device that comes back, at first: a few are in the store as sent, and so on their way, long before a page is. */
    private static final int FIRST_PAGE = 1 + PAGE / 20;

    /** Answers that came before their commands were read. */
    private static final int EARLY_MAX = 100;

    /**
     * Commits that may be under way when another attempt is begun: a device with thousands of commands does not fill the queue
     * that all others stand in.
     */
    private static final int SAVES_MAX = 256;

    private static final Duration RETRY = Duration.ofMillis(500);

    private final Mailbox mailbox;
    private final RpcService service;
    private final OpenRpcs open;
    private final DeviceSettings settings;
    private final DeviceRpcs rpcs;

    private Backlog backlog = Backlog.UNREAD;

    /** Present while there are persistent commands here; those that wait for their first commit are not in it. */
    private @Nullable Map<Long, Pending> stored;

    private long readUpTo;

    /** What was asked for last. */
    private int pageSize;

    /** Commits under way. */
    private int saves;

    /** Persistent commands that came since a read began, oldest first: their place is behind what is read. */
    private final ArrayDeque<Pending> unplaced = new ArrayDeque<>(0);

    /** {@link #loadAgain} is on its way since there was no memory left. */
    private boolean isWaitingForRoom;

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

    /** @param rpcs sends what is here, and hears when there is more to send */
    StoredRpcs(Mailbox mailbox, RpcService service, OpenRpcs open, DeviceSettings settings, DeviceRpcs rpcs) {
        this.mailbox = mailbox;
        this.service = service;
        this.open = open;
        this.settings = settings;
        this.rpcs = rpcs;
    }

    /** Whether older commands than one that comes now are still to be read. */
    boolean hasOlder() {
        return backlog == Backlog.READING || backlog == Backlog.PARTLY;
    }

    /** Whether so many commits are under way that no attempt is begun before one of them is done. */
    boolean isFull() {
        return saves >= SAVES_MAX;
    }

    boolean isReading() {
        return backlog == Backlog.READING;
    }

    /** Whether it is known what the device may have been given before. */
    boolean isBegun() {
        return backlog == Backlog.PARTLY || backlog == Backlog.READ || readUpTo > 0;
    }

    /** Whether a read or a commit is under way, or an answer waits for one. */
    boolean isBusy() {
        return saves > 0 || backlog == Backlog.READING || !early.isEmpty();
    }

    /** Whether an answer under this id waits for its command to be read. */
    boolean isAwaited(int requestId) {
        return !early.isEmpty() && early.stream().anyMatch(reply -> reply.requestId() == requestId);
    }

    // ------------------------------------------------------------------------------------------------ acceptance

    /** The first commit already holds the first attempt when somebody can take it now. */
    void accept(Pending pending, long now) {
        if (now - pending.rpc.command().deadline() >= 0) {
            Rpc.Step step = pending.rpc.on(new Rpc.Event.Elapsed(Outcome.Stage.EXPIRED), now);
            pending.rpc = step.next();
            save(pending, HistoryEntry.Cause.EXPIRED, List.of());
            return;
        }
        boolean isOnce = pending.rpc.command().once();
        if (isOnce && rpcs.isGettingReady()) {
            rpcs.decideSoon(pending);
            return;
        }
        if (backlog == Backlog.READ) {
            open.add(pending);
            remember(pending, now);
            rpcs.next();
        } else if (!isOnce) {
            unplaced.add(pending);
        }
        if (pending.history.isEmpty()) {
            if (isOnce) {
                rpcs.endUnsent(pending);
            } else {
                save(pending, null, List.of());
            }
        }
    }

    private void remember(Pending pending, long now) {
        rpcs.fit(pending);
        pending.watchDeadline(now);
        if (pending.number != 0) {
            keep(pending);
        }
    }

    /** Keeps it in memory, under its number. */
    private void keep(Pending pending) {
        if (storedByNumber().putIfAbsent(pending.number, pending) == null) {
            service.kept(pending.rpc.command());
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

    // ------------------------------------------------------------------------------------------------ commits

    /** Takes the step that {@code pending} has just made to the store; what is to be seen of it waits for the commit. */
    void save(Pending pending, HistoryEntry.@Nullable Cause cause, List<Runnable> afterwards) {
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
        Pending.Held held = pending.held;
        if (pending.saving == null) {
            write(pending, progress, afterwards);
        } else {
            List<Runnable> all = held == null ? new ArrayList<>(1) : held.afterwards();
            all.addAll(afterwards);
            pending.held = new Pending.Held(progress, all);
        }
    }

    private void write(Pending pending, RpcProgress progress, List<Runnable> afterwards) {
        pending.saving = afterwards;
        saves++;
        Loop home = mailbox.home();
        Consumer<RpcStore.Saved> done = how -> service.post(pending, new DeviceRpcs.Event.Saved(pending, how));
        if (pending.number != 0) {
            service.store().update(order(pending), pending.number, pending.version, progress, home, done);
        } else if (!service.store().insert(order(pending), progress, home, done)) {
            // not here and now: whoever called goes on with the command
            done.accept(new RpcStore.Saved.Failed(ErrorCode.STORE_UNAVAILABLE));
        }
    }

    private static RpcOrder order(Pending pending) {
        return pending.rpc.command().order().orElseThrow();
    }

    /** The commit of this command that was under way is done, or did not happen. */
    void saved(Pending pending, RpcStore.Saved how) {
        saves--;
        List<Runnable> afterwards = Objects.requireNonNull(pending.saving);
        pending.saving = null;
        switch (how) {
            case RpcStore.Saved.Stored(long number, List<RpcStore.Ended> ended) -> {
                ended.forEach(service::changed);
                pending.version++;
                service.committed(pending.device(), number);
                if (pending.number == 0) {
                    accepted(pending, number);
                }
                Pending.Held held = pending.held;
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
            case RpcStore.Saved.Outdated() -> endedElsewhere(pending);
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
        rpcs.next();
    }

    /** A commit is done: is anything left to do for the command now? */
    private void settled(Pending pending) {
        if (pending.saving == null) {
            pending.answersStored();
            pending.takeLate().forEach(reply -> service.late(mailbox.device(), reply, true));
            if (!pending.rpc.isOpen()) {
                forget(pending);
            }
        }
        rpcs.offerAnew(pending);
    }

    /** Its first commit is done. */
    private void accepted(Pending pending, long number) {
        pending.number = number;
        service.forgotten(pending.rpc.command());
        pending.answer(new Outcome.Accepted(pending.rpc.command().id()));
        if (pending.rpc.attempt() == 0 && storedByNumber().containsKey(number)) { // it was read before this was known
            drop(pending, ErrorCode.NOT_FOUND);
        } else if (open.isHere(pending)) {
            keep(pending);
        } else if (backlog != Backlog.READING) { // else it may have come too late for being read
            unplaced.remove(pending);
        }
    }

    private void notAccepted(Pending pending, Outcome outcome) {
        service.forgotten(pending.rpc.command());
        pending.answer(outcome);
        drop(pending, ErrorCode.STORE_UNAVAILABLE);
    }

    /** Somebody else was first: what the device has answered since goes where late answers go. */
    private void endedElsewhere(Pending pending) {
        pending.takeAnswers().forEach(reply -> service.late(mailbox.device(), reply, false));
        drop(pending, ErrorCode.NOT_FOUND);
    }

    /** The store knows better, or knows nothing of it. */
    private void drop(Pending pending, ErrorCode why) {
        pending.isDropped = true;
        pending.held = null;
        open.remove(pending);
        unplaced.remove(pending);
        forget(pending);
        pending.forgetDeadline();
        pending.answersRefused(why);
    }

    private void forget(Pending pending) {
        Map<Long, Pending> present = stored;
        if (present != null && present.remove(pending.number, pending)) {
            service.released(pending.rpc.command());
        }
    }

    /** Somebody else changed the command in the store. */
    void changed(long number) {
        Map<Long, Pending> present = stored;
        Pending pending = present == null ? null : present.get(number);
        if (pending != null) {
            endedElsewhere(pending);
            rpcs.next();
        } else {
            unplaced.removeIf(p -> p.number == number);
        }
    }

    // ------------------------------------------------------------------------------------------------ reading

    /** Somebody could take what is stored. */
    void readOnce() {
        if (backlog == Backlog.UNREAD) {
            load();
        }
    }

    /** All that was read is sent. */
    void readOn() {
        if (backlog == Backlog.PARTLY) {
            load();
        }
    }

    private void load() {
        if (backlog == Backlog.READING) {
            return;
        }
        pageSize = pageSize();
        if (pageSize == 0) {
            waitForRoom();
            return;
        }
        if (backlog == Backlog.UNREAD) {
            open.letUnsentWait();
        }
        backlog = Backlog.READING;
        if (settings.isKnown()) {
            service.load(mailbox.device(), readUpTo, pageSize);
        } else {
            service.loadWithSettings(mailbox.device(), readUpTo, pageSize, settings.ask());
        }
    }

    /** Devices take turns with the memory there is. */
    private void waitForRoom() {
        if (!settings.isKnown()) {
            service.readSettings(mailbox.device(), settings.ask());
        }
        if (!isWaitingForRoom) {
            isWaitingForRoom = true;
            loadSoon();
        }
    }

    /** How many may be read now. When memory is short, one at a time; none when there is no more. */
    private int pageSize() {
        return switch (service.roomForStored()) {
            case PLENTY -> readUpTo == 0 ? FIRST_PAGE : PAGE;
            case LITTLE -> 1;
            case NONE -> 0;
        };
    }

    /** Tries again after a while what could not be read or reserved. */
    void loadSoon() {
        mailbox.home().schedule(RETRY, () -> service.postIfPresent(mailbox.device(), new DeviceRpcs.Event.LoadAgain()));
    }

    void loadAgain() {
        isWaitingForRoom = false;
        if (backlog != Backlog.READ && (mailbox.receiver() != null || !early.isEmpty())) {
            load();
        }
    }

    void loadFailed() {
        notLoaded();
        if (rpcs.isFree()) {
            open.letBehindGo();
        }
        loadSoon();
        rpcs.next();
    }

    void loaded(List<RpcRecord> records) {
        if (isOutdated) {
            notLoaded();
            load();
            return;
        }
        long now = service.nanoTime();
        boolean isLast = records.size() < pageSize && isWhole(records);
        for (RpcRecord record : records) {
            readUpTo = Math.max(readUpTo, record.number());
            if (!storedByNumber().containsKey(record.number())) {
                take(new Pending(service, record, service.command(record.order()), mailbox.home()), now);
            }
        }
        if (!isLast) {
            backlog = Backlog.PARTLY;
            unplaced.removeIf(pending -> pending.number != 0);
            if (!early.isEmpty()) {
                load();
            }
        } else {
            backlog = Backlog.READ;
            open.letBehindGo();
            place(now);
        }
        while (backlog == Backlog.READ && !early.isEmpty()) {
            rpcs.take(early.removeFirst());
        }
        rpcs.goOn(); // first of all with what was sent before
    }

    private static boolean isWhole(List<RpcRecord> page) {
        return page.stream().mapToLong(RpcRecord::textBytes).sum() < RpcStore.PAGE_BYTES;
    }

    private void place(long now) {
        for (Pending pending : unplaced) {
            if (pending.number == 0 || !storedByNumber().containsKey(pending.number)) {
                open.add(pending);
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

    private void take(Pending pending, long now) {
        if (pending.requestId == 0) {
            open.add(pending);
        } else if (!open.addSent(pending)) {
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
    void forgetAll() {
        Map<Long, Pending> present = stored;
        if (present != null) {
            open.removeUnsent();
            for (Pending pending : present.values()) {
                pending.isDropped = true;
                open.remove(pending);
                pending.forgetDeadline();
                service.released(pending.rpc.command());
            }
            stored = null;
        }
        backlog = Backlog.UNREAD;
        readUpTo = 0;
    }

    // ------------------------------------------------------------------------------------------------ answers

    /** Nobody here waits for it: its command may be in the store still, or have ended. */
    void stray(Signal.RpcReplied reply) {
        if (backlog == Backlog.READ) {
            late(reply);
        } else if (early.size() < EARLY_MAX) {
            early.add(reply);
            load();
        } else {
            service.stray();
            reply.receipt().ifPresent(receipt -> Pending.tellRefused(receipt, ErrorCode.TOO_MANY_REQUESTS));
        }
    }

    private void late(Signal.RpcReplied reply) {
        service.stray();
        Pending ending = ending(reply.requestId());
        if (ending == null) {
            service.late(mailbox.device(), reply, true);
        } else {
            ending.late(reply);
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
}
