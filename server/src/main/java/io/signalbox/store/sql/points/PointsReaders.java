package io.signalbox.store.sql.points;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import io.signalbox.store.sql.FileState;
import io.signalbox.telemetry.Snapshot;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A few platform threads that answer reads, each with its own connection: native code would pin a virtual one. */
final class PointsReaders implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PointsReaders.class);

    /** Opens a connection of a thread that has none. */
    interface Opener {
        PointsReader open() throws SQLException;
    }

    private record Waiting<T>(PointsReader.Query<T> query, CompletableFuture<Snapshot<T>> answer) {
        void answer(PointsReader reader) throws SQLException {
            answer.complete(reader.read(query));
        }

        void fail(Rejected why) {
            answer.completeExceptionally(why);
        }
    }

    private final Opener opener;
    private final FileState state;
    private final Throttled failureLog;
    private final BlockingQueue<Waiting<?>> waiting;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    PointsReaders(String name, Opener opener, PointsSettings settings, FileState state, Throttled failureLog) {
        this.opener = opener;
        this.state = state;
        this.failureLog = failureLog;
        waiting = new ArrayBlockingQueue<>(settings.readsWaitingMax());
        for (int i = 1; i <= settings.readers(); i++) {
            threads.add(Thread.ofPlatform().name(name + "-" + i).start(this::run));
        }
    }

    /** Any thread; does not block. */
    <T> CompletionStage<Snapshot<T>> read(PointsReader.Query<T> query) {
        Waiting<T> read = new Waiting<>(query, new CompletableFuture<>());
        if (!waiting.offer(read)) {
            read.fail(new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many reads of time series are waiting"));
        } else if (closed) {
            failWaiting();
        }
        return read.answer();
    }

    int waiting() {
        return waiting.size();
    }

    private void run() {
        PointsReader reader = null;
        while (!closed) {
            try {
                reader = answer(waiting.take(), reader);
            } catch (InterruptedException _) {
                break; // only close() interrupts
            }
        }
        if (reader != null) {
            closeQuietly(reader);
        }
    }

    /** Returns the connection for the next read: none after a failure, so that it is opened anew. */
    private @Nullable PointsReader answer(Waiting<?> read, @Nullable PointsReader reader) {
        PointsReader open = reader;
        try {
            if (open == null) {
                open = opener.open();
            }
            read.answer(open);
            return open;
        } catch (Rejected e) {
            read.fail(e);
            return open;
        } catch (SQLException | RuntimeException e) {
            if (!state.readFailed(e)) {
                failureLog.warn("time series not read", e);
            }
            read.fail(new Rejected(ErrorCode.STORE_UNAVAILABLE, "Time series cannot be read at the moment"));
            if (open != null) {
                closeQuietly(open);
            }
            return null;
        }
    }

    private static void closeQuietly(PointsReader reader) {
        try {
            reader.close();
        } catch (SQLException e) {
            log.debug("connection of a reader not closed cleanly", e);
        }
    }

    private void failWaiting() {
        for (Waiting<?> read = waiting.poll(); read != null; read = waiting.poll()) {
            read.fail(new Rejected(ErrorCode.STORE_UNAVAILABLE, "The server is stopping"));
        }
    }

    /** Ends after the reads under way; those that wait fail. Blocks. */
    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            thread.interrupt();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            interrupted |= !PointsStore.join(thread);
        }
        failWaiting();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
