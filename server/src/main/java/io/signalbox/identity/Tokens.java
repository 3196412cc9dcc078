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
import java.util.Set;
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
 * <p>Any thread, event loops included: no call blocks unless it says so. Reading a token costs about two microseconds the first time and a
 * tenth of one while it stays in the cache.
 */
public final class Tokens {
    private static final int CACHED_TOKENS_MAX = 10_000;
    private static final String REFRESH_SCOPE = "REFRESH_TOKEN";
    private static final JsonFactory JSON = new JsonFactory();

    private final InstantSource clock;
    private final Invalidations invalidations;
    private final Cache<String, Known> cache = Caffeine.newBuilder()
            .maximumSize(CACHED_TOKENS_MAX)
            .executor(Runnable::run)
            .build();
    private volatile InForce inForce;

    private record InForce(JwtSettings settings, Jws jws) {}

    /** A token that was read under settings that may not be in force any more. */
    private record Known(Verified token, Jws readBy) {}

    /** Reads what ended before its time; blocks. */
    public Tokens(JwtSettings settings, EndedTokens ended, InstantSource clock) {
        this.clock = clock;
        this.inForce = new InForce(settings, new Jws(settings.key()));
        this.invalidations = new Invalidations(ended, clock);
    }

    /** The settings in force. Any thread; never blocks. */
    JwtSettings settings() {
        return inForce.settings;
    }

    /** Tokens that were signed with another key are no good from now on. */
    void use(JwtSettings settings) {
        inForce = new InForce(settings, new Jws(settings.key()));
    }

    /** What a token turned out to be. */
    public sealed interface Result {}

    /**
     * A good access token.
     *
     * @param login     all tokens of one login have the same, those made by refreshing, too
     * @param issuedAt  epoch milliseconds
     * @param expiresAt epoch seconds; the token is no longer good at that second
     */
    public record Verified(Caller caller, UUID login, long issuedAt, long expiresAt) implements Result {}

    /**
     * A good refresh token: the user has to be read again, and whether it ended before its time. Others as in {@link Verified}.
     *
     * @param publicCustomer present: nobody logged in, and this is the customer that everybody may act as
     */
    public record Renewal(UserId user, Optional<CustomerId> publicCustomer, UUID login, long issuedAt, long expiresAt)
            implements Result {}

    /** Why a token is not good. */
    public enum Refusal implements Result {
        /** Its time is over, or it was signed with another key: log in or refresh. */
        EXPIRED,
        /** Its session or user ended before its time. */
        OUTDATED,
        /** It is no token of this kind. */
        MALFORMED
    }

    /**
     * When a pair of this user counts as issued that is about to be: asked for before the checks, so that what ends the user's
     * tokens meanwhile ends that pair, too. Behind what ended them before, also within the same millisecond.
     */
    long instant(UserId user) {
        return Math.max(clock.millis(), invalidations.goodFrom(user.uuid()));
    }

    /**
     * A new pair for this user as it is now, of a login that goes on or begins.
     *
     * @param issuedAt epoch milliseconds: {@link #instant}
     */
    public TokenPair issue(User user, UUID login, long issuedAt) {
        return issue(
                new Subject(
                        user.email(),
                        user.id(),
                        user.authority(),
                        user.tenant(),
                        user.customer(),
                        user.firstName(),
                        user.lastName(),
                        false),
                login,
                issuedAt);
    }

    /** A new pair for whoever acts as this public customer (authentication §3). */
    TokenPair issuePublic(TenantId tenant, CustomerId customer, UUID login, long issuedAt) {
        Optional<String> name = Optional.of("Public");
        return issue(
                new Subject(
                        customer.toString(),
                        new UserId(Uuids.NULL),
                        Authority.CUSTOMER_USER,
                        Optional.of(tenant),
                        Optional.of(customer),
                        name,
                        name,
                        true),
                login,
                issuedAt);
    }

