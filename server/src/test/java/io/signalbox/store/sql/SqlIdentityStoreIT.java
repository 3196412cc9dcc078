package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.ApiKey;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Client;
import io.signalbox.identity.Login;
import io.signalbox.identity.PasswordReset;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.User;
import io.signalbox.identity.UserCredentials;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EveryDatabase
class SqlIdentityStoreIT {
    private final TestDatabase databases;

    @TempDir
    Path folder;

    private Fixture core;
    private SqlIdentityStore identities;

    SqlIdentityStoreIT(TestDatabase databases) {
        this.databases = databases;
    }

    @BeforeEach
    void open() {
        core = new Fixture(databases.in(folder));
        identities = core.identities();
    }

    @AfterEach
    void close() {
        core.close();
    }

    @Test
    void storeIsEmptyUntilTheFirstUser() {
        assertThat(identities.isEmpty()).isTrue();
        insert(user("root@example.org", Authority.SYS_ADMIN, Optional.empty(), Optional.empty()));
        assertThat(identities.isEmpty()).isFalse();
        core.reopen();
        assertThat(core.identities().isEmpty()).isFalse();
    }

    @Test
    void tenantIsKeptAndItsVersionMinded() {
        Tenant inserted = identities.insertTenant(
                new Tenant(new TenantId(Uuids.next(Fixture.NOW)), 5, "A", "{\"city\":\"Ulm\"}", Optional.of("{}"), 0));

        Tenant updated =
                identities.updateTenant(new Tenant(inserted.id(), 5, "B", "{}", Optional.empty(), inserted.version()));

        assertThat(inserted.version()).isEqualTo(1);
        assertThat(updated).isEqualTo(new Tenant(inserted.id(), 5, "B", "{}", Optional.empty(), 2));
        assertThat(identities.tenant(inserted.id())).contains(updated);
        rejected(
                () -> identities.updateTenant(inserted),
                ErrorCode.VERSION_CONFLICT,
                "Tenant was already changed by someone else");
    }

    @Test
    void userComesBackAsItWasGiven() {
        TenantId tenant = core.tenant("A");
        CustomerId customer = core.customer(tenant, "Acme");
        User given = user("u@example.org", Authority.CUSTOMER_USER, Optional.of(tenant), Optional.of(customer));
        UserCredentials credentials =
                new UserCredentials(given.id(), false, Optional.empty(), Optional.of("activate-me"), 77);

        User inserted = identities.insertUser(given, credentials);

        assertThat(inserted)
                .usingRecursiveComparison()
                .ignoringFields("version")
                .isEqualTo(given);
        assertThat(inserted.version()).isEqualTo(1);
        core.reopen();
        identities = core.identities();
        assertThat(identities.user(given.id())).contains(inserted);
        assertThat(identities.userByEmail("u@example.org")).contains(inserted);
        assertThat(identities.userByEmail("U@example.org")).isEmpty();
        assertThat(identities.credentials(given.id())).contains(credentials);
        assertThat(identities.credentialsByActivateToken("activate-me")).contains(credentials);
        assertThat(identities.credentialsByActivateToken("other")).isEmpty();
    }

    @Test
    void emailIsTakenOnTheWholeServer() {
        insert(admin("a@example.org", core.tenant("A")));
        User other = insert(admin("b@example.org", core.tenant("B")));

        String text = "User with email 'a@example.org' already present in database!";
        rejected(() -> insert(admin("a@example.org", core.tenant("C"))), ErrorCode.BAD_REQUEST, text);
        rejected(() -> identities.updateUser(named(other, "a@example.org", 1)), ErrorCode.BAD_REQUEST, text);
    }

    @Test
    void customerOfAUserMustExistInItsTenant() {
        TenantId tenant = core.tenant("A");
        CustomerId foreign = core.customer(core.tenant("B"), "Acme");

        rejected(
                () -> insert(user("u@x.org", Authority.CUSTOMER_USER, Optional.of(tenant), Optional.of(foreign))),
                ErrorCode.BAD_REQUEST,
                "User can't be assigned to customer from different tenant!");
        rejected(
                () -> insert(user(
                        "u@x.org",
                        Authority.CUSTOMER_USER,
                        Optional.of(tenant),
                        Optional.of(new CustomerId(UUID.randomUUID())))),
                ErrorCode.BAD_REQUEST,
                "User is referencing to non-existent customer!");
        assertThat(identities.isEmpty()).isTrue();
    }

