package io.signalbox.simulator;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT connections of a run: opens them, keeps them alive, counts the ones that were lost, closes them.
 *
 * <p>The loop's thread only.
 */
final class Fleet implements MqttClient.Owner {
    /** At most so many are on their way at once, so that the server's accept queue never overflows. */
    private static final int OPENING_MAX = 256;

    private final Loop loop;
    private final InetSocketAddress server;
    private final int addresses;
    private final List<? extends MqttClient> clients;
    private final ArrayDeque<MqttClient> waiting;
    private final Map<String, Long> losses = new TreeMap<>();
    private int opening;
    private int readyCount;
    private boolean closing;
    private Loop.@Nullable Timer pings;

    /** @param addresses connections leave from 127.0.0.1 to 127.0.0.addresses in turn; 1 leaves the choice to the system */
    Fleet(Loop loop, InetSocketAddress server, int addresses, List<? extends MqttClient> clients) {
        this.loop = loop;
        this.server = server;
        this.addresses = addresses;
        this.clients = clients;
        this.waiting = new ArrayDeque<>(clients);
    }

    /**
     * Opens all connections and waits until each is logged in and subscribed.
     *
     * @throws SimulationFailed when one of them was refused, or the limit passed
     */
    void open(Duration limit) {
        pings = loop.every(Duration.ofSeconds(1), this::ping);
        openNext();
        boolean inTime = loop.runUntil(() -> readyCount == clients.size() || lostCount() > 0, limit);
        if (lostCount() > 0 || !inTime) {
            throw new SimulationFailed("only " + readyCount + " of " + clients.size() + " devices connected to MQTT at "
                    + Target.text(server) + " within " + limit.toSeconds() + " s"
                    + (losses.isEmpty() ? "" : ": " + losses));
        }
    }

    /** Says goodbye and lets the server close first, so that its ports, not ours, stay reserved by TCP for a minute. */
    void close() {
        closing = true;
        if (pings != null) {
            pings.close();
        }
        clients.forEach(MqttClient::disconnect);
        loop.runUntil(() -> clients.stream().noneMatch(MqttClient::isOpen), Duration.ofSeconds(3));
        clients.forEach(MqttClient::close);
    }

    /** Connections that ended by themselves, by reason. */
    Map<String, Long> losses() {
        return losses;
    }

    long lostCount() {
        return losses.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void ready(MqttClient client) {
        readyCount++;
        opening--;
        client.sentAt(loop.now());
        openNext();
    }

    @Override
    public void lost(MqttClient client, String reason) {
        if (!closing) {
            losses.merge("MQTT " + reason, 1L, Long::sum);
        }
    }

    private void openNext() {
        while (opening < OPENING_MAX && !waiting.isEmpty() && lostCount() == 0) {
            opening++;
            int index = clients.size() - waiting.size();
            waiting.remove().open(loop, this, server, local(index, addresses));
        }
    }

    /** Source address of connection {@code index}; null leaves it to the system. */
    static @Nullable InetSocketAddress local(int index, int addresses) {
        return addresses <= 1 ? null : Target.loopback(1 + index % addresses, 0);
    }

    private void ping() {
        for (MqttClient client : clients) {
            client.pingIfQuiet(loop.now());
        }
    }
}
