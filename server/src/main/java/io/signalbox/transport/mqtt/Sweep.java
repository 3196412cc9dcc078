package io.signalbox.transport.mqtt;

import io.signalbox.session.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Looks at every connection of one event loop twice a second, so that an idle connection needs no timer of its own. On the
 * loop only, but for {@link #start} and {@link #stop}.
 */
final class Sweep {
    static final Duration PERIOD = Duration.ofMillis(500);

    private final Loop loop;
    private final LongSupplier nanoTime;
    private final List<MqttConnection> connections = new ArrayList<>();
    private volatile boolean running;

    Sweep(Loop loop, LongSupplier nanoTime) {
        this.loop = loop;
        this.nanoTime = nanoTime;
    }

    void start() {
        running = true;
        loop.schedule(PERIOD, this::run);
    }

    void stop() {
        running = false;
    }

    void add(MqttConnection connection) {
        connection.sweepIndex = connections.size();
        connections.add(connection);
    }

    void remove(MqttConnection connection) {
        int index = connection.sweepIndex;
        if (index < 0) {
            return;
        }
        connection.sweepIndex = -1;
        MqttConnection last = connections.removeLast();
        if (last != connection) {
            connections.set(index, last);
            last.sweepIndex = index;
        }
    }

    private void run() {
        if (!running) {
            return;
        }
        long now = nanoTime.getAsLong();
        for (int i = connections.size() - 1; i >= 0; i--) {
            if (i < connections.size()) {
                connections.get(i).sweep(now);
            }
        }
        loop.schedule(PERIOD, this::run);
    }
}
