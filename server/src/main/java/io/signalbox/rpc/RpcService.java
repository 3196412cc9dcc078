package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Commands to devices: finds the device's mailbox and gives the command to it. */
public final class RpcService {
    private static final Call NOTHING_UNDER_WAY = () -> {};

    /** Longer than a process lives, and what timers can count to; a later deadline is read anew from the store by the next one. */
    private static final Duration LIFETIME_MAX = Duration.ofDays(50 * 365);

    /** The device's own mailbox comes first, if there is one. */
    private static final Duration SWEEP_GRACE = Duration.ofMillis(500);

    private static final Duration STORE_PATIENCE = Duration.ofSeconds(30);
    private static final int SWEEP_MAX = 500;
    private static final int PURGE_MAX = 1_000;

    private final RequestIds requestIds;
    private final RpcStore store;
    private final Settings settings;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Delivery delivery;
    private final Sessions sessions;
    private final Commits commits = new Commits();
    private final AtomicInteger waiters = new AtomicInteger();
    private final AtomicLong openBytes = new AtomicLong();
    private final AtomicLong keptBytes = new AtomicLong();
    private final AtomicLong profileChanges = new AtomicLong();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder open = new LongAdder();
    private final LongAdder strays = new LongAdder();
    private final LongAdder swept = new LongAdder();
    private final LongAdder unsent = new LongAdder();
    private final RpcFigures figures;
    private volatile long sweptMillis;
    private final LongAdder failures = new LongAdder();
    private volatile boolean stopping;

    /**
     * Limits and ways of delivery.
     *
     * @param openPerDeviceMax commands one device may have open
     * @param waitersMax       callers that may wait at a time on this server
     * @param paramsBytesMax   parameters of one command
     * @param openBytesMax     parameters of all open lightweight commands together, and of those that are being stored
     * @param keptBytesMax     parameters of all stored commands that are in memory together, roughly; from half of it on, a device gets one at a time
     * @param retriesMax       how often a command is sent again at most, and by default
     * @param answerWait       how long a delivered command holds up those behind it, where one follows the other
     */
    public record Settings(
            SubmitStrategy strategy,
            int openPerDeviceMax,
            int waitersMax,
            int paramsBytesMax,
            long openBytesMax,
            long keptBytesMax,
            int retriesMax,
            Duration answerWait) {}

    /** A command on its way. */
    public interface Call {
        /** The caller went away: its callback will not run. The command goes on. Caller's loop. */
        void abandon();
    }

    /**
     * Starts without any command in memory.
     *
     * @param clock    of what is stored
     * @param nanoTime the clock of {@link Command#deadline}
     * @param sessions makes the mailboxes, whose commands are this service's {@link #commandsOf}
     */
    public RpcService(
            RequestIds requestIds,
            RpcStore store,
            Settings settings,
            InstantSource clock,
            LongSupplier nanoTime,
            Function<RpcService, Sessions> sessions) {
        this.requestIds = requestIds;
        this.store = store;
        this.settings = settings;
        this.clock = clock;
        this.sweptMillis = clock.millis();
        this.nanoTime = nanoTime;
        this.figures = new RpcFigures(nanoTime);
        store.watch(figures);
        this.delivery = Delivery.of(RpcSettings.NONE, settings.strategy(), settings.answerWait());
        this.sessions = sessions.apply(this);
    }

    public Sessions sessions() {
        return sessions;
    }

    /** Who follows the transitions of stored commands. */
    public Commits commits() {
        return commits;
    }

    /** The part of a device's mailbox that keeps its open commands. */
    public Mailbox.Commands commandsOf(Mailbox mailbox) {
        return new DeviceRpcs(mailbox, this);
    }

