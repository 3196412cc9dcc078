package io.signalbox.simulator;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread, one selector, any number of connections: the whole input and output of the simulator.
 *
 * <p>A pass reads every connection that has something to say, runs the {@link #eachPass} tasks, and then writes what all
 * of that put into the connections' outputs, once each. So a burst costs one wake-up of the peer, not one for each message.
 * All methods but {@link #wakeup} belong to the thread that calls {@link #runUntil}.
 */
final class Loop implements AutoCloseable {
    private static final int READ_BYTES = 256 * 1024;

    /** What a selection key carries. */
    interface Ready {
        void ready(SelectionKey key);
    }

    private final Selector selector;
    private final Consumer<SelectionKey> ready = Loop::tell;
    private final ByteBuffer transfer = ByteBuffer.allocateDirect(READ_BYTES);
    private final List<Timer> timers = new ArrayList<>();
    private final List<Runnable> passTasks = new ArrayList<>();
    private byte[] received = new byte[READ_BYTES];
    private Connection[] withOutput = new Connection[64];
    private int withOutputCount;
    private long now = System.nanoTime();

    Loop() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new SimulationFailed("cannot open a selector: " + e.getMessage(), e);
        }
    }

    /** Time in {@link System#nanoTime} units at which this pass began. */
    long now() {
        return now;
    }

    /**
     * Runs passes until {@code done} is true, which is asked after each of them.
     *
     * @return false when {@code limit} passed first
     */
    boolean runUntil(BooleanSupplier done, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        flush();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            pass(deadline);
        }
        return true;
    }

    void runFor(Duration time) {
        runUntil(() -> false, time);
    }

    /** Runs {@code task} about every {@code period} until the timer is closed; the first time one period from now. */
    Timer every(Duration period, Runnable task) {
        Timer timer = new Timer(period.toNanos(), task);
        timers.add(timer);
        return timer;
    }

    /** Runs {@code task} in every pass, after reading and before writing, until {@link #noLongerEachPass}. */
    void eachPass(Runnable task) {
        passTasks.add(task);
    }

    void noLongerEachPass(Runnable task) {
        passTasks.remove(task);
    }

    /**
     * Begins passes at least every {@code period}, by a thread that does nothing else: a selector's own timeout has a
     * resolution of a millisecond, too coarse for calls at a fixed rate.
     */
    Beat beat(Duration period) {
        return new Beat(period.toNanos());
    }

    /** Any thread: ends the wait of the current pass. */
    void wakeup() {
        selector.wakeup();
    }

    /** Listens on {@code address}; each accepted channel becomes one of {@code connections}. */
    InetSocketAddress listen(InetSocketAddress address, Supplier<? extends Connection> connections) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open();
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(address, 4096);
            server.configureBlocking(false);
            Ready accept = _ -> accept(server, connections);
            server.register(selector, SelectionKey.OP_ACCEPT, accept);
            return (InetSocketAddress) server.getLocalAddress();
        } catch (IOException e) {
            throw new SimulationFailed("cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    /**
     * Opens {@code connection} to {@code remote}; it hears of the outcome in a later pass, or of a failure at once.
     *
     * @param local source address, or null for the system's choice
     */
    void connect(Connection connection, InetSocketAddress remote, @Nullable InetSocketAddress local) {
        try {
            SocketChannel channel = SocketChannel.open();
            try {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                if (local != null) {
                    channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                    channel.bind(local);
                }
                boolean connected = channel.connect(remote);
                int interest = connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT;
                connection.attach(this, channel, channel.register(selector, interest, connection));
                if (connected) {
                    connection.opened();
                }
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            connection.closed("connect: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        if (!selector.isOpen()) {
            return;
        }
        try {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            throw new SimulationFailed("closing sockets: " + e.getMessage(), e);
        }
    }

    /** The shared buffer between sockets and arrays, empty. */
    ByteBuffer transfer() {
        return transfer.clear();
    }

    /** The shared array of received bytes, with room for {@code length}; its content does not outlive the call it is for. */
    byte[] received(int length) {
        if (received.length < length) {
            received = new byte[length * 2];
        }
        return received;
    }

    /** Remembers to write {@code connection}'s output at the end of the pass. */
    void hasOutput(Connection connection) {
        if (withOutputCount == withOutput.length) {
            withOutput = Arrays.copyOf(withOutput, withOutputCount * 2);
        }
        withOutput[withOutputCount++] = connection;
    }

    private void pass(long deadline) {
        try {
            long wait = Math.min(deadline, nextTimer()) - System.nanoTime();
            if (wait <= 0) {
                selector.selectNow(ready);
            } else {
                // rounded up, or the last millisecond of every wait would be spent spinning
                selector.select(ready, (wait + 999_999) / 1_000_000);
            }
        } catch (IOException e) {
            throw new SimulationFailed("selector: " + e.getMessage(), e);
        }
        now = System.nanoTime();
        for (int i = 0; i < timers.size(); i++) {
            timers.get(i).runIfDue();
        }
        for (int i = 0; i < passTasks.size(); i++) {
            passTasks.get(i).run();
        }
        flush();
    }

    private static void tell(SelectionKey key) {
        ((Ready) key.attachment()).ready(key);
    }

    private void flush() {
        for (int i = 0; i < withOutputCount; i++) {
            withOutput[i].flush();
        }
        withOutputCount = 0;
    }

    private long nextTimer() {
        long next = Long.MAX_VALUE;
        for (int i = 0; i < timers.size(); i++) {
            next = Math.min(next, timers.get(i).next);
        }
        return next;
    }

    private void accept(ServerSocketChannel server, Supplier<? extends Connection> connections) {
        try {
            for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                Connection connection = connections.get();
                connection.attach(this, channel, channel.register(selector, SelectionKey.OP_READ, connection));
                connection.opened();
            }
        } catch (IOException e) {
            throw new SimulationFailed("cannot accept a connection: " + e.getMessage(), e);
        }
    }

    /** A task of {@link #every}. */
    final class Timer implements AutoCloseable {
        private final long period;
        private final Runnable task;
        private long next;

        private Timer(long period, Runnable task) {
            this.period = period;
            this.task = task;
            this.next = System.nanoTime() + period;
        }

        private void runIfDue() {
            if (now - next >= 0) {
                next = now + period;
                task.run();
            }
        }

        @Override
        public void close() {
            timers.remove(this);
        }
    }

    /** The thread of {@link #beat}. */
    final class Beat implements AutoCloseable {
        private volatile boolean stopped;

        private Beat(long period) {
            Thread.ofPlatform().daemon().name("beat").start(() -> {
                while (!stopped) {
                    LockSupport.parkNanos(period);
                    wakeup();
                }
            });
        }

        @Override
        public void close() {
            stopped = true;
        }
    }
}
