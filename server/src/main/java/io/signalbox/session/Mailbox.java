package io.signalbox.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The single owner of one device's state: its live sessions and its open commands.
 *
 * <p>A queue without a thread of its own. The event loop that posts to an idle mailbox drains it, events of others that come
 * meanwhile included, one at a time and in order; after {@link #EVENTS_PER_DRAIN} events the rest goes to the device's home
 * loop, so that a busy device does not hold somebody else's. An idle mailbox is this object and no more; with neither session
 * nor open command it retires inside its own drain.
 *
 * <pre>
 *  head:  null        idle
 *         Node …      being drained, events wait (newest first)
 *         BUSY        being drained, nothing waits
 *         RETIRED     for ever; posters look the device up again
 * </pre>
 */
public final class Mailbox {
    static final int EVENTS_PER_DRAIN = 256;

    /** More polls of one device than this, and the oldest ends. */
    static final int POLLS_MAX = 16;

    private static final Logger log = LoggerFactory.getLogger(Mailbox.class);
    private static final Node BUSY = new Node(new Event.Nothing());
    private static final Node RETIRED = new Node(new Event.Nothing());

    private final long device;
    private final Loop home;
    private final Sessions sessions;
    private final AtomicReference<@Nullable Node> head = new AtomicReference<>();

    /** Taken from {@link #head}, oldest first; owned by whoever drains, as everything below. */
    private @Nullable Node backlog;

    private @Nullable Thread drainer;
    private final List<Attached> attached = new ArrayList<>(1);
    private @Nullable Commands commands;

    Mailbox(long device, Loop home, Sessions sessions) {
        this.device = device;
        this.home = home;
        this.sessions = sessions;
    }

    /** What may be posted. */
    public sealed interface Event {
        record Opened(DeviceSession session) implements Event {}

        record Closed(SessionId session) implements Event {}

        record Signalled(SessionId session, Signal signal) implements Event {}

        /** An answer from a device that needs no session to give it. */
        record Replied(Signal.RpcReplied reply) implements Event {}

        /** Shared attributes for whoever subscribed to them. */
        record Push(DownlinkMessage.AttributesChanged message) implements Event {}

        record CloseAll(CloseReason why) implements Event {}

        record Nothing() implements Event {}

        /** An event of the feature that keeps the device's commands. */
        non-sealed interface OfCommands extends Event {}
    }

    /** The device's open commands: a feature's state inside the mailbox. Every call comes from the drain. */
    public interface Commands {
        void on(Event.OfCommands event);

        /** Told by the session that was given the command, or by the device without a session. */
        void on(Signal.OfRpc signal);

        /** A session subscribed, or has room again. */
        void ready(Receiver receiver);

        /** Whether nothing is open and nothing needs to be remembered, now that no session is there. */
        boolean isIdle();
    }

    /**
     * Who gets the next command.
     *
     * @param generation counts subscriptions in the process: a session that subscribes again has a new one
     */
    public record Receiver(DeviceSession session, long generation) {}

    private static final class Node {
        final Event event;

        @Nullable
        Node next;

        Node(Event event) {
            this.event = event;
        }
    }

    private static final class Attached {
        final DeviceSession session;
        boolean attributes;

        /** Present while it is subscribed to commands. */
        @Nullable
        Receiver receiver;

        Attached(DeviceSession session) {
            this.session = session;
        }
    }

    /** Any thread. */
    public long device() {
        return device;
    }

    /** The loop that carries this device when nobody else does. Any thread. */
    public Loop home() {
        return home;
    }

    /**
     * Adds an event, and drains if nobody does. Event loops only.
     *
     * @return false: the mailbox has retired
     */
    boolean post(Event event) {
        Node node = new Node(event);
        while (true) {
            Node before = head.get();
            if (before == RETIRED) {
                return false;
            }
            node.next = before;
            if (head.compareAndSet(before, node)) {
                if (before == null) {
                    drain();
                }
                return true;
            }
        }
    }

    private void drain() {
        drainer = Thread.currentThread();
        for (int handled = 0; handled < EVENTS_PER_DRAIN; handled++) {
            Node node = backlog;
            if (node == null) {
                node = takeAll();
            }
            if (node == null) {
                drainer = null;
                if (release()) {
                    return;
                }
                drainer = Thread.currentThread();
                continue;
            }
            backlog = node.next;
            try {
                handle(node.event);
            } catch (RuntimeException | Error e) { // whatever it is, the mailbox must not stay busy for ever
                sessions.failed();
                log.error(
                        "device event failed device={} event={}",
                        device,
                        node.event.getClass().getSimpleName(),
                        e);
            }
        }
        drainer = null;
        home.execute(this::drain);
    }

    /** All that waits, oldest first, or null; the mailbox stays busy. */
    private @Nullable Node takeAll() {
        Node newest = head.getAndSet(BUSY);
        Node oldestFirst = null;
        while (newest != null && newest != BUSY) {
            Node older = newest.next;
            newest.next = oldestFirst;
            oldestFirst = newest;
            newest = older;
        }
        return oldestFirst;
    }

    /** Leaves the drain; false: something came meanwhile. */
    private boolean release() {
        boolean retires = attached.isEmpty() && (commands == null || commands.isIdle());
        if (!head.compareAndSet(BUSY, retires ? RETIRED : null)) {
            return false;
        }
        if (retires) {
            sessions.retired(this);
        }
        return true;
    }

    private void handle(Event event) {
        switch (event) {
            case Event.Opened(DeviceSession session) -> open(session);
            case Event.Closed(SessionId id) -> closed(id);
            case Event.Signalled(SessionId id, Signal signal) -> {
                Attached from = find(id);
                if (from != null) {
                    signalled(from, signal);
                }
            }
            case Event.Replied(Signal.RpcReplied reply) -> commands().on(reply);
            case Event.Push(DownlinkMessage.AttributesChanged message) -> push(message);
            case Event.CloseAll(CloseReason why) -> {
                List<Attached> all = List.copyOf(attached);
                attached.clear();
                all.forEach(a -> a.session.close(why));
            }
            case Event.OfCommands of -> commands().on(of);
            case Event.Nothing() -> {}
        }
    }

    private void open(DeviceSession session) {
        boolean push = session.isPush();
        List<Attached> ending = new ArrayList<>();
        for (Attached other : attached) {
            if (push && other.session.isPush()) {
                ending.add(other);
            }
        }
        if (!push && attached.size() >= POLLS_MAX) {
            attached.stream().filter(a -> !a.session.isPush()).findFirst().ifPresent(ending::add);
        }
        attached.removeAll(ending);
        attached.add(new Attached(session));
        ending.forEach(a -> a.session.close(CloseReason.TAKEN_OVER));
    }

    private void signalled(Attached from, Signal signal) {
        switch (signal) {
            case Signal.Subscribed(Signal.Topic topic) -> {
                switch (topic) {
                    case ATTRIBUTES -> from.attributes = true;
                    case RPC -> {
                        from.receiver = new Receiver(from.session, sessions.nextGeneration());
                        offer();
                    }
                }
            }
            case Signal.Unsubscribed(Signal.Topic topic) -> {
                switch (topic) {
                    case ATTRIBUTES -> from.attributes = false;
                    case RPC -> {
                        Receiver left = from.receiver;
                        from.receiver = null;
                        offerInsteadOf(left);
                    }
                }
            }
            case Signal.Writable() -> offer();
            case Signal.OfRpc of -> commands().on(of);
        }
    }

    private void closed(SessionId id) {
        Attached left = find(id);
        if (left != null) {
            attached.remove(left);
            offerInsteadOf(left.receiver);
        }
    }

    /** What {@code left} had no room for goes to whoever comes after it: a poll may wait already, and subscribes no more. */
    private void offerInsteadOf(@Nullable Receiver left) {
        if (left != null) {
            offer();
        }
    }

    private void offer() {
        Receiver receiver = receiver();
        if (receiver != null) {
            commands().ready(receiver);
        }
    }

    private void push(DownlinkMessage.AttributesChanged message) {
        List<Attached> ended = new ArrayList<>();
        for (Attached a : attached) {
            if (a.attributes) {
                boolean taken = a.session.send(message);
                if (!taken) {
                    sessions.pushDropped();
                }
                if (!a.session.isPush()) {
                    ended.add(a);
                }
            }
        }
        attached.removeAll(ended);
    }

    private @Nullable Attached find(SessionId id) {
        for (Attached a : attached) {
            if (a.session.id().equals(id)) {
                return a;
            }
        }
        return null;
    }

    private Commands commands() {
        Commands present = commands;
        if (present == null) {
            present = sessions.commandsFor(this);
            commands = present;
        }
        return present;
    }

    /** Who gets the next command: the newest subscribed connection, else the oldest poll. Inside the drain. */
    public @Nullable Receiver receiver() {
        Receiver poll = null;
        Receiver connection = null;
        for (Attached a : attached) {
            Receiver r = a.receiver;
            if (r == null) {
                continue;
            }
            if (a.session.isPush()) {
                connection = r;
            } else if (poll == null) {
                poll = r;
            }
        }
        return connection != null ? connection : poll;
    }

    /** The poll was given its one command: no more of it. Inside the drain. */
    public void spend(Receiver receiver) {
        if (!receiver.session().isPush()) {
            Attached a = find(receiver.session().id());
            if (a != null) {
                a.receiver = null;
            }
        }
    }

    /** Whether {@code receiver} may still be given what was meant for it: the poll lives, the connection keeps its subscription. */
    public boolean isLive(Receiver receiver) {
        Attached a = find(receiver.session().id());
        return a != null && (!receiver.session().isPush() || receiver.equals(a.receiver));
    }

    /** Whether the device has any live connection. Inside the drain. */
    public boolean isConnected() {
        return !attached.isEmpty();
    }

    /** Fails when tests run and the caller is not inside the drain. */
    public void assertInside() {
        assert Thread.currentThread().equals(drainer) : "outside the mailbox of device " + device;
    }
}
