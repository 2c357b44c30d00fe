-- What people decided about users and devices: standing, wipes, rules, policies.

-- Users of whom something changed that is not one of their passcodes: the second factor, a device's
-- standing, a wipe. The numbers are those of the counter 'credentials'.
CREATE TABLE user_changes (
    user_id TEXT PRIMARY KEY,
    changed BIGINT NOT NULL
);
CREATE INDEX user_changes_changed ON user_changes (changed);

-- decided: somebody decided about this very device, so no rule does any more. wipe_scope: 0 the
-- whole device, 1 the account only.
ALTER TABLE devices ADD COLUMN decided BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE devices ADD COLUMN wipe_scope BIGINT NOT NULL DEFAULT 0;

-- kind: 0 a passcode, 1 a mail password with a one-time code behind it that enrolled one device. tag:
-- what spares such a one the slow hash when the secret cannot be it.
ALTER TABLE credentials ADD COLUMN kind BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN tag BIGINT;

-- The first rule that fits a device decides; NULL fits everything.
CREATE TABLE device_rules (
    id INTEGER PRIMARY KEY,
    standing BIGINT NOT NULL,
    user_pattern TEXT,
    type_pattern TEXT,
    model_pattern TEXT,
    agent_pattern TEXT,
    created BIGINT NOT NULL
);

-- scope: 0 everyone (name ''), 1 a domain, 2 a class of users, 3 a user. kind: 0 access, 1 what
-- phones enforce. value is JSON.
CREATE TABLE policies (
    scope BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (scope, name, kind)
);

CREATE TABLE user_settings (
    user_id TEXT PRIMARY KEY,
    class TEXT,
    language TEXT,
    -- When the user was first seen while a second factor was required.
    factor_asked BIGINT
);
CREATE INDEX user_settings_class ON user_settings (class);

INSERT INTO counters (name, value) VALUES ('rules', 0);

-- Letters that are due, by their row of the audit trail. What is in the trail already is told nobody.
CREATE TABLE notices (
    audit_id BIGINT PRIMARY KEY,
    taken_until BIGINT NOT NULL
);
INSERT INTO counters (name, value) SELECT 'notices', COALESCE(MAX(id), 0) FROM audit;
