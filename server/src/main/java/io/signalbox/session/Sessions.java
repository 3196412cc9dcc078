package io.signalbox.session;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/** The mailboxes of all devices that have a live session or an open command, by device number. Any thread. */
public final class Sessions {
    private static final int SLICE = 200;

    private final ConcurrentHashMap<Long, Mailbox> mailboxes = new ConcurrentHashMap<>();
    private final List<Loop> loops;
    private final Function<Mailbox, Mailbox.Commands> commands;
    private final AtomicLong generations = new AtomicLong();
    private final LongAdder failures = new LongAdder();
    private final LongAdder pushesDropped = new LongAdder();

    /**
     * Begins empty.
     *
     * @param loops    all event loops; a device's number picks its home
     * @param commands makes the feature's part of a mailbox when it is first needed
     */
    public Sessions(List<? extends Loop> loops, Function<Mailbox, Mailbox.Commands> commands) {
        this.loops = List.copyOf(loops);
        this.commands = commands;
    }

    /** Gives the event to the device's mailbox, and drains it if nobody does. Event loops only. */
    public void post(long device, Mailbox.Event event) {
        assert onLoop() : "not on an event loop";
        while (true) {
            Mailbox mailbox = mailboxes.get(device);
            if (mailbox == null) {
                mailbox = mailboxes.computeIfAbsent(device, d -> new Mailbox(d, home(d), this));
            }
            if (mailbox.post(event)) {
                return;
            }
            mailboxes.remove(device, mailbox);
        }
    }

    /** As {@link #post}, on the device's home loop and later. Any thread. */
    public void hand(long device, Mailbox.Event event) {
        home(device).execute(() -> post(device, event));
    }

    /** As {@link #hand} for a device that nobody may be connected to: nothing happens when it has no mailbox. Any thread. */
    public void handIfPresent(long device, Mailbox.Event event) {
        if (mailboxes.containsKey(device)) {
            hand(device, event);
        }
    }

    /** The loop that carries the device when nobody else does. */
    public Loop home(long device) {
        return loops.get((int) (device % loops.size()));
    }

    /** Devices with a live session or an open command. */
    public int size() {
        return mailboxes.size();
    }

    /** Events whose handling threw since the start. */
    public long failures() {
        return failures.sum();
    }

    /** Attribute updates that a session had no room for since the start. */
    public long pushesDropped() {
        return pushesDropped.sum();
    }

    Mailbox.Commands commandsFor(Mailbox mailbox) {
        return commands.apply(mailbox);
    }

    long nextGeneration() {
        return generations.incrementAndGet();
    }

    void retired(Mailbox mailbox) {
        mailboxes.remove(mailbox.device(), mailbox);
    }

    void failed() {
        failures.increment();
    }

    void pushDropped() {
        pushesDropped.increment();
    }

    /** Every device with a mailbox gets {@code event}. Any thread. */
    public void handAll(Mailbox.Event event) {
        mailboxes.keySet().forEach(device -> hand(device, event));
    }

    /**
     * As {@link #handAll}, a few devices at a time, so that nothing on the loops waits for all of them. A mailbox that is made
     * meanwhile may get it or not.
     */
    public void handAllInSlices(Mailbox.Event event) {
        for (Loop loop : loops) {
            Iterator<Mailbox> all = mailboxes.values().iterator();
            loop.execute(() -> handSlice(loop, all, event));
        }
    }

    private void handSlice(Loop loop, Iterator<Mailbox> all, Mailbox.Event event) {
        for (int seen = 0; seen < SLICE && all.hasNext(); seen++) {
            Mailbox mailbox = all.next();
            if (mailbox.home().equals(loop)) {
                var _ = mailbox.post(event); // one that has retired knows nothing that it would change
            }
        }
        if (all.hasNext()) {
            loop.execute(() -> handSlice(loop, all, event));
        }
    }

    private boolean onLoop() {
        for (Loop loop : loops) {
            if (loop.isCurrent()) {
                return true;
            }
        }
        return false;
    }
}