    /**
     * Runs one command on one device; {@code done} gets its outcome exactly once, at the command's deadline at the latest.
     *
     * <p>Caller's loop; never blocks, touches no store. {@code done} runs on the caller's loop, maybe before this returns.
     *
     * @param device {@link io.signalbox.device.Device#number}; whether the caller may do this is checked before
     */
    public Call call(long device, Command command, Loop caller, Consumer<Outcome> done) {
        if (stopping) {
            done.accept(new Outcome.ShuttingDown(Outcome.Stage.WAITING));
            return NOTHING_UNDER_WAY;
        }
        if (command.params().length > settings.paramsBytesMax()) {
            done.accept(new Outcome.Declined(
                    ErrorCode.TOO_LARGE,
                    "The params have " + command.params().length + " bytes; " + settings.paramsBytesMax()
                            + " are allowed"));
            return NOTHING_UNDER_WAY;
        }
        Outcome.Declined full = waiterCame();
        if (full != null) {
            done.accept(full);
            return NOTHING_UNDER_WAY;
        }
        if (openBytes.addAndGet(command.params().length) > settings.openBytesMax()) {
            waiters.decrementAndGet();
            openBytes.addAndGet(-command.params().length);
            done.accept(new Outcome.Declined(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "The parameters of open commands need too much memory: " + settings.openBytesMax() + " bytes"));
            return NOTHING_UNDER_WAY;
        }
        accepted.increment();
        Pending pending = new Pending(this, device, command, caller, done);
        if (command.isPersistent()) {
            pending.waitForStore(STORE_PATIENCE);
        }
        sessions.post(device, new DeviceRpcs.Event.Submitted(pending));
        if (stopping) { // set since the look above, and maybe told to all mailboxes before this one was made
            sessions.post(device, new DeviceRpcs.Event.ShutDown());
        }
        return pending;
    }

    /**
     * Stores a command and answers once it is on disk; it goes out in its turn, whenever the device can take it. As
     * {@link #call} in everything else.
     *
     * @param done {@link Outcome.Accepted}; or {@link Outcome.Known} or {@link Outcome.Declined}, and nothing was stored; or
     *     {@link Outcome.Unknown} after half a minute in which the store did not say
     */
    public Call accept(RpcOrder order, Loop caller, Consumer<Outcome> done) {
        return call(order.device(), command(order), caller, done);
    }

    /** What is ordered, as it is carried out by this server now. */
    Command command(RpcOrder order) {
        long left = Math.clamp(Math.max(0, order.expirationTime()) - clock.millis(), 0, LIFETIME_MAX.toMillis());
        return new Command(
                order.id(),
                order.method(),
                order.params(),
                order.oneWay(),
                nanoTime.getAsLong() + Duration.ofMillis(left).toNanos(),
                order.once() ? 0 : Math.min(order.retries().orElse(settings.retriesMax()), settings.retriesMax()),
                order.once(),
                answerWait(),
                false,
                Optional.of(order));
    }

    /** Zero where nobody is held up. */
    public Duration answerWait() {
        return delivery.answerWait();
    }

    /** Settings of a profile are committed: those of its devices that are connected follow. Any thread; in the order of the commits. */
    public void changed(DeviceProfileId profile, RpcSettings now) {
        sessions.handAllInSlices(new DeviceRpcs.Event.ProfileChanged(profileChanges.incrementAndGet(), profile, now));
    }

    /** Settings of a device are committed: it is asked for them. Any thread. */
    public void settingsChanged(long device) {
        sessions.handIfPresent(device, new DeviceRpcs.Event.SettingsChanged());
    }

    /** A change of a device is committed: maybe it has another profile. Any thread. */
    public void changed(Device device) {
        sessions.handIfPresent(device.number(), new DeviceRpcs.Event.ProfileIs(device.profile()));
    }

    /** How commands go out to a device where nothing is set. */
    Delivery delivery() {
        return delivery;
    }

    /** As {@link #delivery()}, the very same object where that is what it comes to. */
    Delivery delivery(RpcSettings set) {
        Delivery of = Delivery.of(set, settings.strategy(), settings.answerWait());
        return of.equals(delivery) ? delivery : of;
    }

