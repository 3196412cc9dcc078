package io.signalbox.rpc;

import io.signalbox.ops.ErrorCode;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox.Receiver;
import io.signalbox.session.Receipt;
import io.signalbox.session.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open command and its caller. Mutable state belongs to the device's mailbox. */
final class Pending implements RpcService.Call {
    private static final Logger log = LoggerFactory.getLogger(Pending.class);

    /** More than these the history would not take. */
    private static final int LATE_MAX = 10;

    private final RpcService service;
    private final long device;
    private final Loop callerLoop;
    private @Nullable Consumer<Outcome> done;

    Rpc rpc;
    int requestId;
    private Loop.@Nullable Timer deadline;

    /** For how long the caller waits for the first commit. */
    private Loop.@Nullable Timer patience;

    /** Of the stored record; 0 before its first commit. */
    long number;

    /** Of the stored record. */
    long version;

    List<HistoryEntry> history = List.of();

    /** A commit is under way; what to do when it is done. */
    @Nullable
    List<Runnable> saving;

    /**
     * The steps since then, which wait for that commit: if it failed and somebody else took its version, they would seem to
     * follow theirs.
     */
    @Nullable
    Held held;

    /** Answers that wait for the last commit; if somebody else ends the command first, they came late. */
    private final List<Signal.RpcReplied> answers = new ArrayList<>(0);

    /** Answers that came while its end was on its way to the store; present while there are any. */
    private @Nullable List<Signal.RpcReplied> late;

    @Nullable
    Receiver target;

    long handedNanos;
    long acceptedNanos;

    /** 0: not known. */
    long deliveredNanos;

    /** The device may know it: it was handed to a session, or may have been before the server started. */
    boolean isOut;

    /** It is no longer this object's business what becomes of the command. */
    boolean isDropped;

    /** Steps that are taken and not on their way to the store yet. */
    record Held(RpcProgress progress, List<Runnable> afterwards) {}

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

    /** The caller went away. */
    void forgetCaller() {
        if (done != null) {
            done = null;
            service.waiterLeft();
        }
    }

    /** The caller's one answer; later ones reach nobody. */
    void answer(Outcome outcome) {
        Consumer<Outcome> waiting = done;
        Loop.Timer timer = isPersistent() ? patience : deadline;
        done = null;
        if (isPersistent()) {
            patience = null;
        } else {
            deadline = null;
        }
        if (waiting != null) {
            service.waiterLeft();
        }
        callerLoop.run(() -> {
            if (timer != null) {
                timer.cancel();
            }
            if (waiting != null) {
                tell(waiting, outcome);
            }
        });
    }

    /** A caller whose callback throws must not take the device's mailbox with it. */
    private void tell(Consumer<Outcome> waiting, Outcome outcome) {
        try {
            waiting.accept(outcome);
        } catch (RuntimeException | AssertionError e) {
            service.failed();
            log.error("rpc caller not told device={}", device, e);
        }
    }

    Loop.Timer wakeAfter(long delayNanos, Rpc.Event event) {
        return callerLoop.schedule(
                Duration.ofNanos(delayNanos), () -> service.post(this, new DeviceRpcs.Event.Woken(this, event)));
    }

    /** The caller is answered even if the store is not heard of any more. Before the command is posted. */
    void waitForStore(Duration atMost) {
        patience = callerLoop.schedule(atMost, () -> service.post(this, new DeviceRpcs.Event.StoreSilent(this)));
    }

    void watchDeadline(long now) {
        deadline = wakeAfter(rpc.command().deadline() - now, new Rpc.Event.Elapsed(Outcome.Stage.NO_SESSION));
    }

    void forgetDeadline() {
        Loop.Timer timer = deadline;
        deadline = null;
        if (timer != null) {
            callerLoop.run(timer::cancel);
        }
    }

    /** The answer has been applied; whoever gave it hears that it is stored, once it is. */
    void answered(Signal.RpcReplied reply) {
        if (saving == null) {
            reply.receipt().ifPresent(Pending::tellStored);
        } else if (rpc.status() == RpcStatus.SUCCESSFUL) {
            answers.add(reply);
        } else {
            late(reply);
        }
    }

    /** What the answer says is for the history of the command, whose end is on its way to the store. */
    void late(Signal.RpcReplied reply) {
        List<Signal.RpcReplied> present = late;
        if (present == null) {
            present = new ArrayList<>(1);
            late = present;
        }
        (present.size() < LATE_MAX ? present : answers).add(reply);
    }

    List<Signal.RpcReplied> takeLate() {
        List<Signal.RpcReplied> taken = late;
        late = null;
        return taken == null ? List.of() : taken;
    }

    /** All that wait. */
    List<Signal.RpcReplied> takeAnswers() {
        List<Signal.RpcReplied> taken = new ArrayList<>(answers);
        answers.clear();
        taken.addAll(takeLate());
        return taken;
    }

    void answersStored() {
        answers.forEach(reply -> reply.receipt().ifPresent(Pending::tellStored));
        answers.clear();
    }

    void answersRefused(ErrorCode why) {
        takeAnswers().forEach(reply -> reply.receipt().ifPresent(receipt -> tellRefused(receipt, why)));
    }

    static void tellStored(Receipt receipt) {
        receipt.loop().run(receipt::stored);
    }

    static void tellRefused(Receipt receipt, ErrorCode code) {
        receipt.loop().run(() -> receipt.refused(code));
    }
}
