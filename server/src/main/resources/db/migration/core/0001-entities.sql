-- Entities. Rows join by integer keys; id is what the wire shows (16 bytes, time-ordered).
-- ${…} stands for what databases spell differently: see Dialect.

CREATE TABLE tenant (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    title TEXT NOT NULL,
    contact TEXT NOT NULL,
    additional_info TEXT,
    version BIGINT NOT NULL
);

CREATE TABLE customer (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    title TEXT NOT NULL,
    contact TEXT NOT NULL,
    additional_info TEXT,
    version BIGINT NOT NULL,
    UNIQUE (tenant, title)
);

-- No tenant: the system administrator. A customer: its user, gone with it.
CREATE TABLE users (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    authority TEXT NOT NULL,
    tenant BIGINT REFERENCES tenant (number),
    customer BIGINT REFERENCES customer (number) ON DELETE CASCADE,
    first_name TEXT,
    last_name TEXT,
    phone TEXT,
    additional_info TEXT,
    version BIGINT NOT NULL
);

CREATE INDEX users_of_tenant ON users (tenant, number);

CREATE INDEX users_of_customer ON users (customer, number) WHERE customer IS NOT NULL;

CREATE TABLE user_credentials (
    user_number BIGINT NOT NULL PRIMARY KEY REFERENCES users (number) ON DELETE CASCADE,
    enabled BOOLEAN NOT NULL,
    password_hash TEXT,
    activate_token TEXT UNIQUE,
    activate_expiry_time BIGINT NOT NULL
);

CREATE TABLE device_profile (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    UNIQUE (tenant, name)
);

CREATE UNIQUE INDEX one_default_profile ON device_profile (tenant) WHERE is_default;

-- Numbers name devices inside the server and in the points file; none is given twice, also after its device was deleted.
CREATE TABLE device (
    number ${keyNeverReused},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    customer BIGINT REFERENCES customer (number),
    name TEXT NOT NULL,
    label TEXT,
    profile BIGINT NOT NULL REFERENCES device_profile (number),
    device_data TEXT NOT NULL,
    additional_info TEXT,
    version BIGINT NOT NULL,
    UNIQUE (tenant, name)
);

CREATE INDEX devices_of_tenant ON device (tenant, number);

CREATE INDEX devices_of_customer ON device (customer, number) WHERE customer IS NOT NULL;

CREATE INDEX devices_of_profile ON device (profile, number);

CREATE TABLE device_credentials (
    device BIGINT NOT NULL PRIMARY KEY REFERENCES device (number) ON DELETE CASCADE,
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    type TEXT NOT NULL,
    credentials_id TEXT NOT NULL UNIQUE,
    credentials_value TEXT,
    version BIGINT NOT NULL
);

-- Deleted devices whose points may still be on disk.
CREATE TABLE device_tombstone (
    device BIGINT NOT NULL PRIMARY KEY
);

-- One value column is set, by the kind of value; none: a decimal that is not a number. Scopes: 1 client, 2 server, 3 shared.
CREATE TABLE attributes (
    device BIGINT NOT NULL REFERENCES device (number) ON DELETE CASCADE,
    scope SMALLINT NOT NULL,
    key ${text} NOT NULL,
    long_value BIGINT,
    double_value DOUBLE PRECISION,
    text_value TEXT,
    flag_value BOOLEAN,
    json_value TEXT,
    last_update_ts BIGINT NOT NULL,
    PRIMARY KEY (device, scope, key)
) ${clustered};

-- The first request id that no block holds yet.
CREATE TABLE rpc_id_next (
    device BIGINT NOT NULL PRIMARY KEY REFERENCES device (number) ON DELETE CASCADE,
    next_id BIGINT NOT NULL
);
