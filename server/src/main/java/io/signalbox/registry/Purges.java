package io.signalbox.registry;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the points of deleted devices, a few at a time, until no tombstone is left. One run at most; a run that fails stops,
 * and the next one starts over with the tombstones that are left.
 */
final class Purges {
    private static final Logger log = LoggerFactory.getLogger(Purges.class);
    private static final int AT_ONCE = 16;
    private static final long PATIENCE_SECONDS = 60;

    private final DeviceStore store;
    private final LongFunction<CompletionStage<Void>> purge;
    private @Nullable CompletableFuture<Void> run; // guarded by this, as is the next
    private boolean again;

    Purges(DeviceStore store, LongFunction<CompletionStage<Void>> purge) {
        this.store = store;
        this.purge = purge;
    }

    /** Any thread; does not block. The future ends with the run that sees every tombstone there is now, also when it fails. */
    synchronized CompletableFuture<Void> start() {
        if (run != null) {
            again = true;
            return run;
        }
        CompletableFuture<Void> started = new CompletableFuture<>();
        run = started;
        Thread.ofVirtual().name("purges").start(() -> run(started));
        return started;
    }

    private void run(CompletableFuture<Void> started) {
        try {
            do {
                purgeAll();
            } while (isWantedAgain());
            started.complete(null);
        } catch (Exception e) {
            log.warn("purges of deleted devices stopped until the next deletion or start reason={}", e.toString());
            stop();
            started.completeExceptionally(e);
        }
    }

    private void purgeAll() throws Exception {
        List<Long> numbers = store.tombstones(AT_ONCE);
        while (!numbers.isEmpty()) {
            List<CompletableFuture<Void>> purged = numbers.stream()
                    .map(number -> purge.apply(number).toCompletableFuture())
                    .toList();
            CompletableFuture.allOf(purged.toArray(CompletableFuture<?>[]::new))
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            numbers.forEach(store::purged);
            numbers = store.tombstones(AT_ONCE);
        }
    }

    private synchronized boolean isWantedAgain() {
        if (again) {
            again = false;
            return true;
        }
        run = null;
        return false;
    }

    private synchronized void stop() {
        run = null;
        again = false;
    }
}
