package io.signalbox.store.sql;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import io.signalbox.device.UserId;
import io.signalbox.identity.Authority;
import io.signalbox.identity.IdentityStore;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.User;
import io.signalbox.identity.UserCredentials;
import java.util.Optional;

/** Tenants and users in core.db. */
public final class SqlIdentityStore implements IdentityStore {
    static final String SELECT_USER = "SELECT u.id, u.created_time, u.email, u.authority, t.id AS tenant_id,"
            + " c.id AS customer_id, u.first_name, u.last_name, u.phone, u.additional_info, u.version FROM users u"
            + " LEFT JOIN tenant t ON t.number = u.tenant LEFT JOIN customer c ON c.number = u.customer ";

    static final String SELECT_TENANT =
            "SELECT t.id, t.created_time, t.title, t.contact, t.additional_info, p.id AS profile_id, t.version"
                    + " FROM tenant t LEFT JOIN tenant_profile p ON p.number = t.profile ";

    private static final String SELECT_CREDENTIALS =
            "SELECT u.id, k.enabled, k.password_hash, k.activate_token, k.activate_expiry_time"
                    + " FROM user_credentials k JOIN users u ON u.number = k.user_number ";

    private static final String UPDATE_CREDENTIALS =
            "UPDATE user_credentials SET enabled = ?, password_hash = ?, activate_token = ?, activate_expiry_time = ?"
                    + " WHERE user_number = (SELECT number FROM users WHERE id = ?)";

    private final CoreWriter writer;
    private final CoreReaders readers;
    private final RpcTable rpcs;
    private final RpcKeys keys;

    SqlIdentityStore(CoreWriter writer, CoreReaders readers, RpcTable rpcs, RpcKeys keys) {
        this.writer = writer;
        this.readers = readers;
        this.rpcs = rpcs;
        this.keys = keys;
    }

    @Override
    public boolean isEmpty() {
        return readers.read(sql -> !sql.exists("SELECT 1 FROM users LIMIT 1"));
    }

    @Override
    public Optional<Tenant> tenant(TenantId id) {
        return readers.read(sql -> tenant(sql, id));
    }

    @Override
    public Tenant insertTenant(Tenant tenant) {
        return writer.write(sql -> {
            sql.update(
                    "INSERT INTO tenant (id, created_time, title, search_text, contact, additional_info, profile,"
                            + " version) VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
                    tenant.id().uuid(),
                    tenant.createdTime(),
                    tenant.title(),
                    SearchText.of(tenant.title()),
                    tenant.contact(),
                    tenant.additionalInfo(),
                    profileNumber(sql, tenant));
            return tenant(sql, tenant.id()).orElseThrow();
        });
    }

    @Override
    public Tenant updateTenant(Tenant tenant) {
        return writer.write(sql -> {
            int updated = sql.update(
                    "UPDATE tenant SET title = ?, search_text = ?, contact = ?, additional_info = ?, profile = ?,"
                            + " version = version + 1 WHERE id = ? AND version = ?",
                    tenant.title(),
                    SearchText.of(tenant.title()),
                    tenant.contact(),
                    tenant.additionalInfo(),
                    profileNumber(sql, tenant),
                    tenant.id().uuid(),
                    tenant.version());
            Optional<Tenant> saved = tenant(sql, tenant.id());
            if (updated == 0) {
                throw saved.isPresent() ? Refusals.conflict("Tenant") : Refusals.notFound("Tenant", tenant.id());
            }
            return saved.orElseThrow();
        });
    }

    /** Removes its commands, customers, profiles and devices, too, should there still be any. */
    @Override
    public boolean deleteTenant(TenantId id) {
        boolean present = tenant(id).isPresent();
        Devices.removeAllOf(writer, rpcs, keys, id, (sql, number) -> {
            sql.update("DELETE FROM users WHERE tenant = ?", number);
            sql.update("DELETE FROM tenant WHERE number = ?", number);
        });
        return present;
    }

    @Override
    public Optional<User> user(UserId id) {
        return readers.read(sql -> user(sql, id));
    }

    @Override
    public Optional<User> userByEmail(String email) {
        return readers.read(sql -> sql.first(SELECT_USER + "WHERE u.email = ?", SqlIdentityStore::readUser, email));
    }

    @Override
    public Optional<UserCredentials> credentials(UserId id) {
        return readers.read(
                sql -> sql.first(SELECT_CREDENTIALS + "WHERE u.id = ?", SqlIdentityStore::readCredentials, id.uuid()));
    }

    @Override
    public Optional<UserCredentials> credentialsByActivateToken(String token) {
        return readers.read(sql ->
                sql.first(SELECT_CREDENTIALS + "WHERE k.activate_token = ?", SqlIdentityStore::readCredentials, token));
    }

    @Override
    public User insertUser(User user, UserCredentials credentials) {
        return writer.write(sql -> {
            refuseTakenEmail(sql, user);
            Optional<Long> tenant = user.tenant().map(id -> Tenants.require(sql, id));
            tenant.ifPresent(number -> TenantLimits.USERS.check(sql, number));
            long number = sql.first(
                            "INSERT INTO users (id, created_time, email, authority, tenant, customer, first_name,"
                                    + " last_name, phone, additional_info, version)"
                                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING number",
                            row -> row.number("number"),
                            user.id().uuid(),
                            user.createdTime(),
                            user.email(),
                            user.authority().name(),
                            tenant,
                            user.customer().map(id -> customerNumber(sql, tenant, id)),
                            user.firstName(),
                            user.lastName(),
                            user.phone(),
                            user.additionalInfo())
                    .orElseThrow();
            sql.update(
                    "INSERT INTO user_credentials (user_number, enabled, password_hash, activate_token,"
                            + " activate_expiry_time) VALUES (?, ?, ?, ?, ?)",
                    number,
                    credentials.enabled(),
                    credentials.passwordHash(),
                    credentials.activateToken(),
                    credentials.activateExpiryTime());
            return user(sql, user.id()).orElseThrow();
        });
    }

