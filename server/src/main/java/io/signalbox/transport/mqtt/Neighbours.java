package io.signalbox.transport.mqtt;

import io.signalbox.session.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * All connections of one event loop: looked at together twice a second, so that an idle one needs no timer of its own; held up
 * together while the store is full, so that not each of them reads one more buffer; and bounded together in what they keep in
 * memory. On the loop only, but for {@link #start} and {@link #stop}.
 */
final class Neighbours {
    static final Duration PERIOD = Duration.ofMillis(500);

    /** Bytes of packets that are not whole yet, or not taken, on all loops: above this, only a few connections are read at a time. */
    private static final long WAITING_BYTES_MANY = 32 << 20;

    /**
     * Above this, who brings more of them is ended. Twenty thousand connections, as many as a process may have open here, that
     * each have one read buffer full are below it.
     */
    private static final long WAITING_BYTES_MAX = 128 << 20;

    /** Connections that are read while much waits; each until its packets are taken, or the next sweep. */
    private static final int ADMITTED_MAX = 128;

    /** Bytes that clients have not read yet, on all loops. */
    private static final long UNREAD_BYTES_MAX = 32 << 20;

    private final Loop loop;
    private final LongSupplier nanoTime;
    private final Consumer<Runnable> whenWritable;
    private final int loops;
    private final List<MqttConnection> connections = new ArrayList<>();
    private volatile boolean running;
    private boolean storeFull;
    private boolean muchWaiting;
    private int admitted;
    private boolean admitting;

    /** Where the next turn begins, so that no connection is always the last. */
    private int firstInTurn;

    private long waitingBytes;
    private long unreadBytes;

    /**
     * Begins without a connection.
     *
     * @param whenWritable {@link io.signalbox.session.Uplink#whenWritable}
     * @param loops        how many share the memory
     */
    Neighbours(Loop loop, LongSupplier nanoTime, Consumer<Runnable> whenWritable, int loops) {
        this.loop = loop;
        this.nanoTime = nanoTime;
        this.whenWritable = whenWritable;
        this.loops = loops;
    }

    void start() {
        running = true;
        loop.schedule(PERIOD, this::sweep);
    }

    void stop() {
        running = false;
    }

    void add(MqttConnection connection) {
        connection.index = connections.size();
        connections.add(connection);
    }

    void remove(MqttConnection connection) {
        int index = connection.index;
        if (index < 0) {
            return;
        }
        connection.index = -1;
        MqttConnection last = connections.removeLast();
        if (last != connection) {
            connections.set(index, last);
            last.index = index;
        }
    }

    private void sweep() {
        if (!running) {
            return;
        }
        long now = nanoTime.getAsLong();
        for (int i = connections.size() - 1; i >= 0; i--) {
            if (i < connections.size()) {
                connections.get(i).sweep(now);
            }
        }
        rotate();
        if (storeFull) { // a second look, should the store's word have been lost
            storeHasRoom();
        }
        loop.schedule(PERIOD, this::sweep);
    }

    boolean isStoreFull() {
        return storeFull;
    }

    /** The store took no more: nobody on this loop reads until it does. */
    void storeIsFull() {
        if (storeFull) {
            return;
        }
        storeFull = true;
        connections.forEach(MqttConnection::holdForStore);
        whenWritable.accept(() -> loop.execute(this::storeHasRoom));
    }

    private void storeHasRoom() {
        storeFull = false;
        releaseInTurn();
    }

    private void releaseInTurn() {
        List<MqttConnection> all = List.copyOf(connections);
        int size = all.size();
        firstInTurn = size == 0 ? 0 : (firstInTurn + 1) % size;
        for (int i = 0; i < size && !storeFull; i++) {
            int at = (firstInTurn + i) % size;
            all.get(at).releaseFromNeighbours();
            if (storeFull) {
                firstInTurn = at;
            }
        }
    }

    /** Parts of packets came, or ({@code bytes} below 0) packets were taken. False: too much waits. */
    boolean waiting(long bytes) {
        waitingBytes += bytes;
        if (!muchWaiting && waitingBytes > WAITING_BYTES_MANY / loops) {
            muchWaiting = true;
            admitted = 0;
            List.copyOf(connections).forEach(MqttConnection::holdForOthers); // which may end some
            loop.execute(this::admit);
        } else if (muchWaiting && waitingBytes < WAITING_BYTES_MANY / loops / 2) {
            muchWaiting = false;
            loop.execute(this::releaseInTurn);
        }
        return waitingBytes <= WAITING_BYTES_MAX / loops;
    }

    /** Whether a connection may be read only when it is admitted. */
    boolean isMuchWaiting() {
        return muchWaiting;
    }

    /** An admitted connection has no packet that waits, or has gone. */
    void admittedIsDone() {
        admitted--;
        if (muchWaiting && !admitting) {
            admitting = true;
            loop.execute(this::admit);
        }
    }

    /** Lets the next ones finish what they began. */
    private void admit() {
        admitting = false;
        List<MqttConnection> all = List.copyOf(connections);
        for (int i = 0; i < all.size() && muchWaiting && admitted < ADMITTED_MAX; i++) {
            firstInTurn = (firstInTurn + 1) % all.size();
            if (all.get(firstInTurn).admitForPacket()) {
                admitted++;
            }
        }
    }

    /** Who was admitted and did not finish goes behind the others. */
    private void rotate() {
        if (muchWaiting) {
            List.copyOf(connections).forEach(MqttConnection::holdForOthers);
            admitted = 0;
            admit();
        }
    }

    /** Bytes go out ({@code bytes} above 0), or have gone. */
    void unread(long bytes) {
        unreadBytes += bytes;
    }

    /** Whether clients that do not read have to be kept short. */
    boolean isMuchUnread() {
        return unreadBytes > UNREAD_BYTES_MAX / loops;
    }
}
