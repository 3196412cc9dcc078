package io.signalbox.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Persistent commands in large numbers for devices that are away, posted and read over REST. */
final class Backlog {
    private static final int AT_ONCE = 10_000;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Rest rest;
    private final int connections;

    /** @param connections HTTP connections used at a time */
    Backlog(Rest rest, int connections) {
        this.rest = rest;
        this.connections = connections;
    }

    /** One-way, so that it ends when its device has acknowledged it. */
    static Rest.Request command(Device device, String method, int number, long expirationTime) {
        return new Rest.Request(
                "POST",
                "/api/rpc/oneway/" + device.id(),
                "{\"method\":\"%s\",\"params\":{\"n\":%d},\"persistent\":true,\"expirationTime\":%d}"
                        .formatted(method, number, expirationTime));
    }

    /**
     * Posts them all.
     *
     * @return their ids, in order
     * @throws SimulationFailed when one was refused, as by a quota
     */
    List<String> post(int count, IntFunction<Rest.Request> commands) {
        List<String> ids = new ArrayList<>(count);
        for (Rest.Response response : all(count, commands)) {
            ids.add(response.json().path("rpcId").asString(""));
        }
        return ids;
    }

    /**
     * Makes so many calls.
     *
     * @return the answers, in order
     * @throws SimulationFailed when one of them is not 200
     */
    Iterable<Rest.Response> all(int count, IntFunction<Rest.Request> requests) {
        return () -> IntStream.iterate(0, from -> from < count, from -> from + AT_ONCE)
                .boxed()
                .flatMap(from -> some(from, Math.min(AT_ONCE, count - from), requests).stream())
                .iterator();
    }

    private List<Rest.Response> some(int from, int count, IntFunction<Rest.Request> requests) {
        List<Rest.Response> responses = rest.all(count, i -> requests.apply(from + i), connections, LIMIT);
        for (int i = 0; i < count; i++) {
            Rest.Response response = responses.get(i);
            if (response.status() != 200) {
                Rest.Request request = requests.apply(from + i);
                throw new SimulationFailed("number %d of many, %s %s: HTTP %d %s"
                        .formatted(from + i, request.method(), request.path(), response.status(), response.body()));
            }
        }
        return responses;
    }
}
