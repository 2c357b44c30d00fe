-- When an object was first seen to be gone from its collection; NULL while it is there. Its number stays
-- known for as long as a phone may still speak of it, then the row goes and the number stays used up.

ALTER TABLE objects ADD COLUMN gone_at BIGINT;
CREATE INDEX objects_gone ON objects (user_id, gone_at) WHERE gone_at IS NOT NULL;