    /** Changes of profiles so far; each is counted behind its commit. */
    long profileChanges() {
        return profileChanges.get();
    }

    /**
     * Ends stored commands whose time is over while their devices are away: one bounded batch, and the next one as long as
     * there are more. Any thread; does not block.
     *
     * @param done runs on a thread of the store when nothing is left to do for now
     */
    public void sweep(Runnable done) {
        long now = clock.millis();
        store.expire(now - SWEEP_GRACE.toMillis(), now, SWEEP_MAX).whenComplete((gone, failure) -> {
            figures.tellFailures();
            if (failure != null) {
                done.run();
                return;
            }
            gone.forEach(this::changed);
            swept.add(gone.size());
            if (gone.size() == SWEEP_MAX && !stopping) {
                sweep(done);
            } else {
                sweptMillis = clock.millis();
                done.run();
            }
        });
    }

    /**
     * Deletes stored commands that nobody has to keep any more, in bounded batches. Any thread; does not block.
     *
     * @param done runs on a thread of the store when nothing is left to do for now
     */
    public void purge(Runnable done) {
        store.purge(clock.millis(), PURGE_MAX).whenComplete((gone, failure) -> {
            if (failure == null && gone > 0 && !stopping) {
                purge(done);
            } else {
                done.run();
            }
        });
    }

    /** What became of commands. */
    public RpcFigures figures() {
        return figures;
    }

    /** When the last {@link #sweep} was through, or else the start: epoch milliseconds. */
    public long sweptMillis() {
        return sweptMillis;
    }

    /** How long the time of an open stored command is over that did not end yet, at most; zero: there is none. Blocks. */
    public Duration overdue() {
        OptionalLong earliest = store.earliestExpiration();
        return Duration.ofMillis(earliest.isPresent() ? Math.max(0, clock.millis() - earliest.getAsLong()) : 0);
    }

    /** Stored commands since the start whose time was over while their devices were away. */
    public long swept() {
        return swept.sum();
    }

    /** Answers every waiting caller; commands that come later are turned away at once. Any thread. */
    public void shutDown() {
        stopping = true;
        sessions.handAll(new DeviceRpcs.Event.ShutDown());
    }

    /** Callers that wait now. */
    public int waiters() {
        return waiters.get();
    }

    /** Bytes of the parameters of stored commands in memory. */
    public long keptBytes() {
        return keptBytes.get();
    }

    /** Bytes of the parameters of open commands that are not stored. */
    public long openBytes() {
        return openBytes.get();
    }

    /** Commands accepted since the start. */
    public long accepted() {
        return accepted.sum();
    }

    /** Lightweight commands that no session was given yet. */
    public long unsent() {
        return unsent.sum();
    }

    /** Lightweight commands that are open now. */
    public long open() {
        return open.sum();
    }

    /** Reports and answers since the start that belonged to no open command. */
    public long strays() {
        return strays.sum();
    }

    /** Callers since the start whose callback threw. */
    public long failures() {
        return failures.sum();
    }

