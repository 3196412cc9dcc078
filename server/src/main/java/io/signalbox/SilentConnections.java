package io.signalbox;

import io.signalbox.session.Loop;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The HTTP connections of one loop whose first request did not come whole yet; too late, they are closed. Loop only. */
final class SilentConnections {
    private final Loop loop;
    private final Duration patience;
    private final LongAdder closed;

    /** When each was opened, {@link System#nanoTime}; the oldest first. */
    private final Map<HttpConnection, Long> since = new LinkedHashMap<>();

    private boolean isWatched;

    /** @param closed counts those that were */
    SilentConnections(Loop loop, Duration patience, LongAdder closed) {
        this.loop = loop;
        this.patience = patience;
        this.closed = closed;
    }

    void opened(HttpConnection connection) {
        since.put(connection, System.nanoTime());
        connection.closeHandler(_ -> since.remove(connection));
        watch(patience);
    }

    /** It sent the head of a request. */
    void spoke(HttpConnection connection) {
        if (!since.isEmpty()) {
            since.remove(connection);
        }
    }

    private void watch(Duration delay) {
        if (!isWatched) {
            isWatched = true;
            loop.schedule(delay, this::closeLate);
        }
    }

    private void closeLate() {
        isWatched = false;
        long now = System.nanoTime();
        Iterator<Map.Entry<HttpConnection, Long>> oldest = since.entrySet().iterator();
        while (oldest.hasNext()) {
            Map.Entry<HttpConnection, Long> next = oldest.next();
            long left = patience.toNanos() - (now - next.getValue());
            if (left > 0) {
                watch(Duration.ofNanos(left));
                return;
            }
            oldest.remove();
            closed.increment();
            next.getKey().close();
        }
    }
}
