package io.signalbox.store.sql;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import io.signalbox.device.UserId;
import io.signalbox.identity.ApiKey;
import io.signalbox.identity.ApiKeys;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Client;
import io.signalbox.identity.IdentityStore;
import io.signalbox.identity.Login;
import io.signalbox.identity.PasswordReset;
import io.signalbox.identity.Tenant;
import io.signalbox.identity.User;
import io.signalbox.identity.UserCredentials;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Tenants, users, and how these get in, in core.db. */
public final class SqlIdentityStore implements IdentityStore {
    static final String SELECT_USER = "SELECT u.id, u.created_time, u.email, u.authority, t.id AS tenant_id,"
            + " c.id AS customer_id, u.first_name, u.last_name, u.phone, u.additional_info, u.version FROM users u"
            + " LEFT JOIN tenant t ON t.number = u.tenant LEFT JOIN customer c ON c.number = u.customer ";

    static final String SELECT_TENANT =
            "SELECT t.id, t.created_time, t.title, t.contact, t.additional_info, p.id AS profile_id, t.version"
                    + " FROM tenant t LEFT JOIN tenant_profile p ON p.number = t.profile ";

    private static final String SELECT_CREDENTIALS =
            "SELECT u.id, k.enabled, k.password_hash, k.activate_token, k.activate_expiry_time, k.password_set_time,"
                    + " k.last_login_time FROM user_credentials k JOIN users u ON u.number = k.user_number ";

    private static final String OF_USER = " WHERE user_number = (SELECT number FROM users WHERE id = ?)";
    private static final int PASSWORDS_MAX = 16;
    private static final int LOGINS_MAX = 1_000;

