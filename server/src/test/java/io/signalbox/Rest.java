package io.signalbox;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** HTTP calls of one user, or of nobody. */
final class Rest {
    private static final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(20))
            .build();
    private static final JsonMapper json = JsonMapper.builder().build();

    private final int port;
    private final String token;
    private final Map<String, String> headers;

    /** @param token empty: without a login */
    Rest(int port, String token) {
        this(port, token, Map.of());
    }

    private Rest(int port, String token, Map<String, String> headers) {
        this.port = port;
        this.token = token;
        this.headers = headers;
    }

    /** The same user with one header more. */
    Rest with(String header, String value) {
        Map<String, String> all = new HashMap<>(headers);
        all.put(header, value);
        return new Rest(port, token, all);
    }

    /** What came back; {@code outcome} and {@code rpcId} are headers that say how far which command came, or nothing. */
    record Answer(int status, String body, String contentType, String outcome, String rpcId) {
        JsonNode json() {
            return json.readTree(body);
        }

        /** The text at a JSON pointer. */
        String text(String pointer) {
            return json().at(pointer).asString();
        }
    }

    Answer get(String path) {
        return await(send("GET", path, BodyPublishers.noBody()));
    }

    Answer post(String path, String body) {
        return await(posting(path, body));
    }

    Answer post(String path, byte[] body) {
        return await(send("POST", path, BodyPublishers.ofByteArray(body)));
    }

    Answer put(String path, String body) {
        return await(send("PUT", path, BodyPublishers.ofString(body)));
    }

    Answer delete(String path) {
        return await(send("DELETE", path, BodyPublishers.noBody()));
    }

    /** As {@link #post}, without waiting. */
    CompletableFuture<Answer> posting(String path, String body) {
        return send("POST", path, BodyPublishers.ofString(body));
    }

    CompletableFuture<Answer> putting(String path, String body) {
        return send("PUT", path, BodyPublishers.ofString(body));
    }

    CompletableFuture<Answer> getting(String path) {
        return send("GET", path, BodyPublishers.noBody());
    }

    /** A two-way command under way. */
    CompletableFuture<Answer> twoWay(TestServer.TestDevice device, String body) {
        return posting("/api/rpc/twoway/" + device.id(), body);
    }

    CompletableFuture<Answer> oneWay(TestServer.TestDevice device, String body) {
        return posting("/api/rpc/oneway/" + device.id(), body);
    }

    static Answer await(CompletableFuture<Answer> answer) {
        return answer.orTimeout(30, java.util.concurrent.TimeUnit.SECONDS).join();
    }

    String token() {
        return token;
    }

    private CompletableFuture<Answer> send(String method, String path, BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, body);
        if (!token.isEmpty()) {
            request.header("X-Authorization", "Bearer " + token);
        }
        headers.forEach(request::header);
        return http.sendAsync(request.build(), BodyHandlers.ofString()).thenApply(Rest::answer);
    }

    private static Answer answer(HttpResponse<String> response) {
        return new Answer(
                response.statusCode(),
                response.body(),
                response.headers().firstValue("content-type").orElse(""),
                response.headers().firstValue("signalbox-rpc-outcome").orElse(""),
                response.headers().firstValue("signalbox-rpc-id").orElse(""));
    }
}
