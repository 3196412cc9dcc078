package io.signalbox.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The devices of the hot path in memory: as many as fit, the rest is asked of the store. Any thread; nothing blocks.
 *
 * <p>It is current once {@link #changed} or {@link #removed} has returned, which whoever commits calls before answering. A
 * load that began before such a call and ends after it may carry the old state; it is thrown away and repeated:
 * <pre>
 *   load begins: started = changes            change: lastChange[stripe] = ++changes, entry replaced
 *   load ends:   lastChange[stripe] > started ? load again : entry put
 * </pre>
 * What ends a load and what a change does are atomic for each device, since both run in the cache's {@code compute}.
 *
 * <p>Only devices that exist are kept, and loads for the same key are one, so that neither guesses nor a burst of reconnects
 * fill memory or the store.
 */
public final class DeviceDirectory {
    private static final int STRIPES = 1024;

    /** Each repeat needs another change in the stripe during one read. */
    private static final int LOADS_MAX = 10;

    private final DeviceLookup store;
    private final Cache<DeviceId, Entry> devices;

    /** A hint only: the entry says whether the token still is the device's. */
    private final Cache<String, DeviceId> tokens;

    private final ConcurrentHashMap<DeviceId, CompletableFuture<Optional<Device>>> loadsById =
            new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, CompletableFuture<Optional<Device>>> loadsByToken =
            new ConcurrentHashMap<>();

    private final AtomicLong changes = new AtomicLong();
    private final AtomicLongArray lastChange = new AtomicLongArray(STRIPES);

    /** @param devicesMax how many devices are kept */
    public DeviceDirectory(DeviceLookup store, long devicesMax) {
        this.store = store;
        this.devices = cache(devicesMax);
        this.tokens = cache(devicesMax);
    }

    /** The device if it is in memory; null says nothing. */
    public @Nullable Device cached(DeviceId id) {
        Entry entry = devices.getIfPresent(id);
        return entry == null ? null : entry.device;
    }

    /** The device with this access token if both are in memory; null says nothing. */
    public @Nullable Device cachedByToken(String token) {
        DeviceId id = tokens.getIfPresent(token);
        Entry entry = id == null ? null : devices.getIfPresent(id);
        return entry != null && token.equals(entry.token) ? entry.device : null;
    }

    /** The device, from memory or the store; fails as {@link DeviceLookup} does. */
    public CompletionStage<Optional<Device>> find(DeviceId id) {
        Device cached = cached(id);
        return cached != null
                ? CompletableFuture.completedStage(Optional.of(cached))
                : load(loadsById, id, store::find, null);
    }

    /** The device with this access token, from memory or the store; fails as {@link DeviceLookup} does. */
    public CompletionStage<Optional<Device>> authenticate(String accessToken) {
        Device cached = cachedByToken(accessToken);
        return cached != null
                ? CompletableFuture.completedStage(Optional.of(cached))
                : load(loadsByToken, accessToken, store::findByAccessToken, accessToken);
    }

    /** A change of the device is committed; its credentials are as before. */
    public void changed(Device device) {
        devices.asMap().compute(device.id(), (id, entry) -> {
            noteChange(id);
            // nothing is put for a device that is not there: it may have been removed since
            return entry == null || entry.device.version() >= device.version() ? entry : new Entry(device, entry.token);
        });
    }

    /** Its deletion, or a change of its credentials, is committed. */
    public void removed(DeviceId device) {
        devices.asMap().compute(device, (id, entry) -> {
            noteChange(id);
            if (entry != null && entry.token != null) {
                tokens.invalidate(entry.token);
            }
            return null;
        });
    }

    /** A profile has another name, and that is committed: the devices that have it are read again. */
    public void renamed(DeviceProfileId profile) {
        long now = changes.incrementAndGet();
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            lastChange.accumulateAndGet(stripe, now, Math::max);
        }
        devices.asMap().values().removeIf(entry -> entry.device.profile().equals(profile));
    }

    /** Starts a load, or joins the one under way. */
    private <K> CompletionStage<Optional<Device>> load(
            ConcurrentHashMap<K, CompletableFuture<Optional<Device>>> loads,
            K key,
            Function<K, CompletionStage<Optional<Device>>> lookup,
            @Nullable String token) {
        CompletableFuture<Optional<Device>> mine = new CompletableFuture<>();
        CompletableFuture<Optional<Device>> other = loads.putIfAbsent(key, mine);
        if (other != null) {
            return copy(other);
        }
        CompletionStage<Optional<Device>> answer = copy(mine);
        load(() -> lookup.apply(key), token, 1).whenComplete((found, failure) -> {
            loads.remove(key, mine);
            complete(mine, found, failure);
        });
        return answer;
    }

    /** A future of its own for each caller, who may put a timeout on it. */
    private static CompletionStage<Optional<Device>> copy(CompletableFuture<Optional<Device>> load) {
        CompletableFuture<Optional<Device>> copy = new CompletableFuture<>();
        var _ = load.whenComplete((found, failure) -> complete(copy, found, failure));
        return copy;
    }

    private static void complete(
            CompletableFuture<Optional<Device>> future, Optional<Device> found, @Nullable Throwable failure) {
        if (failure == null) {
            future.complete(found);
        } else {
            future.completeExceptionally(
                    failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure);
        }
    }

    private CompletionStage<Optional<Device>> load(Lookup lookup, @Nullable String token, int attempt) {
        long started = changes.get();
        return lookup.run().thenCompose(found -> {
            if (found.isEmpty()) {
                return CompletableFuture.completedStage(found);
            }
            Device current = keep(found.get(), token, started);
            if (current != null) {
                return CompletableFuture.completedStage(Optional.of(current));
            }
            return attempt < LOADS_MAX
                    ? load(lookup, token, attempt + 1)
                    : CompletableFuture.failedStage(
                            new Rejected(ErrorCode.STORE_UNAVAILABLE, "The device changes too fast, try again later"));
        });
    }

    /** Puts what was read into memory; null when a change overtook the read. */
    private @Nullable Device keep(Device found, @Nullable String token, long started) {
        boolean[] overtaken = {false};
        Entry kept = devices.asMap().compute(found.id(), (id, entry) -> {
            overtaken[0] = lastChange.get(stripe(id)) > started;
            if (overtaken[0]) {
                return entry;
            }
            String knownToken = entry == null ? null : entry.token;
            return new Entry(newer(found, entry), token == null ? knownToken : token);
        });
        if (overtaken[0] || kept == null) {
            return null;
        }
        if (token != null) {
            tokens.put(token, found.id());
        }
        return kept.device;
    }

    private static Device newer(Device found, @Nullable Entry entry) {
        return entry == null || entry.device.version() < found.version() ? found : entry.device;
    }

    private void noteChange(DeviceId id) {
        lastChange.accumulateAndGet(stripe(id), changes.incrementAndGet(), Math::max);
    }

    private static int stripe(DeviceId id) {
        int hash = id.hashCode();
        return (hash ^ (hash >>> 16)) & (STRIPES - 1);
    }

    private static <K, V> Cache<K, V> cache(long max) {
        return Caffeine.newBuilder().maximumSize(max).executor(Runnable::run).build();
    }

    /** @param token the device's access token, once it was used */
    private record Entry(Device device, @Nullable String token) {}

    private interface Lookup {
        CompletionStage<Optional<Device>> run();
    }
}