    private static final String SELECT_KEY = "SELECT a.id AS key_id, a.created_time AS key_time, a.hash, a.description,"
            + " a.enabled AS key_enabled, a.expiration_time, k.enabled AS owner_enabled, u.id, u.created_time, u.email,"
            + " u.authority, t.id AS tenant_id, c.id AS customer_id, u.first_name, u.last_name, u.phone,"
            + " u.additional_info, u.version FROM api_key a JOIN users u ON u.number = a.user_number"
            + " JOIN user_credentials k ON k.user_number = u.number LEFT JOIN tenant t ON t.number = u.tenant"
            + " LEFT JOIN customer c ON c.number = u.customer ";

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
                            + " activate_expiry_time, password_set_time) VALUES (?, ?, ?, ?, ?, ?)",
                    number,
                    credentials.enabled(),
                    credentials.passwordHash(),
                    credentials.activateToken(),
                    credentials.activateExpiryTime(),
                    credentials.passwordHash().isPresent() ? user.createdTime() : 0L);
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
        return writer.write(sql -> {
                    EntityRows.forget(sql, "?", id.uuid());
                    return sql.update("DELETE FROM users WHERE id = ?", id.uuid());
                })
                > 0;
    }

    @Override
    public void deleteUsersOf(CustomerId customer) {
        writer.write(sql -> {
            EntityRows.forget(sql, EntityRows.USERS_OF_CUSTOMER, customer.uuid());
            return sql.update(
                    "DELETE FROM users WHERE customer = (SELECT number FROM customer WHERE id = ?)", customer.uuid());
        });
    }

    @Override
    public boolean activate(UserCredentials credentials, String expectedToken, long now) {
        return writer.write(sql -> sql.update(
                        "UPDATE user_credentials SET enabled = ?, password_hash = ?, activate_token = ?,"
                                + " activate_expiry_time = ?, password_set_time = ?, failed_logins = 0" + OF_USER
                                + " AND activate_token = ?",
                        credentials.enabled(),
                        credentials.passwordHash(),
                        credentials.activateToken(),
                        credentials.activateExpiryTime(),
                        credentials.passwordHash().isPresent() ? now : 0L,
                        credentials.user().uuid(),
                        expectedToken))
                > 0;
    }

    @Override
    public boolean setEnabled(UserId id, boolean enabled) {
        return writer.write(sql -> sql.update(
                        enabled
                                ? "UPDATE user_credentials SET enabled = TRUE, failed_logins = 0" + OF_USER
                                : "UPDATE user_credentials SET enabled = FALSE" + OF_USER,
                        id.uuid()))
                > 0;
    }

    @Override
    public boolean setPassword(UserId id, String passwordHash, Optional<byte[]> resetHash, long now) {
        return writer.write(sql -> {
            Optional<Long> number = sql.first(
                    "SELECT k.user_number FROM user_credentials k JOIN users u ON u.number = k.user_number"
                            + " WHERE u.id = ? AND (? OR k.reset_hash = ?)",
                    row -> row.number("user_number"),
                    id.uuid(),
                    resetHash.isEmpty(),
                    resetHash);
            if (number.isEmpty()) {
                return false;
            }
            sql.update(
                    "INSERT INTO old_password (user_number, until_time, hash) SELECT user_number, ?, password_hash"
                            + " FROM user_credentials WHERE user_number = ? AND password_hash IS NOT NULL",
                    now,
                    number);
            sql.update(
                    "DELETE FROM old_password WHERE user_number = ? AND number NOT IN (SELECT number FROM old_password"
                            + " WHERE user_number = ? ORDER BY number DESC LIMIT " + PASSWORDS_MAX + ")",
                    number,
                    number);
            sql.update(
                    "UPDATE user_credentials SET password_hash = ?, password_set_time = ?, reset_hash = NULL,"
                            + " reset_expiry_time = 0, failed_logins = 0 WHERE user_number = ?",
                    passwordHash,
                    now,
                    number);
            return true;
        });
    }

    @Override
    public List<String> passwordsSince(UserId id, long time) {
        return readers.read(sql -> sql.list(
                "SELECT hash FROM old_password" + OF_USER + " AND until_time > ? ORDER BY number DESC LIMIT "
                        + PASSWORDS_MAX,
                row -> row.text("hash"),
                id.uuid(),
                time));
    }

    @Override
    public void setReset(UserId id, byte[] resetHash, long expiryTime) {
        writer.write(sql -> sql.update(
                "UPDATE user_credentials SET reset_hash = ?, reset_expiry_time = ?" + OF_USER,
                resetHash,
                expiryTime,
                id.uuid()));
    }

    @Override
    public Optional<PasswordReset> reset(byte[] resetHash) {
        return readers.read(sql -> sql.first(
                "SELECT u.id, k.reset_expiry_time FROM user_credentials k JOIN users u ON u.number = k.user_number"
                        + " WHERE k.reset_hash = ?",
                row -> new PasswordReset(new UserId(row.uuid("id")), row.number("reset_expiry_time")),
                resetHash));
    }

    @Override
    public CompletionStage<Boolean> loginFailed(UserId id, OptionalInt failedMax) {
        int max = failedMax.orElse(0);
        return writer.writeLater(sql -> {
            sql.update("UPDATE user_credentials SET failed_logins = failed_logins + 1" + OF_USER, id.uuid());
            return max > 0
                    && sql.update(
                                    "UPDATE user_credentials SET enabled = FALSE" + OF_USER
                                            + " AND enabled AND failed_logins > ?",
                                    id.uuid(),
                                    max)
                            > 0;
        });
    }

    @Override
    public void loggedIn(UserId id, Login login) {
        writer.write(sql -> {
            sql.update(
                    "UPDATE user_credentials SET failed_logins = 0, last_login_time = ?" + OF_USER,
                    login.createdTime(),
                    id.uuid());
            sql.update("DELETE FROM login WHERE expiry_time < ?", login.createdTime());
            sql.update(
                    "DELETE FROM login WHERE number IN (SELECT number FROM login" + OF_USER
                            + " ORDER BY number DESC LIMIT 1000000 OFFSET " + (LOGINS_MAX - 1) + ")",
                    id.uuid());
            return sql.update(
                    "INSERT INTO login (id, user_number, created_time, used_time, expiry_time, address, browser, os,"
                            + " device, acting) SELECT ?, number, ?, ?, ?, ?, ?, ?, ?, ? FROM users WHERE id = ?",
                    login.id(),
                    login.createdTime(),
                    login.usedTime(),
                    login.expiryTime(),
                    login.client().address(),
                    login.client().browser(),
                    login.client().os(),
                    login.client().device(),
                    login.acting(),
                    id.uuid());
        });
    }

    @Override
    public void loginUsed(UUID login, long usedTime, long expiryTime) {
        writer.write(sql -> sql.update(
                "UPDATE login SET used_time = ?, expiry_time = ? WHERE id = ?", usedTime, expiryTime, login));
    }

    @Override
    public List<Login> logins(UserId id, long now) {
        return readers.read(sql -> sql.list(
                "SELECT id, created_time, used_time, expiry_time, address, browser, os, device, acting FROM login"
                        + OF_USER + " AND expiry_time >= ? ORDER BY number DESC LIMIT " + LOGINS_MAX,
                row -> new Login(
                        row.uuid("id"),
                        row.number("created_time"),
                        row.number("used_time"),
                        row.number("expiry_time"),
                        new Client(row.text("address"), row.text("browser"), row.text("os"), row.text("device")),
                        row.textIfAny("acting")),
                id.uuid(),
                now));
    }

    @Override
    public boolean deleteLogin(UserId id, UUID login) {
        return writer.write(sql -> sql.update("DELETE FROM login" + OF_USER + " AND id = ?", id.uuid(), login)) > 0;
    }

    @Override
    public void deleteLogins(UserId id) {
        writer.write(sql -> sql.update("DELETE FROM login" + OF_USER, id.uuid()));
    }

    @Override
    public Map<UUID, Long> load(long now, int max) {
        return readers.read(sql -> {
            Map<UUID, Long> ended = new HashMap<>();
            sql.each(
                    "SELECT subject, good_from FROM ended_tokens WHERE keep_until >= ? ORDER BY keep_until DESC LIMIT ?",
                    row -> {
                        ended.put(row.uuid("subject"), row.number("good_from"));
                        return true;
                    },
                    now,
                    max);
            return ended;
        });
    }

    @Override
    public void end(UUID subject, long goodFrom, long keepUntil) {
        writer.write(sql -> {
            sql.update("DELETE FROM ended_tokens WHERE keep_until < ?", goodFrom);
            return sql.update(
                    "INSERT INTO ended_tokens (subject, good_from, keep_until) VALUES (?, ?, ?)"
                            + " ON CONFLICT (subject) DO UPDATE SET good_from = excluded.good_from,"
                            + " keep_until = excluded.keep_until",
                    subject,
                    goodFrom,
                    keepUntil);
        });
    }

    @Override
    public boolean covers(UUID subject, long issuedAt) {
        return readers.read(
                sql -> sql.exists("SELECT 1 FROM ended_tokens WHERE subject = ? AND good_from > ?", subject, issuedAt));
    }

    @Override
    public List<ApiKeys.Known> apiKeys() {
        return readers.read(sql -> sql.list(SELECT_KEY + "ORDER BY a.number", SqlIdentityStore::readKey));
    }

    @Override
    public List<ApiKeys.Known> apiKeysOf(UserId owner) {
        return readers.read(sql ->
                sql.list(SELECT_KEY + "WHERE u.id = ? ORDER BY a.number", SqlIdentityStore::readKey, owner.uuid()));
    }

    @Override
    public Optional<ApiKeys.Known> apiKey(UUID id) {
        return readers.read(sql -> sql.first(SELECT_KEY + "WHERE a.id = ?", SqlIdentityStore::readKey, id));
    }

    @Override
    public boolean insertApiKey(ApiKey key, byte[] hash, int ofUserMax) {
        return writer.write(sql -> sql.update(
                        "INSERT INTO api_key (id, created_time, user_number, hash, description, enabled,"
                                + " expiration_time) SELECT ?, ?, u.number, ?, ?, ?, ? FROM users u WHERE u.id = ?"
                                + " AND (SELECT COUNT(*) FROM api_key k WHERE k.user_number = u.number) < ?",
                        key.id(),
                        key.createdTime(),
                        hash,
                        key.description(),
                        key.enabled(),
                        key.expirationTime(),
                        key.owner().uuid(),
                        ofUserMax))
                > 0;
    }

    @Override
    public boolean updateApiKey(ApiKey key) {
        return writer.write(sql -> sql.update(
                        "UPDATE api_key SET description = ?, enabled = ? WHERE id = ?",
                        key.description(),
                        key.enabled(),
                        key.id()))
                > 0;
    }

    @Override
    public boolean deleteApiKey(UUID id) {
        return writer.write(sql -> sql.update("DELETE FROM api_key WHERE id = ?", id)) > 0;
    }

    @Override
    public Map<String, String> settings(String section) {
        return readers.read(sql -> {
            Map<String, String> values = new HashMap<>();
            sql.each(
                    "SELECT name, value FROM setting WHERE section = ?",
                    row -> {
                        values.put(row.text("name"), row.text("value"));
                        return true;
                    },
                    section);
            return values;
        });
    }

    @Override
    public void saveSettings(String section, Map<String, String> values) {
        writer.write(sql -> {
            sql.update("DELETE FROM setting WHERE section = ?", section);
            values.forEach((name, value) ->
                    sql.update("INSERT INTO setting (section, name, value) VALUES (?, ?, ?)", section, name, value));
            return values.size();
        });
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
                row.number("activate_expiry_time"),
                row.number("password_set_time"),
                row.has("last_login_time") ? Optional.of(row.number("last_login_time")) : Optional.empty());
    }

    private static ApiKeys.Known readKey(Row row) {
        User owner = readUser(row);
        ApiKey key = new ApiKey(
                row.uuid("key_id"),
                row.number("key_time"),
                owner.tenant(),
                owner.id(),
                row.text("description"),
                row.flag("key_enabled"),
                row.number("expiration_time"));
        return new ApiKeys.Known(key, row.bytes("hash"), owner, row.flag("owner_enabled"));
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
