package io.signalbox.simulator;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * REST calls that are waited for: logging in, making devices, reading back. Not for load, see {@link RpcLoad}.
 *
 * <p>The loop's thread only, and never from within a pass.
 */
final class Rest {
    static final ObjectMapper JSON = JsonMapper.builder().build();

    /** Requests written to one connection before the first answer came. */
    private static final int PIPELINE = 4;

    private static final Duration CALL_LIMIT = Duration.ofSeconds(30);

    /** @param body JSON, or null for none */
    record Request(String method, String path, @Nullable String body) {}

    record Response(int status, String body) {
        JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (JacksonException e) {
                throw new SimulationFailed("the server's answer is not JSON: " + e.getOriginalMessage(), e);
            }
        }
    }

    private final Loop loop;
    private final InetSocketAddress server;
    private String authorization = "";

    Rest(Loop loop, InetSocketAddress server) {
        this.loop = loop;
        this.server = server;
    }

    /** Logs in; later calls carry the token. */
    void login(String user, String password) {
        Request request = new Request("POST", "/api/auth/login", text(Map.of("username", user, "password", password)));
        Response response = call(request);
        if (response.status() != 200) {
            throw new SimulationFailed("login as " + user + ": HTTP " + response.status() + " " + response.body());
        }
        authorization = "Bearer " + response.json().path("token").asString();
    }

    /** Value of the header X-Authorization; empty before {@link #login}. */
    String authorization() {
        return authorization;
    }

    Response call(Request request) {
        return all(1, _ -> request, 1, CALL_LIMIT).getFirst();
    }

    /** As {@link #call}, but fails unless the answer is 200. */
    JsonNode get(String path) {
        Response response = call(new Request("GET", path, null));
        if (response.status() != 200) {
            throw new SimulationFailed("GET " + path + ": HTTP " + response.status() + " " + response.body());
        }
        return response.json();
    }

    /**
     * Makes {@code count} calls, pipelined over some connections, and waits for all.
     *
     * @return the answers in the order of the requests
     * @throws SimulationFailed when a connection breaks or the limit passes
     */
    List<Response> all(int count, IntFunction<Request> requests, int connections, Duration limit) {
        Batch batch = new Batch(count, requests);
        for (int i = 0; i < Math.min(connections, count); i++) {
            Pipeline pipeline = new Pipeline(batch);
            batch.pipelines.add(pipeline);
            loop.connect(pipeline, server, null);
        }
        boolean inTime = loop.runUntil(() -> batch.answered == count || batch.failure != null, limit);
        batch.pipelines.forEach(Connection::close);
        if (batch.failure != null) {
            throw new SimulationFailed("HTTP at " + Target.text(server) + ": " + batch.failure);
        }
        if (!inTime) {
            throw new SimulationFailed("HTTP at " + Target.text(server) + ": " + batch.answered + " of " + count
                    + " answers within " + limit.toSeconds() + " s");
        }
        return List.of(batch.responses);
    }

    static String text(Object value) {
        return JSON.writeValueAsString(value);
    }

    private static final class Batch {
        private final IntFunction<Request> requests;
        private final Response[] responses;
        private final List<Pipeline> pipelines = new ArrayList<>();
        private int next;
        private int answered;
        private @Nullable String failure;

        Batch(int count, IntFunction<Request> requests) {
            this.responses = new Response[count];
            this.requests = requests;
        }
    }

    private final class Pipeline extends Connection {
        private final Batch batch;
        private final HttpMessage message = new HttpMessage();
        private final ArrayDeque<Integer> unanswered = new ArrayDeque<>();

        Pipeline(Batch batch) {
            this.batch = batch;
        }

        @Override
        void opened() {
            fill();
        }

        @Override
        int received(byte[] bytes, int from, int to) {
            int at = from;
            while (at < to && !unanswered.isEmpty()) {
                int length = message.read(bytes, at, to);
                if (length == 0) {
                    break;
                }
                at += length;
                if (message.status() < 200) {
                    continue;
                }
                batch.responses[unanswered.remove()] = new Response(message.status(), message.bodyText());
                batch.answered++;
                if (!message.keepAlive()) {
                    reopen();
                    return at;
                }
            }
            fill();
            return at;
        }

        @Override
        void closed(String reason) {
            if (!unanswered.isEmpty() || batch.next < batch.responses.length) {
                batch.failure = reason;
            }
        }

        private void fill() {
            while (unanswered.size() < PIPELINE && batch.next < batch.responses.length) {
                unanswered.add(batch.next);
                write(output(), batch.requests.apply(batch.next++));
            }
        }

        private void reopen() {
            close();
            if (!unanswered.isEmpty()) {
                batch.failure = "the server closed a pipelined connection";
            } else if (batch.next < batch.responses.length) {
                loop.connect(this, server, null);
            }
        }
    }

    private void write(Bytes out, Request request) {
        String body = request.body();
        byte[] content = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
        out.put(request.method()).put(" ").put(request.path()).put(" HTTP/1.1\r\nHost: ");
        out.put(Target.text(server)).put("\r\n");
        if (!authorization.isEmpty()) {
            out.put("X-Authorization: ").put(authorization).put("\r\n");
        }
        if (body != null) {
            out.put("Content-Type: application/json\r\n");
        }
        out.put("Content-Length: ").putDecimal(content.length).put("\r\n\r\n").put(content);
    }
}
