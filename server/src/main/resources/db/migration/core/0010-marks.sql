-- What is true of the whole store, as that it holds demo data.
CREATE TABLE store_mark (
    name TEXT NOT NULL PRIMARY KEY
);
