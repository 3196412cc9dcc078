package io.signalbox;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.signalbox.session.Loop;
import io.signalbox.transport.EventLoops;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An HTTP or HTTPS port: an instance of the server on each event loop, so that a request stays on the loop of its connection. */
final class HttpListener {
    private static final int BACKLOG = 4096;

    /** Of one that comes in. */
    private static final int SOCKET_MESSAGE_BYTES_MAX = 32_768;

    private static final Set<String> TLS = Set.of("TLSv1.2", "TLSv1.3");
    private static final Duration BIND_DEADLINE = Duration.ofSeconds(20);

    private static final Logger log = LoggerFactory.getLogger(HttpListener.class);

    private final LongAdder failures = new LongAdder();
    private final LongAdder silent = new LongAdder();
    private final Duration requestTimeout;
    private final VertxInternal vertx;
    private final EventLoops loops;
    private final HttpServerOptions options;
    private final List<HttpServer> servers = new ArrayList<>();
    private volatile int port;

    /** What takes the requests, on their loop. */
    interface Front {
        void handle(HttpServerRequest request, Loop loop);
    }

    /**
     * Listens later, see {@link #start}.
     *
     * @param requestTimeout for the head of a connection's first request
     * @param certificate    present: HTTPS
     */
    HttpListener(
            VertxInternal vertx,
            EventLoops loops,
            String bind,
            int port,
            int headerBytesMax,
            Duration requestTimeout,
            Optional<KeyCertOptions> certificate) {
        this.vertx = vertx;
        this.requestTimeout = requestTimeout;
        this.loops = loops;
        this.port = port;
        this.options = new HttpServerOptions()
                .setHost(bind)
                .setAcceptBacklog(BACKLOG)
                .setMaxHeaderSize(headerBytesMax)
                .setMaxInitialLineLength(headerBytesMax)
                .setHttp2ClearTextEnabled(false)
                .setMaxWebSocketFrameSize(SOCKET_MESSAGE_BYTES_MAX)
                .setMaxWebSocketMessageSize(SOCKET_MESSAGE_BYTES_MAX)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setTcpNoDelay(true);
        certificate.ifPresent(key -> options.setSsl(true)
                .setUseAlpn(false)
                .setEnabledSecureTransportProtocols(TLS)
                .setKeyCertOptions(key));
    }

    /**
     * Connections that come from now on get this certificate; those that are open go on. Blocks.
     *
     * @throws IllegalArgumentException it is none, and the old one stays
     */
    void replace(KeyCertOptions certificate) {
        for (HttpServer server : servers) {
            ServerSSLOptions ssl = new ServerSSLOptions();
            ssl.setEnabledSecureTransportProtocols(TLS);
            ssl.setKeyCertOptions(certificate);
            try {
                server.updateSSLOptions(ssl)
                        .toCompletionStage()
                        .toCompletableFuture()
                        .orTimeout(BIND_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                        .join();
            } catch (CompletionException e) {
                throw new IllegalArgumentException(String.valueOf(e.getCause()), e.getCause());
            }
        }
    }

    /**
     * Begins to listen; returns once all instances do. Blocks.
     *
     * @throws IOException the address is taken or may not be used
     */
    void start(Front front) throws IOException {
        if (port == 0) {
            port = freePort();
        }
        for (EventExecutor executor : loops.group()) {
            Loop loop = loops.of(executor);
            Context context =
                    vertx.contextBuilder().withEventLoop((EventLoop) executor).build();
            SilentConnections waiting = new SilentConnections(loop, requestTimeout, silent);
            HttpServer server = listen(context, waiting, request -> {
                waiting.spoke(request.connection());
                take(front, request, loop);
            });
            servers.add(server);
        }
    }

    /** Instances share a port only by its number, so it has to be known before the first one listens. */
    private int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(options.getHost(), 0));
            return probe.getLocalPort();
        }
    }

    /** Whatever goes wrong, the request gets an end. */
    private void take(Front front, HttpServerRequest request, Loop loop) {
        try {
            front.handle(request, loop);
        } catch (RuntimeException e) {
            failures.increment();
            log.error("request failed on its loop method={}", request.method(), e);
            if (request.response().headWritten()) {
                request.connection().close();
            } else {
                request.response().setStatusCode(500).end();
            }
        }
    }

    /** Requests since the start whose handling threw on the loop. */
    long failures() {
        return failures.sum();
    }

    /** Connections since the start that were closed because no request came. */
    long silent() {
        return silent.sum();
    }

    private HttpServer listen(Context context, SilentConnections waiting, Handler<HttpServerRequest> handler)
            throws IOException {
        CompletableFuture<HttpServer> listening = new CompletableFuture<>();
        HttpServerOptions own = new HttpServerOptions(options).setPort(port);
        context.runOnContext(_ -> vertx.createHttpServer(own)
                .requestHandler(handler)
                .connectionHandler(waiting::opened)
                .exceptionHandler(_ -> {})
                .listen()
                .onSuccess(listening::complete)
                .onFailure(listening::completeExceptionally));
        try {
            return listening
                    .orTimeout(BIND_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        }
    }

    /** The port it listens on, once it does. */
    int port() {
        return port;
    }

    /** Accepts no more, and gives requests under way this much time. Blocks. */
    void close(Duration grace) {
        List<Future<Void>> closing = new ArrayList<>();
        servers.forEach(server -> closing.add(server.shutdown(grace)));
        try {
            Future.all(closing)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(grace.toMillis() + 500, TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            // The rest ends with the process.
        }
    }
}
