package io.signalbox.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Issues and reads the tokens of the REST and WebSocket APIs (authentication §5).
 *
 * <p>Any thread, event loops included: no call blocks. Reading a token costs about two microseconds the first time and a
 * tenth of one while it stays in the cache.
 */
public final class Tokens {
    public static final String ISSUER = "thingsboard.io";

    private static final int CACHED_TOKENS_MAX = 10_000;
    private static final String REFRESH_SCOPE = "REFRESH_TOKEN";
    private static final JsonFactory JSON = new JsonFactory();

    private final Jws jws;
    private final InstantSource clock;
    private final Duration accessLifetime;
    private final Duration refreshLifetime;
    private final Invalidations invalidations;
    private final Cache<String, Verified> cache = Caffeine.newBuilder()
            .maximumSize(CACHED_TOKENS_MAX)
            .executor(Runnable::run)
            .build();

    /** @param refreshLifetime at least {@code accessLifetime}: ended sessions are remembered for this long */
    public Tokens(SigningKey key, InstantSource clock, Duration accessLifetime, Duration refreshLifetime) {
        this.jws = new Jws(key);
        this.clock = clock;
        this.accessLifetime = accessLifetime;
        this.refreshLifetime = refreshLifetime;
        this.invalidations = new Invalidations(clock, refreshLifetime);
    }

    /** What a token turned out to be. */
    public sealed interface Result {}

    /**
     * A good access token.
     *
     * @param issuedAt  epoch seconds
     * @param expiresAt epoch seconds; the token is no longer good at that second
     */
    public record Verified(Caller caller, UUID session, long issuedAt, long expiresAt) implements Result {}

    /** A good refresh token: the user has to be read again. Times as in {@link Verified}. */
    public record Renewal(UserId user, UUID session, long issuedAt, long expiresAt) implements Result {}

    /** Why a token is not good. */
    public enum Refusal implements Result {
        /** Its time is over, or it was signed with another key: log in or refresh. */
        EXPIRED,
        /** Its session or user ended before its time. */
        OUTDATED,
        /** It is no token of this kind. */
        MALFORMED
    }

    /** A new pair for this user as it is now, with a new session. */
    public TokenPair issue(User user) {
        long now = clock.millis() / 1000;
        UUID session = UUID.randomUUID();
        return new TokenPair(jws.sign(accessClaims(user, session, now)), jws.sign(refreshClaims(user, session, now)));
    }

    /** {@link Verified}, or why not; a refresh token is {@link Refusal#MALFORMED}. */
    public Result readAccess(String token) {
        Verified known = cache.getIfPresent(token);
        if (known != null) {
            return current(known);
        }
        return switch (jws.open(token)) {
            case Jws.Opened.Malformed() -> Refusal.MALFORMED;
            case Jws.Opened.Forged() -> Refusal.EXPIRED;
            case Jws.Opened.Claims(String json) -> {
                Optional<Verified> read = Claims.parse(json).flatMap(Claims::access);
                if (read.isEmpty()) {
                    yield Refusal.MALFORMED;
                }
                Result result = current(read.get());
                if (result instanceof Verified verified) {
                    cache.put(token, verified);
                }
                yield result;
            }
        };
    }

    /** {@link Renewal}, or why not; an access token is {@link Refusal#MALFORMED}. */
    public Result readRefresh(String token) {
        return switch (jws.open(token)) {
            case Jws.Opened.Malformed() -> Refusal.MALFORMED;
            case Jws.Opened.Forged() -> Refusal.EXPIRED;
            case Jws.Opened.Claims(String json) -> {
                Optional<Renewal> read = Claims.parse(json).flatMap(Claims::refresh);
                if (read.isEmpty()) {
                    yield Refusal.MALFORMED;
                }
                Renewal renewal = read.get();
                if (clock.millis() / 1000 >= renewal.expiresAt) {
                    yield Refusal.EXPIRED;
                }
                boolean ended = invalidations.covers(renewal.session, renewal.issuedAt)
                        || invalidations.covers(renewal.user.uuid(), renewal.issuedAt);
                yield ended ? Refusal.OUTDATED : renewal;
            }
        };
    }

    /** Ends both tokens of a session. */
    public void endSession(UUID session) {
        invalidations.end(session);
    }

    /** Ends all tokens that were issued to this user until now. */
    void endTokensOf(UserId user) {
        invalidations.end(user.uuid());
    }

    /** Ends the access tokens of all users of a tenant that is gone; their refresh tokens find no user any more. */
    void endTokensOf(TenantId tenant) {
        invalidations.end(tenant.uuid());
    }

    /** As {@link #endTokensOf(TenantId)}, for the users of a customer. */
    void endTokensOf(CustomerId customer) {
        invalidations.end(customer.uuid());
    }