    @Test
    void userUpdateMindsTheVersion() {
        User user = insert(admin("a@example.org", core.tenant("A")));

        User updated = identities.updateUser(named(user, "new@example.org", 1));

        assertThat(updated).isEqualTo(named(user, "new@example.org", 2));
        assertThat(identities.userByEmail("a@example.org")).isEmpty();
        rejected(
                () -> identities.updateUser(named(user, "x@example.org", 1)),
                ErrorCode.VERSION_CONFLICT,
                "User was already changed by someone else");
    }

    @Test
    void activationTokenWorksOnce() {
        User user = admin("a@example.org", core.tenant("A"));
        identities.insertUser(user, new UserCredentials(user.id(), false, Optional.empty(), Optional.of("token"), 77));
        UserCredentials active = new UserCredentials(user.id(), true, Optional.of("hash"), Optional.empty(), 0);

        assertThat(identities.activate(active, "other", 5)).isFalse();
        assertThat(identities.activate(active, "token", 5)).isTrue();
        assertThat(identities.activate(active, "token", 5)).isFalse();
        UserCredentials stored =
                new UserCredentials(user.id(), true, Optional.of("hash"), Optional.empty(), 0, 5, Optional.empty());
        assertThat(identities.credentials(user.id())).contains(stored);
    }

    @Test
    void settingsOfAUserAreChangedAsAWholeAndGoWithIt() {
        User user = insert(admin("a@example.org", core.tenant("A")));
        SqlUserSettingsStore settings = core.store().userSettings();
        assertThat(settings.settings(user.id())).isEmpty();

        assertThat(settings.change(user.id(), kept -> kept + "1")).isEqualTo("{}1");
        assertThat(settings.change(user.id(), kept -> kept + "\u0000")).isEqualTo("{}1\u0000");

        core.reopen();
        assertThat(core.store().userSettings().settings(user.id())).contains("{}1\u0000");
        core.identities().deleteUser(user.id());
        assertThatThrownBy(() -> core.store().userSettings().change(user.id(), kept -> kept))
                .hasMessage("User with id [" + user.id() + "] is not found");
    }

    @Test
    void failuresBeyondTheLimitDisableAnAccountOnce() {
        User user = insert(admin("a@example.org", core.tenant("A")));
        assertThat(failed(user, OptionalInt.empty())).isFalse();
        assertThat(failed(user, OptionalInt.of(2))).isFalse();
        assertThat(failed(user, OptionalInt.of(2))).isTrue();
        assertThat(failed(user, OptionalInt.of(2))).isFalse();
        assertThat(identities.credentials(user.id()).orElseThrow().enabled()).isFalse();
        assertThat(identities.setEnabled(user.id(), true)).isTrue();
        assertThat(failed(user, OptionalInt.of(2))).isFalse();
        assertThat(identities.setEnabled(new UserId(UUID.randomUUID()), true)).isFalse();
    }

    private boolean failed(User user, OptionalInt max) {
        return identities.loginFailed(user.id(), max).toCompletableFuture().join();
    }

    @Test
    void aResetTokenSetsOnePasswordAndTheOldIsRemembered() {
        User user = insert(admin("a@example.org", core.tenant("A")));
        byte[] first = {1};
        byte[] second = {2};
        identities.setReset(user.id(), first, 70);
        identities.setReset(user.id(), second, 80);
        assertThat(identities.reset(first)).isEmpty();
        assertThat(identities.reset(second)).contains(new PasswordReset(user.id(), 80));
        assertThat(identities.setPassword(user.id(), "new", Optional.of(first), 10))
                .isFalse();
        assertThat(identities.setPassword(user.id(), "new", Optional.of(second), 10))
                .isTrue();
        assertThat(identities.setPassword(user.id(), "newer", Optional.of(second), 11))
                .isFalse();
        assertThat(identities.setPassword(user.id(), "newer", Optional.empty(), 20))
                .isTrue();
        assertThat(identities.credentials(user.id()).orElseThrow().passwordSetTime())
                .isEqualTo(20);
        assertThat(identities.passwordsSince(user.id(), 9)).containsExactly("new", "hash");
        assertThat(identities.passwordsSince(user.id(), 10)).containsExactly("new");
        for (int i = 0; i < 20; i++) {
            identities.setPassword(user.id(), "again " + i, Optional.empty(), 30 + i);
        }
        assertThat(identities.passwordsSince(user.id(), 0)).hasSize(16).startsWith("again 18");
    }

