-- Series numbers of a device come in blocks of 256: series = block * 256 + slot, so that all of a device lies together.
-- AUTOINCREMENT: the number of a purged block is never given again.
-- purged: null, or the newest journal row that may still hold readings of this purged block.
CREATE TABLE block (
    block  INTEGER PRIMARY KEY AUTOINCREMENT,
    device INTEGER NOT NULL,
    purged INTEGER
);

CREATE INDEX block_device ON block (device);

CREATE INDEX block_purged ON block (purged) WHERE purged IS NOT NULL;

-- The key is a blob (generalised UTF-8): two texts that differ only in an unpaired surrogate are two keys.
CREATE TABLE series (
    block INTEGER NOT NULL,
    key   BLOB    NOT NULL,
    slot  INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 255),
    PRIMARY KEY (block, key),
    UNIQUE (block, slot)
) WITHOUT ROWID;

-- One row for each group commit, until its readings have been moved into the point table.
CREATE TABLE journal (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

-- The storage class of value is the type: INTEGER and REAL are numbers, TEXT is text, BLOB is a tag byte and content.
CREATE TABLE point (
    series INTEGER NOT NULL,
    ts     INTEGER NOT NULL,
    value  NOT NULL,
    PRIMARY KEY (series, ts)
) WITHOUT ROWID;

CREATE TABLE latest (
    series INTEGER PRIMARY KEY,
    ts     INTEGER NOT NULL,
    value  NOT NULL
);