    private TokenPair issue(Subject subject, UUID login, long issuedAt) {
        UUID session = UUID.randomUUID();
        InForce current = inForce;
        JwtSettings settings = current.settings;
        return new TokenPair(
                current.jws.sign(accessClaims(subject, session, login, issuedAt, settings)),
                current.jws.sign(refreshClaims(subject, session, login, issuedAt, settings)));
    }

    /** Whom a token is for. */
    private record Subject(
            String name,
            UserId user,
            Authority authority,
            Optional<TenantId> tenant,
            Optional<CustomerId> customer,
            Optional<String> firstName,
            Optional<String> lastName,
            boolean isPublic) {}

    /** {@link Verified}, or why not; a refresh token is {@link Refusal#MALFORMED}. */
    public Result readAccess(String token) {
        InForce current = inForce;
        Known known = cache.getIfPresent(token);
        if (known != null && known.readBy == current.jws) {
            return current(known.token);
        }
        return switch (current.jws.open(token)) {
            case Jws.Opened.Malformed() -> Refusal.MALFORMED;
            case Jws.Opened.Forged() -> Refusal.EXPIRED;
            case Jws.Opened.Claims(String json) -> {
                Optional<Verified> read = parse(json).flatMap(Claims::access);
                if (read.isEmpty()) {
                    yield Refusal.MALFORMED;
                }
                Result result = current(read.get());
                if (result instanceof Verified verified) {
                    cache.put(token, new Known(verified, current.jws));
                }
                yield result;
            }
        };
    }

    /** {@link Renewal}, or why not; an access token is {@link Refusal#MALFORMED}. Blocks. */
    public Result readRefresh(String token) {
        return switch (inForce.jws.open(token)) {
            case Jws.Opened.Malformed() -> Refusal.MALFORMED;
            case Jws.Opened.Forged() -> Refusal.EXPIRED;
            case Jws.Opened.Claims(String json) -> {
                Optional<Renewal> read = parse(json).flatMap(Claims::refresh);
                if (read.isEmpty()) {
                    yield Refusal.MALFORMED;
                }
                Renewal renewal = read.get();
                if (clock.millis() / 1000 >= renewal.expiresAt) {
                    yield Refusal.EXPIRED;
                }
                boolean ended = invalidations.coveredInStore(renewal.login, renewal.issuedAt)
                        || invalidations.coveredInStore(renewal.user.uuid(), renewal.issuedAt);
                yield ended ? Refusal.OUTDATED : renewal;
            }
        };
    }

    /** The claims, unless they name an issuer that never was ours. */
    private Optional<Claims> parse(String json) {
        Set<String> issuers = inForce.settings.issuers();
        return Claims.parse(json).filter(claims -> claims.issuer == null || issuers.contains(claims.issuer));
    }

    /** Ends all tokens of a login. Blocks until that is committed. */
    void endLogin(UUID login) {
        end(login);
    }

    private void end(UUID subject) {
        invalidations.end(subject, inForce.settings.refresh());
    }

    /** Ends all tokens that were issued to this user until now. Blocks until that is committed. */
    void endTokensOf(UserId user) {
        end(user.uuid());
    }

    /** Ends the access tokens of all users of a tenant that is gone; their refresh tokens find no user any more. */
    void endTokensOf(TenantId tenant) {
        end(tenant.uuid());
    }

    /** As {@link #endTokensOf(TenantId)}, for the users of a customer. */
    void endTokensOf(CustomerId customer) {
        end(customer.uuid());
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
        return invalidations.covers(token.login, at)
                || invalidations.covers(caller.user().uuid(), at)
                || caller.tenant()
                        .filter(tenant -> invalidations.covers(tenant.uuid(), at))
                        .isPresent()
                || caller.customer()
                        .filter(customer -> invalidations.covers(customer.uuid(), at))
                        .isPresent();
    }