    @Test
    void loginsAreKeptUntilTheyEndOrExpire() {
        User user = insert(admin("a@example.org", core.tenant("A")));
        User other = insert(admin("b@example.org", core.tenant("B")));
        Login first = login(1, 100);
        Login second = login(2, 200);
        identities.loggedIn(user.id(), first);
        identities.loggedIn(user.id(), second);
        assertThat(identities.logins(user.id(), 50)).containsExactly(second, first);
        assertThat(identities.logins(user.id(), 150)).containsExactly(second);
        assertThat(identities.credentials(user.id()).orElseThrow().lastLoginTime())
                .contains(2L);
        identities.loginUsed(first.id(), 60, 300);
        assertThat(identities.logins(user.id(), 250))
                .singleElement()
                .extracting(Login::usedTime)
                .isEqualTo(60L);
        assertThat(identities.deleteLogin(other.id(), first.id())).isFalse();
        assertThat(identities.deleteLogin(user.id(), first.id())).isTrue();
        identities.deleteLogins(user.id());
        assertThat(identities.logins(user.id(), 0)).isEmpty();
    }

    @Test
    void aUserHasAThousandLoginsAtMost() {
        User user = insert(admin("a@example.org", core.tenant("A")));
        for (int i = 0; i < 1_002; i++) {
            identities.loggedIn(user.id(), login(i, 10_000));
        }
        assertThat(identities.logins(user.id(), 0))
                .hasSize(1_000)
                .last()
                .extracting(Login::createdTime)
                .isEqualTo(2L);
    }

    private static Login login(long time, long expiry) {
        Client client = new Client("192.0.2.7", "Chrome 126", "Linux", "Other");
        return new Login(UUID.randomUUID(), time, time, expiry, client, Optional.of("admin@example.org"));
    }

    @Test
    void endedTokensAreRememberedAsLongAsTheyMayLive() {
        UUID one = UUID.randomUUID();
        UUID two = UUID.randomUUID();
        identities.end(one, 10, 100);
        identities.end(two, 20, 200);
        assertThat(identities.covers(one, 9)).isTrue();
        assertThat(identities.covers(one, 10)).isFalse();
        assertThat(identities.load(150, 10)).isEqualTo(Map.of(two, 20L));
        assertThat(identities.load(0, 1)).isEqualTo(Map.of(two, 20L));
        identities.end(one, 30, 300);
        assertThat(identities.load(0, 10)).isEqualTo(Map.of(one, 30L, two, 20L));
    }

    @Test
    void apiKeysGoWithTheirOwnerAndKnowIt() {
        User user = insert(admin("a@example.org", core.tenant("A")));
        ApiKey key = key(user, "one");
        assertThat(identities.insertApiKey(key, new byte[] {1}, 1)).isTrue();
        assertThat(identities.insertApiKey(key(user, "two"), new byte[] {2}, 1)).isFalse();
        assertThat(identities.apiKeys()).singleElement().satisfies(known -> {
            assertThat(known.key()).isEqualTo(key);
            assertThat(known.owner()).isEqualTo(user);
            assertThat(known.ownerEnabled()).isTrue();
            assertThat(known.hash()).containsExactly(1);
        });
        ApiKey changed = new ApiKey(key.id(), 7, key.tenant(), key.owner(), "changed", false, 0);
        assertThat(identities.updateApiKey(changed)).isTrue();
        assertThat(identities.apiKey(key.id()).orElseThrow().key()).isEqualTo(changed);
        identities.deleteUser(user.id());
        assertThat(identities.apiKeys()).isEmpty();
        assertThat(identities.updateApiKey(changed)).isFalse();
        assertThat(identities.deleteApiKey(key.id())).isFalse();
    }

