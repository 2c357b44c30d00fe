-- What a device was last told of versions and commands (a mark of it, NULL where nobody knows), and
-- when it was last told to begin anew because that had changed.

ALTER TABLE devices ADD COLUMN told TEXT;
ALTER TABLE devices ADD COLUMN told_anew BIGINT NOT NULL DEFAULT 0;
