-- outcome: null for the key of a persistent command, else what became of the lightweight command that the key stands for: see
-- CallOutcome. Its answer has a row of its own, since a row of rpc_key is looked at by many.
ALTER TABLE rpc_key ADD COLUMN outcome SMALLINT;

CREATE TABLE rpc_key_answer (
    tenant BIGINT NOT NULL,
    key ${text} NOT NULL,
    answer ${bytes} NOT NULL,
    PRIMARY KEY (tenant, key),
    FOREIGN KEY (tenant, key) REFERENCES rpc_key (tenant, key) ON DELETE CASCADE
);

-- retry_on: after which failures a command is sent again, a bit for each, see RetryCode; 1, an acknowledgement that did not come,
-- is what commands had before. once: one attempt, now or never. Both are in order_checksum only where they are not these.
ALTER TABLE rpc ADD COLUMN retry_on BIGINT NOT NULL DEFAULT 1;

ALTER TABLE rpc ADD COLUMN once BOOLEAN NOT NULL DEFAULT FALSE;
