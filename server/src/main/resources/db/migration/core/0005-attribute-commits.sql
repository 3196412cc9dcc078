-- Counts commits of attributes, so that who reads them knows which changes are still to come.
CREATE TABLE attribute_commit (
    number BIGINT NOT NULL
);

INSERT INTO attribute_commit (number) VALUES (0);
