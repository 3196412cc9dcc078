package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Sessions;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Commands to devices: finds the device's mailbox and gives the command to it. */
public final class RpcService {
    private static final Call NOTHING_UNDER_WAY = () -> {};

    private final RequestIds requestIds;
    private final Settings settings;
    private final LongSupplier nanoTime;
    private final Sessions sessions;
    private final AtomicInteger waiters = new AtomicInteger();
    private final AtomicLong openBytes = new AtomicLong();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder open = new LongAdder();
    private final LongAdder strays = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private volatile boolean stopping;

    /**
     * Limits and ways of delivery.
     *
     * @param openPerDeviceMax commands one device may have open
     * @param waitersMax       callers that may wait at a time on this server
     * @param openBytesMax     parameters of all open commands together
     */
    public record Settings(SubmitStrategy strategy, int openPerDeviceMax, int waitersMax, long openBytesMax) {}

    /** A command on its way. */
    public interface Call {
        /** The caller went away: its callback will not run. The command goes on. Caller's loop. */
        void abandon();
    }

    /**
     * Starts without any command.
     *
     * @param nanoTime the clock of {@link Command#deadline}
     * @param sessions makes the mailboxes, whose commands are this service's {@link #commandsOf}
     */
    public RpcService(
            RequestIds requestIds, Settings settings, LongSupplier nanoTime, Function<RpcService, Sessions> sessions) {
        this.requestIds = requestIds;
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.sessions = sessions.apply(this);
    }

    public Sessions sessions() {
        return sessions;
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
        if (waiters.incrementAndGet() > settings.waitersMax()) {
            waiters.decrementAndGet();
            done.accept(new Outcome.Declined(
                    ErrorCode.TOO_MANY_REQUESTS, "Too many callers wait on this server: " + settings.waitersMax()));
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
        DeviceRpcs.Pending pending = new DeviceRpcs.Pending(this, device, command, caller, done);
        sessions.post(device, new DeviceRpcs.Event.Submitted(pending));
        if (stopping) { // set since the look above, and maybe told to all mailboxes before this one was made
            sessions.post(device, new DeviceRpcs.Event.ShutDown());
        }
        return pending;
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

    /** Bytes of the parameters of open commands. */
    public long openBytes() {
        return openBytes.get();
    }

    /** Commands accepted since the start. */
    public long accepted() {
        return accepted.sum();
    }

    /** Commands that are open now. */
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

    SubmitStrategy strategy() {
        return settings.strategy();
    }

    int openPerDeviceMax() {
        return settings.openPerDeviceMax();
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    void post(DeviceRpcs.Pending pending, DeviceRpcs.Event event) {
        sessions.post(pending.device(), event);
    }

    void abandon(DeviceRpcs.Pending pending) {
        pending.callerLoop().run(() -> post(pending, new DeviceRpcs.Event.Abandoned(pending)));
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
    }

    void closed() {
        open.decrement();
    }

    /** The command's parameters are no longer kept; once for each that was posted. */
    void forgotten(Command command) {
        openBytes.addAndGet(-command.params().length);
    }

    void waiterLeft() {
        waiters.decrementAndGet();
    }

    void failed() {
        failures.increment();
    }

    void stray() {
        strays.increment();
    }
}