    private static byte[] accessClaims(Subject subject, UUID session, UUID login, long now, JwtSettings settings) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            String scope = subject.authority.name();
            writeCommon(json, subject, session, login, scope, now, settings.access(), settings.issuer());
            if (subject.firstName.isPresent()) {
                json.writeStringProperty("firstName", subject.firstName.get());
            }
            if (subject.lastName.isPresent()) {
                json.writeStringProperty("lastName", subject.lastName.get());
            }
            json.writeBooleanProperty("enabled", true);
            UUID tenant = subject.tenant.map(TenantId::uuid).orElse(Uuids.NULL);
            UUID customer = subject.customer.map(CustomerId::uuid).orElse(Uuids.NULL);
            json.writeStringProperty("tenantId", tenant.toString());
            json.writeStringProperty("customerId", customer.toString());
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static byte[] refreshClaims(Subject subject, UUID session, UUID login, long now, JwtSettings settings) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            writeCommon(json, subject, session, login, REFRESH_SCOPE, now, settings.refresh(), settings.issuer());
            json.writeStringProperty("jti", UUID.randomUUID().toString());
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    /** {@code login} and {@code issuedMillis} are our own. */
    private static void writeCommon(
            JsonGenerator json,
            Subject subject,
            UUID session,
            UUID login,
            String scope,
            long now,
            Duration lifetime,
            String issuer) {
        json.writeStringProperty("sub", subject.name);
        json.writeStringProperty("userId", subject.user.toString());
        json.writeArrayPropertyStart("scopes");
        json.writeString(scope);
        json.writeEndArray();
        json.writeStringProperty("sessionId", session.toString());
        json.writeStringProperty("login", login.toString());
        json.writeNumberProperty("exp", now / 1000 + lifetime.toSeconds());
        json.writeStringProperty("iss", issuer);
        json.writeNumberProperty("iat", now / 1000);
        json.writeNumberProperty("issuedMillis", now);
        json.writeBooleanProperty("isPublic", subject.isPublic);
    }

    /** The claims that we read. They were signed by us, so whatever is amiss makes the whole token malformed. */
    private static final class Claims {
        private @Nullable String sub;
        private @Nullable String userId;
        private @Nullable String scope;
        private @Nullable String sessionId;
        private @Nullable String tenantId;
        private @Nullable String customerId;
        private @Nullable String login;
        private @Nullable String issuer;
        private boolean isPublic;
        private long exp;
        private long iat;
        private long issuedMillis;

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
                case "login" -> login = json.getString();
                case "iss" -> issuer = json.getString();
                case "isPublic" -> isPublic = json.getBooleanValue();
                case "tenantId" -> tenantId = json.getString();
                case "customerId" -> customerId = json.getString();
                case "exp" -> exp = json.getLongValue();
                case "iat" -> iat = json.getLongValue();
                case "issuedMillis" -> issuedMillis = json.getLongValue();
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
                return Optional.of(new Verified(caller, loginOr(sessionId), issuedAt(), exp));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        Optional<Renewal> refresh() {
            if (userId == null || sessionId == null || !REFRESH_SCOPE.equals(scope)) {
                return Optional.empty();
            }
            try {
                Optional<CustomerId> customer =
                        isPublic ? Optional.of(CustomerId.parse(String.valueOf(sub))) : Optional.empty();
                return Optional.of(new Renewal(UserId.parse(userId), customer, loginOr(sessionId), issuedAt(), exp));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        /** Other programs that sign with our key do not say to which login a token belongs. */
        private UUID loginOr(String session) {
            return Uuids.parse(login == null ? session : login);
        }

        private long issuedAt() {
            return issuedMillis == 0 ? iat * 1000 : issuedMillis;
        }

        private static Optional<UUID> some(String text) {
            UUID uuid = Uuids.parse(text);
            return uuid.equals(Uuids.NULL) ? Optional.empty() : Optional.of(uuid);
        }
    }
}
