-- The web portal: second factors, recovery codes, sessions, browsers that are trusted, links that work
-- once. Secrets lie here sealed under a server key or as hashes, never as they are (T47).

-- pending is a secret whose first code has not been entered yet: the confirmed one works until then.
CREATE TABLE second_factors (
    user_id TEXT NOT NULL,
    pending BOOLEAN NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    PRIMARY KEY (user_id, pending)
);

CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    created BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, number)
);

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    area BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    proved_at BIGINT,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed_password BLOB NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE trusted_browsers (
    token_hash BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX trusted_browsers_user ON trusted_browsers (user_id);

CREATE TABLE one_time_links (
    token_hash BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    expires_at BIGINT NOT NULL
);
