package io.signalbox.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokensTest {
    private static final byte[] KEY = "k".repeat(64).getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OTHER_KEY = "o".repeat(64).getBytes(StandardCharsets.US_ASCII);
    private static final String HS512 = "{\"alg\":\"HS512\"}";
    private static final String LATER = "1754008990";
    private static final Instant NOW = Instant.ofEpochSecond(1_753_999_990L);
    private static final User USER =
            user(Authority.CUSTOMER_USER, Optional.of(new TenantId(UUID.randomUUID())), Optional.of("Ada"));

    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    private final EndedTokensInMemory ended = new EndedTokensInMemory();
    private final Tokens tokens = new Tokens(settings(KEY), ended, now::get);

    private static JwtSettings settings(byte[] key) {
        return JwtSettings.start(new SigningKey(key), Duration.ofMinutes(150), Duration.ofDays(7));
    }

    private TokenPair issue(User user) {
        return tokens.issue(user, UUID.randomUUID(), tokens.instant(user.id()));
    }

    @Test
    void anIssuedTokenTellsWhoCalls() {
        Tokens.Result read = tokens.readAccess(issue(USER).token());
        assertThat(read).isInstanceOfSatisfying(Tokens.Verified.class, token -> {
            assertThat(token.caller())
                    .isEqualTo(new Caller(USER.id(), "a@b.org", USER.authority(), USER.tenant(), USER.customer()));
            assertThat(token.issuedAt()).isEqualTo(NOW.toEpochMilli());
            assertThat(token.expiresAt()).isEqualTo(NOW.getEpochSecond() + 9000);
        });
    }

    @Test
    void theClaimsAreThoseOfTheSpecification() {
        TokenPair pair = issue(USER);
        assertThat(part(pair.token(), 0)).isEqualTo(HS512);
        assertThat(part(pair.token(), 1))
                .contains("\"sub\":\"a@b.org\"", "\"scopes\":[\"CUSTOMER_USER\"]", "\"iss\":\"thingsboard.io\"")
                .contains("\"firstName\":\"Ada\"", "\"enabled\":true", "\"isPublic\":false")
                .doesNotContain("lastName");
        assertThat(part(pair.refreshToken(), 1))
                .contains("\"scopes\":[\"REFRESH_TOKEN\"]", "\"jti\":", "\"exp\":" + (NOW.getEpochSecond() + 604800));
    }

    @Test
    void theSystemAdministratorHasNoTenant() {
        User administrator = user(Authority.SYS_ADMIN, Optional.empty(), Optional.empty());
        TokenPair pair = issue(administrator);
        assertThat(part(pair.token(), 1)).contains("\"tenantId\":\"13814000-1dd2-11b2-8080-808080808080\"");
        assertThat(tokens.readAccess(pair.token()))
                .isInstanceOfSatisfying(
                        Tokens.Verified.class,
                        token -> assertThat(token.caller().tenant()).isEmpty());
    }

    @Test
    void aTokenEndsAtItsSecondAlsoWhileItIsCached() {
        TokenPair pair = issue(USER);
        now.set(NOW.plusSeconds(8999));
        assertThat(tokens.readAccess(pair.token())).isInstanceOf(Tokens.Verified.class);
        now.set(NOW.plusSeconds(9000));
        assertThat(tokens.readAccess(pair.token())).isEqualTo(Tokens.Refusal.EXPIRED);
        now.set(NOW.plusSeconds(604799));
        assertThat(tokens.readRefresh(pair.refreshToken())).isInstanceOf(Tokens.Renewal.class);
        now.set(NOW.plusSeconds(604800));
        assertThat(tokens.readRefresh(pair.refreshToken())).isEqualTo(Tokens.Refusal.EXPIRED);
    }

    @Test
    void aTokenIsOfOneKindOnly() {
        TokenPair pair = issue(USER);
        assertThat(tokens.readAccess(pair.refreshToken())).isEqualTo(Tokens.Refusal.MALFORMED);
        assertThat(tokens.readRefresh(pair.token())).isEqualTo(Tokens.Refusal.MALFORMED);
        assertThat(tokens.readRefresh(pair.refreshToken()))
                .isInstanceOfSatisfying(
                        Tokens.Renewal.class,
                        renewal -> assertThat(renewal.user()).isEqualTo(USER.id()));
    }

    @Test
    void anEndedLoginEndsAllItsTokensAndNoOthers() {
        UUID login = UUID.randomUUID();
        TokenPair pair = tokens.issue(USER, login, tokens.instant(USER.id()));
        TokenPair refreshed = tokens.issue(USER, login, tokens.instant(USER.id()));
        TokenPair other = issue(USER);
        Tokens.Verified read = (Tokens.Verified) tokens.readAccess(pair.token());
        tokens.endLogin(read.login());
        assertThat(tokens.readAccess(pair.token())).isEqualTo(Tokens.Refusal.OUTDATED);
        assertThat(tokens.readRefresh(pair.refreshToken())).isEqualTo(Tokens.Refusal.OUTDATED);
        assertThat(tokens.readAccess(refreshed.token())).isEqualTo(Tokens.Refusal.OUTDATED);
        assertThat(tokens.readAccess(other.token())).isInstanceOf(Tokens.Verified.class);
    }

    @Test
    void whatEndsDuringTheChecksEndsThePairThatFollowsThem() {
        UUID login = UUID.randomUUID();
        long before = tokens.instant(USER.id());
        tokens.endLogin(login);
        TokenPair pair = tokens.issue(USER, login, before);
        assertThat(tokens.readAccess(pair.token())).isEqualTo(Tokens.Refusal.OUTDATED);
        assertThat(tokens.readRefresh(pair.refreshToken())).isEqualTo(Tokens.Refusal.OUTDATED);
    }

    @Test
    void whenManyLoginsEndTheLatestAreRemembered() {
        TokenPair pair = null;
        for (int i = 0; i <= Invalidations.SUBJECTS_MAX; i++) {
            now.set(NOW.plusMillis(i));
            UUID login = new UUID(1, i);
            if (i == Invalidations.SUBJECTS_MAX) {
                pair = tokens.issue(USER, login, tokens.instant(USER.id()));
            }
            tokens.endLogin(login);
        }
        assertThat(tokens.readAccess(Objects.requireNonNull(pair).token())).isEqualTo(Tokens.Refusal.OUTDATED);
    }

    @Test
    void whatEndedStaysEndedAfterARestart() {
        UUID login = UUID.randomUUID();
        TokenPair pair = tokens.issue(USER, login, tokens.instant(USER.id()));
        tokens.endLogin(login);
        Tokens restarted = new Tokens(settings(KEY), ended, now::get);
        assertThat(restarted.readAccess(pair.token())).isEqualTo(Tokens.Refusal.OUTDATED);
        assertThat(restarted.readRefresh(pair.refreshToken())).isEqualTo(Tokens.Refusal.OUTDATED);
    }

    @Test
    void aTokenThatIsIssuedInTheInstantInWhichOthersEndIsGood() {
        TokenPair before = issue(USER);
        tokens.endTokensOf(USER.id());
        TokenPair after = issue(USER);
        assertThat(tokens.readAccess(before.token())).isEqualTo(Tokens.Refusal.OUTDATED);
        assertThat(tokens.readAccess(after.token())).isInstanceOf(Tokens.Verified.class);
        assertThat(tokens.readRefresh(after.refreshToken())).isInstanceOf(Tokens.Renewal.class);
    }

    @Test
    void anotherKeyEndsAllTokensAlsoThoseInTheCache() {
        TokenPair pair = issue(USER);
        assertThat(tokens.readAccess(pair.token())).isInstanceOf(Tokens.Verified.class);
        tokens.use(settings(OTHER_KEY));
        assertThat(tokens.readAccess(pair.token())).isEqualTo(Tokens.Refusal.EXPIRED);
        assertThat(tokens.readAccess(issue(USER).token())).isInstanceOf(Tokens.Verified.class);
    }

    @Test
    void anIssuerThatWasSetBeforeIsKnownAndAForeignOneIsNot() {
        TokenPair pair = issue(USER);
        JwtSettings now = tokens.settings();
        tokens.use(now.changed(now.access(), now.refresh(), "signalbox.example", now.keyText()));
        assertThat(part(issue(USER).token(), 1)).contains("\"iss\":\"signalbox.example\"");
        assertThat(tokens.readAccess(pair.token())).isInstanceOf(Tokens.Verified.class);
        String foreign = claims("TENANT_ADMIN", LATER).replace("\"sub\"", "\"iss\":\"elsewhere.example\",\"sub\"");
        assertThat(tokens.readAccess(signed(HS512, foreign, KEY))).isEqualTo(Tokens.Refusal.MALFORMED);
    }

    @Test
    void whoActsAsAPublicCustomerHasATokenOfNobody() {
        TenantId tenant = USER.tenant().orElseThrow();
        CustomerId customer = USER.customer().orElseThrow();
        TokenPair pair = tokens.issuePublic(tenant, customer, UUID.randomUUID(), NOW.toEpochMilli());
        assertThat(part(pair.token(), 1))
                .contains("\"sub\":\"" + customer + "\"", "\"isPublic\":true", "\"scopes\":[\"CUSTOMER_USER\"]")
                .contains("\"userId\":\"13814000-1dd2-11b2-8080-808080808080\"", "\"firstName\":\"Public\"");
        assertThat(tokens.readRefresh(pair.refreshToken()))
                .isInstanceOfSatisfying(
                        Tokens.Renewal.class,
                        renewal -> assertThat(renewal.publicCustomer()).contains(customer));
    }

    @Test
    void theEndOfAUserOrItsOwnersEndsItsTokens() {
        String token = issue(USER).token();
        tokens.endTokensOf(USER.customer().orElseThrow());
        assertThat(tokens.readAccess(token)).isEqualTo(Tokens.Refusal.OUTDATED);

        now.set(NOW.plusSeconds(10));
        token = issue(USER).token();
        assertThat(tokens.readAccess(token)).isInstanceOf(Tokens.Verified.class);
        tokens.endTokensOf(USER.tenant().orElseThrow());
        assertThat(tokens.readAccess(token)).isEqualTo(Tokens.Refusal.OUTDATED);

        now.set(NOW.plusSeconds(20));
        token = issue(USER).token();
        tokens.endTokensOf(USER.id());
        assertThat(tokens.readAccess(token)).isEqualTo(Tokens.Refusal.OUTDATED);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badTokens")
    void whatIsNotOursIsTurnedAway(String name, String token, Tokens.Refusal refusal) {
        assertThat(tokens.readAccess(token)).isEqualTo(refusal);
    }

    static Stream<Arguments> badTokens() {
        String claims = claims("TENANT_ADMIN", LATER);
        String good = signed(HS512, claims, KEY);
        String[] parts = good.split("\\.", -1);
        String unsigned = encode("{\"alg\":\"none\"}") + "." + parts[1] + ".";
        String promoted = parts[0] + "." + encode(claims("SYS_ADMIN", LATER)) + "." + parts[2];
        return Stream.of(
                malformed("nothing", ""),
                malformed("a word", "garbage"),
                malformed("three letters", "a.b.c"),
                malformed("dots", ".."),
                malformed("two parts", parts[0] + "." + parts[1]),
                malformed("four parts", good + ".x"),
                malformed("no signature", parts[0] + "." + parts[1] + "."),
                malformed("alg none, unsigned", unsigned),
                malformed("alg none, signed", signed("{\"alg\":\"none\"}", claims, KEY)),
                malformed("alg HS256", signed("{\"alg\":\"HS256\"}", claims, KEY)),
                malformed("alg twice", signed("{\"alg\":\"HS512\",\"alg\":\"none\"}", claims, KEY)),
                malformed("a key in the header", signed("{\"alg\":\"HS512\",\"jwk\":{}}", claims, KEY)),
                malformed("a header that is no JSON", signed("HS512", claims, KEY)),
                malformed("claims that are no Base64", parts[0] + ".?!." + parts[2]),
                malformed("huge", good + "x".repeat(1 << 20)),
                malformed("claims that are no JSON", signed(HS512, "hello", KEY)),
                malformed("claims cut off", signed(HS512, "{\"sub\":\"a\"", KEY)),
                malformed("no claims", signed(HS512, "{}", KEY)),
                malformed("an unknown role", signed(HS512, claims("ROOT", LATER), KEY)),
                malformed("two roles", signed(HS512, claims("TENANT_ADMIN\",\"SYS_ADMIN", LATER), KEY)),
                malformed("a time that is no number", signed(HS512, claims("TENANT_ADMIN", "\"x\""), KEY)),
                expired("another key", signed(HS512, claims, OTHER_KEY)),
                expired("a signature cut off", good.substring(0, good.length() - 1)),
                expired("another signature", good.substring(0, good.length() - 4) + "AAAA"),
                expired("a padded signature", good + "=="),
                expired("changed claims", promoted),
                expired("over", signed(HS512, claims("TENANT_ADMIN", "1753999990"), KEY)));
    }

    @Test
    void aTokenThatAnotherProgramSignedWithOurKeyIsGood() {
        String header = "{\"alg\": \"HS512\", \"typ\": \"JWT\"}";
        String token = signed(header, claims("TENANT_ADMIN", LATER), KEY);
        assertThat(tokens.readAccess(token)).isInstanceOf(Tokens.Verified.class);
        assertThat(tokens.readAccess(token)).isInstanceOf(Tokens.Verified.class);
    }

    private static Arguments malformed(String name, String token) {
        return Arguments.of(name, token, Tokens.Refusal.MALFORMED);
    }

    private static Arguments expired(String name, String token) {
        return Arguments.of(name, token, Tokens.Refusal.EXPIRED);
    }

    private static User user(Authority authority, Optional<TenantId> tenant, Optional<String> firstName) {
        return new User(
                new UserId(UUID.randomUUID()),
                1,
                "a@b.org",
                authority,
                tenant,
                tenant.map(_ -> new CustomerId(UUID.randomUUID())),
                firstName,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1);
    }

    private static String claims(String scope, String exp) {
        return "{\"sub\":\"a@b.org\",\"userId\":\"784f394c-42b6-435a-983c-b7beff2784f9\",\"scopes\":[\"" + scope
                + "\"],\"sessionId\":\"5b3c394c-42b6-435a-983c-b7beff2784f9\",\"exp\":" + exp
                + ",\"iat\":1753999000,\"more\":{\"a\":[1]},\"tenantId\":\"79f0394c-42b6-435a-983c-b7beff2784f9\","
                + "\"customerId\":\"13814000-1dd2-11b2-8080-808080808080\"}";
    }

    private static String signed(String header, String claims, byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA512");
            mac.init(new SecretKeySpec(key, "HmacSHA512"));
            String text = encode(header) + "." + encode(claims);
            byte[] signature = mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String encode(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String part(String token, int n) {
        return new String(Base64.getUrlDecoder().decode(token.split("\\.", -1)[n]), StandardCharsets.UTF_8);
    }

    private static final class EndedTokensInMemory implements EndedTokens {
        private final Map<UUID, Long> goodFrom = new HashMap<>();

        @Override
        public Map<UUID, Long> load(long now, int max) {
            return Map.copyOf(goodFrom);
        }

        @Override
        public void end(UUID subject, long from, long keepUntil) {
            goodFrom.merge(subject, from, Math::max);
        }

        @Override
        public boolean covers(UUID subject, long issuedAt) {
            return issuedAt < goodFrom.getOrDefault(subject, 0L);
        }
    }
}
