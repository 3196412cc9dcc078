-- Values of entities that are no devices. Each has a number from its first value on, never given twice; for time series, and for
-- tombstones, it counts from 2^40, beyond the numbers of devices.

CREATE TABLE entity_number (
    number ${keyNeverReused},
    id ${bytes} NOT NULL UNIQUE,
    type TEXT NOT NULL,
    tenant BIGINT REFERENCES tenant (number)
);

CREATE INDEX entity_numbers_of_tenant ON entity_number (tenant) WHERE tenant IS NOT NULL;

-- As attributes are those of devices.
CREATE TABLE entity_attributes (
    entity BIGINT NOT NULL REFERENCES entity_number (number) ON DELETE CASCADE,
    scope SMALLINT NOT NULL,
    key ${text} NOT NULL,
    long_value BIGINT,
    double_value DOUBLE PRECISION,
    text_value TEXT,
    flag_value BOOLEAN,
    json_value TEXT,
    last_update_ts BIGINT NOT NULL,
    PRIMARY KEY (entity, scope, key)
) ${clustered};
