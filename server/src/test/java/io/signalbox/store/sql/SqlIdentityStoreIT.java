package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.User;
import io.signalbox.identity.UserCredentials;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.file.Path;
import java.util.Optional;
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

        assertThat(identities.activate(active, "other")).isFalse();
        assertThat(identities.activate(active, "token")).isTrue();
        assertThat(identities.activate(active, "token")).isFalse();
        assertThat(identities.credentials(user.id())).contains(active);
    }

    @Test
    void credentialsAreReplaced() {
        User user = insert(admin("a@example.org", core.tenant("A")));
        UserCredentials disabled = new UserCredentials(user.id(), false, Optional.of("h"), Optional.empty(), 0);

        identities.updateCredentials(disabled);

        assertThat(identities.credentials(user.id())).contains(disabled);
        UserId unknown = new UserId(UUID.randomUUID());
        rejected(
                () -> identities.updateCredentials(
                        new UserCredentials(unknown, true, Optional.empty(), Optional.empty(), 0)),
                ErrorCode.NOT_FOUND,
                "User with id [" + unknown + "] is not found");
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