    private Result current(Verified token) {
        if (clock.millis() / 1000 >= token.expiresAt) {
            return Refusal.EXPIRED;
        }
        return isOutdated(token) ? Refusal.OUTDATED : token;
    }

    private boolean isOutdated(Verified token) {
        if (invalidations.isEmpty()) {
            return false;
        }
        Caller caller = token.caller;
        long at = token.issuedAt;
        return invalidations.covers(token.session, at)
                || invalidations.covers(caller.user().uuid(), at)
                || caller.tenant()
                        .filter(tenant -> invalidations.covers(tenant.uuid(), at))
                        .isPresent()
                || caller.customer()
                        .filter(customer -> invalidations.covers(customer.uuid(), at))
                        .isPresent();
    }

    private byte[] accessClaims(User user, UUID session, long now) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            writeCommon(json, user, session, user.authority().name(), now, accessLifetime);
            if (user.firstName().isPresent()) {
                json.writeStringProperty("firstName", user.firstName().get());
            }
            if (user.lastName().isPresent()) {
                json.writeStringProperty("lastName", user.lastName().get());
            }
            json.writeBooleanProperty("enabled", true);
            json.writeBooleanProperty("isPublic", false);
            UUID tenant = user.tenant().map(TenantId::uuid).orElse(Uuids.NULL);
            UUID customer = user.customer().map(CustomerId::uuid).orElse(Uuids.NULL);
            json.writeStringProperty("tenantId", tenant.toString());
            json.writeStringProperty("customerId", customer.toString());
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private byte[] refreshClaims(User user, UUID session, long now) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            writeCommon(json, user, session, REFRESH_SCOPE, now, refreshLifetime);
            json.writeBooleanProperty("isPublic", false);
            json.writeStringProperty("jti", UUID.randomUUID().toString());
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static void writeCommon(
            JsonGenerator json, User user, UUID session, String scope, long now, Duration lifetime) {
        json.writeStringProperty("sub", user.email());
        json.writeStringProperty("userId", user.id().toString());
        json.writeArrayPropertyStart("scopes");
        json.writeString(scope);
        json.writeEndArray();
        json.writeStringProperty("sessionId", session.toString());
        json.writeNumberProperty("exp", now + lifetime.toSeconds());
        json.writeStringProperty("iss", ISSUER);
        json.writeNumberProperty("iat", now);
    }

    /** The claims that we read. They were signed by us, so whatever is amiss makes the whole token malformed. */
    private static final class Claims {
        private @Nullable String sub;
        private @Nullable String userId;
        private @Nullable String scope;
        private @Nullable String sessionId;
        private @Nullable String tenantId;
        private @Nullable String customerId;
        private long exp;
        private long iat;

        static Optional<Claims> parse(String text) {
            try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
                if (json.nextToken() != JsonToken.START_OBJECT) {
                    return Optional.empty();
                }
                Claims claims = new Claims();
                for (String name = json.nextName(); name != null; name = json.nextName()) {
                    json.nextToken();
                    claims.take(name, json);
                }
                return Optional.of(claims);
            } catch (JacksonException e) {
                return Optional.empty();
            }
        }

        private void take(String name, JsonParser json) {
            switch (name) {
                case "sub" -> sub = json.getString();
                case "userId" -> userId = json.getString();
                case "scopes" -> {
                    scope = json.nextStringValue();
                    while (json.nextToken() != JsonToken.END_ARRAY) {
                        scope = null;
                        json.skipChildren();
                    }
                }
                case "sessionId" -> sessionId = json.getString();
                case "tenantId" -> tenantId = json.getString();
                case "customerId" -> customerId = json.getString();
                case "exp" -> exp = json.getLongValue();
                case "iat" -> iat = json.getLongValue();
                default -> json.skipChildren();
            }
        }

        Optional<Verified> access() {
            if (sub == null
                    || userId == null
                    || scope == null
                    || sessionId == null
                    || tenantId == null
                    || customerId == null) {
                return Optional.empty();
            }
            try {
                Caller caller = new Caller(
                        UserId.parse(userId),
                        sub,
                        Authority.valueOf(scope),
                        some(tenantId).map(TenantId::new),
                        some(customerId).map(CustomerId::new));
                return Optional.of(new Verified(caller, Uuids.parse(sessionId), iat, exp));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        Optional<Renewal> refresh() {
            if (userId == null || sessionId == null || !REFRESH_SCOPE.equals(scope)) {
                return Optional.empty();
            }
            try {
                return Optional.of(new Renewal(UserId.parse(userId), Uuids.parse(sessionId), iat, exp));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        private static Optional<UUID> some(String text) {
            UUID uuid = Uuids.parse(text);
            return uuid.equals(Uuids.NULL) ? Optional.empty() : Optional.of(uuid);
        }
    }
}
