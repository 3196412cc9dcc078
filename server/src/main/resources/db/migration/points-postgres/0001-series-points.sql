-- Time series on a database server, which has its own journal: points go straight into their table.
-- A key of a device has a number, from 1 on for each device, so that all of a device lies together. The row of the key has
-- its latest value, kind 0: it has none. The key is bytes (generalised UTF-8): texts that differ in an unpaired surrogate only are two keys.
-- kind says which value column is set: 1 whole (long_value), 2 decimal (double_value), 3 text (bytes_value),
-- 4 true or false (long_value), 5 JSON (bytes_value), 6 text with an unpaired surrogate (bytes_value).
-- expires: epoch milliseconds from which on the reading may be deleted; null: it stays.
CREATE TABLE series (
    device BIGINT NOT NULL,
    number BIGINT NOT NULL,
    key ${bytes} NOT NULL,
    ts BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    long_value BIGINT,
    double_value DOUBLE PRECISION,
    bytes_value ${bytes},
    PRIMARY KEY (device, number),
    UNIQUE (device, key)
);

CREATE TABLE point (
    device BIGINT NOT NULL,
    number BIGINT NOT NULL,
    ts BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    long_value BIGINT,
    double_value DOUBLE PRECISION,
    bytes_value ${bytes},
    expires BIGINT,
    PRIMARY KEY (device, number, ts)
);

CREATE INDEX point_expires ON point (expires) WHERE expires IS NOT NULL;

-- Deleted devices whose points may still be there; their series are gone, so nobody finds them.
CREATE TABLE purged_device (
    device BIGINT NOT NULL PRIMARY KEY
);
