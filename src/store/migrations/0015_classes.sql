-- What has been gone for long is deleted for all users together, now and then.

DROP INDEX objects_gone;
CREATE INDEX objects_gone ON objects (gone_at) WHERE gone_at IS NOT NULL;
