package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Fills an empty store, so that somebody can log in. Both ways do nothing when there ever was a user. Calls block. */
public final class FirstStart {
    public static final String ADMINISTRATOR = "sysadmin@thingsboard.org";
    private static final int PASSWORD_BYTES = 15;

    private final IdentityStore store;
    private final Passwords passwords;
    private final InstantSource clock;

    public FirstStart(IdentityStore store, Passwords passwords, InstantSource clock) {
        this.store = store;
        this.passwords = passwords;
        this.clock = clock;
    }

    /** What {@link #demo} made, for devices to be added to. */
    public record Demo(TenantId tenant, CustomerId customer) {}

    /** Makes the system administrator; returns its random password, to be shown once and kept nowhere. */
    public Optional<String> createAdministrator() {
        if (!store.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(bytes);
        String password = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        insert(ADMINISTRATOR, Authority.SYS_ADMIN, Optional.empty(), Optional.empty(), passwords.hashing(password));
        return Optional.of(password);
    }

    /**
     * Makes the accounts that everyone knows (authentication §14): the caller must see to it that nobody else gets at them.
     *
     * @param contents   makes what every tenant has
     * @param customerOf stores {@code Customer A} in this tenant
     */
    public Optional<Demo> demo(TenantContents contents, Function<TenantId, CustomerId> customerOf) {
        if (!store.isEmpty()) {
            return Optional.empty();
        }
        Future<String> sysadmin = passwords.hashing("sysadmin");
        Future<String> tenantAdmin = passwords.hashing("tenant");
        Future<String> customerUser = passwords.hashing("customer");
        long now = clock.millis();
        insert(ADMINISTRATOR, Authority.SYS_ADMIN, Optional.empty(), Optional.empty(), sysadmin);
        TenantId tenant = store.insertTenant(
                        new Tenant(new TenantId(Uuids.next(now)), now, "Tenant", "{}", Optional.empty(), 1))
                .id();
        contents.created(tenant);
        insert("tenant@thingsboard.org", Authority.TENANT_ADMIN, Optional.of(tenant), Optional.empty(), tenantAdmin);
        CustomerId customer = customerOf.apply(tenant);
        insert(
                "customer@thingsboard.org",
                Authority.CUSTOMER_USER,
                Optional.of(tenant),
                Optional.of(customer),
                customerUser);
        return Optional.of(new Demo(tenant, customer));
    }

    private void insert(
            String email,
            Authority authority,
            Optional<TenantId> tenant,
            Optional<CustomerId> customer,
            Future<String> hash) {
        long now = clock.millis();
        User user = new User(
                new UserId(Uuids.next(now)),
                now,
                email,
                authority,
                tenant,
                customer,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                1);
        store.insertUser(
                user, new UserCredentials(user.id(), true, Optional.of(Passwords.await(hash)), Optional.empty(), 0));
    }
}
