-- Objects of calendars, address books and task lists: the number every phone knows one by, given once
-- per user and collection and never to another object. uid is NULL until the object was first read.

CREATE TABLE object_counters (
    user_id TEXT NOT NULL,
    collection TEXT NOT NULL,
    next_number BIGINT NOT NULL,
    PRIMARY KEY (user_id, collection)
);

CREATE TABLE objects (
    user_id TEXT NOT NULL,
    collection TEXT NOT NULL,
    number BIGINT NOT NULL,
    href TEXT NOT NULL,
    uid TEXT,
    PRIMARY KEY (user_id, collection, number),
    UNIQUE (user_id, collection, href)
);
CREATE INDEX objects_uid ON objects (user_id, collection, uid);

-- What a phone holds of an object: a digest of the properties it was told, one row for each of the two
-- views of a chain that may still be asked for (S2). mark is the version's name in the view.
CREATE TABLE held (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    chain TEXT NOT NULL,
    number BIGINT NOT NULL,
    mark BIGINT NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (user_id, device_id, chain, number, mark)
) WITHOUT ROWID;
