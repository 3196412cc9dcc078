-- How commands go out, where somebody said so; NULL: as the profile says, or the server. submit_strategy: 1 burst, 2 sequential
-- on acknowledgement, 3 sequential on response. in_flight_max 0: no limit. mask: names with line breaks between them.
CREATE TABLE device_rpc_settings (
    device BIGINT NOT NULL PRIMARY KEY REFERENCES device (number) ON DELETE CASCADE,
    submit_strategy SMALLINT,
    in_flight_max BIGINT,
    redeliver BOOLEAN,
    mask TEXT
);

CREATE TABLE device_profile_rpc_settings (
    profile BIGINT NOT NULL PRIMARY KEY REFERENCES device_profile (number) ON DELETE CASCADE,
    submit_strategy SMALLINT,
    in_flight_max BIGINT,
    redeliver BOOLEAN,
    mask TEXT
);

-- The caller did not say: redeliver is as the device is set when it subscribes.
ALTER TABLE rpc ADD COLUMN redeliver_inherited BOOLEAN NOT NULL DEFAULT FALSE;
