-- That one entity stands in some relation to another of the same tenant.
CREATE TABLE relation (
    number ${key},
    from_id ${bytes} NOT NULL,
    from_type TEXT NOT NULL,
    to_id ${bytes} NOT NULL,
    to_type TEXT NOT NULL,
    type TEXT NOT NULL,
    type_group TEXT NOT NULL,
    additional_info TEXT,
    tenant BIGINT NOT NULL REFERENCES tenant (number),
    version BIGINT NOT NULL,
    UNIQUE (from_id, to_id, type_group, type)
);

CREATE INDEX relations_from ON relation (from_id, number);

CREATE INDEX relations_to ON relation (to_id, number);

CREATE INDEX relations_of_tenant ON relation (tenant, number);
