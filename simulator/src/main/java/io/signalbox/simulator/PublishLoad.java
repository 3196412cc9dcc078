package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Telemetry over MQTT: each device keeps a fixed number of unacknowledged PUBLISH packets in flight. Latency is from
 * PUBLISH to PUBACK, with a rate from the time at which the message was meant to go out.
 *
 * <p>Packet identifiers are the numbers of a device's slots, so nothing has to be looked up. The loop's thread only.
 */
final class PublishLoad {
    private static final byte[] TOPIC = "v1/devices/me/telemetry".getBytes(StandardCharsets.US_ASCII);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(30);

    /** What the devices say. The same slot is not used again before its message is acknowledged. */
    interface Messages {
        /**
         * Writes the next payload of a device.
         *
         * @return false when it has nothing more to say
         */
        boolean next(int device, int slot, Bytes payload);

        default void acknowledged(int device, int slot) {}
    }

    /**
     * @param inflight slots of each device
     * @param qos 1; or 0, which frees a slot as soon as its message is written
     * @param rate messages per second of all devices; empty: a slot sends again when it was acknowledged
     */
    record Settings(int inflight, int qos, OptionalDouble rate, int addresses) {}

    private final Loop loop;
    private final Settings settings;
    private final Messages messages;
    private final Meter meter;
    private final List<Publisher> publishers = new ArrayList<>();
    private final Fleet fleet;
    /** Slots that wait for their turn on the pace, as device * inflight + slot. */
    private final IntQueue free;

    private final @Nullable Pace pace;
    private final Bytes payload = new Bytes(1024);
    private long unacknowledged;
    private long acknowledgedCount;
    private boolean running;

    PublishLoad(
            Loop loop,
            Target target,
            Settings settings,
            List<String> tokens,
            Messages messages,
            Optional<ServerProcess> server) {
        this.loop = loop;
        this.settings = settings;
        this.messages = messages;
        this.meter = new Meter(server);
        MqttPacket packet = new MqttPacket();
        for (String token : tokens) {
            publishers.add(new Publisher(packet, token, publishers.size()));
        }
        this.fleet = new Fleet(loop, target.mqtt(), settings.addresses(), publishers);
        this.free = new IntQueue(tokens.size() * settings.inflight());
        this.pace = settings.rate().isPresent() ? new Pace(settings.rate().getAsDouble()) : null;
    }

    /**
     * Connects all devices.
     *
     * @throws SimulationFailed when that does not work
     */
    void open() {
        fleet.open(Duration.ofMinutes(2));
    }

    /** Fills every slot, or puts all of them on the pace. */
    void start() {
        running = true;
        for (Publisher publisher : publishers) {
            for (int slot = 0; slot < settings.inflight(); slot++) {
                if (pace == null) {
                    publisher.publish(slot, System.nanoTime());
                } else {
                    free.add(publisher.index * settings.inflight() + slot);
                }
            }
        }
        if (pace != null) {
            pace.start(System.nanoTime());
        }
    }

    /** Runs the load for both times together and measures the second one. */
    Measurement run(Duration warmup, Duration measured) {
        Runnable due = this::publishDue;
        start();
        if (pace != null) {
            loop.eachPass(due);
        }
        try (var _ = pace == null ? null : loop.beat(pace.beat())) {
            loop.runFor(warmup);
            meter.begin();
            loop.runFor(measured);
            Measurement measurement = meter.end();
            running = false;
            loop.noLongerEachPass(due);
            return drain(measurement);
        }
    }

    /** Runs the load until no device has more to say, and all of it is acknowledged; measures all of it. */
    Measurement runToEnd(Duration limit) {
        meter.begin();
        start();
        boolean inTime = loop.runUntil(() -> unacknowledged == 0 || fleet.lostCount() > 0, limit);
        Measurement measurement = meter.end();
        if (!inTime) {
            throw new SimulationFailed("not all messages were acknowledged within " + limit.toSeconds() + " s");
        }
        return drain(measurement);
    }

    /** Messages acknowledged since the load was made. */
    long acknowledgedCount() {
        return acknowledgedCount;
    }

    /** Stops sending without waiting for anything, and takes what still arrives until all connections are gone. */
    void abandon(Duration limit) {
        running = false;
        loop.runUntil(() -> fleet.lostCount() == publishers.size(), limit);
        publishers.forEach(Connection::close);
        fleet.close();
    }

    void close() {
        fleet.close();
    }

    private Measurement drain(Measurement measurement) {
        TreeMap<String, Long> more = new TreeMap<>(fleet.losses());
        boolean drained = loop.runUntil(() -> unacknowledged == 0 || fleet.lostCount() > 0, DRAIN_LIMIT);
        if (!drained || unacknowledged > 0) {
            more.put("no PUBACK at the end", unacknowledged);
        }
        return measurement.plusErrors(more);
    }

    private void publishDue() {
        Pace schedule = pace;
        long now = System.nanoTime();
        while (schedule != null && running && !free.isEmpty() && schedule.isDue(now)) {
            int next = free.remove();
            publishers.get(next / settings.inflight()).publish(next % settings.inflight(), schedule.take());
        }
    }

    private final class Publisher extends MqttClient {
        private final int index;
        /** When each slot's message was meant to go out; 0 while it has none in flight. */
        private final long[] meant = new long[settings.inflight()];

        Publisher(MqttPacket packet, String token, int index) {
            super(packet, token, null, 0);
            this.index = index;
        }

        void publish(int slot, long meantAt) {
            payload.clear();
            if (!isReady() || !messages.next(index, slot, payload)) {
                return;
            }
            Mqtt.publish(output(), settings.qos(), slot + 1, TOPIC, payload.array(), payload.start(), payload.length());
            sentAt(loop.now());
            if (settings.qos() == 0) {
                meter.success(System.nanoTime() - meantAt);
                free.add(index * settings.inflight() + slot);
                return;
            }
            meant[slot] = meantAt;
            unacknowledged++;
        }

        @Override
        void acknowledged(int packetId) {
            int slot = packetId - 1;
            if (slot < 0 || slot >= meant.length || meant[slot] == 0) {
                meter.error("PUBACK for nothing");
                return;
            }
            long now = System.nanoTime();
            meter.success(now - meant[slot]);
            meant[slot] = 0;
            unacknowledged--;
            acknowledgedCount++;
            messages.acknowledged(index, slot);
            if (!running) {
                return;
            }
            if (pace == null) {
                publish(slot, now);
            } else {
                free.add(index * settings.inflight() + slot);
            }
        }
    }
}
