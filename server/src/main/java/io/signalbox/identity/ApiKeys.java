package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.ErrorCode;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * API keys (authentication §10): made, changed and deleted by who may, and read on every request.
 *
 * <p>All of them are in memory with their owners, since requests are let in on event loops: {@link #read} never blocks. There
 * are at most {@code keysMax}, some 500 bytes each. Everything else blocks: virtual or platform threads.
 */
public final class ApiKeys implements UserListener {
    public static final String PREFIX = "tb_";

    private static final int VALUE_BYTES = 64;
    private static final int VALUE_CHARS_MAX = 512;
    private static final int OF_USER_MAX = 100;
    private static final String TYPE = "Api key";

    private final IdentityStore store;
    private final InstantSource clock;
    private final int keysMax;
    private final ConcurrentHashMap<String, Known> byHash = new ConcurrentHashMap<>();

    /**
     * A key as the store has it.
     *
     * @param hash         SHA-256 of what opens
     * @param ownerEnabled whether its owner may log in
     */
    public record Known(ApiKey key, byte[] hash, User owner, boolean ownerEnabled) {
        Caller caller() {
            return new Caller(owner.id(), owner.email(), owner.authority(), owner.tenant(), owner.customer());
        }
    }

    /** What a key turned out to be. */
    public sealed interface Result {
        /** @param expirationTime epoch milliseconds; 0: never */
        record Good(Caller caller, UUID key, long expirationTime) implements Result {}

        /** @param text for the error object, whose code is {@link ErrorCode#AUTHENTICATION} */
        record Bad(String text) implements Result {}
    }

    /** A key that was just made, and what opens: it is shown now and never again. */
    public record Made(ApiKey key, String value) {}

    private static final Result UNKNOWN = new Result.Bad(Logins.WRONG);
    private static final Result DISABLED = new Result.Bad(Logins.NOT_ACTIVE);
    private static final Result EXPIRED = new Result.Bad("API key is expired");

    /** Reads them all; blocks. */
    public ApiKeys(IdentityStore store, InstantSource clock, int keysMax) {
        this.store = store;
        this.clock = clock;
        this.keysMax = keysMax;
        store.apiKeys().forEach(this::put);
    }

    /** Any thread; never blocks. */
    public Result read(String value) {
        if (value.length() > VALUE_CHARS_MAX) {
            return UNKNOWN;
        }
        Known known = byHash.get(HexFormat.of().formatHex(Secrets.hash(value)));
        if (known == null) {
            return UNKNOWN;
        }
        if (!known.key.enabled() || !known.ownerEnabled) {
            return DISABLED;
        }
        return known.key.isExpired(clock.millis())
                ? EXPIRED
                : new Result.Good(known.caller(), known.key.id(), known.key.expirationTime());
    }

    /** @param expirationTime epoch milliseconds; 0: never */
    public Made create(Caller caller, UserId owner, String description, long expirationTime, boolean enabled) {
        User user = owner(caller, owner);
        checkDescription(description);
        if (expirationTime < 0) {
            throw Texts.bad("Validation error: expirationTime must not be negative");
        }
        if (byHash.size() >= keysMax) {
            throw Texts.bad("There are " + keysMax + " API keys already, and there may be no more");
        }
        String value = PREFIX + Secrets.random(VALUE_BYTES);
        long now = clock.millis();
        ApiKey key = new ApiKey(Uuids.next(now), now, user.tenant(), user.id(), description, enabled, expirationTime);
        if (!store.insertApiKey(key, Secrets.hash(value), OF_USER_MAX)) {
            throw Texts.bad("A user may have at most " + OF_USER_MAX + " API keys");
        }
        changed(owner);
        return new Made(key, value);
    }

    /** @param expirationTime empty: the caller says nothing about it */
    public ApiKey update(
            Caller caller,
            UUID id,
            Optional<UserId> owner,
            String description,
            Optional<Long> expirationTime,
            boolean enabled) {
        ApiKey old = allowed(caller, id);
        if (owner.isPresent() && !owner.get().equals(old.owner())) {
            throw Texts.bad("Cannot update API key user id!");
        }
        if (expirationTime.isPresent() && expirationTime.get() != old.expirationTime()) {
            throw Texts.bad("Cannot update API key expiration time!");
        }
        return save(old, description, enabled);
    }

    public ApiKey describe(Caller caller, UUID id, String description) {
        ApiKey old = allowed(caller, id);
        return save(old, description, old.enabled());
    }

    public ApiKey enable(Caller caller, UUID id, boolean enabled) {
        ApiKey old = allowed(caller, id);
        return save(old, old.description(), enabled);
    }

    private ApiKey save(ApiKey old, String description, boolean enabled) {
        checkDescription(description);
        ApiKey saved = new ApiKey(
                old.id(), old.createdTime(), old.tenant(), old.owner(), description, enabled, old.expirationTime());
        if (!store.updateApiKey(saved)) {
            throw Access.missing(TYPE, old.id());
        }
        changed(old.owner());
        return saved;
    }

    public void delete(Caller caller, UUID id) {
        ApiKey key = allowed(caller, id);
        if (!store.deleteApiKey(id)) {
            throw Access.missing(TYPE, id);
        }
        changed(key.owner());
    }

    /** All keys of a user, in the order in which they were made. */
    public List<ApiKey> of(Caller caller, UserId owner) {
        owner(caller, owner);
        return store.apiKeysOf(owner).stream().map(Known::key).toList();
    }

    /** Epoch milliseconds, to tell which keys are expired. */
    public long now() {
        return clock.millis();
    }

    private User owner(Caller caller, UserId id) {
        User user = store.user(id).orElseThrow(() -> Access.missing("User", id));
        Access.apiKey(caller, user).orReject("User", id);
        return user;
    }

    private ApiKey allowed(Caller caller, UUID id) {
        Known known = store.apiKey(id).orElseThrow(() -> Access.missing(TYPE, id));
        Access.apiKey(caller, known.owner).orReject(TYPE, id);
        return known.key;
    }

    private static void checkDescription(String description) {
        if (description.isBlank()) {
            throw Texts.bad("Validation error: description must not be blank");
        }
        Texts.check("description", description);
    }

    @Override
    public synchronized void changed(UserId user) {
        List<Known> now = store.apiKeysOf(user);
        now.forEach(this::put);
        forget(known -> known.owner.id().equals(user)
                && now.stream().noneMatch(other -> other.key.id().equals(known.key.id())));
    }

    @Override
    public synchronized void deletedAllOf(CustomerId customer) {
        forget(known -> known.owner.customer().equals(Optional.of(customer)));
    }

    @Override
    public synchronized void deletedAllOf(TenantId tenant) {
        forget(known -> known.owner.tenant().equals(Optional.of(tenant)));
    }

    private void put(Known known) {
        byHash.put(HexFormat.of().formatHex(known.hash), known);
    }

    private void forget(Predicate<Known> gone) {
        byHash.values().removeIf(gone);
    }

    /** Keys that are known in memory. */
    public int size() {
        return byHash.size();
    }
}