    /** Authority, tenant and customer stay as they were made. */
    @Override
    public User updateUser(User user) {
        return writer.write(sql -> {
            refuseTakenEmail(sql, user);
            int updated = sql.update(
                    "UPDATE users SET email = ?, first_name = ?, last_name = ?, phone = ?, additional_info = ?,"
                            + " version = version + 1 WHERE id = ? AND version = ?",
                    user.email(),
                    user.firstName(),
                    user.lastName(),
                    user.phone(),
                    user.additionalInfo(),
                    user.id().uuid(),
                    user.version());
            Optional<User> saved = user(sql, user.id());
            if (updated == 0) {
                throw saved.isPresent() ? Refusals.conflict("User") : Refusals.notFound("User", user.id());
            }
            return saved.orElseThrow();
        });
    }

    @Override
    public boolean deleteUser(UserId id) {
        return writer.write(sql -> sql.update("DELETE FROM users WHERE id = ?", id.uuid())) > 0;
    }

    @Override
    public void deleteUsersOf(CustomerId customer) {
        writer.write(sql -> sql.update(
                "DELETE FROM users WHERE customer = (SELECT number FROM customer WHERE id = ?)", customer.uuid()));
    }

    @Override
    public void updateCredentials(UserCredentials credentials) {
        writer.write(sql -> {
            int updated = sql.update(
                    UPDATE_CREDENTIALS,
                    credentials.enabled(),
                    credentials.passwordHash(),
                    credentials.activateToken(),
                    credentials.activateExpiryTime(),
                    credentials.user().uuid());
            if (updated == 0) {
                throw Refusals.notFound("User", credentials.user());
            }
            return updated;
        });
    }

    @Override
    public boolean activate(UserCredentials credentials, String expectedToken) {
        return writer.write(sql -> sql.update(
                        UPDATE_CREDENTIALS + " AND activate_token = ?",
                        credentials.enabled(),
                        credentials.passwordHash(),
                        credentials.activateToken(),
                        credentials.activateExpiryTime(),
                        credentials.user().uuid(),
                        expectedToken))
                > 0;
    }

    private static Optional<Tenant> tenant(Sql sql, TenantId id) {
        return sql.first(SELECT_TENANT + "WHERE t.id = ?", SqlIdentityStore::readTenant, id.uuid());
    }

    static Tenant readTenant(Row row) {
        return new Tenant(
                new TenantId(row.uuid("id")),
                row.number("created_time"),
                row.text("title"),
                row.text("contact"),
                row.textIfAny("additional_info"),
                row.uuidIfAny("profile_id").map(TenantProfileId::new),
                row.number("version"));
    }

    private static Optional<Long> profileNumber(Sql sql, Tenant tenant) {
        return tenant.profile()
                .map(id -> sql.first(
                                "SELECT number FROM tenant_profile WHERE id = ?",
                                row -> row.number("number"),
                                id.uuid())
                        .orElseThrow(
                                () -> Refusals.badRequest("Tenant is referencing to non-existent tenant profile!")));
    }

    private static Optional<User> user(Sql sql, UserId id) {
        return sql.first(SELECT_USER + "WHERE u.id = ?", SqlIdentityStore::readUser, id.uuid());
    }

    static User readUser(Row row) {
        return new User(
                new UserId(row.uuid("id")),
                row.number("created_time"),
                row.text("email"),
                Authority.valueOf(row.text("authority")),
                row.uuidIfAny("tenant_id").map(TenantId::new),
                row.uuidIfAny("customer_id").map(CustomerId::new),
                row.textIfAny("first_name"),
                row.textIfAny("last_name"),
                row.textIfAny("phone"),
                row.textIfAny("additional_info"),
                row.number("version"));
    }

    private static UserCredentials readCredentials(Row row) {
        return new UserCredentials(
                new UserId(row.uuid("id")),
                row.flag("enabled"),
                row.textIfAny("password_hash"),
                row.textIfAny("activate_token"),
                row.number("activate_expiry_time"));
    }

    private static long customerNumber(Sql sql, Optional<Long> tenant, CustomerId customer) {
        long owner = sql.first("SELECT tenant FROM customer WHERE id = ?", row -> row.number("tenant"), customer.uuid())
                .orElseThrow(() -> Refusals.badRequest("User is referencing to non-existent customer!"));
        if (!tenant.equals(Optional.of(owner))) {
            throw Refusals.badRequest("User can't be assigned to customer from different tenant!");
        }
        return sql.first("SELECT number FROM customer WHERE id = ?", row -> row.number("number"), customer.uuid())
                .orElseThrow();
    }

    private static void refuseTakenEmail(Sql sql, User user) {
        if (sql.exists(
                "SELECT 1 FROM users WHERE email = ? AND id <> ?",
                user.email(),
                user.id().uuid())) {
            throw Refusals.badRequest("User with email '" + user.email() + "' already present in database!");
        }
    }
}
