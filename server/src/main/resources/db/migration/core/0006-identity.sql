-- How users get in. What is secret is kept as a hash, but for the activation link, which administrators may read.

ALTER TABLE user_credentials ADD COLUMN password_set_time BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_credentials ADD COLUMN reset_hash ${bytes};
ALTER TABLE user_credentials ADD COLUMN reset_expiry_time BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_credentials ADD COLUMN failed_logins BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_credentials ADD COLUMN last_login_time BIGINT;

UPDATE user_credentials SET password_set_time = (SELECT created_time FROM users WHERE number = user_number);

CREATE UNIQUE INDEX credentials_of_reset ON user_credentials (reset_hash) WHERE reset_hash IS NOT NULL;

-- Passwords that a user had before, newest first by number.
CREATE TABLE old_password (
    number ${key},
    user_number BIGINT NOT NULL REFERENCES users (number) ON DELETE CASCADE,
    until_time BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE INDEX old_passwords_of_user ON old_password (user_number, number);

-- Each login that a refresh token may still renew.
CREATE TABLE login (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    user_number BIGINT NOT NULL REFERENCES users (number) ON DELETE CASCADE,
    created_time BIGINT NOT NULL,
    used_time BIGINT NOT NULL,
    expiry_time BIGINT NOT NULL,
    address TEXT NOT NULL,
    browser TEXT NOT NULL,
    os TEXT NOT NULL,
    device TEXT NOT NULL,
    acting TEXT
);

CREATE INDEX logins_of_user ON login (user_number, number);

CREATE INDEX logins_by_expiry ON login (expiry_time);

-- Whose tokens ended before their time: those of logins, users, customers and tenants that were issued before good_from.
CREATE TABLE ended_tokens (
    subject ${bytes} NOT NULL PRIMARY KEY,
    good_from BIGINT NOT NULL,
    keep_until BIGINT NOT NULL
) ${clustered};

CREATE INDEX ended_tokens_by_time ON ended_tokens (keep_until);

CREATE TABLE api_key (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    user_number BIGINT NOT NULL REFERENCES users (number) ON DELETE CASCADE,
    hash ${bytes} NOT NULL UNIQUE,
    description TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    expiration_time BIGINT NOT NULL
);

CREATE INDEX api_keys_of_user ON api_key (user_number, number);

-- What the system administrator set; what is not here has its default.
CREATE TABLE setting (
    section TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (section, name)
) ${clustered};
