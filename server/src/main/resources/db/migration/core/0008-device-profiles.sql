-- What device profiles say beside their names. extras: members that are kept for clients, as one JSON object.

ALTER TABLE device_profile ADD COLUMN transport TEXT NOT NULL DEFAULT 'DEFAULT';

ALTER TABLE device_profile ADD COLUMN provision TEXT NOT NULL DEFAULT 'DISABLED';

ALTER TABLE device_profile ADD COLUMN provision_key TEXT;

ALTER TABLE device_profile ADD COLUMN data TEXT NOT NULL DEFAULT '{"configuration":{"type":"DEFAULT"},"transportConfiguration":{"type":"DEFAULT"},"provisionConfiguration":{"type":"DISABLED","provisionDeviceSecret":null},"alarms":null}';

ALTER TABLE device_profile ADD COLUMN extras TEXT NOT NULL DEFAULT '{}';

ALTER TABLE device_profile ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

CREATE UNIQUE INDEX profile_of_provision_key ON device_profile (provision_key) WHERE provision_key IS NOT NULL;

CREATE INDEX profiles_of_tenant ON device_profile (tenant, number);
