-- The first tables. Everything is keyed by the user first (T13), so that a distributed database
-- can shard by it. Times are seconds since 1970 UTC. For PostgreSQL: BLOB is BYTEA, INTEGER PRIMARY
-- KEY is BIGINT GENERATED ALWAYS AS IDENTITY.

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE chains (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    chain TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    counter BIGINT NOT NULL,
    options BLOB NOT NULL,
    current_view BLOB NOT NULL,
    previous_view BLOB,
    journal BLOB NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, chain)
);

CREATE TABLE fingerprints (
    user_id TEXT NOT NULL,
    collection TEXT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    PRIMARY KEY (user_id, collection, uid_validity, uid)
) WITHOUT ROWID;

CREATE TABLE folder_tables (
    user_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    next_number BIGINT NOT NULL
);

CREATE TABLE folders (
    user_id TEXT NOT NULL REFERENCES folder_tables (user_id),
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    name TEXT NOT NULL,
    uid_validity BIGINT,
    mailbox_id TEXT,
    role BIGINT NOT NULL,
    missing_since BIGINT,
    retired BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, id)
);

CREATE TABLE devices (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    device_type TEXT NOT NULL,
    agent TEXT,
    protocol TEXT,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    last_address TEXT,
    info BLOB NOT NULL,
    policy_key BIGINT NOT NULL,
    policy_acknowledged BOOLEAN NOT NULL,
    standing BIGINT NOT NULL,
    wipe BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id)
);

CREATE TABLE notes (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (user_id, device_id, name)
);

-- device_id is '' for what all devices of a user share.
CREATE TABLE outcomes (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome_key BLOB NOT NULL,
    value BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, kind, outcome_key)
);
CREATE INDEX outcomes_expiry ON outcomes (expires_at);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    content_key BLOB NOT NULL,
    message_id TEXT NOT NULL,
    state BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    UNIQUE (user_id, device_id, content_key)
);
CREATE INDEX outbox_state ON outbox (state, created);
CREATE INDEX outbox_created ON outbox (created);

-- changed is the value of the counter 'credentials' at the row's last change: one indexed look
-- tells a server whose passcodes another process touched (T46).
CREATE TABLE credentials (
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    hash BLOB NOT NULL,
    scopes BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    device_id TEXT,
    device_type TEXT,
    last_used BIGINT,
    last_address TEXT,
    vault_key_id TEXT,
    vault_salt BLOB,
    vault_public_key BLOB,
    vault_private_key BLOB,
    vault_password BLOB,
    vault_version BIGINT,
    changed BIGINT NOT NULL,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX credentials_changed ON credentials (changed);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    user_id TEXT,
    device_id TEXT,
    credential_id TEXT,
    address TEXT,
    detail TEXT NOT NULL
);
CREATE INDEX audit_user ON audit (user_id, id);
CREATE INDEX audit_action ON audit (action, at);

INSERT INTO counters (name, value) VALUES ('credentials', 0), ('ready', 0);
