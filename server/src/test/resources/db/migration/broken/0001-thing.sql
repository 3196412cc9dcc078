-- A comment; with a semicolon;
CREATE TABLE thing (
    number ${key},
    name ${text} NOT NULL
) ;

CREATE INDEX things ON thing (name);
