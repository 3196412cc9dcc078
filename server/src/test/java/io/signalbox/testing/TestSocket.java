package io.signalbox.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client's end of a WebSocket; messages and the end are kept until somebody asks. */
public final class TestSocket implements WebSocket.Listener, AutoCloseable {
    private static final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(20)).build();
    private static final JsonMapper json = JsonMapper.builder().build();

    private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private final boolean reads;
    private final WebSocket socket;

    /**
     * Opens it; blocks.
     *
     * @param reads false: it never takes a message
     * @throws java.util.concurrent.CompletionException it is refused
     */
    public TestSocket(int port, String path, boolean reads) {
        this.reads = reads;
        socket = http.newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + port + path), this)
                .join();
    }

    /** One of {@code /api/ws} that has said who it is. */
    public static TestSocket general(int port, String token) {
        TestSocket socket = new TestSocket(port, "/api/ws", true);
        socket.send("{\"authCmd\":{\"cmdId\":0,\"token\":\"" + token + "\"},\"cmds\":[]}");
        return socket;
    }

    @Override
    public void onOpen(WebSocket opened) {
        if (reads) {
            opened.request(Long.MAX_VALUE);
        }
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            messages.add(json.readTree(text.toString()));
            text.setLength(0);
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closed.complete(code);
        return CompletableFuture.completedFuture(null);
    }

    public void send(String message) {
        socket.sendText(message, true).join();
    }

    /** Sends one command, given without its braces. */
    public void command(String members) {
        send("{\"cmds\":[{" + members + "}]}");
    }

    public JsonNode next() throws InterruptedException {
        JsonNode message = messages.poll(20, TimeUnit.SECONDS);
        assertThat(message).as("a message").isNotNull();
        return message;
    }

    /** Messages that came and that nobody took. */
    public Collection<JsonNode> messages() {
        return List.copyOf(messages);
    }

    public int closeCode() throws Exception {
        return closed.get(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        socket.abort();
    }
}
