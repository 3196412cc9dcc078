package io.signalbox.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * Devices that a run needs, made over REST. Device i of a prefix is always called {@code prefix-i} and has that as its
 * token too, so that a later run finds it again.
 */
final class Devices {
    private final Rest rest;
    private final int connections;
    private final Duration limit = Duration.ofMinutes(5);

    /** @param connections HTTP connections used at a time */
    Devices(Rest rest, int connections) {
        this.rest = rest;
        this.connections = connections;
    }

    /** A prefix that no other run uses. */
    static String freshPrefix() {
        return "sim-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    }

    /** Makes devices 0 to count - 1 of {@code prefix}; those that exist are taken as they are. */
    List<Device> make(String prefix, int count) {
        List<Rest.Response> made = rest.all(
                count,
                i -> {
                    String name = prefix + "-" + i;
                    String body = "{\"name\":\"" + name + "\",\"type\":\"default\"}";
                    return new Rest.Request("POST", "/api/device?accessToken=" + name, body);
                },
                connections,
                limit);
        int[] existing =
                IntStream.range(0, count).filter(i -> exists(made.get(i))).toArray();
        List<Rest.Response> found = rest.all(
                existing.length,
                i -> new Rest.Request("GET", "/api/tenant/devices?deviceName=" + prefix + "-" + existing[i], null),
                connections,
                limit);
        List<Rest.Response> all = new ArrayList<>(made);
        for (int i = 0; i < existing.length; i++) {
            all.set(existing[i], found.get(i));
        }
        return IntStream.range(0, count)
                .mapToObj(i -> new Device(prefix + "-" + i, id(all.get(i))))
                .toList();
    }

    void delete(List<Device> devices) {
        rest.all(
                devices.size(),
                i -> new Rest.Request("DELETE", "/api/device/" + devices.get(i).id(), null),
                connections,
                limit);
    }

    private static boolean exists(Rest.Response response) {
        return response.status() == 400 && response.body().contains("such name already exists");
    }

    private static String id(Rest.Response response) {
        if (response.status() != 200) {
            throw new SimulationFailed("making a device: HTTP " + response.status() + " " + response.body());
        }
        return response.json().path("id").path("id").asString();
    }
}
