-- Things that are no devices, and their kinds. extras: members that are kept for clients, as one JSON object.

CREATE TABLE asset_profile (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    name TEXT NOT NULL,
    search_text TEXT NOT NULL,
    description TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    extras TEXT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (tenant, name)
);

CREATE UNIQUE INDEX one_default_asset_profile ON asset_profile (tenant) WHERE is_default;

CREATE INDEX asset_profiles_of_tenant ON asset_profile (tenant, number);

CREATE TABLE asset (
    number ${key},
    id ${bytes} NOT NULL UNIQUE,
    created_time BIGINT NOT NULL,
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    customer BIGINT REFERENCES customer (number),
    name TEXT NOT NULL,
    label TEXT,
    search_text TEXT NOT NULL,
    profile BIGINT NOT NULL REFERENCES asset_profile (number),
    additional_info TEXT,
    version BIGINT NOT NULL,
    UNIQUE (tenant, name)
);

CREATE INDEX assets_of_customer ON asset (customer, number) WHERE customer IS NOT NULL;

CREATE INDEX assets_of_profile ON asset (profile, number);

CREATE INDEX assets_by_text ON asset (tenant, number, search_text, profile, customer);

CREATE INDEX assets_by_time ON asset (tenant, created_time, number);

-- A profile that was saved before has no such limit until it is saved again.
ALTER TABLE tenant_profile ADD COLUMN max_assets BIGINT NOT NULL DEFAULT 0;