    private static ApiKey key(User owner, String description) {
        return new ApiKey(UUID.randomUUID(), 7, owner.tenant(), owner.id(), description, true, 0);
    }

    @Test
    void aSectionOfSettingsIsReplacedAsAWhole() {
        assertThat(identities.settings("mail")).isEmpty();
        identities.saveSettings("mail", Map.of("host", "a", "port", "25"));
        identities.saveSettings("mail", Map.of("host", "b"));
        identities.saveSettings("other", Map.of("host", "c"));
        assertThat(identities.settings("mail")).isEqualTo(Map.of("host", "b"));
    }

    @Test
    void deletedUserIsGoneWithItsCredentials() {
        User user = insert(admin("a@example.org", core.tenant("A")));

        assertThat(identities.deleteUser(user.id())).isTrue();
        assertThat(identities.deleteUser(user.id())).isFalse();
        assertThat(identities.user(user.id())).isEmpty();
        assertThat(identities.credentials(user.id())).isEmpty();
    }

    @Test
    void usersGoWithTheirCustomer() {
        TenantId tenant = core.tenant("A");
        CustomerId acme = core.customer(tenant, "Acme");
        CustomerId bcme = core.customer(tenant, "Bcme");
        User first = insert(user("1@x.org", Authority.CUSTOMER_USER, Optional.of(tenant), Optional.of(acme)));
        User second = insert(user("2@x.org", Authority.CUSTOMER_USER, Optional.of(tenant), Optional.of(bcme)));

        identities.deleteUsersOf(acme);
        assertThat(identities.user(first.id())).isEmpty();
        assertThat(identities.user(second.id())).isPresent();
        core.devices().deleteCustomer(bcme);
        assertThat(identities.user(second.id())).isEmpty();
    }

    @Test
    void tenantGoesWithEverythingAndNothingOfAnother() {
        TenantId tenant = core.tenant("A");
        TenantId other = core.tenant("B");
        User admin = insert(admin("a@example.org", tenant));
        User foreign = insert(admin("b@example.org", other));
        User customerUser = insert(user(
                "c@example.org",
                Authority.CUSTOMER_USER,
                Optional.of(tenant),
                Optional.of(core.customer(tenant, "Acme"))));
        Device device = core.device(tenant, "D");

        assertThat(identities.deleteTenant(tenant)).isTrue();

        assertThat(identities.deleteTenant(tenant)).isFalse();
        assertThat(identities.tenant(tenant)).isEmpty();
        assertThat(identities.user(admin.id())).isEmpty();
        assertThat(identities.user(customerUser.id())).isEmpty();
        assertThat(core.devices().device(device.id())).isEmpty();
        assertThat(core.devices().tombstones(10)).containsExactly(device.number());
        assertThat(identities.user(foreign.id())).contains(foreign);
        assertThat(identities.tenant(other)).isPresent();
    }

    private User insert(User user) {
        return identities.insertUser(
                user, new UserCredentials(user.id(), true, Optional.of("hash"), Optional.empty(), 0));
    }

    private static User admin(String email, TenantId tenant) {
        return user(email, Authority.TENANT_ADMIN, Optional.of(tenant), Optional.empty());
    }

    private static User user(
            String email, Authority authority, Optional<TenantId> tenant, Optional<CustomerId> customer) {
        return new User(
                new UserId(Uuids.next(Fixture.NOW)),
                Fixture.NOW,
                email,
                authority,
                tenant,
                customer,
                Optional.of("Ada"),
                Optional.empty(),
                Optional.of("+49 731"),
                Optional.of("{}"),
                0);
    }

    private static User named(User user, String email, long version) {
        return new User(
                user.id(),
                user.createdTime(),
                email,
                user.authority(),
                user.tenant(),
                user.customer(),
                user.firstName(),
                user.lastName(),
                user.phone(),
                user.additionalInfo(),
                version);
    }

    private static void rejected(ThrowingCallable call, ErrorCode code, String text) {
        assertThatExceptionOfType(Rejected.class).isThrownBy(call).satisfies(rejected -> {
            assertThat(rejected.text()).isEqualTo(text);
            assertThat(rejected.code()).isEqualTo(code);
        });
    }
}
