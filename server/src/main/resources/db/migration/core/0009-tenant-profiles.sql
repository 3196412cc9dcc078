-- What tenants may have. Limits: 0 is none; data holds them, too, with all the others, as the client gave them.

CREATE TABLE tenant_profile (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    search_text TEXT NOT NULL,
    description TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    is_isolated BOOLEAN NOT NULL,
    data TEXT NOT NULL,
    max_devices BIGINT NOT NULL,
    max_customers BIGINT NOT NULL,
    max_users BIGINT NOT NULL,
    rpc_ttl_days BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_default_tenant_profile ON tenant_profile (is_default) WHERE is_default;

-- None: the default one.
ALTER TABLE tenant ADD COLUMN profile BIGINT REFERENCES tenant_profile (number);

CREATE INDEX tenants_of_profile ON tenant (profile) WHERE profile IS NOT NULL;
