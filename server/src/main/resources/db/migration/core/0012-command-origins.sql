-- Where the call of a command came from, for the entry that the audit log gets when it ends.
ALTER TABLE rpc ADD COLUMN caller_customer ${bytes};

ALTER TABLE rpc ADD COLUMN caller_address TEXT NOT NULL DEFAULT '';

ALTER TABLE rpc ADD COLUMN device_name TEXT NOT NULL DEFAULT '';
