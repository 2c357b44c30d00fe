-- Objects as they were before a phone overwrote or deleted them, sealed under the server's key, for 30
-- days (S8, S13). What they are called is inside the seal.

CREATE TABLE undo (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    collection TEXT NOT NULL,
    kind BIGINT NOT NULL,
    reason BIGINT NOT NULL,
    at BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX undo_user ON undo (user_id, id);
CREATE INDEX undo_at ON undo (at);
