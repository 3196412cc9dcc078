-- What clients keep for a user: one JSON object of theirs.
CREATE TABLE user_settings (
    user_number BIGINT NOT NULL PRIMARY KEY REFERENCES users (number) ON DELETE CASCADE,
    settings TEXT NOT NULL
);
