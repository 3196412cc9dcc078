-- Ranges of a series whose rows are to be deleted; nobody sees them any more. row: the journal row of the deletion.
CREATE TABLE erasure (
    id       INTEGER PRIMARY KEY,
    series   INTEGER NOT NULL,
    start_ts INTEGER NOT NULL,
    end_ts   INTEGER NOT NULL,
    row      INTEGER NOT NULL
);

CREATE INDEX erasure_series ON erasure (series);

-- Epoch milliseconds from which on the reading may be deleted; null: it stays.
ALTER TABLE point ADD COLUMN expires INTEGER;

CREATE INDEX point_expires ON point (expires) WHERE expires IS NOT NULL;