    int openPerDeviceMax() {
        return settings.openPerDeviceMax();
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    void post(Pending pending, DeviceRpcs.Event event) {
        sessions.post(pending.device(), event);
    }

    void abandon(Pending pending) {
        pending.callerLoop().run(() -> post(pending, new DeviceRpcs.Event.Abandoned(pending)));
    }

    void postIfPresent(long device, DeviceRpcs.Event event) {
        sessions.handIfPresent(device, event);
    }

    RpcStore store() {
        return store;
    }

    long millis() {
        return clock.millis();
    }

    void load(long device, long after, int limit) {
        store.open(device, after, limit)
                .whenComplete((records, failure) -> sessions.hand(
                        device,
                        failure == null ? new DeviceRpcs.Event.Loaded(records) : new DeviceRpcs.Event.LoadFailed(0)));
    }

    /** @param asked what {@link DeviceSettings} knows this question by */
    void readSettings(long device, int asked) {
        store.settings(device)
                .whenComplete((found, failure) -> sessions.handIfPresent(
                        device, new DeviceRpcs.Event.SettingsRead(asked, failure == null ? found.orElse(null) : null)));
    }

    /** As {@link #load}, the device's settings with it. */
    void loadWithSettings(long device, long after, int limit, int asked) {
        CompletionStage<List<RpcRecord>> open = store.open(device, after, limit);
        store.settings(device)
                .whenComplete((found, notFound) -> open.whenComplete((records, failure) -> sessions.hand(
                        device,
                        failure == null
                                ? new DeviceRpcs.Event.LoadedWith(
                                        asked, notFound == null ? found.orElse(null) : null, records)
                                : new DeviceRpcs.Event.LoadFailed(asked))));
    }

    /**
     * Keeps an answer with the ended command that it belongs to; then its sender hears that it is stored.
     *
     * @param isWelcome whether it is so, too, when there is no such command; else the sender is to repeat it
     */
    void late(long device, Signal.RpcReplied reply, boolean isWelcome) {
        String answer = ReplyText.answer(reply.payload());
        store.late(device, reply.requestId(), answer == null ? "" : answer, clock.millis())
                .whenComplete((number, failure) -> {
                    if (failure == null) {
                        number.ifPresent(of -> committed(device, of));
                    }
                    reply.receipt()
                            .ifPresent(receipt -> receipt.loop().run(() -> {
                                if (failure != null) {
                                    receipt.refused(ErrorCode.STORE_UNAVAILABLE);
                                } else if (number.isPresent() || isWelcome) {
                                    receipt.stored();
                                } else {
                                    receipt.refused(ErrorCode.NOT_FOUND);
                                }
                            }));
                });
    }

    /** It ended in the store: whoever keeps it in memory must not go on with it. */
    void changed(RpcStore.Ended ended) {
        committed(ended.device(), ended.number());
        sessions.handIfPresent(ended.device(), new RpcChanged(ended.number()));
    }

    void committed(long device, long number) {
        commits.committed(device, number);
    }

    void reserve(long device) {
        requestIds
                .reserve(device)
                .whenComplete((first, failure) -> sessions.hand(
                        device,
                        failure == null ? new DeviceRpcs.Event.Reserved(first) : new DeviceRpcs.Event.ReserveFailed()));
    }

    void opened() {
        open.increment();
        unsent.increment();
    }

    void leftQueue() {
        unsent.decrement();
    }

    void closed() {
        open.decrement();
    }

    /** The command's parameters are no longer kept; once for each that was posted. */
    void forgotten(Command command) {
        openBytes.addAndGet(-command.params().length);
    }

    /** A stored command is in memory; each is {@link #released} once. */
    void kept(Command command) {
        keptBytes.addAndGet(command.params().length);
    }

    void released(Command command) {
        keptBytes.addAndGet(-command.params().length);
    }

    /** The memory for stored commands. */
    enum Room {
        PLENTY,
        LITTLE,
        NONE
    }

    /** Whether more stored commands may be read into memory. */
    Room roomForStored() {
        long kept = keptBytes.get();
        return kept < settings.keptBytesMax() / 2
                ? Room.PLENTY
                : kept < settings.keptBytesMax() ? Room.LITTLE : Room.NONE;
    }

    void waiterLeft() {
        waiters.decrementAndGet();
    }

    /** One caller more waits; or does not, and gets this. */
    Outcome.@Nullable Declined waiterCame() {
        if (waiters.incrementAndGet() <= settings.waitersMax()) {
            return null;
        }
        waiters.decrementAndGet();
        return new Outcome.Declined(
                ErrorCode.TOO_MANY_REQUESTS, "Too many callers wait on this server: " + settings.waitersMax());
    }

    void failed() {
        failures.increment();
    }

    void stray() {
        strays.increment();
    }
}
