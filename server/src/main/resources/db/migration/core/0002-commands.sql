-- Persistent commands. A row outlives its device, so device has no foreign key; a row whose params are large keeps them in
-- rpc_body, since each update writes its row anew. status and history hold codes that never change: see StatusCode and
-- HistoryCodec. order_checksum is over what never changes, checksum over what an update replaces. deleted_time and
-- fingerprint are those of a tombstone. is_renamed: another request has taken its id, and the older API shows that one only.
CREATE TABLE rpc (
    number ${keyNeverReused},
    id ${bytes} NOT NULL UNIQUE,
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    device BIGINT NOT NULL,
    device_id ${bytes} NOT NULL,
    created_time BIGINT NOT NULL,
    expiration_time BIGINT NOT NULL,
    is_open BOOLEAN NOT NULL,
    status SMALLINT NOT NULL,
    request_id BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    overdue BIGINT NOT NULL,
    version BIGINT NOT NULL,
    checksum BIGINT NOT NULL,
    order_checksum BIGINT NOT NULL,
    one_way BOOLEAN NOT NULL,
    method TEXT NOT NULL,
    retries BIGINT,
    additional_info TEXT,
    retry_initial BIGINT NOT NULL,
    retry_factor DOUBLE PRECISION NOT NULL,
    retry_max BIGINT NOT NULL,
    retry_jitter DOUBLE PRECISION NOT NULL,
    redeliver BOOLEAN NOT NULL,
    lane TEXT,
    supersede BOOLEAN NOT NULL,
    idempotency_key TEXT,
    caller ${bytes} NOT NULL,
    caller_name TEXT NOT NULL,
    deleted_time BIGINT,
    fingerprint ${bytes},
    is_renamed BOOLEAN NOT NULL DEFAULT FALSE,
    history ${bytes} NOT NULL,
    response TEXT,
    params TEXT
);

-- An update that leaves a command open touches none of these; one that ends it touches those with is_open.
-- tenant and is_open are in them so that counting reads no rows: SQLite looks at is_open though each entry implies it.
CREATE INDEX rpc_open_by_expiration ON rpc (expiration_time, tenant, is_open) WHERE is_open;

CREATE INDEX rpc_open_of_device ON rpc (device, number, is_open) WHERE is_open;

CREATE INDEX rpc_open_of_lane ON rpc (device, lane) WHERE is_open AND lane IS NOT NULL;

CREATE INDEX rpc_ended_by_request ON rpc (device, request_id) WHERE NOT is_open AND request_id > 0;

CREATE INDEX rpc_of_tenant ON rpc (tenant, number);

CREATE INDEX rpc_of_device ON rpc (device, number);

CREATE INDEX rpc_tombstones ON rpc (deleted_time) WHERE deleted_time IS NOT NULL;

CREATE TABLE rpc_body (
    rpc BIGINT NOT NULL PRIMARY KEY REFERENCES rpc (number) ON DELETE CASCADE,
    params TEXT NOT NULL
);

-- Callers' own names for their requests, and the command that each stands for.
CREATE TABLE rpc_key (
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    key ${text} NOT NULL,
    rpc_id ${bytes} NOT NULL,
    fingerprint ${bytes} NOT NULL,
    created_time BIGINT NOT NULL,
    PRIMARY KEY (tenant, key)
) ${clustered};

CREATE INDEX rpc_keys_by_age ON rpc_key (created_time);
