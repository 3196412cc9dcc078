-- What lists are searched and sorted by. search_text is in lower case, its parts one below the other.

ALTER TABLE tenant ADD COLUMN search_text TEXT NOT NULL DEFAULT '';

UPDATE tenant SET search_text = lower(title);

ALTER TABLE customer ADD COLUMN search_text TEXT NOT NULL DEFAULT '';

UPDATE customer SET search_text = lower(title);

CREATE INDEX customers_of_tenant ON customer (tenant, number);

ALTER TABLE device_profile ADD COLUMN search_text TEXT NOT NULL DEFAULT '';

UPDATE device_profile SET search_text = lower(name);

ALTER TABLE device ADD COLUMN search_text TEXT NOT NULL DEFAULT '';

UPDATE device SET search_text = lower(name || COALESCE('
' || label, ''));

CREATE INDEX devices_by_text ON device (tenant, number, search_text, profile, customer);

CREATE INDEX devices_by_time ON device (tenant, created_time, number);
