-- What others have to be told of meetings, written down before a calendar is changed (S17): sealed under the
-- server's key, and gone when it was told.

CREATE TABLE announcements (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX announcements_user ON announcements (user_id, id);
