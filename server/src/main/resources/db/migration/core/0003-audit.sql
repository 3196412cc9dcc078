-- Who did what. A row holds the entries of one tenant that came together, up to a thousand of them: at tens of thousands of
-- commands a second, a row for each costs a third of what the commands do. number is that of its first entry, the others
-- follow; an entry's id on the wire is made of its time and number.
-- The identifier for "none" stands for the system administrator's tenant. entity_id is set when all entries are about it.
CREATE TABLE audit (
    number ${key},
    tenant_id ${bytes} NOT NULL,
    from_time BIGINT NOT NULL,
    to_time BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    entity_id ${bytes},
    data ${bytes} NOT NULL
);

CREATE INDEX audit_of_tenant ON audit (tenant_id, from_time, to_time, entries, entity_id);
